/** Kept where tests look for it; the tables themselves are made by the engine, so that the demo can make them too. */
export { generateSampleTables, type SampleTablesOptions } from '@tagmill/executor/engine/sample-tables';
