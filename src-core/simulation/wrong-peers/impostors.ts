import { concat, utf8Encode } from '../../bytes';
import { EapServer, eapType, encodeEapPacket, MschapServer, ntPasswordHash } from '../../eap';
import type { EapServerMethod, EapServerStep } from '../../eap';
import { type CompoundKeys, compoundKeys, compoundMac, compoundMsk, resumedKeys } from '../../eap/peap/compound-keys';
import { type Cryptobinding, cryptobindingTlv, encodeExtensions } from '../../eap/peap/tlv';
import { TlsServerTunnel } from '../../eap/tls/server-tunnel';
import type { TlsServerTunnelOptions } from '../../eap/tls/server-tunnel';
import { firstHalf, tlsKeyMaterial } from '../../eap/tls/tunnel';
import { encodeAvps } from '../../eap/ttls/avp';
import type { EapServerConversation } from '../../ikev2/session';
import type { Random } from '../../ports/random';

/** EAP servers that keep to the rules up to the point where they break one. */

/** What an impostor is made of. */
export interface ImpostorMeans {
  readonly random: Random;
  readonly tunnel: Omit<TlsServerTunnelOptions, 'requestClientCertificate'>;
  readonly username: string;
  readonly password: string;
}

const madeUp = { type: 'success', msk: new Uint8Array(64), identity: 'whoever' } as const;

/** Makes a packet of the identifier that is due. */
export type PacketOf = (identifier: number) => Uint8Array;

/** The whole conversation, packet by packet; after the last comes EAP-Success. */
export function scripted(...packets: readonly PacketOf[]): EapServerConversation {
  let round = 0;
  const next = (): Uint8Array | undefined => {
    const identifier = round & 0xff;
    return packets[round++]?.(identifier);
  };
  return {
    methodName: 'script',
    start: () => Promise.resolve(next() ?? success(0)),
    receive: () => {
      const packet = next();
      return Promise.resolve(
        packet === undefined ? { ...madeUp, packet: success(round) } : { type: 'request', packet },
      );
    },
    close: () => undefined,
  };
}

export const success = (identifier: number): Uint8Array => encodeEapPacket({ kind: 'success', identifier });
export const eapFailure = (identifier: number): Uint8Array => encodeEapPacket({ kind: 'failure', identifier });
export const request =
  (type: number, data: Uint8Array = new Uint8Array(0)) =>
  (identifier: number): Uint8Array =>
    encodeEapPacket({ kind: 'request', identifier, type, data });
export const identityRequest = request(eapType.IDENTITY);

/** A conversation that begins with the identity and goes on with a method. */
export function conversation(random: Random, method: EapServerMethod): EapServerConversation {
  return new EapServer({ random, methods: [method] });
}

/** A method that says one thing and then claims success. */
export function bare(type: number, first: Uint8Array): EapServerMethod {
  return { type, name: 'bare', start: () => first, receive: () => Promise.resolve(madeUp), close: () => undefined };
}

export function mschap({ random, username, password }: ImpostorMeans): MschapServer {
  return new MschapServer({
    random,
    name: 'aaa',
    account: (name) => (name === username ? { ntHash: ntPasswordHash(password) } : null),
  });
}

/** A method whose words are changed on their way out. `round` counts from 0, the start included. */
export function garbled(
  inner: EapServerMethod,
  change: (data: Uint8Array, round: number) => Uint8Array | 'success',
): EapServerMethod {
  let round = 0;
  return {
    type: inner.type,
    name: inner.name,
    start: (identifier, identity) => {
      const first = change(inner.start(identifier, identity), round++);
      return first === 'success' ? new Uint8Array(0) : first;
    },
    receive: async (data, next) => {
      const step = await inner.receive(data, next);
      if (step.type !== 'request') return step;
      const changed = change(step.data, round++);
      return changed === 'success' ? madeUp : { type: 'request', data: changed };
    },
    close: () => inner.close(),
  };
}

/** With `bound`, the compound keys under which it goes on instead of the tunnel's. */
type Inside = Uint8Array | 'success' | { readonly says: Uint8Array; readonly bound: CompoundKeys };

/**
 * What the server's end of a PEAP tunnel can make cryptobinding with: all that somebody in the middle has, and what
 * only the right server has.
 */
export interface PeapKeys {
  /** The first 60 octets of the key material of TLS. */
  readonly tunnel: () => Uint8Array;
  /** Those of the tunnel alone, as if an inner method had made no key. */
  readonly withoutInner: () => CompoundKeys;
  /** Those of fast reconnect, which no inner method has a part in. */
  readonly resumed: () => CompoundKeys;
}

/** A cryptobinding TLV whose MAC is right under `keys`. */
export function boundBy({ cmk }: CompoundKeys, subtype: Cryptobinding['subtype'] = 'request'): Uint8Array {
  const tlv = cryptobindingTlv(subtype, new Uint8Array(32).fill(0x31));
  tlv.set(compoundMac(cmk, tlv), 40);
  return tlv;
}

type Inner = (round: number, application: Uint8Array, next: number, keys: PeapKeys) => Inside | Promise<Inside>;

/**
 * A PEAP server that says inside what a test wants. `application` is what the peer said last. In the end it has the key
 * of the tunnel, or the compound one: it could go on if it were let.
 */
export function peapImpostor({ tunnel }: ImpostorMeans, inside: Inner): EapServerMethod {
  const server = new TlsServerTunnel({ ...tunnel, requestClientCertificate: false });
  const material = (): Uint8Array => tlsKeyMaterial(server, eapType.PEAP, 'client EAP encryption');
  const keys: PeapKeys = {
    tunnel: () => material().subarray(0, 60),
    withoutInner: () => compoundKeys(material().subarray(0, 60), null),
    resumed: () => resumedKeys(material().subarray(0, 60)),
  };
  let round = 0;
  let bound: CompoundKeys | null = null;
  return {
    type: eapType.PEAP,
    name: 'impostor',
    start: () => server.start(),
    receive: async (data, next): Promise<EapServerStep> => {
      const step = server.receive(data);
      if (step.type !== 'inside') return step;
      const says = await inside(round++, step.application, next, keys);
      if (says === 'success')
        return { ...madeUp, msk: bound === null ? firstHalf(material()) : compoundMsk(bound.ipmk) };
      if (!(says instanceof Uint8Array)) bound = says.bound;
      return { type: 'request', data: server.request(step.pending, says instanceof Uint8Array ? says : says.says) };
    },
    close: () => server.close(),
  };
}

export const innerIdentityRequest = Uint8Array.of(eapType.IDENTITY);

export function extensions(data: Uint8Array, identifier: number): Uint8Array {
  return encodeEapPacket({ kind: 'request', identifier, type: eapType.TLV_EXTENSIONS, data });
}

export const resultTlv = (result: 'success' | 'failure', binding: Uint8Array | null, identifier: number): Uint8Array =>
  extensions(encodeExtensions(result, binding), identifier);

/** Runs MSCHAPv2 inside of PEAP as it should be, then says `last`. `right`: the compound keys of this very sign-in. */
export function afterMschap(
  means: ImpostorMeans,
  last: (next: number, right: CompoundKeys, keys: PeapKeys) => Inside,
): EapServerMethod {
  const inner = mschap(means);
  const inside: Inner = async (round, application, next, keys) => {
    if (round === 0) return innerIdentityRequest;
    if (round === 1) return concat(Uint8Array.of(inner.type), inner.start(next));
    if (application[0] !== inner.type) return 'success';
    const step = await inner.receive(application.subarray(1));
    if (step.type === 'request') return concat(Uint8Array.of(inner.type), step.data);
    if (step.type !== 'success') throw new Error('MSCHAPv2 was not as it should be');
    return last(next, compoundKeys(keys.tunnel(), step.msk), keys);
  };
  return peapImpostor(means, inside);
}

/** A TTLS server that answers the first AVPs with others. */
export function ttlsImpostor({ tunnel }: ImpostorMeans, answer: Uint8Array | 'success'): EapServerMethod {
  const server = new TlsServerTunnel({ ...tunnel, requestClientCertificate: false });
  return {
    type: eapType.TTLS,
    name: 'impostor',
    start: () => server.start(),
    receive: (data): Promise<EapServerStep> => {
      const step = server.receive(data);
      if (step.type !== 'inside') return Promise.resolve(step);
      if (step.application.length === 0)
        return Promise.resolve({ type: 'request', data: server.request(step.pending, step.application) });
      return Promise.resolve(
        answer === 'success'
          ? { ...madeUp, msk: firstHalf(tlsKeyMaterial(server, eapType.TTLS, 'ttls keying material')) }
          : { type: 'request', data: server.request(step.pending, answer) },
      );
    },
    close: () => server.close(),
  };
}

export const avp = (code: number, vendor: number, value: Uint8Array): Uint8Array =>
  encodeAvps([{ code, vendor, mandatory: true, value }]);

/**
 * A TLS server that takes the client's certificate and then sends a fatal alert in the open, as a RADIUS server does
 * that does not like it (RFC 5246 section 7.2.2). TLS 1.2 only.
 */
export function alerting({ tunnel }: ImpostorMeans, alert: number): EapServerMethod {
  const server = new TlsServerTunnel({ ...tunnel, requestClientCertificate: true });
  return {
    type: eapType.TLS,
    name: 'alerting',
    start: () => server.start(),
    receive: (data): Promise<EapServerStep> => {
      const step = server.receive(data);
      if (step.type !== 'inside') return Promise.resolve(step);
      return Promise.resolve({ type: 'request', data: Uint8Array.of(0, 21, 3, 3, 0, 2, 2, alert) });
    },
    close: () => server.close(),
  };
}

/** A ServerHello of an older TLS than the client offers: 1.1 is minor version 2, 1.0 is 1. */
export function oldServerHello(minor: number): Uint8Array {
  const body = concat(Uint8Array.of(3, minor), new Uint8Array(32).fill(7), Uint8Array.of(0, 0xc0, 0x13, 0));
  return concat(Uint8Array.of(0, 22, 3, minor, 0, body.length + 4, 2, 0, 0, body.length), body);
}

/** A method that starts as EAP-TLS does and answers the ClientHello with `answer`. */
export function afterHello(type: number, answer: Uint8Array): EapServerMethod {
  let round = 0;
  return {
    type,
    name: 'after hello',
    start: () => Uint8Array.of(0x20),
    receive: () => Promise.resolve(round++ === 0 ? { type: 'request', data: answer } : madeUp),
    close: () => undefined,
  };
}

export const zeroProof = utf8Encode(`S=${'0'.repeat(40)}`);
