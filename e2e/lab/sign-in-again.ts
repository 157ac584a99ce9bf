import type { StatusObject } from '../../src-core/connection/status';
import { figure } from './fixture';
import type { Lab } from './lab';
import { lost, startPinger } from './pinger';
import { until } from './run';
import { addresses } from './topology';
import type { VpnClient } from './vpn-client';

export interface SignedInAgain {
  readonly before: StatusObject;
  readonly after: StatusObject;
  readonly lost: number;
  readonly sent: number;
}

/** With echo requests, from Connected until the old IKE SA is gone after a new sign-in. */
export async function signInAgain(lab: Lab, client: VpnClient, name: string): Promise<SignedInAgain> {
  const before = await client.connected();
  const pinger = await startPinger(lab, 'client', addresses.server, 5);
  await pinger.answered;
  const spi = before.ike?.spiInitiator;
  const after = await client.waitFor(
    'a new IKE SA',
    ({ state, ike }) => state === 'Connected' && ike !== null && ike.spiInitiator !== spi,
    60_000,
  );
  await until('the end of the old IKE SA', 20_000, async () =>
    (await lab.gatewaySas()).length === 1 ? true : undefined,
  );
  await lab.ping(5);
  const echoes = await pinger.stop();
  const result = { before, after, lost: lost(echoes), sent: echoes.length };
  figure(
    `${name}: connected as ${after.authentication ?? ''}; signed in again, ${String(result.lost)} of ${String(result.sent)} pings lost`,
  );
  return result;
}
