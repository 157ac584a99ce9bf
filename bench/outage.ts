import { Lab } from '../e2e/lab/lab';
import { monotonic } from '../e2e/lab/monotonic';
import { longestGap, startPinger } from '../e2e/lab/pinger';
import { sleep } from '../e2e/lab/run';
import { largest, median } from '../e2e/lab/statistics';
import { addresses, forgetNatMappings } from '../e2e/lab/topology';
import { VpnClient } from '../e2e/lab/vpn-client';
import { table } from './table';

type Measure = (lab: Lab, client: VpnClient) => Promise<Readonly<Record<string, number>>>;

/** The longest time without an answer in the three seconds from `cause` on, with a request each millisecond. */
async function gapAfter(lab: Lab, cause: () => Promise<unknown>): Promise<number> {
  const pinger = await startPinger(lab, 'client', addresses.server, 1);
  const began = monotonic();
  await cause();
  await sleep(3_000);
  const until = monotonic();
  return longestGap(await pinger.stop(), began, until);
}

const measures: readonly Measure[] = [
  async (lab, client) => {
    const cut = monotonic();
    await Promise.all([lab.cablePull('eth0'), lab.cablePull('eth1')]);
    await client.waitFor('Dormant', (s) => s.state === 'Dormant');
    const dormant = monotonic() - cut;
    await sleep(5_000);
    const back = await gapAfter(lab, () => lab.plug('eth1'));
    await lab.plug('eth0');
    return { 'both cables out: Dormant': dormant, '5 s later one cable in: first answer': back };
  },
  async (lab) => ({
    'the NAT router forgets: longest gap': await gapAfter(lab, () => forgetNatMappings(lab.namespace('router'))),
  }),
  async (lab, client) => {
    process.kill(client.pid, 'SIGSTOP');
    await sleep(5_000);
    return {
      'the host goes on after 5 s: first answer': await gapAfter(lab, async () => {
        process.kill(client.pid, 'SIGCONT');
      }),
    };
  },
  async (lab) => {
    const traffic = lab.start('client', 'ping', ['-q', '-i', '0.1', addresses.server]);
    await lab.gateway.stop('SIGKILL');
    await sleep(4_000);
    await lab.gateway.start();
    const back = await gapAfter(lab, () => Promise.resolve());
    traffic.kill();
    return { 'the gateway is back after 4 s: first answer': back };
  },
];

/** How soon a connection is there again after what takes it away, by the adapter behind the NAT router. */
export async function benchOutage(rounds: number): Promise<string> {
  const lab = await Lab.up();
  try {
    const times = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      const client = VpnClient.by(lab, 'eap-mschapv2', {
        mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'] },
      });
      await client.waitFor('Connected by eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
      for (const measure of measures) {
        await lab.reached();
        for (const [what, time] of Object.entries(await measure(lab, client)))
          times.set(what, [...(times.get(what) ?? []), time]);
      }
      await client.stop();
    }
    const rows = [...times].map(([what, t]) => [what, median(t).toFixed(0), largest(t).toFixed(0)]);
    return `Outages, ${String(rounds)} rounds\n\n${table(['what happens', 'median ms', 'largest'], rows)}`;
  } finally {
    await lab.down();
  }
}
