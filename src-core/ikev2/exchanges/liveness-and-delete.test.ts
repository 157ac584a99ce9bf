import { describe, expect, it, vi } from 'vitest';
import { gatewayAddress, TwoEnds } from '../../simulation';
import { exchangeType, notifyType } from '../wire/constants';
import { encodeMessage } from '../wire/message';
import { addNonEspMarker } from '../wire/non-esp-marker';
import { notify } from '../wire/payloads/notify';
import { hexDecode } from '../../bytes';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

function sentBy(ends: TwoEnds, address: string): Uint8Array[] {
  const seen: Uint8Array[] = [];
  ends.network.tap(({ from, bytes }) => {
    // Answers to the other end's own checks do not count.
    if (from.address === address && !isResponse(bytes)) seen.push(bytes);
  });
  return seen;
}

function isResponse(bytes: Uint8Array): boolean {
  return bytes.length > 32 && bytes[0] === 0 && ((bytes[4 + 19] ?? 0) & 0x20) !== 0;
}

describe('liveness', () => {
  it('C-73: asked only when something was sent and nothing was heard', async () => {
    const ends = new TwoEnds({ client: { livenessSeconds: 20, natKeepaliveSeconds: 0 } });
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    await ends.clock.run(60_000);
    expect(sent).toHaveLength(0);
    ends.gatewayPath.inbound.clear();
    ends.clientData.sendTestPacket(Uint8Array.of(1));
    await ends.clock.run(25_000);
    expect(sent.filter((bytes) => bytes[0] === 0)).toHaveLength(1);
  });

  it('C-73: inbound ESP is proof of life', async () => {
    const ends = new TwoEnds({ client: { livenessSeconds: 20, natKeepaliveSeconds: 0 } });
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    for (let second = 0; second < 100; second += 10) {
      ends.clientData.sendTestPacket(Uint8Array.of(1));
      ends.gatewayPath.sendTestPacket(Uint8Array.of(1));
      await ends.clock.run(10_000);
    }
    expect(sent.filter((bytes) => bytes[0] === 0)).toHaveLength(0);
  });

  it('C-73: after five idle minutes it is asked anyway', async () => {
    const ends = new TwoEnds({ client: { natKeepaliveSeconds: 0 } });
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    await ends.clock.run(290_000);
    expect(sent).toHaveLength(0);
    await ends.clock.run(30_000);
    expect(sent).toHaveLength(1);
  });

  it('checkLiveness: true when answered, false in time when not', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const alive = ends.client.checkLiveness(1000);
    await ends.clock.run(10);
    expect(await alive).toBe(true);
    ends.network.filter = () => 'drop';
    const dead = ends.client.checkLiveness(1000);
    await ends.clock.run(1000);
    expect(await dead).toBe(false);
  });

  it('C-4: the first request of a gateway has message id 0', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.logs.length = 0;
    void ends.gateway.checkLiveness(1000);
    await ends.clock.run(10);
    expect(ends.logs.map(({ exchange }) => [exchange?.direction, exchange?.messageId, exchange?.response])).toEqual([
      ['received', 0, false],
      ['sent', 0, true],
    ]);
  });

  it('E-20, E-22: one 0xFF after 20 s without any outbound packet', async () => {
    const ends = new TwoEnds({ client: { natKeepaliveSeconds: 20 } });
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    await ends.clock.run(19_000);
    expect(sent).toHaveLength(0);
    ends.clientData.sendTestPacket(Uint8Array.of(9));
    ends.gatewayPath.sendTestPacket(Uint8Array.of(9));
    await ends.clock.run(19_500);
    expect(sent).toHaveLength(1);
    await ends.clock.run(1000);
    expect(sent[1]).toEqual(Uint8Array.of(0xff));
    await ends.clock.run(100_000);
    expect(sent.filter((bytes) => bytes.length === 1).length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['INVALID_IKE_SPI', notifyType.INVALID_IKE_SPI],
    ['AUTHENTICATION_FAILED', notifyType.AUTHENTICATION_FAILED],
    ['NO_PROPOSAL_CHOSEN', notifyType.NO_PROPOSAL_CHOSEN],
    ['REDIRECT', notifyType.REDIRECT],
  ])('H-30, C-75: an unprotected %s is at most a hint, once in 10 s, never an end', async (name, type) => {
    const ends = new TwoEnds();
    await ends.connect();
    const { ike } = ends.client;
    if (ike === null) throw new Error('no IKE SA');
    const spiInitiator = hexDecode(ike.spiInitiator) ?? new Uint8Array(8);
    const spiResponder = hexDecode(ike.spiResponder) ?? new Uint8Array(8);
    const forged = encodeMessage(
      {
        spiInitiator,
        spiResponder,
        exchangeType: exchangeType.INFORMATIONAL,
        initiator: false,
        response: true,
        messageId: 2,
      },
      [notify(type)],
    );
    for (let round = 0; round < 50; round++) {
      ends.network.inject({
        from: { address: gatewayAddress, port: 4500 },
        to: ends.ethernet.socket.local,
        bytes: addNonEspMarker(forged),
      });
      await ends.clock.run(100);
    }
    expect(ends.events.filter((event) => event.type === 'peer-forgot-hint')).toHaveLength(
      name === 'INVALID_IKE_SPI' ? 1 : 0,
    );
    expect(ends.event('ended')).toBeUndefined();
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });
});

describe('delete', () => {
  it('C-71: DELETE for the IKE SA, answered; both ends are empty', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const closed = ends.client.close(1000);
    await ends.clock.run(10);
    expect(await closed).toBe(true);
    expect(ends.event('ended')).toMatchObject({ by: 'local', error: null });
    expect(ends.responder.sessions).toHaveLength(0);
    expect(ends.gatewayEvents.at(-1)).toMatchObject({ type: 'ended', by: 'peer' });
    expect([
      ends.clientData.inbound.size,
      ends.clientData.outbound.length,
      ends.gatewayPath.inbound.size,
      ends.gatewayPath.outbound.length,
    ]).toEqual([0, 0, 0, 0]);
    expect(ends.clock.pendingTimers()).toEqual([]);
  });

  it('C-71: two tries within one second, then it is over without an answer', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    ends.network.filter = ({ to }) => (to.address === gatewayAddress ? 'pass' : 'drop');
    const closed = ends.client.close(1000);
    await ends.clock.run(1000);
    expect(await closed).toBe(false);
    expect(sent).toHaveLength(2);
  });

  it('close after the path was lost ends in time', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.holdPath();
    const closed = ends.client.close(1000);
    await ends.clock.run(1000);
    expect(await closed).toBe(false);
    expect(ends.event('ended')?.by).toBe('local');
  });

  it('C-72: the gateway ends the connection', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const closed = ends.gateway.close(1000);
    await ends.clock.run(10);
    expect(await closed).toBe(true);
    expect(ends.event('ended')).toMatchObject({ by: 'peer', error: { code: 629 } });
    expect(ends.clientData.inbound.size).toBe(0);
  });

  it('C-68: both ends delete the IKE SA at once', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const both = [ends.client.close(1000), ends.gateway.close(1000)];
    await ends.clock.run(1000);
    await Promise.all(both);
    expect(ends.events.filter(({ type }) => type === 'ended')).toHaveLength(1);
    expect(ends.responder.sessions).toHaveLength(0);
    expect(ends.clock.pendingTimers()).toEqual([]);
  });

  it('abandon says nothing and leaves nothing', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const sent = sentBy(ends, '203.0.113.5');
    ends.client.abandon();
    await ends.clock.run(1000);
    expect(sent).toHaveLength(0);
    expect(ends.clientData.inbound.size).toBe(0);
    expect(ends.clientData.outbound).toHaveLength(0);
  });

  it('methods of a session that ended do nothing', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.abandon();
    ends.client.setPath(ends.wifi);
    ends.client.holdPath();
    ends.client.rekeyIke();
    ends.client.rekeyChild(1);
    expect(await ends.client.checkLiveness(10)).toBe(false);
    expect(await ends.client.probe([ends.wifi], 10)).toBeNull();
    expect(await ends.client.close(10)).toBe(false);
    expect(ends.client.receive(new Uint8Array(100), ends.ethernet)).toBe(false);
  });
});
