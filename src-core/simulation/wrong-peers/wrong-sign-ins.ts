import { concat, utf8Encode } from '../../bytes';
import { eapType, encodeEapPacket } from '../../eap';
import type { CompoundKeys } from '../../eap/peap/compound-keys';
import { cryptobindingTlv, encodeExtensions } from '../../eap/peap/tlv';
import { PeapServer } from '../../eap/peap/server';
import { notifyType } from '../../ikev2/wire/constants';
import type { Payload } from '../../ikev2/wire/payload';
import { notify } from '../../ikev2/wire/payloads/notify';
import {
  afterHello,
  afterMschap,
  avp,
  bare,
  boundBy,
  conversation,
  eapFailure,
  extensions,
  garbled,
  identityRequest,
  type ImpostorMeans,
  innerIdentityRequest,
  mschap,
  oldServerHello,
  type PacketOf,
  peapImpostor,
  request,
  resultTlv,
  scripted,
  success,
  ttlsImpostor,
  zeroProof,
} from './impostors';
import type { EapServerMethod } from '../../eap';
import { authOf } from './rewriting-socket';
import type { Arrangement } from './scene';
import { type Common, rowsOf, type WrongPeer } from './wrong-peer';

/**
 * Behind a gateway that has proved itself: servers that break the rules of EAP, of the method, or of what comes after
 * it.
 */
const script = (...packets: readonly PacketOf[]): Arrangement => ({
  server: { conversation: () => scripted(...packets) },
});
const method = (make: (means: ImpostorMeans) => EapServerMethod): Arrangement => ({
  server: { conversation: (means) => conversation(means.random, make(means)) },
});
const garbledMschap = (change: Parameters<typeof garbled>[1]): Arrangement =>
  method((means) => garbled(mschap(means), change));
const successWith = (message: string): Uint8Array =>
  concat(Uint8Array.of(3, 1, 0, 4 + message.length), utf8Encode(message));

const inTheOpen: Common = { method: 'eap-mschapv2', stage: 'EAP', code: 13801, sent: [] };
const named = ['user name'] as const;
const answered = ['MSCHAPv2 response', 'user name'] as const;

export const wrongEapServers: readonly WrongPeer[] = rowsOf(inTheOpen, [
  ['EAP-Success at once (CVE-2021-45079)', 'eap-early-success', () => script(success), { stage: 'IKE_AUTH' }],
  ['EAP-Success after the identity', 'eap-early-success', () => script(identityRequest), { sent: named }],
  [
    'EAP-Success instead of the proof of the password',
    'eap-early-success',
    () => garbledMschap((data, round) => (round === 1 ? 'success' : data)),
    { sent: answered },
  ],
  [
    'a proof of the password that is wrong (A-13)',
    'mschapv2-proof',
    () =>
      garbledMschap((data, round) => (round === 1 ? successWith('S=0123456789ABCDEF0123456789ABCDEF01234567') : data)),
    { sent: answered },
  ],
  [
    'a proof of the password that is too short',
    'mschapv2-proof',
    () => garbledMschap((data, round) => (round === 1 ? successWith('S=0123') : data)),
    { sent: answered },
  ],
  [
    'a proof of the password that is empty',
    'mschapv2-proof',
    () => garbledMschap((data, round) => (round === 1 ? successWith('') : data)),
    { sent: answered },
  ],
  [
    'Success before the Challenge (CVE-2015-8023)',
    'mschapv2-order',
    () => method(() => bare(eapType.MSCHAPV2, successWith('S=0123456789ABCDEF0123456789ABCDEF01234567'))),
    { sent: named },
  ],
  [
    'Failure before the Challenge',
    'mschapv2-order',
    () => method(() => bare(eapType.MSCHAPV2, concat(Uint8Array.of(4, 1, 0, 13), utf8Encode('E=691 R=0')))),
    { sent: named },
  ],
  [
    'a second Challenge instead of the proof',
    'mschapv2-order',
    () =>
      garbledMschap((data, round) =>
        round === 1 ? concat(Uint8Array.of(1, 2, 0, 24, 16), new Uint8Array(16), utf8Encode('aaa')) : data,
      ),
    { sent: answered },
  ],
  [
    'a Challenge of 8 octets (H-49)',
    'mschapv2-message',
    () =>
      garbledMschap((data, round) =>
        round === 0 ? concat(Uint8Array.of(1, 1, 0, 16, 8), new Uint8Array(8), utf8Encode('aaa')) : data,
      ),
    { sent: named },
  ],
  [
    'a Challenge with a wrong MS-Length',
    'mschapv2-message',
    () =>
      garbledMschap((data, round) =>
        round === 0 ? concat(data.subarray(0, 2), Uint8Array.of(0xff, 0xff), data.subarray(4)) : data,
      ),
    { sent: named },
  ],
  [
    'downgrade to MD5 (H-51)',
    'eap-method',
    () =>
      script(
        identityRequest,
        ...Array.from({ length: 6 }, () =>
          request(eapType.MD5_CHALLENGE, concat(Uint8Array.of(16), new Uint8Array(16))),
        ),
      ),
    { code: 812, sent: named },
  ],
  [
    'downgrade to GTC: the password itself is asked for (A-7)',
    'eap-method',
    () => script(identityRequest, ...Array.from({ length: 6 }, () => request(eapType.GTC, utf8Encode('Password: ')))),
    { code: 812, sent: named },
  ],
  [
    'downgrade to OTP',
    'eap-method',
    () => script(identityRequest, ...Array.from({ length: 6 }, () => request(eapType.OTP, utf8Encode('Password: ')))),
    { code: 812, sent: named },
  ],
  [
    'another method, and EAP-Failure after our Nak',
    'eap-method',
    () => ({ server: { conversation: () => failing(identityRequest, request(eapType.GTC)) } }),
    { code: 812, sent: named },
  ],
  [
    'downgrade from PEAP to MSCHAPv2 in the open',
    'eap-method',
    () => method(mschap),
    { method: 'peap-mschapv2', code: 812 },
  ],
  [
    'downgrade from EAP-TTLS to GTC',
    'eap-method',
    () => script(...Array.from({ length: 6 }, () => request(eapType.GTC, utf8Encode('Password: ')))),
    { method: 'eap-ttls', code: 812 },
  ],
  [
    'downgrade from EAP-TLS to PEAP',
    'eap-method',
    () => method((means) => new PeapServer({ ...means, inner: mschap(means) })),
    { method: 'eap-tls', code: 812 },
  ],
  [
    'downgrade from PEAP to EAP-TTLS',
    'eap-method',
    () => method((means) => ttlsImpostor(means, 'success')),
    { method: 'peap-mschapv2', code: 812 },
  ],
  [
    'a length that is not that of the packet (H-48)',
    'eap-packet',
    () => script(() => Uint8Array.of(1, 0, 0, 9, 1)),
    { stage: 'IKE_AUTH' },
  ],
  ['a request without a type', 'eap-packet', () => script(() => Uint8Array.of(1, 0, 0, 4)), { stage: 'IKE_AUTH' }],
  [
    'a response where a request is due',
    'eap-order',
    () =>
      script((identifier) =>
        encodeEapPacket({ kind: 'response', identifier, type: eapType.IDENTITY, data: utf8Encode('who') }),
      ),
    { stage: 'IKE_AUTH' },
  ],
  [
    'a Nak as request',
    'eap-order',
    () => script(identityRequest, request(eapType.NAK, Uint8Array.of(26))),
    { sent: named },
  ],
  [
    'the identity, asked again within the method',
    'eap-order',
    () =>
      script(
        identityRequest,
        request(eapType.MSCHAPV2, concat(Uint8Array.of(1, 1, 0, 24, 16), new Uint8Array(16), utf8Encode('aaa'))),
        identityRequest,
      ),
    { sent: answered },
  ],
  [
    'the identity, asked without end (H-57)',
    'eap-rounds',
    () => script(...Array.from({ length: 60 }, () => identityRequest)),
    { sent: named },
  ],
  [
    'Notifications without end',
    'eap-rounds',
    () => script(...Array.from({ length: 60 }, () => request(eapType.NOTIFICATION, utf8Encode('wait')))),
    {},
  ],
  [
    'EAP that stops without a word',
    'protocol',
    () => ({ rewrite: (id, payloads) => (id === 2 ? payloads.filter(({ type }) => type !== 'EAP') : payloads) }),
    { code: 13816, sent: named },
  ],
  [
    'no second AUTH after EAP-Success (C-26)',
    'second-auth-missing',
    () => ({
      rewrite: (_id, payloads) =>
        payloads.some(({ type }) => type === 'SA') && !payloads.some(({ type }) => type === 'KE')
          ? payloads.filter(({ type }) => type !== 'AUTH')
          : payloads,
    }),
    { stage: 'final AUTH', sent: answered },
  ],
  [
    'the second AUTH with one bit turned',
    'second-auth',
    () => secondAuth((data) => data.with(-1, data.at(-1)! ^ 1)),
    { stage: 'final AUTH', sent: answered },
  ],
  [
    'the second AUTH is the one of the client sent back',
    'second-auth',
    () => secondAuth((_data, asked) => authOf(asked)),
    { stage: 'final AUTH', sent: answered },
  ],
  [
    'the second AUTH of another method',
    'second-auth',
    () => secondAuth((data) => data, 14),
    { stage: 'final AUTH', sent: answered },
  ],
  [
    'the second AUTH is the signature of the first again',
    'second-auth',
    () => {
      let first: Uint8Array = new Uint8Array(64);
      return {
        rewrite: (id, payloads) =>
          payloads.map((payload) => {
            if (payload.type !== 'AUTH') return payload;
            if (id === 1) first = payload.data.slice();
            return id === 1 ? payload : { ...payload, method: 14, data: first };
          }),
      };
    },
    { stage: 'final AUTH', sent: answered },
  ],
]);

/** After these requests comes EAP-Failure. */
function failing(...packets: readonly PacketOf[]): ReturnType<typeof scripted> {
  const inner = scripted(...packets);
  return {
    ...inner,
    receive: async (packet) => {
      const step = await inner.receive(packet);
      return step.type === 'success' ? { type: 'failure', packet: eapFailure(0) } : step;
    },
  };
}

/** Changes AUTH in the last answer of IKE_AUTH. */
function secondAuth(
  change: (data: Uint8Array, asked: readonly Payload[]) => Uint8Array,
  authMethodId = 2,
): Arrangement {
  return {
    rewrite: (id, payloads, asked) =>
      id < 2
        ? payloads
        : payloads.map((payload) =>
            payload.type === 'AUTH' ? { ...payload, method: authMethodId, data: change(payload.data, asked) } : payload,
          ),
  };
}

const tlsOf = (version: '1.2' | '1.3', arrangement: Arrangement): Arrangement => ({
  ...arrangement,
  server: { ...arrangement.server, version },
});
const demanded: Arrangement['profile'] = { authentication: { requireCryptobinding: true } };
const peap: Common = { method: 'peap-mschapv2', stage: 'inside TLS', code: 845, sent: [] };
const innerNamed = ['user name in TLS'] as const;
const innerAnswered = ['MSCHAPv2 response in TLS', 'user name in TLS'] as const;
/** Success, bound by these keys, and whoever says so goes on with them. */
const bound = (identifier: number, keys: CompoundKeys) => ({
  says: resultTlv('success', boundBy(keys), identifier),
  bound: keys,
});

export const wrongPeapServers: readonly WrongPeer[] = rowsOf(peap, [
  [
    'PEAP: Result success before anything inside (CVE-2023-52160)',
    'peap-result',
    () => method((m) => peapImpostor(m, (_round, _said, next) => resultTlv('success', null, next))),
  ],
  [
    'PEAP: the same in TLS 1.3',
    'peap-result',
    () =>
      tlsOf(
        '1.3',
        method((m) => peapImpostor(m, (_round, _said, next) => resultTlv('success', null, next))),
      ),
  ],
  [
    'PEAP: Result success after the inner identity',
    'peap-result',
    () =>
      method((m) =>
        peapImpostor(m, (round, _said, next) =>
          round === 0 ? innerIdentityRequest : resultTlv('success', null, next),
        ),
      ),
    { sent: innerNamed },
  ],
  [
    'PEAP: Result success with a cryptobinding of its own before the inner method',
    'peap-result',
    () => method((m) => peapImpostor(m, (_round, _said, next, keys) => bound(next, keys.resumed()))),
  ],
  [
    'PEAP: Result failure',
    'credentials',
    () => method((m) => afterMschap(m, (next) => resultTlv('failure', null, next))),
    { code: 691, sent: innerAnswered },
  ],
  [
    'PEAP: Result failure and a cryptobinding',
    'credentials',
    () => method((m) => afterMschap(m, (next, right) => resultTlv('failure', boundBy(right), next))),
    { code: 691, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding absent where the profile demands it (A-44)',
    'cryptobinding-missing',
    () => ({ ...method((m) => afterMschap(m, (next) => resultTlv('success', null, next))), profile: demanded }),
    { code: 824, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding with a MAC of zeros',
    'cryptobinding',
    () =>
      method((m) =>
        afterMschap(m, (next, right) => ({
          says: resultTlv('success', cryptobindingTlv('request', new Uint8Array(32)), next),
          bound: right,
        })),
      ),
    { code: 823, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding that is a response',
    'cryptobinding',
    () =>
      method((m) =>
        afterMschap(m, (next, right) => ({
          says: resultTlv('success', boundBy(right, 'response'), next),
          bound: right,
        })),
      ),
    { code: 823, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding with one bit of its MAC turned, by the right server',
    'cryptobinding',
    () =>
      method((m) =>
        afterMschap(m, (next, right) => {
          const tlv = boundBy(right);
          tlv[59]! ^= 1;
          return { says: resultTlv('success', tlv, next), bound: right };
        }),
      ),
    { code: 823, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding by who holds the tunnel and not the key of the inner method (A-39)',
    'cryptobinding',
    () => method((m) => afterMschap(m, (next, _right, keys) => bound(next, keys.withoutInner()))),
    { code: 823, sent: innerAnswered },
  ],
  [
    'PEAP: cryptobinding of fast reconnect after a whole sign-in (A-43)',
    'cryptobinding',
    () => method((m) => afterMschap(m, (next, _right, keys) => bound(next, keys.resumed()))),
    { code: 823, sent: innerAnswered },
  ],
  [
    'PEAP: two Results that contradict each other',
    'peap-tlv',
    () =>
      method((m) =>
        afterMschap(m, (next) =>
          extensions(concat(encodeExtensions('success', null), encodeExtensions('failure', null)), next),
        ),
      ),
    { sent: innerAnswered },
  ],
  [
    'PEAP: a mandatory TLV that nobody knows',
    'peap-tlv',
    () =>
      method((m) =>
        afterMschap(m, (next) =>
          extensions(concat(encodeExtensions('success', null), Uint8Array.of(0x80, 99, 0, 0)), next),
        ),
      ),
    { sent: innerAnswered },
  ],
  [
    'PEAP: extensions without a Result',
    'peap-result',
    () => method((m) => afterMschap(m, (next) => extensions(new Uint8Array(0), next))),
    { sent: innerAnswered },
  ],
  [
    'PEAP: EAP-Success inside, then outside, before the inner method (A-35)',
    'eap-early-success',
    () => method((m) => peapImpostor(m, (round) => (round === 0 ? Uint8Array.of(3, 1, 0, 4) : 'success'))),
    { code: 13801 },
  ],
  [
    'PEAP: EAP-Success right after the handshake',
    'eap-early-success',
    () => method((m) => peapImpostor(m, () => 'success')),
    { code: 13801, stage: 'TLS handshake', sent: [] },
  ],
  [
    'PEAP: EAP-Success after the inner method, without a Result',
    'eap-early-success',
    () => method((m) => afterMschap(m, () => 'success')),
    { code: 13801, sent: innerAnswered },
  ],
  [
    'PEAP: EAP-Success at once, no TLS at all',
    'eap-early-success',
    () => method(() => bare(eapType.PEAP, Uint8Array.of(0x20))),
    { code: 13801, stage: 'TLS handshake' },
  ],
  [
    'PEAP: the password itself is asked for inside (GTC), without end',
    'eap-method',
    () =>
      method((m) =>
        peapImpostor(m, (round) =>
          round === 0 ? innerIdentityRequest : concat(Uint8Array.of(eapType.GTC), utf8Encode('Password: ')),
        ),
      ),
    { code: 812, sent: innerNamed },
  ],
  [
    'PEAP: MD5 inside',
    'eap-method',
    () =>
      method((m) =>
        peapImpostor(m, (round) =>
          round === 0 ? innerIdentityRequest : concat(Uint8Array.of(eapType.MD5_CHALLENGE, 16), new Uint8Array(16)),
        ),
      ),
    { code: 812, sent: innerNamed },
  ],
  [
    'PEAP: the inner identity, asked without end',
    'eap-rounds',
    () => method((m) => peapImpostor(m, (round) => concat(innerIdentityRequest, Uint8Array.of(round)))),
    { code: 13801, sent: innerNamed },
  ],
  [
    'PEAP: inner Success before the Challenge (CVE-2015-8023)',
    'mschapv2-order',
    () =>
      method((m) =>
        peapImpostor(m, (round) =>
          round === 0 ? innerIdentityRequest : concat(Uint8Array.of(eapType.MSCHAPV2, 3, 1, 0, 46), zeroProof),
        ),
      ),
    { code: 13801, sent: innerNamed },
  ],
  [
    'PEAP: an inner proof of the password that is wrong',
    'mschapv2-proof',
    () =>
      method((m) => {
        const inner = garbled(mschap(m), (data, round) =>
          round === 1 ? concat(Uint8Array.of(3, 1, 0, 46), zeroProof) : data,
        );
        return new PeapServer({ ...m, inner });
      }),
    { code: 13801, sent: innerAnswered },
  ],
  [
    'PEAP-TLS: no certificate is asked for inside, Success follows',
    'eap-early-success',
    () => method((m) => peapImpostor(m, (round) => (round === 0 ? innerIdentityRequest : 'success'))),
    { method: 'peap-tls', code: 13801, sent: innerNamed },
  ],
  [
    'PEAP-TLS: downgrade to MSCHAPv2 inside',
    'eap-method',
    () => method((m) => new PeapServer({ ...m, inner: mschap(m) })),
    { method: 'peap-tls', code: 812, sent: innerNamed },
  ],
]);

export const wrongTtlsServers: readonly WrongPeer[] = rowsOf(
  { method: 'eap-ttls', stage: 'inside TLS', code: 13801, sent: innerAnswered },
  [
    [
      'TTLS: a proof of the password that is wrong',
      'mschapv2-proof',
      () => method((m) => ttlsImpostor(m, avp(26, 311, concat(Uint8Array.of(0), zeroProof)))),
    ],
    [
      'TTLS: a proof of one octet',
      'mschapv2-proof',
      () => method((m) => ttlsImpostor(m, avp(26, 311, Uint8Array.of(0)))),
    ],
    [
      'TTLS: EAP-Success without a proof of the password',
      'eap-early-success',
      () => method((m) => ttlsImpostor(m, 'success')),
    ],
    [
      'TTLS: MS-CHAP-Error',
      'credentials',
      () => method((m) => ttlsImpostor(m, avp(2, 311, utf8Encode('\0E=691 R=0')))),
      { code: 691 },
    ],
    [
      'TTLS: a mandatory AVP that nobody knows',
      'ttls-avp',
      () => method((m) => ttlsImpostor(m, avp(4711, 0, Uint8Array.of(1)))),
      { code: 801 },
    ],
    [
      'TTLS: an AVP shorter than its header (CVE-2026-25075)',
      'ttls-avp',
      () => method((m) => ttlsImpostor(m, Uint8Array.of(0, 0, 0, 26, 0xc0, 0, 0, 7, 0, 0, 1, 55))),
      { code: 801 },
    ],
    [
      'TTLS with PAP: EAP-Success before TLS',
      'eap-early-success',
      () => ({
        ...method(() => bare(eapType.TTLS, Uint8Array.of(0x20))),
        profile: { authentication: { ttlsInner: 'pap' } },
      }),
      { stage: 'TLS handshake', sent: [] },
    ],
  ],
);

export const wrongTlsServers: readonly WrongPeer[] = rowsOf(
  { method: 'eap-tls', stage: 'TLS handshake', code: 801, sent: [] },
  [
    [
      'EAP-TLS: EAP-Success after the start',
      'eap-early-success',
      () => method(() => bare(eapType.TLS, Uint8Array.of(0x20))),
      { code: 13801 },
    ],
    [
      'EAP-TLS: data before the start',
      'tls-framing',
      () => method(() => bare(eapType.TLS, Uint8Array.of(0, 22, 3, 3))),
      { stage: 'EAP' },
    ],
    [
      'EAP-TLS: a message longer than is read (A-23)',
      'tls-framing',
      () => method(() => bare(eapType.TLS, Uint8Array.of(0xc0, 0x7f, 0xff, 0xff, 0xff, 1))),
      { stage: 'EAP' },
    ],
    ['EAP-TLS: a second start', 'tls-framing', () => method(() => afterHello(eapType.TLS, Uint8Array.of(0x20)))],
    [
      'EAP-TLS: TLS 1.1, which was not offered',
      'tls-handshake',
      () => method(() => afterHello(eapType.TLS, oldServerHello(2))),
    ],
    [
      'EAP-TLS: TLS 1.0, which was not offered',
      'tls-handshake',
      () => method(() => afterHello(eapType.TLS, oldServerHello(1))),
    ],
    [
      'EAP-TLS: SSL 3.0, which was not offered',
      'tls-handshake',
      () => method(() => afterHello(eapType.TLS, oldServerHello(0))),
    ],
    [
      'EAP-TLS: octets that are no TLS',
      'tls-handshake',
      () => method(() => afterHello(eapType.TLS, concat(Uint8Array.of(0), utf8Encode('HTTP/1.1 400 Bad Request')))),
    ],
    [
      'EAP-TLS: a fatal alert instead of a ServerHello',
      'tls-handshake',
      () => method(() => afterHello(eapType.TLS, Uint8Array.of(0, 21, 3, 3, 0, 2, 2, 40))),
    ],
    [
      'PEAP: TLS 1.0, which was not offered',
      'tls-handshake',
      () => method(() => afterHello(eapType.PEAP, oldServerHello(1))),
      { method: 'peap-mschapv2' },
    ],
    [
      'EAP-TTLS: TLS 1.1, which was not offered',
      'tls-handshake',
      () => method(() => afterHello(eapType.TTLS, oldServerHello(2))),
      { method: 'eap-ttls' },
    ],
  ],
);

/** MS_NOTIFY_STATUS and the other words of a server that does not want us, instead of EAP-Failure (W-16). */
const status = (code: number): Arrangement => ({
  rewrite: (id, payloads) =>
    id >= 3
      ? [
          notify(notifyType.MS_NOTIFY_STATUS, Uint8Array.of(0, 0, code >> 8, code & 0xff)),
          notify(notifyType.AUTHENTICATION_FAILED),
        ]
      : payloads,
});

export const refusingServers: readonly WrongPeer[] = rowsOf({ ...inTheOpen, sent: answered }, [
  ['the gateway says 691 by notify 12345 (W-16)', 'credentials', () => status(691), { code: 691 }],
  ['the gateway says 647, account disabled, by notify 12345', 'account', () => status(647), { code: 647 }],
  ['the gateway says 649, no dial-in permission, by notify 12345', 'account', () => status(649), { code: 649 }],
  ['the gateway says 812, by notify 12345', 'server-policy', () => status(812), { code: 812 }],
  ['the gateway says 13801, by notify 12345', 'client-identity', () => status(13801), { code: 13801 }],
  ['the gateway says a number nobody knows, by notify 12345', 'server-policy', () => status(4711), { code: 13816 }],
]);
