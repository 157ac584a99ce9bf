import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { hexEncode, utf8Encode } from '../bytes';
import { VpnError } from '../ports/vpn-error';
import { eapLimits, EapPeer, eapType, encodeEapPacket, mayUseEapOnly } from '.';
import type { EapMethodStep, EapPeerMethod } from '.';

/** A method that answers every request and succeeds when asked with "done". */
class FakeMethod implements EapPeerMethod {
  readonly name: string;
  readonly type: number;
  closed = 0;
  received: string[] = [];
  #done = false;

  constructor(type = 200, name = 'EAP-Fake') {
    this.type = type;
    this.name = name;
  }

  receive({ data }: { data: Uint8Array }): Promise<EapMethodStep> {
    const text = Buffer.from(data).toString();
    this.received.push(text);
    if (text === 'fail') return Promise.resolve({ type: 'failure', error: new VpnError('ACCT_DISABLED', 'no') });
    this.#done = text === 'done';
    return Promise.resolve({ type: 'respond', data: utf8Encode(`re:${text}`) });
  }

  result() {
    return this.#done ? { msk: new Uint8Array(64).fill(7) } : undefined;
  }

  close() {
    this.closed++;
  }
}

let identifier = 0;
const request = (type: number, text = '', id = (identifier = (identifier + 1) & 0xff)) =>
  encodeEapPacket({ kind: 'request', identifier: id, type, data: utf8Encode(text) });
const success = encodeEapPacket({ kind: 'success', identifier: 9 });
const failure = encodeEapPacket({ kind: 'failure', identifier: 9 });

function peerWith(...methods: FakeMethod[]) {
  const notifications: string[] = [];
  return {
    peer: new EapPeer({ identity: 'alice', methods, onNotification: (text) => notifications.push(text) }),
    notifications,
  };
}

async function responseText(peer: EapPeer, packet: Uint8Array) {
  const outcome = await peer.receive(packet);
  return outcome.type === 'respond'
    ? `${String(outcome.packet[4])}:${Buffer.from(outcome.packet.subarray(5)).toString()}`
    : outcome.type === 'failure'
      ? outcome.error.symbol
      : outcome.type;
}

describe('the good way', () => {
  test('identity, notification, method, success with the key of the method', async () => {
    const method = new FakeMethod();
    const { peer, notifications } = peerWith(method);
    expect(peer.methodName).toBeNull();
    expect(await responseText(peer, request(eapType.IDENTITY, 'who?', 3))).toBe('1:alice');
    expect(await responseText(peer, request(eapType.NOTIFICATION, 'Hi\u001b[2J\u202e!', 4))).toBe('2:');
    expect(notifications).toEqual(['Hi [2J !']);
    expect(await responseText(peer, request(200, 'a'))).toBe('200:re:a');
    expect(peer.methodName).toBe('EAP-Fake');
    expect(await responseText(peer, request(200, 'done'))).toBe('200:re:done');
    expect(await peer.receive(success)).toEqual({ type: 'success', msk: new Uint8Array(64).fill(7) });
  });

  test('A-1: the response has the identifier of the request', async () => {
    const { peer } = peerWith();
    const outcome = await peer.receive(request(eapType.IDENTITY, '', 77));
    expect(outcome.type === 'respond' && hexEncode(outcome.packet)).toBe('024d000a01616c696365');
  });

  test('A-3: identity may be asked never or several times', async () => {
    const { peer } = peerWith(new FakeMethod());
    expect(await responseText(peer, request(eapType.IDENTITY))).toBe('1:alice');
    expect(await responseText(peer, request(eapType.IDENTITY))).toBe('1:alice');
    expect(await responseText(peerWith(new FakeMethod()).peer, request(200, 'a'))).toBe('200:re:a');
    expect(() => new EapPeer({ identity: 'ä'.repeat(127), methods: [] })).toThrow(RangeError);
  });

  test('A-6: a repeated request gets the stored response, the method is not asked twice', async () => {
    const method = new FakeMethod();
    const { peer } = peerWith(method);
    const packet = request(200, 'a');
    expect(await responseText(peer, packet)).toBe('200:re:a');
    expect(await responseText(peer, packet)).toBe('200:re:a');
    expect(method.received).toEqual(['a']);
  });
});

describe('H-47: success out of turn', () => {
  test.each([
    ['at once', []],
    ['after the identity', [request(eapType.IDENTITY, '', 1)]],
    ['in the middle of the method', [request(200, 'a', 1)]],
    ['after a Nak', [request(4, '', 1)]],
  ])('%s closes', async (_name, before) => {
    const method = new FakeMethod();
    const { peer } = peerWith(method);
    for (const packet of before) await peer.receive(packet);
    expect(await responseText(peer, success)).toBe('IKE_AUTH_FAIL');
    expect(method.closed).toBe(1);
    // Nothing brings it back.
    expect(await responseText(peer, request(200, 'done'))).toBe('IKE_AUTH_FAIL');
    expect(await responseText(peer, success)).toBe('IKE_AUTH_FAIL');
  });

  test('after failure, and twice', async () => {
    const { peer } = peerWith(new FakeMethod());
    await peer.receive(request(200, 'done'));
    expect(await responseText(peer, failure)).toBe('AUTHENTICATION_FAILURE');
    expect(await responseText(peer, success)).toBe('AUTHENTICATION_FAILURE');
    const other = peerWith(new FakeMethod()).peer;
    await other.receive(request(200, 'done'));
    expect(await responseText(other, success)).toBe('success');
    expect(await responseText(other, success)).toBe('IKE_AUTH_FAIL');
  });
});

describe('H-48: malformed packets', () => {
  test.each([
    ['empty', ''],
    ['3 octets', '010100'],
    ['length too small', '0101000501ff'],
    ['length too large', '0101000701ff'],
    ['length 0', '0101000001'],
    ['a request of 4 octets', '01010004'],
    ['success with a tail', '0301000500'],
    ['code 0', '0001000501'],
    ['code 5', '0501000501'],
    ['a response', '0201000501'],
    ['a Nak as request', '010100060304'],
  ])('%s closes', async (_name, hex) => {
    const { peer } = peerWith(new FakeMethod());
    expect(await responseText(peer, new Uint8Array(Buffer.from(hex, 'hex')))).toBe('IKE_AUTH_FAIL');
  });

  test.each([0, 4, 5, 6, 26, 254, 255])(
    'A-4, A-7: type %d that the profile does not allow gets a Nak',
    async (type) => {
      const { peer } = peerWith(new FakeMethod(25), new FakeMethod(13));
      const outcome = await peer.receive(request(type, 'vendor garbage', 5));
      expect(outcome.type === 'respond' && hexEncode(outcome.packet)).toBe('0205000703190d');
      expect(peer.methodName).toBeNull();
    },
  );

  test('any octets: an outcome, never an exception', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc
              .uint8Array({ maxLength: 30 })
              .map((data) => encodeEapPacket({ kind: 'request', identifier: 1, type: data[0] ?? 0, data })),
          ),
          { maxLength: 6 },
        ),
        async (packets) => {
          const { peer } = peerWith(new FakeMethod());
          for (const packet of packets) expect(['respond', 'failure']).toContain((await peer.receive(packet)).type);
        },
      ),
      { numRuns: 500, seed: 3748 },
    );
  });
});

describe('limits', () => {
  test('H-51: the server insists on a method that is not allowed: Nak, then close', async () => {
    const { peer } = peerWith(new FakeMethod(25));
    for (let i = 0; i < eapLimits.naks; i++)
      expect(await responseText(peer, request(eapType.MSCHAPV2, String(i)))).toBe('3:\u0019');
    expect(await responseText(peer, request(eapType.MSCHAPV2, 'again'))).toBe('SERVER_POLICY');
  });

  test('H-51: another method after one was agreed closes', async () => {
    const { peer } = peerWith(new FakeMethod(25), new FakeMethod(26));
    await peer.receive(request(25, 'a'));
    expect(await responseText(peer, request(26, 'b'))).toBe('IKE_AUTH_FAIL');
  });

  test('identity within a method closes, notification does not', async () => {
    const { peer } = peerWith(new FakeMethod());
    await peer.receive(request(200, 'a'));
    expect(await responseText(peer, request(eapType.NOTIFICATION, 'x'))).toBe('2:');
    expect(await responseText(peer, request(eapType.IDENTITY))).toBe('IKE_AUTH_FAIL');
  });

  test.each([eapType.IDENTITY, eapType.NOTIFICATION, 200])(
    'H-57: type %d asked a thousand times ends after 50 rounds',
    async (type) => {
      const { peer } = peerWith(new FakeMethod());
      const results: string[] = [];
      for (let i = 0; i < 1000; i++) results.push((await peer.receive(request(type, String(i)))).type);
      expect(results.indexOf('failure')).toBe(eapLimits.rounds);
      expect(results.slice(eapLimits.rounds)).not.toContain('respond');
    },
  );

  test('a second packet while the method works is ignored', async () => {
    const method = new FakeMethod();
    let release = (_: EapMethodStep) => {};
    vi.spyOn(method, 'receive').mockImplementationOnce(() => new Promise((resolve) => (release = resolve)));
    const { peer } = peerWith(method);
    const first = peer.receive(request(200, 'slow'));
    expect(await peer.receive(success)).toEqual({ type: 'ignore' });
    release({ type: 'respond', data: new Uint8Array(0) });
    expect((await first).type).toBe('respond');
  });
});

describe('reasons', () => {
  test('the error of the method is the error of the conversation', async () => {
    const { peer } = peerWith(new FakeMethod());
    expect(await responseText(peer, request(200, 'fail'))).toBe('ACCT_DISABLED');
    expect(await responseText(peer, failure)).toBe('ACCT_DISABLED');
  });

  test('EAP-Failure: after a Nak it is policy, else the credentials', async () => {
    const { peer } = peerWith(new FakeMethod(25));
    await peer.receive(request(4));
    expect(await responseText(peer, failure)).toBe('SERVER_POLICY');
    expect(await responseText(peerWith().peer, failure)).toBe('AUTHENTICATION_FAILURE');
  });

  test('close ends everything and is idempotent', async () => {
    const method = new FakeMethod();
    const { peer } = peerWith(method);
    peer.close();
    peer.close();
    expect(await responseText(peer, request(eapType.IDENTITY))).toBe('CANCELLED');
    expect(method.received).toEqual([]);
  });
});

describe('X-11: EAP-only authentication (RFC 5998)', () => {
  const eapOnlyPeer = (...methods: EapPeerMethod[]) => new EapPeer({ identity: 'anonymous', methods, eapOnly: true });

  test('MSCHAPv2 bare gets a Nak although the profile allows it, and the server may not insist', async () => {
    const peer = eapOnlyPeer(new FakeMethod(eapType.MSCHAPV2), new FakeMethod(eapType.PEAP));
    expect(await responseText(peer, request(eapType.MSCHAPV2, 'a'))).toBe('3:\u0019');
    expect(await responseText(peer, request(eapType.PEAP, 'done'))).toBe('25:re:done');
    expect((await peer.receive(success)).type).toBe('success');
  });

  test('a method without key is no proof', async () => {
    const method = new FakeMethod(eapType.TLS);
    vi.spyOn(method, 'result').mockReturnValue({ msk: null as unknown as Uint8Array<ArrayBuffer> });
    const peer = eapOnlyPeer(method);
    await peer.receive(request(eapType.TLS, 'done'));
    expect(await responseText(peer, success)).toBe('IKE_AUTH_FAIL');
  });

  test('which connections may offer it', () => {
    expect(
      [[13], [25], [21], [25, 13], [26], [25, 26], [6], [4], []].map((types) =>
        mayUseEapOnly(types.map((type) => ({ type }))),
      ),
    ).toEqual([true, true, true, true, false, false, false, false, false]);
  });
});
