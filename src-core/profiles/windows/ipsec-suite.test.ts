import { describe, expect, test } from 'vitest';
import { hexDecode, hexEncode } from '../../bytes';
import { parseProposals } from '../../ikev2/proposals';
import { readIpsecNames, readIpsecPolicies, suiteProposals, writeIpsecPolicies } from './ipsec-suite';

const policies = (hex: string) => readIpsecPolicies(hexDecode(hex)!);
const proposals = (hex: string) => {
  const suite = policies(hex);
  return suite === null ? null : suiteProposals(suite);
};

/** What the cmdlets of Windows were told, and what they wrote. */
const pairs = [
  [
    '020000000400000003000000050000000200000000000000',
    ['SHA256', 'AES256', 'Group14', 'AES256', 'SHA256128', 'None'],
    { ike: 'aes256-sha256-modp2048', esp: 'aes256-sha256', refused: [] },
  ],
  [
    '020000000200000003000000030000000200000003000000',
    ['SHA256', 'AES128', 'Group14', 'AES128', 'SHA256128', 'PFS2048'],
    { ike: 'aes128-sha256-modp2048', esp: 'aes128-sha256-modp2048', refused: [] },
  ],
] as const;

const named = ([integrity, encryption, dhGroup, cipher, authentication, pfsGroup]: readonly string[]) =>
  readIpsecNames({
    integrity: integrity!,
    encryption: encryption!,
    dhGroup: dhGroup!,
    cipher: cipher!,
    authentication: authentication!,
    pfsGroup: pfsGroup!,
  });

describe('the algorithms of a Windows connection', () => {
  test.each(pairs)('%s is what the cmdlets call %j', (hex, names, expected) => {
    expect(proposals(hex)).toEqual(expected);
    expect(named(names)).toEqual(policies(hex));
    expect(hexEncode(writeIpsecPolicies(policies(hex)!)!)).toBe(hex);
    expect(() => [...parseProposals('ike', [expected.ike]), ...parseProposals('esp', [expected.esp])]).not.toThrow();
  });

  test.each([
    [
      ['SHA384', 'AES_GCM_256', 'ECP384', 'GCMAES256', 'GCMAES256', 'ECP384'],
      { ike: 'aes256gcm16-prfsha384-ecp384', esp: 'aes256gcm16-ecp384', refused: [] },
    ],
    [
      ['sha256', 'gcmaes128', 'group14', 'aes128', 'GCMAES128', 'PFSMM'],
      { ike: 'aes128gcm16-prfsha256-modp2048', esp: 'aes128gcm16-modp2048', refused: [] },
    ],
    [['SHA196', 'DES3', 'Group2', 'AES256', 'SHA196', 'None'], { ike: null, esp: 'aes256-sha1', refused: ['3des'] }],
    [
      ['MD5', 'DES', 'Group1', 'DES3', 'MD596', 'PFS24'],
      { ike: null, esp: null, refused: ['des', 'md5', 'modp768', '3des', 'modp2048s256'] },
    ],
  ])('%j', (names, expected) => {
    expect(suiteProposals(named(names)!)).toEqual(expected);
  });

  test('GMAC beside a cipher of the phone book is AES-GCM', () => {
    expect(proposals('020000000600000005000000030000000500000005000000')).toEqual({
      ike: 'aes256gcm16-prfsha256-ecp384',
      esp: 'aes256gcm16-ecp384',
      refused: [],
    });
  });

  test.each([
    ['nothing', ''],
    ['half of it', '020000000400000003000000'],
    ['a number that is not known', '020000000400000003000000ff0000000200000000000000'],
    ['a cipher of 0', '020000000400000003000000000000000200000000000000'],
    ['a large number', '020000000400000003000000050000000200000001000080'],
  ])('%s is not read', (_name, hex) => {
    expect(policies(hex)).toBeNull();
  });

  test.each(['Group99', '', '__proto__', 'constructor'])('the group %j is not known', (group) => {
    expect(named(['SHA256', 'AES256', group, 'AES256', 'SHA256128', 'None'])).toBeNull();
  });
});
