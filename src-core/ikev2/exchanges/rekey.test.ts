import { describe, expect, it, vi } from 'vitest';
import { compare } from '../../bytes';
import { Mailbox, type RecordingDataPath, TwoEnds, type TwoEndsOptions } from '../../simulation';
import { oursIsRedundant } from './lowest-nonce';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

function only<T>(list: readonly T[]): T {
  expect(list).toHaveLength(1);
  return list[0]!;
}

/** History without paths. */
function sas(dataPath: RecordingDataPath): string[] {
  return dataPath.history.filter((line) => /^(in|out)/.test(line));
}

const hex = (spi: number): string => spi.toString(16).padStart(8, '0');

async function connected(options: TwoEndsOptions = {}): Promise<TwoEnds> {
  const ends = new TwoEnds(options);
  await ends.connect();
  return ends;
}

/** Exactly one CHILD SA and one IKE SA on both sides, of the same SPIs, and packets pass. */
async function expectOneTunnel(ends: TwoEnds): Promise<void> {
  const client = only(ends.client.children);
  const gateway = only(ends.gateway.children);
  expect([client.spiIn, client.spiOut]).toEqual([gateway.spiOut, gateway.spiIn]);
  expect(ends.client.ike?.spiInitiator).toBe(ends.gateway.ike?.spiInitiator);
  expect(ends.client.ike?.spiResponder).toBe(ends.gateway.ike?.spiResponder);
  expect(ends.clientData.outbound).toHaveLength(1);
  expect(ends.gatewayPath.outbound).toHaveLength(1);
  expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
}

describe('lowest nonce (C-67)', () => {
  const n = (...octets: number[]): Uint8Array => Uint8Array.from(octets);
  it('compares octet by octet; the one that ends first is lower', () => {
    expect(compare(n(1, 2), n(1, 2, 0))).toBe(-1);
    expect(oursIsRedundant({ nonceI: n(5), nonceR: n(1, 1) }, { nonceI: n(1, 1, 0), nonceR: n(9) })).toBe(true);
    expect(oursIsRedundant({ nonceI: n(5), nonceR: n(4) }, { nonceI: n(3), nonceR: n(9) })).toBe(false);
  });
});

describe('CHILD SA rekey', () => {
  it('C-59: inbound, outbound, DELETE, and the old inbound hears five seconds longer', async () => {
    const ends = await connected();
    const old = only(ends.client.children);
    ends.clientData.history.length = 0;
    ends.gatewayPath.history.length = 0;
    ends.client.rekeyChild(old.spiIn);
    // CREATE_CHILD_SA { N(REKEY_SA), SA, Ni, TSi, TSr } -->  <-- { SA, Nr, TSi, TSr }  INFORMATIONAL { D } -->  <-- { D
    // }
    await ends.clock.run(20);
    const fresh = only(ends.client.children);
    expect(sas(ends.clientData)).toEqual([
      `in+ ${hex(fresh.spiIn)}`,
      `out+ ${hex(fresh.spiOut)}`,
      `out- ${hex(old.spiOut)}`,
    ]);
    // The gateway installs inbound with its answer and sends with the new one when the DELETE shows that we have it.
    expect(sas(ends.gatewayPath)).toEqual([
      `in+ ${hex(fresh.spiOut)}`,
      `out+ ${hex(fresh.spiIn)}`,
      `out- ${hex(old.spiIn)}`,
    ]);
    await ends.clock.run(4900);
    expect(ends.clientData.inbound.has(old.spiIn)).toBe(true);
    await ends.clock.run(200);
    expect(ends.clientData.inbound.has(old.spiIn)).toBe(false);
    expect(ends.gatewayPath.inbound.size).toBe(1);
    expect(ends.events.slice(-2)).toMatchObject([
      { type: 'child-installed', replaces: old.spiIn },
      { type: 'child-removed', spiIn: old.spiIn },
    ]);
    await expectOneTunnel(ends);
  });

  it('C-61: the gateway rekeys; the answer is instant', async () => {
    const ends = await connected();
    const old = only(ends.client.children);
    const started = ends.clock.now();
    ends.gateway.rekeyChild(old.spiOut);
    await ends.clock.runUntil(() => ends.event('child-installed') !== undefined, 1000);
    expect(ends.clock.now() - started).toBeLessThanOrEqual(2);
    await ends.clock.run(20);
    await expectOneTunnel(ends);
  });

  it('the DELETE of the old SA is lost for long: the new one is used after a few seconds all the same', async () => {
    const ends = await connected();
    const box = new Mailbox(ends);
    ends.gateway.rekeyChild(only(ends.client.children).spiOut);
    await ends.clock.run(5);
    await box.deliver('gateway');
    expect(ends.clientData.outbound).toHaveLength(1);
    await ends.clock.run(3100);
    expect(ends.clientData.outbound).toHaveLength(2);
    await box.release();
    await ends.clock.run(20_000);
    await expectOneTunnel(ends);
  });

  it('C-62: soft lifetime, in both roles', async () => {
    for (const [client, gateway] of [
      [600, 86_400],
      [86_400, 600],
    ] as const) {
      const ends = await connected({
        client: { childLifetimeSeconds: client },
        gateway: { childLifetimeSeconds: gateway },
      });
      const old = only(ends.client.children).spiIn;
      await ends.clock.run(530_000);
      expect(only(ends.client.children).spiIn).toBe(old);
      await ends.clock.run(75_000);
      expect(only(ends.client.children).spiIn).not.toBe(old);
      await expectOneTunnel(ends);
    }
  });

  it('RFC 4303 section 3.3.3: sequence numbers near their end start a rekey', async () => {
    const ends = await connected();
    const old = only(ends.client.children);
    ends.clientData.emit({ type: 'sequence-soft-limit', spi: old.spiOut });
    await ends.clock.run(50);
    expect(only(ends.client.children).spiIn).not.toBe(old.spiIn);
  });

  it.each([
    ['aes256gcm16-modp3072-x25519', 'aes256gcm16-x25519', 'aes256gcm16-x25519'],
    ['aes256gcm16-ecp256', 'aes256gcm16', 'aes256gcm16-ecp256'],
    ['aes256gcm16', 'aes256gcm16-ecp384', 'aes256gcm16'],
  ])('C-60: PFS shows at the first rekey: ours %s, theirs %s', async (ours, theirs, agreed) => {
    const ends = await connected({ client: { espProposals: [ours] }, gateway: { espProposals: [theirs] } });
    expect(only(ends.client.children).proposal).toBe('aes256gcm16');
    ends.client.rekeyChild(only(ends.client.children).spiIn);
    await ends.clock.run(100);
    const rekeyed = only(ends.client.children).proposal;
    // Without a group of ours in common the gateway takes what we have: the first one it knows.
    expect([agreed, 'aes256gcm16-modp3072']).toContain(rekeyed);
    await expectOneTunnel(ends);
  });

  it('C-66: CHILD_SA_NOT_FOUND makes a new CHILD SA', async () => {
    const ends = await connected();
    const box = new Mailbox(ends);
    const old = only(ends.client.children);
    // The gateway deletes the CHILD SA and its DELETE stays under way; we rekey what is gone.
    ends.gateway.rekeyChild(1);
    (ends.gateway as unknown as { childSas: { retire(child: unknown): void; list: unknown[] } }).childSas.retire(
      ends.gateway.children[0],
    );
    ends.client.rekeyChild(old.spiIn);
    await ends.clock.run(5);
    await box.release();
    await ends.clock.run(100);
    await expectOneTunnel(ends);
  });

  it('C-66: rekeys that fail until the hard lifetime ask for re-authentication; the old SA works meanwhile', async () => {
    const ends = await connected({ client: { childLifetimeSeconds: 600 } });
    const box = new Mailbox(ends);
    const old = only(ends.client.children).spiIn;
    await ends.clock.run(655_000);
    expect(ends.event('reauthenticate')).toBeUndefined();
    await ends.clock.run(10_000);
    expect(ends.event('reauthenticate')).toBeDefined();
    expect(only(ends.client.children).spiIn).toBe(old);
    await box.release();
  });

  it('H-35: a flood of rekeys is answered TEMPORARY_FAILURE after a burst', async () => {
    const ends = await connected();
    for (let round = 0; round < 400; round++) {
      ends.gateway.rekeyChild(only(ends.gateway.children).spiIn);
      await ends.clock.run(10);
    }
    const installed = ends.events.filter(({ type }) => type === 'child-installed').length;
    expect(installed).toBeGreaterThan(200);
    expect(installed).toBeLessThan(300);
    await ends.clock.run(60_000);
    await expectOneTunnel(ends);
  });

  it('200 rekeys leave nothing behind', async () => {
    const ends = await connected();
    await ends.clock.run(6000);
    const timers = ends.clock.pendingTimers().length;
    for (let round = 0; round < 200; round++) {
      if (round % 2 === 0) ends.client.rekeyChild(only(ends.client.children).spiIn);
      else ends.gateway.rekeyChild(only(ends.gateway.children).spiIn);
      await ends.clock.run(1000);
    }
    await ends.clock.run(6000);
    await expectOneTunnel(ends);
    expect(ends.clientData.inbound.size).toBe(1);
    expect(ends.clock.pendingTimers().length).toBe(timers);
  });
});

describe('IKE SA rekey', () => {
  it('C-63: new SPIs, children inherited, the old one deleted, ids from 0', async () => {
    const ends = await connected();
    const child = only(ends.client.children);
    const before = ends.client.ike;
    // CREATE_CHILD_SA { SA, Ni, KEi } -->  <-- { SA, Nr, KEr }  INFORMATIONAL { D } -->  <-- { }
    ends.client.rekeyIke();
    await ends.clock.run(50);
    expect(ends.client.ike?.spiInitiator).not.toBe(before?.spiInitiator);
    expect(ends.client.ike?.proposal).toBe(before?.proposal);
    expect(ends.event('ike-rekeyed')?.ike).toEqual(ends.client.ike);
    expect(only(ends.client.children).spiIn).toBe(child.spiIn);
    await expectOneTunnel(ends);
    ends.logs.length = 0;
    const alive = ends.client.checkLiveness(1000);
    await ends.clock.run(10);
    expect(await alive).toBe(true);
    expect(ends.logs.find(({ exchange }) => exchange?.direction === 'sent')?.exchange?.messageId).toBe(0);
  });

  it('the gateway rekeys; then MOBIKE, CHILD rekey and DELETE work on the new IKE SA', async () => {
    const ends = await connected();
    ends.gateway.rekeyIke();
    await ends.clock.run(50);
    expect(ends.event('ike-rekeyed')).toBeDefined();
    ends.client.setPath(ends.wifi);
    await ends.clock.run(50);
    expect(ends.event('path-confirmed')).toBeDefined();
    ends.client.rekeyChild(only(ends.client.children).spiIn);
    await ends.clock.run(50);
    await expectOneTunnel(ends);
    const closed = ends.client.close(1000);
    await ends.clock.run(50);
    expect(await closed).toBe(true);
    expect(ends.responder.sessions).toHaveLength(0);
  });

  it('C-62: soft lifetime, in both roles', async () => {
    for (const [client, gateway] of [
      [600, 86_400],
      [86_400, 600],
    ] as const) {
      const ends = await connected({
        client: { ikeLifetimeSeconds: client },
        gateway: { ikeLifetimeSeconds: gateway },
      });
      await ends.clock.run(605_000);
      expect(ends.events.filter(({ type }) => type === 'ike-rekeyed').length).toBeGreaterThanOrEqual(1);
      await expectOneTunnel(ends);
    }
  });

  it('50 rekeys from either side leave nothing behind', async () => {
    const ends = await connected();
    await ends.clock.run(120_000);
    const timers = ends.clock.pendingTimers().length;
    for (let round = 0; round < 50; round++) {
      (round % 2 === 0 ? ends.client : ends.gateway).rekeyIke();
      await ends.clock.run(31_000);
    }
    await ends.clock.run(120_000);
    await expectOneTunnel(ends);
    expect(ends.clock.pendingTimers().length).toBe(timers);
  });
});
