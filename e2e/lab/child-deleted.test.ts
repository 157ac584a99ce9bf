import { afterEach, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { monotonic } from './monotonic';
import { type Echo, lost, startPinger } from './pinger';
import { sleep, until } from './run';
import { addresses } from './topology';
import { VpnClient } from './vpn-client';

/** Milliseconds from `instant` until answers come again for good: until the first of those after which none is missing. */
function backAfter(echoes: readonly Echo[], instant: number): number {
  const last = echoes.filter((echo) => echo.sent >= instant && echo.received === null).at(-1);
  const first = echoes.find((echo) => echo.received !== null && echo.sent > (last?.sent ?? instant));
  return first?.received == null ? Infinity : first.received - instant;
}

describe('the gateway deletes the CHILD SA and keeps the IKE SA', () => {
  const lab = useLab();
  afterEach(() => lab().gateway.load(gatewayConfiguration(lab().pki)));

  it('by its administrator: the ping is back within a second on the same IKE SA, the log says why, nobody is asked', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { log: true });
    const before = await client.connected();
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    await sleep(500);
    const gaps: number[] = [];
    const instants: number[] = [];
    for (let round = 0; round < 3; round++) {
      const [sa] = await lab().gatewaySas();
      instants.push(monotonic());
      await lab().gateway.vici.command('terminate', { 'child-id': sa?.children[0]?.uniqueId ?? '' });
      await sleep(1_500);
    }
    const echoes = await pinger.stop();
    for (const [index, instant] of instants.entries())
      gaps.push(
        backAfter(
          echoes.filter(({ sent }) => sent < (instants[index + 1] ?? Infinity)),
          instant,
        ),
      );
    figure(
      `CHILD SA deleted three times: back after ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms, ${String(lost(echoes))} of ${String(echoes.length)} pings lost`,
    );
    for (const gap of gaps) expect(gap).toBeLessThan(1_000);
    expect(client.status).toMatchObject({
      state: 'Connected',
      ike: before.ike,
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
    });
    expect(client.status?.children).toHaveLength(1);
    expect((await lab().gatewaySas()).flatMap(({ children }) => children)).toHaveLength(1);
    expect(client.changes.map(({ status }) => status.state)).not.toContain('WaitingToReconnect');
    expect(client.stdout).toContain('asking for a new one');
    expect(await client.stop()).toBe(0);
  });

  it.each(['with', 'without'])(
    'at the end of its lifetime, %s traffic: there is always one that works, and one IKE SA',
    async (traffic) => {
      await lab().gateway.load(gatewayConfiguration(lab().pki, { childLifeSeconds: 4 }));
      const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { log: true });
      const before = await client.connected();
      const pinger = traffic === 'with' ? await startPinger(lab(), 'client', addresses.server, 10) : null;
      const seen = new Set(before.children.map(({ spiIn }) => spiIn));
      await until('three CHILD SAs', 30_000, () => {
        for (const { spiIn } of client.status?.children ?? []) seen.add(spiIn);
        return seen.size >= 3 ? true : undefined;
      });
      await sleep(1_000);
      if (pinger !== null) {
        const echoes = await pinger.stop();
        figure(`lifetime of 4 s: ${String(lost(echoes))} of ${String(echoes.length)} pings lost in two replacements`);
        expect(lost(echoes)).toBeLessThan(200);
      }
      await lab().ping();
      expect(client.status?.ike).toEqual(before.ike);
      expect(client.changes.map(({ status }) => status.state)).not.toContain('WaitingToReconnect');
      expect((await lab().gatewaySas()).flatMap(({ children }) => children).length).toBeLessThanOrEqual(2);
      expect(await client.stop()).toBe(0);
    },
  );

  it.each([
    ['and insists on a key exchange of its own: the new one has it, on the same IKE SA', ['aes128gcm16'], 'ecp256'],
    ['and knows no group that is offered: a new sign-in without a question', ['aes128gcm16-x25519'], 'modp8192'],
  ])('%s', async (_, esp, group) => {
    await lab().gateway.load(gatewayConfiguration(lab().pki, { childProposals: `aes128gcm16-${group}` }));
    const client = VpnClient.by(
      lab(),
      'eap-mschapv2',
      { proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp } },
      { log: true },
    );
    const before = await client.connected();
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    const [sa] = await lab().gatewaySas();
    const began = monotonic();
    await lab().gateway.vici.command('terminate', { 'child-id': sa?.children[0]?.uniqueId ?? '' });
    const after = await client.waitFor(
      'a new CHILD SA',
      ({ state, children }) =>
        state === 'Connected' && children.length === 1 && children[0]?.spiIn !== before.children[0]?.spiIn,
    );
    await sleep(1_500);
    const back = backAfter(await pinger.stop(), began);
    figure(`PFS with ${group}: back ${back.toFixed(0)} ms after the CHILD SA was deleted`);
    expect(back).toBeLessThan(1_000);
    if (group === 'ecp256') expect(after.ike).toEqual(before.ike);
    else expect(after.ike?.spiInitiator).not.toBe(before.ike?.spiInitiator);
    expect(after.connectedSince).toBe(before.connectedSince);
    expect(await client.stop()).toBe(0);
  });
});
