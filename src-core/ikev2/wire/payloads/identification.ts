import { concat, hexEncode, octetsToIp, utf8Decode } from '../../../bytes';
import type { Reader, Writer } from '../../../bytes';
import type { Identity, IdentityType } from '../../session';
import { idType } from '../constants';
import { wireLimits } from '../limits';

/** RFC 7296 section 3.5. */
export interface IdentificationPayload {
  readonly type: 'IDi' | 'IDr';
  readonly idType: number;
  /** 3 octets, zero when sent; kept because AUTH covers them as received (C-23). */
  readonly reserved: Uint8Array;
  readonly data: Uint8Array;
}

const known: ReadonlySet<number> = new Set(Object.values(idType));
const fixedLengths = new Map<number, number>([
  [idType.ID_IPV4_ADDR, 4],
  [idType.ID_IPV6_ADDR, 16],
]);
const textTypes: ReadonlySet<number> = new Set([idType.ID_FQDN, idType.ID_RFC822_ADDR]);

/** H-21: unknown types, wrong lengths, embedded NUL and what is not text are refused here. */
export function decodeIdentification(reader: Reader, type: 'IDi' | 'IDr'): IdentificationPayload {
  const idTypeNumber = reader.uint8('ID type');
  if (!known.has(idTypeNumber)) reader.fail('ID type', `${String(idTypeNumber)} is not known`);
  const reserved = reader.bytes(3, 'reserved');
  const data = reader.rest();
  if (data.length === 0) reader.fail('identification data', 'is empty');
  if (data.length > wireLimits.identityOctets) reader.fail('identification data', 'is too long');
  const expected = fixedLengths.get(idTypeNumber);
  if (expected !== undefined && data.length !== expected)
    reader.fail('identification data', `an address of this type has ${String(expected)} octets`);
  if (textTypes.has(idTypeNumber) && (data.includes(0) || utf8Decode(data) === null))
    reader.fail('identification data', 'is not text');
  return { type, idType: idTypeNumber, reserved, data };
}

export function encodeIdentification(writer: Writer, payload: IdentificationPayload): void {
  if (payload.reserved.length !== 3) throw new RangeError('3 reserved octets');
  writer.uint8(payload.idType).bytes(payload.reserved).bytes(payload.data);
}

/** The payload's body (RestOfIDPayload), which AUTH covers: RFC 7296 section 2.15. */
export function identificationBody(payload: IdentificationPayload): Uint8Array {
  return concat(new Uint8Array([payload.idType]), payload.reserved, payload.data);
}

const numberOfType: Readonly<Record<IdentityType, number>> = {
  ipv4: idType.ID_IPV4_ADDR,
  fqdn: idType.ID_FQDN,
  rfc822: idType.ID_RFC822_ADDR,
  ipv6: idType.ID_IPV6_ADDR,
  'der-dn': idType.ID_DER_ASN1_DN,
  'key-id': idType.ID_KEY_ID,
};

export function identificationPayload(type: 'IDi' | 'IDr', identity: Identity): IdentificationPayload {
  return { type, idType: numberOfType[identity.type], reserved: new Uint8Array(3), data: identity.value };
}

/** null for ID_DER_ASN1_GN, which no peer of ours uses. */
export function payloadIdentity(payload: IdentificationPayload): Identity | null {
  const entry = Object.entries(numberOfType).find(([, number]) => number === payload.idType);
  return entry === undefined ? null : { type: entry[0] as IdentityType, value: payload.data };
}

/** Text for people; binary forms in hexadecimal. */
export function formatIdentification(payload: IdentificationPayload): string {
  if (fixedLengths.has(payload.idType)) return octetsToIp(payload.data);
  return (textTypes.has(payload.idType) ? utf8Decode(payload.data) : null) ?? hexEncode(payload.data);
}
