/** `tagmill rules restore`: an old version as a new live one. */
import { versionChange } from '../rules-version-change.ts';

export const define = versionChange('restore', 'version to bring back');
