import type { StatusObject } from '../../src-core/connection/status';
import { figure } from './fixture';
import type { Lab } from './lab';
import { instrumentStall, lost, startPinger } from './pinger';
import { sleep } from './run';
import { addresses } from './topology';
import type { VpnClient } from './vpn-client';

/** Longer than the old IKE SA lives beside the new one. */
const afterwardsMs = 1_800;

export interface SignedInAgain {
  readonly before: StatusObject;
  readonly after: StatusObject;
  readonly lost: number;
  readonly sent: number;
}

/** With an echo request each millisecond, from Connected until the old IKE SA is gone after a new sign-in. */
export async function signInAgain(lab: Lab, client: VpnClient, name: string): Promise<SignedInAgain> {
  const before = await client.connected();
  const pinger = await startPinger(lab, 'client', addresses.server);
  await sleep(300);
  const spi = before.ike?.spiInitiator;
  const after = await client.waitFor(
    'a new IKE SA',
    ({ state, ike }) => state === 'Connected' && ike !== null && ike.spiInitiator !== spi,
    15_000,
  );
  await sleep(afterwardsMs);
  const echoes = await pinger.stop();
  const result = { before, after, lost: lost(echoes), sent: echoes.length };
  figure(
    `${name}: connected in ${client.connectMilliseconds.toFixed(1)} ms as ${after.authentication ?? ''}; signed in again, ${String(result.lost)} of ${String(result.sent)} pings lost (longest stall of the instrument ${instrumentStall(echoes).toFixed(1)} ms)`,
  );
  return result;
}
