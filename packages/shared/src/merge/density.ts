/**
 * Reading a range of the target beats looking users up one by one while the
 * range holds few others. Batches of SURELY_DENSE_USERS cost little either way
 * and are not asked about.
 */
export const SURELY_DENSE_USERS = 20_000;

/** Rows up to which the range between the first and the last of so many users is read as a whole. */
export const rangeRowsAtMost = (users: number): number => users * 4 + 1_000;
