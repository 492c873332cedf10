/** `tagmill rules approve`: makes a proposed version live, by somebody else than its writer. */
import { versionChange } from '../rules-version-change.ts';

export const define = versionChange('approve', 'proposed version');
