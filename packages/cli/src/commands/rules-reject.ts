/** `tagmill rules reject`: says no to a proposed version. */
import { versionChange } from '../rules-version-change.ts';

export const define = versionChange('reject', 'proposed version');
