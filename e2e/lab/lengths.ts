import { testLength } from '../../src-core/simulation/lengths';

/** How long and how often the lab's endurance tests do what they do: in every run, and in `npm run test:long`. */
export const outageSeconds = testLength('LAB_OUTAGE_SECONDS', 63, 300);
export const sleepSeconds = testLength('LAB_SLEEP_SECONDS', 5, 60);
export const stormSeconds = testLength('LAB_STORM_SECONDS', 6, 60);
export const roamsEachWay = testLength('LAB_ROAMS', 3, 20);
export const switches = testLength('LAB_SWITCHES', 60, 1_000);
export const transferBytes = testLength('LAB_TRANSFER_BYTES', 10_000_000, 1_000_000_000);
