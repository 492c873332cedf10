/** `tagmill rules publish`: makes a draft live. */
import { versionChange } from '../rules-version-change.ts';

export const define = versionChange('publish', 'draft to make live');
