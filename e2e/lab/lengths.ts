/**
 * How long the lab's endurance tests last, in seconds. CI runs the short ones; a person runs the acceptance lengths by
 * hand:
 * `LAB_OUTAGE_SECONDS=300 LAB_SLEEP_SECONDS=60 LAB_STORM_SECONDS=60 npx vitest run --project lab
 * e2e/lab/mobility-outages.test.ts e2e/lab/mobility-storm.test.ts`
 */
function seconds(name: string, usual: number): number {
  const text = process.env[name];
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isFinite(value) || value < usual || value > 28_800)
    throw new RangeError(`${name} must be a number of seconds from ${String(usual)} to 28800`);
  return value;
}

export const outageSeconds = seconds('LAB_OUTAGE_SECONDS', 63);
export const sleepSeconds = seconds('LAB_SLEEP_SECONDS', 20);
export const stormSeconds = seconds('LAB_STORM_SECONDS', 8);
