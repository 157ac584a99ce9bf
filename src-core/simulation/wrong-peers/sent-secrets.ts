import { concat, utf8Encode } from '../../bytes';
import { decodeEapPacket, eapType, ntPasswordHash } from '../../eap';
import { opCode } from '../../eap/mschapv2/messages';
import { decodeFrame } from '../../eap/tls/framing';
import { avpCode, decodeAvps, microsoft } from '../../eap/ttls/avp';
import type { Payload } from '../../ikev2/wire/payload';
import type { CapturedMessage } from './capture';
import type { TlsNotes } from './tapped-tls';

export type Secret =
  | 'user name'
  | 'password'
  | 'NT hash'
  | 'MSCHAPv2 response'
  | 'PAP password'
  | 'client certificate'
  | 'private key'
  | 'pre-shared key';

/** "… in TLS": only inside of a TLS tunnel. Otherwise whoever plays the gateway can read it. */
export type Sighting = Secret | `${Secret} in TLS`;

export interface Secrets {
  readonly username: string;
  readonly password: string;
  /** DER; null where the client has none. */
  readonly clientCertificate: Uint8Array | null;
  /** The secret number itself, octets. */
  readonly privateKey: Uint8Array | null;
  readonly presharedKey: string | null;
}

const tunnelTypes: ReadonlySet<number> = new Set([eapType.TLS, eapType.TTLS, eapType.PEAP]);

/**
 * What of the client's secrets left it, found in the octets of every datagram, in their plaintext, in the TLS records
 * they carry put together again,
 * and in what both ends of the TLS sessions saw. Sorted, each once.
 */
export function sentSecrets(
  datagrams: readonly Uint8Array[],
  messages: readonly CapturedMessage[],
  tls: readonly TlsNotes[],
  secrets: Secrets,
): readonly Sighting[] {
  const sent = messages.filter(({ from }) => from === 'client');
  const open = [...datagrams, ...sent.map(({ plaintext }) => plaintext), ...tunnelStreams(sent)];
  const inside = tls
    .filter(({ role }) => role === 'client')
    .flatMap(({ written }) => [...written, ...innerStreams(written)]);
  const received = tls.filter(({ role }) => role === 'server').flatMap(({ read }) => read);
  const seenInOpen = new Set<Secret>([
    ...needlesIn(open, secrets),
    ...sent.flatMap(({ payloads }) => payloads.flatMap(responsesIn)),
  ]);
  const seenInTls = new Set<Secret>([
    ...needlesIn([...inside, ...received], secrets),
    ...inside.flatMap(innerResponses),
  ]);
  // The server's end saw a certificate: in TLS 1.3 the wire does not show it.
  const shown = tls.some(
    ({ role, peerCertificates }) =>
      role === 'server' &&
      peerCertificates.some(
        (der) => secrets.clientCertificate !== null && Buffer.compare(der, secrets.clientCertificate) === 0,
      ),
  );
  if (shown) seenInTls.add('client certificate');
  return [
    ...seenInOpen,
    ...[...seenInTls].filter((secret) => !seenInOpen.has(secret)).map((secret) => `${secret} in TLS` as const),
  ].sort();
}

function needlesIn(haystacks: readonly Uint8Array[], secrets: Secrets): Secret[] {
  return [...needles(secrets)]
    .filter(([, list]) =>
      list.some((needle) => haystacks.some((haystack) => Buffer.from(haystack).includes(Buffer.from(needle)))),
    )
    .map(([secret]) => secret);
}

function needles({
  username,
  password,
  clientCertificate,
  privateKey,
  presharedKey,
}: Secrets): Map<Secret, readonly Uint8Array[]> {
  const asText = (text: string): Uint8Array[] => [utf8Encode(text), new Uint8Array(Buffer.from(text, 'utf16le'))];
  const hash = ntPasswordHash(password);
  const asBytes = (bytes: Uint8Array): Uint8Array[] => [
    bytes,
    utf8Encode(Buffer.from(bytes).toString('hex')),
    utf8Encode(Buffer.from(bytes).toString('hex').toUpperCase()),
    utf8Encode(Buffer.from(bytes).toString('base64').slice(0, 20)),
  ];
  const found = new Map<Secret, readonly Uint8Array[]>([
    ['user name', asText(username)],
    ['password', asText(password)],
    ['NT hash', asBytes(hash)],
  ]);
  // The key alone would do as well, so it counts as the certificate; PEM is base64 of DER.
  if (clientCertificate !== null)
    found.set('client certificate', [
      clientCertificate,
      utf8Encode(Buffer.from(clientCertificate).toString('base64').slice(0, 64)),
    ]);
  if (privateKey !== null) found.set('private key', asBytes(privateKey));
  if (presharedKey !== null) found.set('pre-shared key', asText(presharedKey));
  return found;
}

function responsesIn(payload: Payload): Secret[] {
  if (payload.type !== 'EAP') return [];
  const packet = decodeEapPacket(payload.packet);
  return packet.ok &&
    packet.value.kind === 'response' &&
    packet.value.type === eapType.MSCHAPV2 &&
    isMschapProof(packet.value.data)
    ? ['MSCHAPv2 response']
    : [];
}

function isMschapProof(data: Uint8Array): boolean {
  return data[0] === opCode.RESPONSE || data[0] === opCode.CHANGE_PASSWORD;
}

/** PEAP compresses: type and data. TTLS has AVPs. */
function innerResponses(written: Uint8Array): Secret[] {
  if (written[0] === eapType.MSCHAPV2 && isMschapProof(written.subarray(1))) return ['MSCHAPv2 response'];
  const avps = decodeAvps(written);
  if (!avps.ok) return [];
  return avps.value.flatMap(({ code, vendor }) =>
    vendor === microsoft && code === avpCode.MS_CHAP2_RESPONSE
      ? (['MSCHAPv2 response'] as const)
      : vendor === 0 && code === avpCode.USER_PASSWORD
        ? (['PAP password'] as const)
        : [],
  );
}

/** The TLS records that EAP carried, without its framing. */
function tunnelStreams(sent: readonly CapturedMessage[]): Uint8Array[] {
  return [
    concat(
      ...sent.flatMap(({ payloads }) =>
        payloads.flatMap((payload) => (payload.type === 'EAP' ? [tlsDataOf(payload.packet)] : [])),
      ),
    ),
  ];
}

function tlsDataOf(packet: Uint8Array): Uint8Array {
  const decoded = decodeEapPacket(packet);
  if (!decoded.ok || decoded.value.kind !== 'response' || !tunnelTypes.has(decoded.value.type))
    return new Uint8Array(0);
  const frame = decodeFrame(decoded.value.data);
  return frame.ok ? frame.value.data : new Uint8Array(0);
}

/** EAP-TLS within PEAP. */
function innerStreams(written: readonly Uint8Array[]): Uint8Array[] {
  const parts = written.flatMap((data) => {
    if (data[0] !== eapType.TLS) return [];
    const frame = decodeFrame(data.subarray(1));
    return frame.ok ? [frame.value.data] : [];
  });
  return parts.length === 0 ? [] : [concat(...parts)];
}

/** How far the client went. Each stage includes those before it. */
export type Stage = 'nothing sent' | 'IKE_SA_INIT' | 'IKE_AUTH' | 'EAP' | 'TLS handshake' | 'inside TLS' | 'final AUTH';

export function stageOf(messages: readonly CapturedMessage[], tls: readonly TlsNotes[]): Stage {
  const sent = messages.filter(({ from, header }) => from === 'client' && !header.response);
  const authentication = sent.filter(({ header }) => header.exchangeType === 35);
  if (sent.length === 0) return 'nothing sent';
  if (authentication.length === 0) return 'IKE_SA_INIT';
  const [, ...later] = authentication;
  if (later.some(({ payloads }) => payloads.some(({ type }) => type === 'AUTH'))) return 'final AUTH';
  const clients = tls.filter(({ role }) => role === 'client');
  if (clients.some(({ opened }) => opened)) return 'inside TLS';
  if (clients.length > 0) return 'TLS handshake';
  return later.length > 0 ? 'EAP' : 'IKE_AUTH';
}

/**
 * What TLS records the client sent outside of an outer tunnel: "handshake 1" is a ClientHello, "alert", "change cipher
 * spec", "application data".
 */
export function tlsRecordsOf(messages: readonly CapturedMessage[]): readonly string[] {
  const [stream = new Uint8Array(0)] = tunnelStreams(messages.filter(({ from }) => from === 'client'));
  const records: string[] = [];
  for (let at = 0; at + 5 <= stream.length; at += 5 + ((stream[at + 3] ?? 0) << 8) + (stream[at + 4] ?? 0)) {
    const type = stream[at];
    records.push(
      type === 22 ? `handshake ${String(stream[at + 5])}` : (recordNames[type ?? 0] ?? `type ${String(type)}`),
    );
  }
  return records;
}

const recordNames: Readonly<Record<number, string>> = { 20: 'change cipher spec', 21: 'alert', 23: 'application data' };
