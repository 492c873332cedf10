/** What may become of a version that is there. */
export const VERSION_VERBS = ['publish', 'propose', 'approve', 'reject', 'restore'] as const;
export type VersionVerb = (typeof VERSION_VERBS)[number];
