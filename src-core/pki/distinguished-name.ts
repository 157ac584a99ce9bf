import { decodeOid, decodeString, derChildren, derTag, DerReader } from './der-reader';
import { attributeOid, nameOfOid } from './object-identifiers';
import { PkiError } from './pki-error';

export interface NameAttribute {
  /** Dotted object identifier of the attribute type. */
  readonly type: string;
  /** Decoded text; null for a value that is no string. */
  readonly value: string | null;
  /** The value's DER. */
  readonly raw: Uint8Array;
}

/** RFC 5280 section 4.1.2.4: RDNs in order, each with one or more attributes. */
export interface DistinguishedName {
  readonly der: Uint8Array;
  readonly rdns: readonly (readonly NameAttribute[])[];
}

const mostAttributes = 64;
const stringTags: ReadonlySet<number> = new Set([
  derTag.utf8String,
  derTag.numericString,
  derTag.printableString,
  derTag.teletexString,
  derTag.ia5String,
  derTag.visibleString,
  derTag.universalString,
  derTag.bmpString,
]);

/** Parses a Name (DER). Throws PkiError. */
export function parseDistinguishedName(der: Uint8Array, where: string): DistinguishedName {
  const outer = new DerReader(der, where);
  const sequence = outer.expect(derTag.sequence, 'Name');
  outer.end();
  const rdns = derChildren(sequence.content, where, mostAttributes).map((set) => {
    if (set.tag !== derTag.set || set.content.length === 0)
      throw new PkiError('malformed', `${where}: an RDN is not a SET`);
    return derChildren(set.content, where, mostAttributes).map((element): NameAttribute => {
      if (element.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: an attribute is not a SEQUENCE`);
      const reader = new DerReader(element.content, where);
      const type = decodeOid(reader.expect(derTag.objectIdentifier, 'attribute type').content, where);
      const value = reader.next();
      reader.end();
      return {
        type,
        value: stringTags.has(value.tag) ? decodeString(value, `${where}, ${nameOfOid(type)}`) : null,
        raw: value.raw,
      };
    });
  });
  return { der: sequence.raw, rdns };
}

/** Case and runs of white space do not count (RFC 5280 section 7.1; RFC 4518 in its usual simplification). */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');
}

function foldAttribute({ type, value, raw }: NameAttribute): string {
  return `${type}=${value === null ? `#${Buffer.from(raw).toString('hex')}` : JSON.stringify(foldText(value))}`;
}

/** One string per RDN, equal exactly when the RDNs are. */
export function foldedRdns(name: DistinguishedName): string[] {
  return name.rdns.map((rdn) => rdn.map(foldAttribute).sort().join('+'));
}

/** Same octets, or the same after folding. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return (
    Buffer.compare(a.der, b.der) === 0 ||
    (a.rdns.length === b.rdns.length && foldedRdns(a).join(',') === foldedRdns(b).join(','))
  );
}

/**
 * All values of an attribute type, in order, as decoded text. Multi-valued RDNs and repeated types give several (P-10).
 */
export function attributeValues(name: DistinguishedName, type: keyof typeof attributeOid): string[] {
  return name.rdns
    .flat()
    .flatMap((attribute) =>
      attribute.type === attributeOid[type] && attribute.value !== null ? [attribute.value] : [],
    );
}

/** For people only, most specific RDN first as RFC 4514 has it: "CN=vpn, O=Contoso". Never compared. */
export function formatName(name: DistinguishedName): string {
  if (name.rdns.length === 0) return '(no subject name)';
  return [...name.rdns]
    .reverse()
    .map((rdn) =>
      rdn
        .map(
          ({ type, value, raw }) =>
            `${nameOfOid(type)}=${value === null ? `#${Buffer.from(raw).toString('hex')}` : escapeValue(value)}`,
        )
        .join('+'),
    )
    .join(', ');
}

function escapeValue(value: string): string {
  const shown = value.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd').replaceAll(/([,+"\\<>;=])/g, '\\$1');
  return shown.length > 120 ? `${shown.slice(0, 120)}…` : shown;
}
