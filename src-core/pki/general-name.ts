import { octetsToIp } from '../bytes';
import { contextTag, decodeOid, decodeString, type DerElement, derTag } from './der-reader';
import { type DistinguishedName, formatName, parseDistinguishedName } from './distinguished-name';
import { PkiError } from './pki-error';

/** RFC 5280 section 4.2.1.6. */
export type GeneralName =
  | { readonly type: 'email'; readonly value: string }
  | { readonly type: 'dns'; readonly value: string }
  | { readonly type: 'uri'; readonly value: string }
  | { readonly type: 'directory'; readonly name: DistinguishedName }
  /** 4 or 16 octets; 8 or 32 (address and mask) inside name constraints. */
  | { readonly type: 'ip'; readonly octets: Uint8Array }
  | { readonly type: 'registered-id'; readonly oid: string }
  | { readonly type: 'other'; readonly tag: number; readonly raw: Uint8Array };

export function parseGeneralName(element: DerElement, where: string): GeneralName {
  switch (element.tag) {
    case contextTag(1, false):
      return { type: 'email', value: ia5(element, where) };
    case contextTag(2, false):
      return { type: 'dns', value: ia5(element, where) };
    case contextTag(6, false):
      return { type: 'uri', value: ia5(element, where) };
    case contextTag(4, true):
      return { type: 'directory', name: parseDistinguishedName(element.content, where) };
    case contextTag(7, false):
      return { type: 'ip', octets: element.content };
    case contextTag(8, false):
      return { type: 'registered-id', oid: decodeOid(element.content, where) };
    // otherName, x400Address, ediPartyName
    case contextTag(0, true):
    case contextTag(3, true):
    case contextTag(5, true):
      return { type: 'other', tag: element.tag, raw: element.raw };
    default:
      throw new PkiError('malformed', `${where}: not a GeneralName`);
  }
}

/** For people. */
export function formatGeneralName(name: GeneralName): string {
  switch (name.type) {
    case 'email':
    case 'dns':
    case 'uri':
      return `${name.type}:${name.value}`;
    case 'directory':
      return `directory:${formatName(name.name)}`;
    case 'ip':
      return `ip:${name.octets.length === 4 || name.octets.length === 16 ? octetsToIp(name.octets) : Buffer.from(name.octets).toString('hex')}`;
    case 'registered-id':
      return `id:${name.oid}`;
    case 'other':
      return 'other';
  }
}

function ia5(element: DerElement, where: string): string {
  return decodeString({ ...element, tag: derTag.ia5String }, where);
}
