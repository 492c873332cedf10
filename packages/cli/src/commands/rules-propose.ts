/** `tagmill rules propose`: asks for a draft to go live. */
import { versionChange } from '../rules-version-change.ts';

export const define = versionChange('propose', 'draft to go live');
