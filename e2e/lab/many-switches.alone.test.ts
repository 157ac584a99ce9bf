import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { switches } from './lengths';
import { lost, startPinger } from './pinger';
import { otherAdapter } from './roam';
import { until } from './run';
import type { ChildSa, IkeSa } from './strongswan';
import { addresses } from './topology';
import type { AdapterName, Machine } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

/** Resident memory of a process in MiB. */
const residentMemory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? NaN) / 1024;

/** Memory that is used once and kept is not a leak: what counts is what comes after these switches. */
const warmUp = Math.ceil(switches / 3);

/** The gateway's only CHILD SA; those it deleted linger for some seconds and do not count. */
const inUse = (sa: IkeSa | undefined): ChildSa | null => {
  const children = sa?.children.filter((child) => child.state !== 'DELETED') ?? [];
  return children.length === 1 ? (children[0] ?? null) : null;
};

/** UDP datagrams that found a full socket: the machine was too busy to serve it in time. */
const overflows = async (machine: Machine): Promise<number> => {
  const { stdout } = await lab().on(machine, 'cat', ['/proc/net/snmp']);
  const [names, values] = stdout
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('RcvbufErrors') ?? -1]);
};

/**
 * `rekeys` under 1000 requests a second each way: none may go unanswered, but for those that the kernel itself counts
 * as turned away
 * by a full socket because the other end got no processor.
 */
async function losesNothing(what: string, inner: string, rekeys: () => Promise<void>): Promise<void> {
  const before = [await overflows('client'), await overflows('gateway')] as const;
  const outward = await startPinger(lab(), 'client', addresses.server, 1);
  const inward = await startPinger(lab(), 'server', inner, 1);
  await Promise.all([outward.answered, inward.answered]);
  await rekeys();
  // What the rekeyed SAs carry from now on counts as well.
  await lab().ping(10);
  const echoes = [...(await outward.stop()), ...(await inward.stop())];
  const overflown = [(await overflows('client')) - before[0], (await overflows('gateway')) - before[1]] as const;
  figure(
    `${String(echoes.length)} requests during ${what}, ${String(lost(echoes))} lost; full sockets: client ${String(overflown[0])}, gateway ${String(overflown[1])}`,
  );
  expect(lost(echoes)).toBeLessThanOrEqual(overflown[0] + overflown[1]);
}

it(
  `survives ${String(switches)} switches in a row, then rekeys of both SAs from either side under 1000 packets/s each way without losing one`,
  { timeout: 120_000 + switches * 2_000 },
  async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    const { connectedSince, tunnelAddresses } = await client.connected();
    const inner = tunnelAddresses[0]?.split('/')[0] ?? '';

    let current: AdapterName = 'eth0';
    let afterWarmUp = 0;
    for (let i = 0; i < switches; i++) {
      const to = otherAdapter(current);
      await (i % 2 === 0 ? lab().linkDown(current) : lab().cablePull(current));
      await client.waitFor(`switch ${String(i + 1)} to ${to}`, (s) => s.state === 'Connected' && s.adapter === to);
      await lab().plug(current);
      // Now and then one packet must really make it, otherwise only states would be tested.
      if (i % 10 === 9) await lab().ping(1);
      if (i === warmUp - 1) afterWarmUp = residentMemory(client.pid);
      current = to;
    }

    // The gateway rekeys its CHILD SA after each switch, since its data path cannot move one: wait for the last of
    // these.
    await until('one CHILD SA', 30_000, async () => {
      const sas = await lab().gatewaySas();
      return sas.length === 1 && inUse(sas[0])?.state === 'INSTALLED' ? true : undefined;
    });
    await losesNothing("the gateway's rekeys of IKE SA and CHILD SA", inner, async () => {
      const [before] = await lab().gatewaySas();
      await lab().gatewayRekey();
      await until('the rekeys of the gateway', 30_000, async () => {
        const sas = (await lab().gatewaySas()).filter((s) => s.state === 'ESTABLISHED');
        const [sa] = sas;
        const rekeyed =
          sas.length === 1 &&
          sa?.responderSpi !== before?.responderSpi &&
          inUse(sa) !== null &&
          inUse(sa)?.spiIn !== inUse(before)?.spiIn;
        return rekeyed && sa !== undefined && client.status?.ike?.spiResponder === sa.responderSpi ? true : undefined;
      });
    });

    const memory = residentMemory(client.pid);
    figure(
      `memory of the client: ${afterWarmUp.toFixed(1)} MiB after ${String(warmUp)} switches, ${memory.toFixed(1)} MiB at the end`,
    );
    expect(client.status?.connectedSince).toBe(connectedSince);
    expect(client.status?.tunnelAddresses).toEqual(tunnelAddresses);
    expect(memory - afterWarmUp).toBeLessThan(40);
    expect(await client.stop()).toBe(0);
    expect(await lab().gatewaySas()).toEqual([]);
  },
);

it(
  'rekeys both SAs from its own side under 1000 packets/s each way without losing one',
  { timeout: 120_000 },
  async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      advanced: { ikeLifetimeSeconds: 14, childLifetimeSeconds: 10 },
    });
    const first = await client.connected();
    await losesNothing(
      "the client's rekeys of IKE SA and CHILD SA",
      first.tunnelAddresses[0]?.split('/')[0] ?? '',
      async () => {
        const before = client.status;
        await client.waitFor(
          'both SAs rekeyed',
          (s) =>
            s.ike?.spiInitiator !== before?.ike?.spiInitiator && s.children[0]?.spiIn !== before?.children[0]?.spiIn,
          60_000,
        );
      },
    );
    expect(client.status?.connectedSince).toBe(first.connectedSince);
    expect(await client.stop()).toBe(0);
  },
);
