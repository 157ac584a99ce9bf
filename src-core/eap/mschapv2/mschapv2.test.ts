import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexDecode, hexEncode, utf8Encode } from '../../bytes';
import type { VpnError } from '../../ports/vpn-error';
import { EapPeer } from '../eap-peer';
import { EapServer } from '../eap-server';
import { seededRandom } from '../testing';
import { formatAuthenticatorResponse, ntPasswordHash, utf16 } from './computations';
import { parseFailureMessage } from './failure-message';
import { decodeMschapRequest, decodeMschapResponse, encodeMschapRequest } from './messages';
import { mschapCredentials, MschapPeer } from './peer';
import type { MschapPeerOptions } from './peer';
import { MschapServer } from './server';
import type { MschapAccount, MschapServerOptions } from './server';

const hex = (text: string) => hexDecode(text) as Uint8Array;
type ServerOptions = Partial<MschapServerOptions>;

/** Both ends, packet by packet; `tamper` may change what the server sends. */
async function signIn(
  peerOptions: Omit<MschapPeerOptions, 'random'>,
  serverOptions: ServerOptions = {},
  tamper = (packet: Uint8Array, _round: number) => packet,
) {
  const accounts = new Map<string, MschapAccount>([['alice', { ntHash: ntPasswordHash('right') }]]);
  const method = new MschapServer({
    random: seededRandom('server'),
    name: 'gateway',
    account: (name) => accounts.get(name) ?? null,
    ...serverOptions,
  });
  const server = new EapServer({ random: seededRandom('eap'), methods: [method] });
  const peer = new EapPeer({
    identity: peerOptions.credentials.username,
    methods: [new MschapPeer({ random: seededRandom('peer'), ...peerOptions })],
  });
  let packet = await server.start();
  for (let round = 0; round < 20; round++) {
    const answer = await peer.receive(tamper(packet, round));
    if (answer.type !== 'respond') return { answer, server: null, peer };
    const next = await server.receive(answer.packet);
    if (next.type !== 'request')
      return { answer: await peer.receive(tamper(next.packet, round + 1)), server: next, peer };
    packet = next.packet;
  }
  throw new Error('no end');
}

const errorOf = (answer: Awaited<ReturnType<EapPeer['receive']>>) =>
  answer.type === 'failure' ? answer.error.symbol : answer.type;

describe('peer and server', () => {
  test.each([
    ['alice', null],
    ['alice', 'CONTOSO'],
    ['CONTOSO\\alice', 'IGNORED'],
  ])('%s in domain %s with the right password: both hold the same MSK', async (username, domain) => {
    const { answer, server, peer } = await signIn({ credentials: mschapCredentials(username, domain, 'right') });
    expect(answer.type).toBe('success');
    expect(server?.type).toBe('success');
    if (answer.type !== 'success' || server?.type !== 'success') return;
    expect(answer.msk).toHaveLength(64);
    expect(answer.msk).toEqual(server.msk);
    expect(answer.msk?.some((octet) => octet !== 0)).toBe(true);
    expect(server.identity).toBe(domain === null ? username : 'CONTOSO\\alice');
    expect(peer.methodName).toBe('EAP-MSCHAPv2');
  });

  test('wrong password and unknown user look alike: 691', async () => {
    for (const [username, password] of [
      ['alice', 'wrong'],
      ['mallory', 'right'],
    ] as const) {
      const { answer } = await signIn({ credentials: mschapCredentials(username, null, password) });
      expect(errorOf(answer)).toBe('AUTHENTICATION_FAILURE');
      expect(answer.type === 'failure' && answer.error.code).toBe(691);
      expect(answer.type === 'failure' && answer.error.detail).toBe(
        'MS-CHAPv2 error 691; the server says: Authentication failed',
      );
    }
  });

  test.each([
    [646, 'ACCT_LOGON_HOURS'],
    [647, 'ACCT_DISABLED'],
    [648, 'PASSWD_EXPIRED'],
    [649, 'NO_DIALIN_PERMISSION'],
  ] as const)('A-16: %d becomes %s', async (problem, symbol) => {
    const { answer } = await signIn(
      { credentials: mschapCredentials('alice', null, 'right') },
      { account: () => ({ ntHash: ntPasswordHash('right'), problem }) },
    );
    expect(errorOf(answer)).toBe(symbol);
    expect(answer.type === 'failure' && answer.error.code).toBe(problem);
  });

  test('A-17: R=1 and other credentials at hand', async () => {
    const asked: VpnError[] = [];
    const { answer, server } = await signIn(
      {
        credentials: mschapCredentials('alice', null, 'wrong'),
        askAgain: (reason) => (asked.push(reason), Promise.resolve(mschapCredentials('alice', null, 'right'))),
      },
      { retries: 1 },
    );
    expect(asked.map(({ symbol }) => symbol)).toEqual(['AUTHENTICATION_FAILURE']);
    expect(
      answer.type === 'success' &&
        server?.type === 'success' &&
        hexEncode(answer.msk ?? new Uint8Array(0)) === hexEncode(server.msk ?? new Uint8Array(1)),
    ).toBe(true);
  });

  test('A-17, A-21: at most two retries, none without the person', async () => {
    let asked = 0;
    const wrong = () => Promise.resolve((asked++, mschapCredentials('alice', null, `wrong ${String(asked)}`)));
    expect(
      errorOf(
        (await signIn({ credentials: mschapCredentials('alice', null, 'wrong'), askAgain: wrong }, { retries: 10 }))
          .answer,
      ),
    ).toBe('AUTHENTICATION_FAILURE');
    expect(asked).toBe(2);
    expect(
      errorOf((await signIn({ credentials: mschapCredentials('alice', null, 'wrong') }, { retries: 10 })).answer),
    ).toBe('AUTHENTICATION_FAILURE');
    expect(
      errorOf(
        (
          await signIn(
            { credentials: mschapCredentials('alice', null, 'wrong'), askAgain: () => Promise.resolve(null) },
            { retries: 10 },
          )
        ).answer,
      ),
    ).toBe('AUTHENTICATION_FAILURE');
    // R=0: nobody is asked.
    asked = 0;
    await signIn({ credentials: mschapCredentials('alice', null, 'wrong'), askAgain: wrong });
    expect(asked).toBe(0);
  });

  test('A-19: an expired password is changed, and both ends key on the new one', async () => {
    let stored = ntPasswordHash('right');
    let taken: Uint8Array | null = null;
    const given = utf16('brand new');
    const { answer, server } = await signIn(
      {
        credentials: mschapCredentials('alice', 'CONTOSO', 'right'),
        askNewPassword: (reason) => Promise.resolve(reason.symbol === 'PASSWD_EXPIRED' ? given : null),
        onPasswordChanged: (ntHash) => void (taken = ntHash.slice()),
      },
      {
        account: () => ({ ntHash: stored, problem: 648 }),
        changePassword: (_name, ntHash) => ((stored = ntHash), true),
      },
    );
    expect(stored).toEqual(ntPasswordHash('brand new'));
    expect(taken).toEqual(stored);
    expect(given).toEqual(new Uint8Array(18));
    expect(answer.type === 'success' && answer.msk).toEqual(server?.type === 'success' && server.msk);
  });

  test('A-19: a change that the server refuses is 709', async () => {
    const { answer } = await signIn(
      {
        credentials: mschapCredentials('alice', null, 'right'),
        askNewPassword: () => Promise.resolve(utf16('1')),
        onPasswordChanged: () => {
          throw new Error('it was refused');
        },
      },
      { account: () => ({ ntHash: ntPasswordHash('right'), problem: 648 }), changePassword: () => false },
    );
    expect(errorOf(answer)).toBe('CHANGING_PASSWORD');
  });

  test('a server that does not know the password is found out', async () => {
    const { answer } = await signIn({ credentials: mschapCredentials('alice', null, 'right') }, {}, (packet, round) => {
      if (round !== 2) return packet;
      const changed = packet.slice();
      // A hexadecimal digit of the authenticator response: packet header 5, message header 4, "S=".
      changed[11] = changed[11] === 0x30 ? 0x31 : 0x30;
      return changed;
    });
    expect(errorOf(answer)).toBe('IKE_AUTH_FAIL');
  });

  test('no octet of the password or its hash crosses in the clear', async () => {
    const seen: string[] = [];
    await signIn(
      { credentials: mschapCredentials('alice', null, 'right') },
      {},
      (packet) => (seen.push(hexEncode(packet)), packet),
    );
    expect(seen.join('')).not.toContain(hexEncode(ntPasswordHash('right')));
    expect(seen.join('')).not.toContain(Buffer.from('right').toString('hex'));
  });
});

describe('H-49: what a peer refuses', () => {
  const peer = () =>
    new MschapPeer({ random: seededRandom('peer'), credentials: mschapCredentials('alice', null, 'right') });
  const challenge = encodeMschapRequest({
    type: 'challenge',
    id: 7,
    challenge: new Uint8Array(16).fill(1),
    name: 'gw',
  });
  const stepOf = async (method: MschapPeer, data: Uint8Array) => {
    const step = await method.receive({ identifier: 1, data });
    return step.type === 'failure' ? step.error.symbol : 'respond';
  };

  test.each([
    ['0 octets', `01070005${'00'}`],
    ['8 octets', `0107000d08${'01'.repeat(8)}`],
    ['255 octets', `01070104ff${'01'.repeat(255)}`],
    ['value size beyond the end', '0107000610' + '01'],
    ['empty', ''],
    ['OpCode alone', '01'],
    ['OpCode 0', '00070004'],
    ['OpCode 9', '09070004'],
    ['MS-Length one too small', `0107001410${'01'.repeat(16)}`],
    ['MS-Length one too large', `0107001610${'01'.repeat(16)}`],
    ['a Response', `02070036${'31' + '00'.repeat(49)}`],
    ['Change-Password', '07070004'],
  ])('challenge or packet: %s', async (_name, data) => {
    expect(await stepOf(peer(), hex(data))).toBe('IKE_AUTH_FAIL');
  });

  test('A-10: a challenge without a name is fine', async () => {
    expect(await stepOf(peer(), hex(`0107001510${'01'.repeat(16)}`))).toBe('respond');
  });

  test('Success before the Response, a second Challenge, Success twice', async () => {
    const success = encodeMschapRequest({
      type: 'success',
      id: 7,
      message: formatAuthenticatorResponse(new Uint8Array(20)),
    });
    expect(await stepOf(peer(), success)).toBe('IKE_AUTH_FAIL');
    const challenged = peer();
    expect(await stepOf(challenged, challenge)).toBe('respond');
    expect(await stepOf(challenged, challenge)).toBe('IKE_AUTH_FAIL');
    expect(challenged.result()).toBeUndefined();
    const wrong = peer();
    await stepOf(wrong, challenge);
    expect(await stepOf(wrong, success)).toBe('IKE_AUTH_FAIL');
    expect(await stepOf(wrong, success)).toBe('IKE_AUTH_FAIL');
    expect(wrong.result()).toBeUndefined();
  });

  test('A-11: the Response on the wire', async () => {
    const step = await peer().receive({ identifier: 1, data: challenge });
    if (step.type !== 'respond') throw new Error('refused');
    expect(hexEncode(step.data.subarray(0, 5))).toBe('0207003b31');
    expect(hexEncode(step.data.subarray(21, 29))).toBe('00'.repeat(8));
    expect(step.data[53]).toBe(0);
    expect(Buffer.from(step.data.subarray(54)).toString()).toBe('alice');
  });

  test('any octets in any state: an answer or an error, never an exception', async () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.constantFrom(1, 3, 4, 7), fc.uint8Array({ maxLength: 60 }))
        .map(([code, body]) => new Uint8Array([code, 7, 0, body.length + 4, ...body])),
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(data, { maxLength: 4 }), async (challenged, packets) => {
        const method = peer();
        if (challenged) await method.receive({ identifier: 1, data: challenge });
        for (const packet of packets) await method.receive({ identifier: 2, data: packet });
        expect(method.result()).toBeUndefined();
      }),
      { numRuns: 1000, seed: 2759 },
    );
  });
});

describe('H-50: failure messages', () => {
  test('tokens in any order', () => {
    const expected = { code: 691, retry: true, challenge: new Uint8Array(16).fill(0xab), version: 3 };
    const c = 'aB'.repeat(16);
    expect(parseFailureMessage(`E=691 R=1 C=${c} V=3 M=Go away`)).toEqual({ ...expected, message: 'Go away' });
    expect(parseFailureMessage(`V=3 C=${c} R=1 E=691`)).toEqual({ ...expected, message: '' });
    expect(parseFailureMessage(`M=Go away E=691 V=3 R=1 C=${c}`)).toEqual({ ...expected, message: 'Go away' });
    expect(parseFailureMessage('E=0000000691')).toEqual({
      code: 691,
      retry: false,
      challenge: null,
      version: null,
      message: '',
    });
    expect(parseFailureMessage('E=691 R=0 M=E=648 means expired, R=1')).toMatchObject({
      code: 691,
      retry: false,
      message: 'E=648 means expired, R=1',
    });
  });

  test.each([
    '',
    'M=hello',
    'E=',
    'E=x',
    'E=-1',
    'E=691 R=2',
    'E=691 R=',
    'E=691 C=abc',
    `E=691 C=${'ab'.repeat(17)}`,
    `E=691 C=${'zz'.repeat(16)}`,
    'E=691 V=x',
    'R=1 V=3',
    `E=${'9'.repeat(11)}`,
    'xE=691',
  ])('%j is an unknown error', (text) => {
    expect(parseFailureMessage(text)).toMatchObject({ code: null, retry: false, challenge: null });
  });

  test('a message of 10 kB with format characters is cut and clean', () => {
    const { message } = parseFailureMessage(`E=691 M=${'\u202e%s\u0000'.repeat(3000)}`);
    expect(message.length).toBeLessThanOrEqual(256);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('the person reads one sentence for an unknown error', async () => {
    const peer = new MschapPeer({
      random: seededRandom('peer'),
      credentials: mschapCredentials('alice', null, 'right'),
    });
    await peer.receive({
      identifier: 1,
      data: encodeMschapRequest({ type: 'challenge', id: 7, challenge: new Uint8Array(16), name: '' }),
    });
    const step = await peer.receive({
      identifier: 2,
      data: encodeMschapRequest({ type: 'failure', id: 7, message: 'C=1' }),
    });
    expect(step.type === 'failure' && step.error).toMatchObject({
      symbol: 'AUTHENTICATION_FAILURE',
      detail: 'MS-CHAPv2 error unknown',
    });
  });
});

describe('the server', () => {
  const newServer = (options: ServerOptions = {}) =>
    new MschapServer({
      random: seededRandom('server'),
      name: 'gw',
      account: () => ({ ntHash: ntPasswordHash('right') }),
      ...options,
    });

  test('any octets: a request or a failure, never success', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), async (packets) => {
        const server = newServer();
        server.start(1);
        for (const packet of packets) expect((await server.receive(packet)).type).not.toBe('success');
      }),
      { numRuns: 500, seed: 26 },
    );
  });

  test('CVE-2015-8023: Success from the peer before anything was proved', async () => {
    const server = newServer();
    server.start(1);
    expect(await server.receive(new Uint8Array([3]))).toEqual({ type: 'failure' });
  });

  test('a conversation with foreign identifiers, codes or types fails', async () => {
    const make = () => new EapServer({ random: seededRandom('eap'), methods: [newServer()] });
    for (const change of [
      (packet: Uint8Array) => (packet[1] = ((packet[1] ?? 0) + 1) & 0xff),
      (packet: Uint8Array) => (packet[0] = 1),
      (packet: Uint8Array) => (packet[4] = 26),
    ]) {
      const server = make();
      const start = await server.start();
      const answer = new Uint8Array([2, start[1] as number, 0, 10, 1, ...utf8Encode('alice')]);
      change(answer);
      expect((await server.receive(answer)).type).toBe('failure');
    }
  });

  test('messages decode to what was encoded', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('success' as const, 'failure' as const),
        fc.nat(255),
        fc.string({ unit: 'grapheme' }),
        (type, id, message) => {
          const result = decodeMschapRequest(encodeMschapRequest({ type, id, message }));
          expect(result.ok && result.value).toEqual({ type, id, message });
        },
      ),
    );
    expect(decodeMschapResponse(new Uint8Array([3]))).toEqual({ ok: true, value: { type: 'success' } });
    expect(decodeMschapResponse(new Uint8Array([1])).ok).toBe(false);
  });
});
