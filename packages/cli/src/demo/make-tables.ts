/** Run as a process of its own: writes the sample tables, so that the engine's memory is gone with it. */
import { generateSampleTables } from '@tagmill/executor/engine/sample-tables';

const [dir, users, businessDate] = process.argv.slice(2);
if (dir === undefined || users === undefined || businessDate === undefined) throw new Error('make-tables.ts DIR USERS DATE');
await generateSampleTables({ dir, users: Number(users), seed: 1, businessDates: [businessDate], sorted: true });
