/** Milliseconds of the machine's monotonic clock: the same in every process, so times of different ones can be compared. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
