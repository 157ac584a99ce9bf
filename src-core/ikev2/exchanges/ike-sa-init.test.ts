import { describe, expect, it, vi } from 'vitest';
import { uint16Octets } from '../../bytes';
import { gatewayAddress, type SimulatedDatagram, TwoEnds, type TwoEndsOptions } from '../../simulation';
import { Forger } from '../../simulation/forger';
import { exchangeType, notifyType } from '../wire/constants';
import { findNotify } from '../wire/find';
import { decodeMessage, encodeMessage } from '../wire/message';
import { notify } from '../wire/payloads/notify';
import type { InnerPayload } from '../wire/payload';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Octets of the IKE message in a datagram to or from port 500 (no marker) or 4500. */
function message(datagram: SimulatedDatagram): Uint8Array {
  return datagram.to.port === 500 || datagram.from.port === 500 ? datagram.bytes : datagram.bytes.subarray(4);
}

function initRequests(ends: TwoEnds): Uint8Array[] {
  const seen: Uint8Array[] = [];
  ends.network.tap((datagram) => {
    const bytes = message(datagram);
    if (bytes.length > 28 && bytes[18] === exchangeType.IKE_SA_INIT && bytes[19] === 0x08) seen.push(bytes);
  });
  return seen;
}

/** Answers the client's first IKE_SA_INIT with a forged clear message. */
function forge(
  ends: TwoEnds,
  payloads: readonly InnerPayload[],
  options: { readonly spiR?: Uint8Array; readonly from?: string } = {},
): void {
  let done = false;
  ends.network.tap((datagram) => {
    const bytes = message(datagram);
    if (done || bytes[18] !== exchangeType.IKE_SA_INIT || bytes[19] !== 0x08) return;
    done = true;
    const spiInitiator = bytes.slice(0, 8);
    const forged = encodeMessage(
      {
        spiInitiator,
        spiResponder: options.spiR ?? new Uint8Array(8),
        exchangeType: exchangeType.IKE_SA_INIT,
        initiator: false,
        response: true,
        messageId: 0,
      },
      payloads,
    );
    ends.network.inject({
      from: { address: options.from ?? datagram.to.address, port: datagram.to.port },
      to: datagram.from,
      bytes: forged,
    });
  });
}

async function failure(options: TwoEndsOptions, prepare: (ends: TwoEnds) => void = () => undefined, limit = 120_000) {
  const ends = new TwoEnds(options);
  prepare(ends);
  ends.client.connect(ends.to(ends.ethernet, 500), []);
  await ends.clock.runUntil(() => ends.event('ended') !== undefined || ends.event('established') !== undefined, limit);
  return { ends, error: ends.event('ended')?.error };
}

describe('IKE_SA_INIT', () => {
  it('C-18: a COOKIE goes first into the otherwise unchanged message', async () => {
    const ends = new TwoEnds({ gateway: { cookieThreshold: 0 } });
    const requests = initRequests(ends);
    await ends.connect();
    expect(requests).toHaveLength(2);
    const [first, second] = requests.map((bytes) => decodeMessage(bytes));
    if (first?.ok !== true || second?.ok !== true) throw new Error('not decoded');
    expect(second.value.payloads[0]).toMatchObject({ type: 'N', notify: notifyType.COOKIE });
    expect(second.value.payloads.slice(1)).toEqual(first.value.payloads);
  });

  it('C-19: INVALID_KE_PAYLOAD leads to the wanted group with the full offer', async () => {
    const ends = new TwoEnds({ client: { ikeProposals: ['aes256gcm16-prfsha256-modp3072-x25519'] } });
    const requests = initRequests(ends);
    await ends.connect();
    expect(requests).toHaveLength(2);
    const offers = requests.map((bytes) => {
      const decoded = decodeMessage(bytes);
      return decoded.ok ? decoded.value.payloads.find(({ type }) => type === 'SA') : null;
    });
    expect(offers[0]).toEqual(offers[1]);
    expect(ends.event('established')?.ike.proposal).toBe('aes256gcm16-prfsha256-x25519');
  });

  it('C-18, C-19: a cookie and a group change, in either order', async () => {
    const ends = new TwoEnds({
      client: { ikeProposals: ['aes256gcm16-prfsha256-modp3072-x25519'] },
      gateway: { cookieThreshold: 0 },
    });
    const requests = initRequests(ends);
    await ends.connect();
    expect(requests).toHaveLength(3);
  });

  it('C-18: endless new cookies are not followed', async () => {
    const ends = new TwoEnds();
    const requests = initRequests(ends);
    let counter = 0;
    ends.network.filter = (datagram) => {
      if (datagram.from.address !== gatewayAddress) return 'pass';
      return 'drop';
    };
    ends.network.tap((datagram) => {
      const bytes = message(datagram);
      if (bytes[18] !== exchangeType.IKE_SA_INIT || bytes[19] !== 0x08) return;
      const forged = encodeMessage(
        {
          spiInitiator: bytes.slice(0, 8),
          spiResponder: new Uint8Array(8),
          exchangeType: exchangeType.IKE_SA_INIT,
          initiator: false,
          response: true,
          messageId: 0,
        },
        [notify(notifyType.COOKIE, uint16Octets(++counter))],
      );
      ends.network.inject({ from: datagram.to, to: datagram.from, bytes: forged });
    });
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.run(500);
    expect(requests).toHaveLength(4);
    await ends.clock.run(60_000);
    expect(ends.event('ended')?.error).toMatchObject({ code: 809 });
  });

  it.each([
    ['an unoffered group', uint16Octets(1025)],
    ['the group just sent', uint16Octets(31)],
    ['no octet', new Uint8Array(0)],
    ['1 octet', Uint8Array.of(14)],
    ['3 octets', Uint8Array.of(0, 14, 0)],
  ])('H-20: INVALID_KE_PAYLOAD with %s changes nothing', async (_what, data) => {
    const ends = new TwoEnds();
    forge(ends, [notify(notifyType.INVALID_KE_PAYLOAD, data)]);
    await ends.connect();
  });

  it.each([
    ['NO_PROPOSAL_CHOSEN', notifyType.NO_PROPOSAL_CHOSEN],
    ['AUTHENTICATION_FAILED', notifyType.AUTHENTICATION_FAILED],
    ['INVALID_SYNTAX', notifyType.INVALID_SYNTAX],
  ])('C-11: a forged %s does not stop a connection that works', async (_name, type) => {
    const ends = new TwoEnds();
    forge(ends, [notify(type)]);
    await ends.connect();
  });

  it('H-8, C-12: a forged answer that comes first is outlived by the real one', async () => {
    const ends = new TwoEnds();
    const other = new TwoEnds({ seed: 77 });
    // The attacker answers with an IKE_SA_INIT response of its own, valid in form: it runs a gateway too.
    ends.network.tap((datagram) => {
      const bytes = message(datagram);
      if (bytes[18] !== exchangeType.IKE_SA_INIT || bytes[19] !== 0x08 || datagram.to.address !== gatewayAddress)
        return;
      other.network.tap((answer) => {
        if (answer.from.address === gatewayAddress)
          ends.network.inject({ from: datagram.to, to: datagram.from, bytes: answer.bytes });
      });
      const socket = other.ethernet.socket;
      socket.send(bytes, { address: gatewayAddress, port: 500 });
      other.clock.advance(10);
    });
    await ends.connect();
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('C-19: a forged INVALID_KE_PAYLOAD hides neither the answer to the request before nor the group that is wanted', async () => {
    const forged = (): TwoEnds => {
      const ends = new TwoEnds({ client: { ikeProposals: ['aes256gcm16-prfsha256-x25519-modp2048'] } });
      forge(ends, [notify(notifyType.INVALID_KE_PAYLOAD, uint16Octets(14))]);
      return ends;
    };
    const ends = forged();
    await ends.connect();
    expect(ends.clock.now()).toBeLessThan(500);
    // And the request before is lost.
    const without = forged();
    let first = true;
    without.network.filter = ({ from }) => {
      if (from.address !== gatewayAddress || !first) return 'pass';
      first = false;
      return 'drop';
    };
    await without.connect();
    expect(without.clock.now()).toBeLessThan(500);
  });

  it('C-19: an endless change of groups is not followed', async () => {
    const ends = new TwoEnds({ client: { ikeProposals: ['aes256gcm16-prfsha256-x25519-modp2048'] } });
    const requests = initRequests(ends);
    const forger = new Forger(ends.network, gatewayAddress, (asked) => [
      notify(notifyType.INVALID_KE_PAYLOAD, uint16Octets(asked % 2 === 1 ? 14 : 31)),
    ]);
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.run(500);
    expect([forger.answers, requests.length]).toEqual([7, 7]);
    await ends.clock.run(60_000);
    expect(ends.event('ended')?.error).toMatchObject({ code: 809 });
  });

  it('13868: no common proposal, told after a short wait for a better answer', async () => {
    const { ends, error } = await failure({ client: { ikeProposals: ['aes256-sha512-modp4096'] } });
    expect(error).toMatchObject({ code: 13868, ikeNotify: 'NO_PROPOSAL_CHOSEN' });
    expect(error?.detail).toContain('aes256-sha512-modp4096');
    expect(ends.clock.now()).toBeLessThan(3000);
  });

  it('809: nobody answers', async () => {
    const { ends, error } = await failure({}, ({ network }) => (network.filter = () => 'drop'));
    expect(error).toMatchObject({ code: 809 });
    expect(ends.clock.now()).toBeGreaterThan(20_000);
    expect(ends.clock.now()).toBeLessThan(60_000);
  });

  it('W-10: IKE_AUTH stays unanswered', async () => {
    const { error } = await failure(
      {},
      ({ network }) => (network.filter = ({ to, from }) => (to.port === 4500 || from.port === 4500 ? 'drop' : 'pass')),
    );
    expect(error).toMatchObject({ code: 809, detail: 'IKE_AUTH stayed unanswered' });
  });

  it('C-43: port 4500 when 500 is blocked, after one second', async () => {
    const ends = new TwoEnds();
    ends.network.filter = ({ to }) => (to.port === 500 ? 'drop' : 'pass');
    await ends.connect(ends.to(ends.ethernet, 500), [ends.to(ends.ethernet, 4500)]);
    expect(ends.clock.now()).toBeGreaterThanOrEqual(1000);
    expect(ends.clock.now()).toBeLessThan(1100);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('M-9: the next gateway address when the first is dead; at once when the system refuses to send', async () => {
    const ends = new TwoEnds();
    const dead = ends.to(ends.ethernet, 500, '192.0.2.99');
    await ends.connect(dead, [ends.to(ends.ethernet, 500)]);
    expect(ends.client.path?.remote.address).toBe(gatewayAddress);
    const down = new TwoEnds();
    down.clientHost.adapter('eth0').setUp(false);
    await down.connect(down.to(down.ethernet, 500), [down.to(down.wifi, 500)]);
    expect(down.clock.now()).toBeLessThan(100);
  });

  it('C-41, C-42: encapsulation is forced, and a real NAT is told apart from it', async () => {
    const direct = new TwoEnds();
    await direct.connect();
    expect(direct.event('established')?.natDetected).toBe(false);
    const behind = new TwoEnds();
    await behind.connect(behind.to(behind.wifi, 500));
    expect(behind.event('established')?.natDetected).toBe(true);
  });

  it('C-4, C-7: a lost IKE_SA_INIT is repeated octet by octet', async () => {
    const ends = new TwoEnds();
    const requests: Uint8Array[] = [];
    ends.network.filter = (datagram) => {
      const bytes = message(datagram);
      if (bytes[18] === exchangeType.IKE_SA_INIT && bytes[19] === 0x08) requests.push(bytes.slice());
      return requests.length < 3 ? 'drop' : 'pass';
    };
    await ends.connect();
    expect(requests).toHaveLength(3);
    expect(requests[1]).toEqual(requests[0]);
    expect(requests[2]).toEqual(requests[0]);
  });

  it('RFC 7296 section 2.1: the gateway answers a repeated first message with the same octets and one session', async () => {
    const ends = new TwoEnds({ conditions: { duplicate: 1 } });
    const answers: Uint8Array[] = [];
    ends.network.tap((datagram) => {
      const bytes = message(datagram);
      if (bytes[18] === exchangeType.IKE_SA_INIT && bytes[19] === 0x20) answers.push(bytes.slice());
    });
    await ends.connect();
    expect(answers.length).toBeGreaterThanOrEqual(2);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(ends.responder.sessions).toHaveLength(1);
    expect(ends.responder.halfOpen).toBe(0);
  });

  it('half-open clients are forgotten after 30 s', async () => {
    const ends = new TwoEnds();
    ends.network.filter = ({ to }) => (to.port === 4500 ? 'drop' : 'pass');
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.run(1000);
    expect(ends.responder.halfOpen).toBe(1);
    await ends.clock.run(31_000);
    expect(ends.responder.halfOpen).toBe(0);
  });

  it('H-44: an attacker who strips notifies from IKE_SA_INIT is found out by AUTH', async () => {
    const ends = new TwoEnds();
    ends.network.filter = (datagram) => {
      const bytes = message(datagram);
      if (bytes[18] !== exchangeType.IKE_SA_INIT || bytes[19] !== 0x08) return 'pass';
      const decoded = decodeMessage(bytes);
      if (!decoded.ok || findNotify(decoded.value.payloads, notifyType.SIGNATURE_HASH_ALGORITHMS) === undefined)
        return 'pass';
      const stripped = decoded.value.payloads.filter(
        (payload) => payload.type !== 'N' || payload.notify !== notifyType.SIGNATURE_HASH_ALGORITHMS,
      ) as InnerPayload[];
      const changed = encodeMessage({ ...decoded.value.header }, stripped);
      ends.network.inject({ ...datagram, bytes: changed });
      return 'drop';
    };
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.runUntil(
      () => ends.event('ended') !== undefined || ends.event('established') !== undefined,
      60_000,
    );
    expect(ends.event('ended')?.error).toMatchObject({ code: 811 });
  });
});
