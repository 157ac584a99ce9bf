/** Milliseconds of the clock the pinger uses too. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;
