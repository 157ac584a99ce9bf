import { say } from '../../ports/import-message';
import type { DraftBuilder } from '../importers/draft-builder';

/**
 * The one set of algorithms that a Windows connection may be limited to: six numbers in the phone book
 * (CustomIPSecPolicies), six names in ProfileXML (CryptographySuite) and in Set-VpnConnectionIPsecConfiguration. Both
 * are read into keywords of proposals here.
 */
export interface WindowsIpsecSuite {
  /** Hash of the IKE SA: "sha256". */
  readonly integrity: string;
  /** Cipher of the IKE SA: "aes256". */
  readonly encryption: string;
  /** "modp2048", or "none". */
  readonly dhGroup: string;
  /** Cipher of the CHILD SA: "aes256", or "aes256gcm16" where both names of it say so. */
  readonly cipher: string;
  /** Hash of the CHILD SA: "sha256", or "gcm128" to "gcm256": AES-GCM does both. */
  readonly authentication: string;
  /** "none": no key exchange of its own. "ike": the group of the IKE SA. */
  readonly pfsGroup: string;
}

type Field = keyof WindowsIpsecSuite;

/** Numbers of iketypes.h and ipsectypes.h; the index is the number. */
const byNumber: Readonly<Record<Field, readonly (string | null)[]>> = {
  integrity: ['md5', 'sha1', 'sha256', 'sha384'],
  encryption: ['des', '3des', 'aes128', 'aes192', 'aes256', 'aes128gcm16', 'aes256gcm16'],
  dhGroup: ['none', 'modp768', 'modp1024', 'modp2048', 'ecp256', 'ecp384', 'modp2048s256'],
  cipher: [null, 'des', '3des', 'aes128', 'aes192', 'aes256', 'aes128gcm16', 'aes192gcm16', 'aes256gcm16'],
  authentication: ['md5', 'sha1', 'sha256', 'gcm128', 'gcm192', 'gcm256'],
  pfsGroup: ['none', 'modp768', 'modp1024', 'modp2048', 'ecp256', 'ecp384', 'ike', 'modp2048s256'],
};

/** On disk: the order in which Windows 11's cmdlets write them, which is not that of ROUTER_CUSTOM_IKEv2_POLICY0. */
const orderOnDisk: readonly Field[] = ['integrity', 'encryption', 'dhGroup', 'cipher', 'authentication', 'pfsGroup'];

/** CustomIPSecPolicies: six 32-bit numbers, the least octet first. null: another form, or a number that is not known. */
export function readIpsecPolicies(octets: Uint8Array): WindowsIpsecSuite | null {
  if (octets.length !== 4 * orderOnDisk.length) return null;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return suiteOf((field) => byNumber[field][view.getUint32(4 * orderOnDisk.indexOf(field), true)] ?? null);
}

/** As CustomIPSecPolicies; null: Windows has no such suite. */
export function writeIpsecPolicies(suite: WindowsIpsecSuite): Uint8Array | null {
  const octets = new Uint8Array(4 * orderOnDisk.length);
  const view = new DataView(octets.buffer);
  for (const [index, field] of orderOnDisk.entries()) {
    const number = byNumber[field].indexOf(suite[field]);
    if (number < 0) return null;
    view.setUint32(4 * index, number, true);
  }
  return octets;
}

const groups: Readonly<Record<string, string>> = {
  NONE: 'none',
  GROUP1: 'modp768',
  PFS1: 'modp768',
  GROUP2: 'modp1024',
  PFS2: 'modp1024',
  GROUP14: 'modp2048',
  PFS2048: 'modp2048',
  ECP256: 'ecp256',
  ECP384: 'ecp384',
  GROUP24: 'modp2048s256',
  PFS24: 'modp2048s256',
};
const ciphers: Readonly<Record<string, string>> = {
  DES: 'des',
  DES3: '3des',
  AES128: 'aes128',
  AES192: 'aes192',
  AES256: 'aes256',
};
const byName: Readonly<Record<Field, Readonly<Record<string, string>>>> = {
  integrity: { MD5: 'md5', SHA1: 'sha1', SHA196: 'sha1', SHA256: 'sha256', SHA384: 'sha384' },
  encryption: {
    ...ciphers,
    AES_GCM_128: 'aes128gcm16',
    AES_GCM_256: 'aes256gcm16',
    GCMAES128: 'aes128gcm16',
    GCMAES256: 'aes256gcm16',
  },
  dhGroup: groups,
  cipher: { ...ciphers, GCMAES128: 'aes128gcm16', GCMAES192: 'aes192gcm16', GCMAES256: 'aes256gcm16' },
  authentication: {
    MD596: 'md5',
    SHA196: 'sha1',
    SHA256128: 'sha256',
    GCMAES128: 'gcm128',
    GCMAES192: 'gcm192',
    GCMAES256: 'gcm256',
  },
  pfsGroup: { ...groups, PFSMM: 'ike' },
};

/** CryptographySuite or the parameters of the cmdlet, the names of values without case. null: a name is not known. */
export function readIpsecNames(names: Readonly<Record<Field, string>>): WindowsIpsecSuite | null {
  return suiteOf((field) => {
    const name = names[field].trim().toUpperCase();
    return Object.hasOwn(byName[field], name) ? (byName[field][name] ?? null) : null;
  });
}

function suiteOf(read: (field: Field) => string | null): WindowsIpsecSuite | null {
  const suite: Partial<Record<Field, string>> = {};
  for (const field of orderOnDisk) {
    const value = read(field);
    if (value === null) return null;
    suite[field] = value;
  }
  return suite as Record<Field, string>;
}

/** Takes the proposals and says what is not offered here. */
export function takeIpsecSuite(draft: DraftBuilder, key: string, suite: WindowsIpsecSuite): void {
  const { ike, esp, refused } = suiteProposals(suite);
  if (ike !== null) draft.take(key, 'proposals.ike', [ike], say('taken-into', { path: 'proposals.ike', value: ike }));
  if (esp !== null) draft.take(key, 'proposals.esp', [esp], say('taken-into', { path: 'proposals.esp', value: esp }));
  if (refused.length > 0) draft.ignore(key, say('proposals-none', { left: refused.join(', ') }));
}

/** Proposals of a profile; null where an algorithm is too weak to be offered here. `refused` names those. */
export interface SuiteProposals {
  readonly ike: string | null;
  readonly esp: string | null;
  readonly refused: readonly string[];
}

const neverOffered: ReadonlySet<string> = new Set(['des', '3des', 'md5', 'none', 'modp768', 'modp2048s256']);

export function suiteProposals(suite: WindowsIpsecSuite): SuiteProposals {
  const isAead = suite.encryption.endsWith('gcm16');
  const ike = [suite.encryption, suite.integrity, suite.dhGroup];
  const bits = /^gcm([0-9]+)$/.exec(suite.authentication)?.[1] ?? /^aes([0-9]+)gcm16$/.exec(suite.cipher)?.[1];
  const group = suite.pfsGroup === 'ike' ? suite.dhGroup : suite.pfsGroup;
  const esp = [
    ...(bits === undefined ? [suite.cipher, suite.authentication] : [`aes${bits}gcm16`]),
    ...(group === 'none' ? [] : [group]),
  ];
  const refused = [...new Set([...ike, ...esp].filter((keyword) => neverOffered.has(keyword)))];
  const offered = (keywords: readonly string[], written: readonly string[]): string | null =>
    keywords.some((keyword) => neverOffered.has(keyword)) ? null : written.join('-');
  return {
    ike: offered(ike, [suite.encryption, isAead ? `prf${suite.integrity}` : suite.integrity, suite.dhGroup]),
    esp: offered(esp, esp),
    refused,
  };
}
