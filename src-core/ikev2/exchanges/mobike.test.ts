import { describe, expect, it, vi } from 'vitest';
import { gatewayAddress, secondGatewayAddress, TwoEnds } from '../../simulation';
import type { SessionCore } from '../sa/session-core';
import type { IkePath } from '../session';
import { exchangeType, notifyType } from '../wire/constants';
import { notify } from '../wire/payloads/notify';
import type { Task } from './task';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Names of the messages in the client's log, newest last: "sent INFORMATIONAL request UPDATE_SA_ADDRESSES …". */
function exchanges(ends: TwoEnds): string[] {
  return ends.logs.flatMap(({ exchange }) =>
    exchange === undefined
      ? []
      : [
          `${exchange.direction} ${exchange.name} ${exchange.response ? 'response' : 'request'} ${String(exchange.messageId)} ${exchange.payloads.map(({ name, fields }) => fields.find((field) => field.name === 'notify')?.value ?? name).join(' ')}`,
        ],
  );
}

function remoteOfGateway(ends: TwoEnds): string {
  const path = ends.gatewayPath.path;
  return path === null ? 'none' : `${path.remote.address}:${String(path.remote.port)}`;
}

function local(path: IkePath | null): string {
  return path === null ? 'none' : path.socket.local.address;
}

describe('MOBIKE', () => {
  it('M-12: the path moves at once, then INFORMATIONAL { UPDATE_SA_ADDRESSES, NAT_D, NAT_D, COOKIE2 }', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const before = ends.client.ike;
    ends.logs.length = 0;
    ends.client.setPath(ends.wifi);
    expect(ends.clientData.path?.socket).toBe(ends.wifi.socket);
    await ends.clock.run(10);
    expect(exchanges(ends)[0]).toMatch(
      /^sent INFORMATIONAL request 2 .*UPDATE_SA_ADDRESSES.*NAT_DETECTION_SOURCE_IP.*NAT_DETECTION_DESTINATION_IP.*COOKIE2/,
    );
    expect(ends.event('path-confirmed')).toMatchObject({ natDetected: true });
    expect(remoteOfGateway(ends)).toBe(`${ends.nat.outside}:40000`);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    expect(ends.client.ike).toEqual(before);
  });

  it('the gateway sends to the new path one round trip after the change', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const start = ends.clock.now();
    ends.client.setPath(ends.wifi);
    await ends.clock.runUntil(() => ends.event('path-confirmed') !== undefined, 1000);
    // 2 ms each way on these links.
    expect(ends.clock.now() - start).toBeLessThanOrEqual(4);
  });

  it('M-14: a request that was stuck on the dead path moves first, octet by octet the same', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.clientHost.adapter('eth0').setCarrier(false);
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(5000);
    const crossed: { from: string; bytes: Uint8Array }[] = [];
    ends.network.tap(({ from, to, bytes }) => {
      if (to.address === gatewayAddress) crossed.push({ from: from.address, bytes });
    });
    ends.client.setPath(ends.wifi);
    await ends.clock.run(100);
    expect(crossed[0]?.from).toBe(ends.nat.outside);
    expect(ends.event('path-confirmed')).toBeDefined();
    expect(ends.event('child-installed')).toBeDefined();
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-12.6: changed again before the answer: the old answer does nothing, a second UPDATE follows', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.setPath(ends.wifi);
    ends.client.setPath(ends.ethernet);
    await ends.clock.run(50);
    const confirmed = ends.events.filter((event) => event.type === 'path-confirmed');
    expect(confirmed).toHaveLength(1);
    expect(local(confirmed[0]?.path ?? null)).toBe('203.0.113.5');
    expect(remoteOfGateway(ends)).toMatch(/^203\.0\.113\.5:/);
    expect(
      exchanges(ends).filter((line) => line.startsWith('sent') && line.includes('UPDATE_SA_ADDRESSES')),
    ).toHaveLength(2);
  });

  it('200 moves in a row keep the IKE SA, the tunnel and the number of timers', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const { ike } = ends.client;
    await ends.clock.run(1000);
    const timers = ends.clock.pendingTimers().length;
    for (let round = 0; round < 100; round++) {
      ends.client.setPath(ends.wifi);
      await ends.clock.run(20);
      ends.client.setPath(ends.ethernet);
      await ends.clock.run(20);
    }
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    expect(ends.client.ike).toEqual(ike);
    await ends.clock.run(1000);
    expect(ends.clock.pendingTimers().length).toBe(timers);
  });

  it('M-16: one INFORMATIONAL over all pairs, the first that answers wins, nothing moves', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.clientHost.adapter('eth0').setCarrier(false);
    const probed = ends.client.probe([ends.ethernet, ends.wifi, ends.to(ends.wifi, 4500, secondGatewayAddress)], 3000);
    await ends.clock.run(100);
    expect(local(await probed)).toBe('10.1.0.5');
    expect(local(ends.client.path)).toBe('203.0.113.5');
    expect(remoteOfGateway(ends)).toMatch(/^203\.0\.113\.5:/);
  });

  it('M-16: with a full window the waiting request is what is sent', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.clientHost.adapter('eth0').setCarrier(false);
    ends.client.rekeyIke();
    await ends.clock.run(100);
    const probed = ends.client.probe([ends.wifi], 3000);
    await ends.clock.run(100);
    expect(local(await probed)).toBe('10.1.0.5');
    expect(ends.event('ike-rekeyed')).toBeDefined();
  });

  it('a probe that nobody answers ends with null in time', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.network.filter = () => 'drop';
    const started = ends.clock.now();
    const probed = ends.client.probe([ends.wifi], 700);
    await ends.clock.run(700);
    expect(await probed).toBeNull();
    expect(ends.clock.now() - started).toBe(700);
  });

  it('M-20: without a path nothing is sent; with the first one everything goes on', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    ends.clientHost.adapter('eth0').setUp(false);
    ends.client.holdPath();
    await ends.clock.run(100);
    let sent = 0;
    const stop = ends.network.tap(({ from }) => {
      if (from.address !== gatewayAddress) sent++;
    });
    await ends.clock.run(20 * 60_000);
    stop();
    expect(sent).toBe(0);
    expect(ends.event('peer-silent')).toBeUndefined();
    ends.client.setPath(ends.wifi);
    await ends.clock.run(100);
    expect(ends.event('path-confirmed')).toBeDefined();
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-11: two unanswered tries report the path as silent, the budget the peer', async () => {
    const ends = new TwoEnds({ client: { retransmitBudgetMs: 60_000 } });
    await ends.connect();
    ends.network.filter = () => 'drop';
    void ends.client.checkLiveness(1000);
    await ends.clock.run(3000);
    expect(ends.event('path-silent')?.tries).toBeGreaterThanOrEqual(2);
    await ends.clock.run(80_000);
    expect(ends.events.filter(({ type }) => type === 'peer-silent')).toHaveLength(1);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('M-17: a rebound NAT mapping is noticed by the liveness check and told with UPDATE_SA_ADDRESSES', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.setPath(ends.wifi);
    await ends.clock.run(100);
    ends.nat.rebind();
    ends.events.length = 0;
    const alive = ends.client.checkLiveness(2000);
    await ends.clock.run(100);
    expect(await alive).toBe(true);
    expect(ends.event('path-confirmed')).toBeDefined();
    expect(remoteOfGateway(ends)).toBe(`${ends.nat.outside}:40001`);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-17: after an IKE rekey the hash is new because of the SPIs, which is no reason to update', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.setPath(ends.wifi);
    await ends.clock.run(100);
    ends.client.rekeyIke();
    await ends.clock.run(100);
    ends.events.length = 0;
    void ends.client.checkLiveness(1000);
    await ends.clock.run(100);
    void ends.client.checkLiveness(1000);
    await ends.clock.run(100);
    expect(ends.event('path-confirmed')).toBeUndefined();
  });

  it('M-4, M-5, H-40: further gateway addresses, filtered', async () => {
    const ends = new TwoEnds({
      gateway: {
        additionalAddresses: [
          secondGatewayAddress,
          '127.0.0.1',
          '169.254.169.254',
          '224.0.0.5',
          '10.0.0.1',
          '2001:db8::2',
        ],
      },
    });
    await ends.connect();
    expect(ends.event('peer-addresses')?.addresses).toEqual([secondGatewayAddress, '2001:db8::2']);
  });

  it('M-8: to another address of the gateway', async () => {
    const ends = new TwoEnds({ gateway: { additionalAddresses: [secondGatewayAddress] } });
    await ends.connect();
    ends.client.setPath(ends.to(ends.ethernet, 4500, secondGatewayAddress));
    await ends.clock.run(100);
    expect(ends.event('path-confirmed')?.path.remote.address).toBe(secondGatewayAddress);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-8: the gateway speaks from another listed address: the client moves there', async () => {
    const ends = new TwoEnds({ gateway: { additionalAddresses: [secondGatewayAddress] } });
    await ends.connect();
    // The first address is gone: what the gateway sends leaves from the second.
    ends.network.filter = (datagram) => {
      if (datagram.to.address === gatewayAddress) return 'drop';
      if (datagram.from.address !== gatewayAddress) return 'pass';
      ends.network.inject({ ...datagram, from: { ...datagram.from, address: secondGatewayAddress } });
      return 'drop';
    };
    void ends.gateway.checkLiveness(1000);
    await ends.clock.run(100);
    expect(ends.client.path?.remote.address).toBe(secondGatewayAddress);
    expect(ends.event('path-confirmed')?.path.remote.address).toBe(secondGatewayAddress);
  });

  it('M-4, M-8: the gateway lost its first address and sends its list from the second: where it came from is part of the list', async () => {
    const ends = new TwoEnds({ gateway: { additionalAddresses: [secondGatewayAddress] } });
    await ends.connect();
    ends.network.filter = (datagram) => {
      if (datagram.to.address === gatewayAddress) return 'drop';
      if (datagram.from.address !== gatewayAddress) return 'pass';
      ends.network.inject({ ...datagram, from: { ...datagram.from, address: secondGatewayAddress } });
      return 'drop';
    };
    const list: Task = {
      kind: 'liveness',
      name: 'address list',
      exchange: exchangeType.INFORMATIONAL,
      restartable: false,
      build: () => [notify(notifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.of(198, 51, 100, 99))],
      process: () => undefined,
    };
    (ends.gateway as SessionCore).enqueue(list);
    await ends.clock.run(100);
    expect(ends.events.filter((event) => event.type === 'peer-addresses').at(-1)).toMatchObject({
      addresses: [secondGatewayAddress, '198.51.100.99'],
    });
    expect(ends.event('path-confirmed')?.path.remote.address).toBe(secondGatewayAddress);
  });

  it('M-18, C-45: the client does not follow messages from strange addresses', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const heard = ends.client.lastHeardAt;
    await ends.clock.run(100);
    void ends.gateway.checkLiveness(1000);
    ends.network.filter = (datagram) => {
      if (datagram.from.address !== gatewayAddress) return 'pass';
      ends.network.inject({ ...datagram, from: { address: '192.0.2.66', port: 4500 } });
      return 'drop';
    };
    await ends.clock.run(500);
    expect(ends.client.lastHeardAt).toBe(heard);
    expect(ends.client.path?.remote.address).toBe(gatewayAddress);
  });

  it('M-23: without MOBIKE a message from the new address lets the gateway follow', async () => {
    const ends = new TwoEnds({ gateway: { mobike: false } });
    await ends.connect();
    expect(ends.event('established')?.mobikeSupported).toBe(false);
    ends.client.setPath(ends.wifi);
    await ends.clock.run(100);
    expect(remoteOfGateway(ends)).toBe(`${ends.nat.outside}:40000`);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-23: without MOBIKE the first answer by a path confirms it, once', async () => {
    const ends = new TwoEnds({ gateway: { mobike: false } });
    await ends.connect();
    const confirmed = (): readonly unknown[] => ends.events.filter(({ type }) => type === 'path-confirmed');
    expect(confirmed()).toEqual([]);
    ends.client.holdPath();
    await ends.clock.run(5_000);
    ends.client.setPath(ends.ethernet);
    await ends.clock.run(100);
    expect(confirmed()).toEqual([{ type: 'path-confirmed', path: ends.ethernet, natDetected: false }]);
    await ends.clock.run(300_000);
    expect(confirmed()).toHaveLength(1);
    // What was asked by the path before and is answered there says nothing about the new one.
    ends.network.filter = ({ from }) => (from.address === ends.nat.outside ? 'drop' : 'pass');
    void ends.client.checkLiveness(1_000);
    ends.client.setPath(ends.wifi);
    await ends.clock.run(2_000);
    expect(confirmed()).toHaveLength(1);
    ends.network.filter = () => 'pass';
    await ends.clock.run(5_000);
    expect(confirmed().at(-1)).toMatchObject({ path: ends.wifi });
    expect(confirmed()).toHaveLength(2);
  });

  it('a goodbye by another path: DELETE is all that is sent, and traffic does not move', async () => {
    const ends = new TwoEnds({ gateway: { mobike: false } });
    await ends.connect();
    ends.client.holdPath();
    const sent: string[] = [];
    ends.network.tap(({ from, to }) => to.address === gatewayAddress && void sent.push(from.address));
    ends.client.retire();
    const moves = ends.clientData.path;
    const answered = ends.client.close(500, ends.wifi);
    await ends.clock.run(100);
    expect(await answered).toBe(true);
    expect(sent).toEqual([ends.nat.outside]);
    expect(ends.clientData.path).toBe(moves);
    expect(ends.responder.sessions).toEqual([]);
  });

  it('M-27: moves while both SAs are being rekeyed', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(1);
    ends.clientHost.adapter('eth0').setUp(false);
    ends.client.setPath(ends.wifi);
    ends.client.rekeyIke();
    await ends.clock.run(1000);
    ends.client.setPath(ends.wifi);
    await ends.clock.run(1000);
    expect(ends.client.children.filter(({ spiIn }) => ends.clientData.inbound.has(spiIn))).toHaveLength(1);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('a gateway that goes on sending to the old address: the CHILD SA is rekeyed from our side', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const old = ends.client.children[0]?.spiIn;
    ends.client.setPath(ends.wifi);
    const stale = ends.gatewayPath.path;
    await ends.clock.run(1);
    ends.clientData.sendTestPacket(Uint8Array.of(1));
    await ends.clock.run(10);
    ends.gatewayPath.setPath(stale);
    await ends.clock.run(50);
    expect(ends.client.children[0]?.spiIn).not.toBe(old);
  });

  it('a gateway whose packets arrive keeps the CHILD SA', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const old = ends.client.children[0]?.spiIn;
    ends.client.setPath(ends.wifi);
    ends.clientData.sendTestPacket(Uint8Array.of(1));
    await ends.clock.run(10);
    ends.gatewayPath.sendTestPacket(Uint8Array.of(2));
    await ends.clock.run(100);
    expect(ends.client.children[0]?.spiIn).toBe(old);
  });
});
