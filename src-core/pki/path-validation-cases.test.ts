import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from './certificate';
import { derBitString, derElement, derOid, derSequence } from './der';
import { formatName } from './distinguished-name';
import { PkiError } from './pki-error';
import type { PathRule } from '../ports/failed-rule';
import { type PathRules, validatePath } from './path-validation';
import {
  day,
  type KeyPair,
  testCertificate,
  testKeys,
  testNow,
  testRoot,
  type TestAuthority,
  type TestRequest,
} from './testing';

/**
 * Paths in the manner of NIST PKITS and x509-limbo, made here: each case is a chain and what RFC 5280 section 6 says of
 * it. The rules one by one,
 * with their words, are in path-validation.test.ts.
 */

interface Case {
  readonly group: string;
  readonly what: string;
  /** "ok", or the rule that must fail. */
  readonly expected: 'ok' | PathRule;
  readonly make: () => {
    readonly leaf: TestAuthority;
    readonly between?: readonly TestAuthority[];
    readonly anchors: readonly TestAuthority[];
    readonly rules?: Partial<PathRules>;
  };
}

const root = testRoot();
const keys = { a: testKeys(), b: testKeys(), c: testKeys() };
const leafRequest: TestRequest = {
  subject: [['CN', 'vpn.contoso.test']],
  dnsNames: ['vpn.contoso.test'],
  extendedKeyUsage: ['serverAuth'],
};
const ca = (
  name: string,
  issuer: TestAuthority | null,
  change: Partial<TestRequest> = {},
  own?: KeyPair,
): TestAuthority =>
  testCertificate({ subject: [['CN', name]], ca: true, ...change }, issuer, own === undefined ? {} : { keys: own });
const leafOf = (issuer: TestAuthority, change: Partial<TestRequest> = {}): TestAuthority =>
  testCertificate({ ...leafRequest, ...change }, issuer);

/** Another encoding of the same certificate, signed again. `change` may not change lengths. */
function resigned(
  { certificate, privateKey }: TestAuthority,
  issuer: TestAuthority,
  change: (tbs: Buffer) => void,
): TestAuthority {
  const tbs = Buffer.from(certificate.tbs);
  change(tbs);
  return {
    certificate: parseCertificate(
      derSequence(tbs, certificate.signatureAlgorithm, derBitString(sign('sha256', tbs, issuer.privateKey))),
    ),
    privateKey,
  };
}

/** Strings of the issuer's name as PrintableString instead of UTF8String. */
const printableIssuer =
  (text: string) =>
  (tbs: Buffer): void => {
    tbs[tbs.indexOf(text) - 2] = 0x13;
  };

const spoiled = ({ certificate, privateKey }: TestAuthority): TestAuthority => {
  const der = certificate.der.slice();
  der[der.length - 1]! ^= 1;
  return { certificate: parseCertificate(der), privateKey };
};

const without = (
  authority: TestAuthority,
  ...fields: readonly ('subjectKeyIdentifier' | 'authorityKeyIdentifier')[]
): TestAuthority => ({
  ...authority,
  certificate: { ...authority.certificate, ...Object.fromEntries(fields.map((field) => [field, null])) },
});

const dns = (...values: readonly string[]): { readonly type: 'dns'; readonly value: string }[] =>
  values.map((value) => ({ type: 'dns', value }));
const group = (
  name: string,
  cases: readonly (readonly [what: string, expected: Case['expected'], make: Case['make']])[],
): Case[] => cases.map(([what, expected, make]) => ({ group: name, what, expected, make }));

/** leaf under one intermediate under the root. */
const under =
  (authority: Partial<TestRequest>, leaf: Partial<TestRequest> = {}, rules: Partial<PathRules> = {}): Case['make'] =>
  () => {
    const middle = ca('Middle', root, authority);
    return { leaf: leafOf(middle, leaf), between: [middle], anchors: [root], rules };
  };

const policy = { oid: '2.5.29.32', value: derSequence(derSequence(derOid('2.16.840.1.101.3.2.1.48.1'))) };

const cases: readonly Case[] = [
  ...group('name chaining', [
    ['issuer and subject are the same octets', 'ok', under({})],
    [
      'issuer in another case',
      'ok',
      () => {
        const named = testRoot('CONTOSO Root', { subject: [['CN', 'CONTOSO Root']] });
        const written = {
          ...named,
          certificate: ca('contoso root', null, {}, { privateKey: named.privateKey, publicKey: keys.a.publicKey })
            .certificate,
        };
        return {
          leaf: leafOf({ ...written, privateKey: named.privateKey }),
          anchors: [{ ...named, certificate: { ...named.certificate, subjectKeyIdentifier: null } }],
        };
      },
    ],
    [
      'issuer as PrintableString, subject as UTF8String',
      'ok',
      () => ({ leaf: resigned(leafOf(root), root, printableIssuer('Test Root')), anchors: [root] }),
    ],
    [
      'issuer of another name, signed by the right key',
      'trust-anchor',
      () => {
        const alias: TestAuthority = { privateKey: root.privateKey, certificate: ca('Alias', null).certificate };
        return { leaf: leafOf(alias), anchors: [root] };
      },
    ],
    [
      'RDNs in another order',
      'trust-anchor',
      () => {
        const one = testCertificate(
          {
            subject: [
              ['O', 'A'],
              ['CN', 'B'],
            ],
            ca: true,
          },
          null,
          { keys: keys.a },
        );
        const other = testCertificate(
          {
            subject: [
              ['CN', 'B'],
              ['O', 'A'],
            ],
            ca: true,
          },
          null,
          { keys: keys.a },
        );
        return { leaf: leafOf(one), anchors: [other] };
      },
    ],
    [
      'a name that only begins alike',
      'trust-anchor',
      () => {
        const long = testCertificate(
          {
            subject: [
              ['CN', 'Root'],
              ['OU', 'Two'],
            ],
            ca: true,
          },
          null,
          { keys: keys.a },
        );
        return { leaf: leafOf(long), anchors: [ca('Root', null, {}, keys.a)] };
      },
    ],
    ['an intermediate is missing', 'trust-anchor', () => ({ leaf: leafOf(ca('Middle', root)), anchors: [root] })],
  ]),
  ...group('signatures', [
    ['one bit of the leaf’s turned', 'signature', () => ({ leaf: spoiled(leafOf(root)), anchors: [root] })],
    [
      'one bit of an intermediate’s turned',
      'signature',
      () => {
        const middle = ca('Middle', root);
        return { leaf: leafOf(middle), between: [spoiled(middle)], anchors: [root] };
      },
    ],
    ['the anchor’s own is not looked at', 'ok', () => ({ leaf: leafOf(root), anchors: [spoiled(root)] })],
    [
      'by another key under the same name and identifiers',
      'signature',
      () => {
        const other: TestAuthority = { privateKey: keys.b.privateKey, certificate: root.certificate };
        return { leaf: leafOf(other), anchors: [root] };
      },
    ],
  ]),
  ...group('dates', [
    ['a leaf of a century', 'ok', under({}, { notAfter: Date.UTC(2126, 0, 1) })],
    ['a leaf from 1950 on', 'ok', under({}, { notBefore: Date.UTC(1950, 0, 1) })],
    ['notAfter before notBefore', 'expired', under({}, { notBefore: testNow - day, notAfter: testNow - 2 * day })],
    ['an intermediate that is not valid yet', 'not-yet-valid', under({ notBefore: testNow + day })],
    [
      'a leaf that outlives its authority, today',
      'ok',
      under({ notAfter: testNow + day }, { notAfter: testNow + 300 * day }),
    ],
    [
      'the same, the day after tomorrow',
      'expired',
      under({ notAfter: testNow + day }, { notAfter: testNow + 300 * day }, { wallTime: testNow + 2 * day }),
    ],
  ]),
  ...group('basicConstraints', [
    ['absent in an intermediate of version 3', 'basic-constraints', under({ basicConstraints: null })],
    ['CA:FALSE with keyCertSign', 'basic-constraints', under({ ca: false, keyUsage: ['keyCertSign'] })],
    [
      'absent in an anchor of version 3',
      'basic-constraints',
      () => {
        const bare = testRoot('Bare', { basicConstraints: null });
        return { leaf: leafOf(bare), anchors: [bare] };
      },
    ],
    [
      'a leaf that is an authority itself',
      'ok',
      under({}, { ca: true, keyUsage: ['keyCertSign', 'digitalSignature'] }),
    ],
  ]),
  ...group('path length', [
    ['0 above a leaf', 'ok', under({ pathLength: 0 })],
    [
      '0 above a leaf that is an authority',
      'ok',
      under({ pathLength: 0 }, { ca: true, keyUsage: ['keyCertSign', 'digitalSignature'] }),
    ],
    [
      '0 of the anchor above an intermediate',
      'path-length',
      () => {
        const narrow = testRoot('Narrow', { pathLength: 0 });
        const middle = ca('Middle', narrow);
        return { leaf: leafOf(middle), between: [middle], anchors: [narrow] };
      },
    ],
    [
      'a later one cannot widen an earlier',
      'path-length',
      () => {
        const one = ca('One', root, { pathLength: 0 });
        const two = ca('Two', one, { pathLength: 5 });
        return { leaf: leafOf(two), between: [one, two], anchors: [root] };
      },
    ],
    [
      '1, and a self-issued certificate that does not count',
      'ok',
      () => {
        const one = ca('One', root, { pathLength: 0 }, keys.a);
        const again = ca('One', one, {}, keys.b);
        return { leaf: leafOf(again), between: [one, again], anchors: [root] };
      },
    ],
    [
      '0, self-issued twice',
      'ok',
      () => {
        const one = ca('One', root, { pathLength: 0 }, keys.a);
        const two = ca('One', one, {}, keys.b);
        const three = ca('One', two, {}, keys.c);
        return { leaf: leafOf(three), between: [one, two, three], anchors: [root] };
      },
    ],
    [
      '0 on a self-issued one ends the chain below',
      'path-length',
      () => {
        const one = ca('One', root, {}, keys.a);
        const again = ca('One', one, { pathLength: 0 }, keys.b);
        const below = ca('Below', again);
        return { leaf: leafOf(below), between: [one, again, below], anchors: [root] };
      },
    ],
    [
      '2 above two',
      'ok',
      () => {
        const one = ca('One', root, { pathLength: 2 });
        const two = ca('Two', one);
        const three = ca('Three', two);
        return { leaf: leafOf(three), between: [one, two, three], anchors: [root] };
      },
    ],
    [
      '1 above two',
      'path-length',
      () => {
        const one = ca('One', root, { pathLength: 1 });
        const two = ca('Two', one);
        const three = ca('Three', two);
        return { leaf: leafOf(three), between: [one, two, three], anchors: [root] };
      },
    ],
  ]),
  ...group('key usage', [
    ['absent everywhere', 'ok', under({ keyUsage: null }, { keyUsage: null })],
    ['cRLSign only in an intermediate', 'key-usage', under({ keyUsage: ['cRLSign'] })],
    ['keyCertSign only in an intermediate', 'ok', under({ keyUsage: ['keyCertSign'] })],
    [
      'an anchor without keyCertSign',
      'key-usage',
      () => {
        const mute = testRoot('Mute', { keyUsage: ['cRLSign'] });
        return { leaf: leafOf(mute), anchors: [mute] };
      },
    ],
    ['keyAgreement only in the leaf', 'key-usage', under({}, { keyUsage: ['keyAgreement'] })],
    ['no bit set in the leaf', 'key-usage', under({}, { keyUsage: [] })],
  ]),
  ...group('EKU chaining', [
    ['absent above', 'ok', under({})],
    ['serverAuth above', 'ok', under({ extendedKeyUsage: ['serverAuth'] })],
    ['anyExtendedKeyUsage above', 'ok', under({ extendedKeyUsage: ['anyExtendedKeyUsage'] })],
    ['clientAuth above', 'extended-key-usage', under({ extendedKeyUsage: ['clientAuth'] })],
    [
      'clientAuth two above',
      'extended-key-usage',
      () => {
        const one = ca('One', root, { extendedKeyUsage: ['clientAuth'] });
        const two = ca('Two', one, { extendedKeyUsage: ['serverAuth'] });
        return { leaf: leafOf(two), between: [one, two], anchors: [root] };
      },
    ],
    [
      'clientAuth in the anchor, which only its holder limits',
      'ok',
      () => {
        const anchor = testRoot('Clients', { extendedKeyUsage: ['clientAuth'] });
        return { leaf: leafOf(anchor), anchors: [anchor] };
      },
    ],
    [
      'a client under serverAuth',
      'extended-key-usage',
      under({ extendedKeyUsage: ['serverAuth'] }, { extendedKeyUsage: ['clientAuth'] }, { purpose: 'client' }),
    ],
    [
      'a client under both',
      'ok',
      under(
        { extendedKeyUsage: ['serverAuth', 'clientAuth'] },
        { extendedKeyUsage: ['clientAuth'] },
        { purpose: 'client' },
      ),
    ],
  ]),
  ...group('name constraints: DNS', [
    ['permitted', 'ok', under({ permitted: dns('contoso.test') })],
    ['permitted elsewhere', 'name-constraints', under({ permitted: dns('fabrikam.test') })],
    ['excluded', 'name-constraints', under({ excluded: dns('contoso.test') })],
    [
      'excluded and permitted',
      'name-constraints',
      under({ permitted: dns('test'), excluded: dns('vpn.contoso.test') }),
    ],
    ['everything excluded', 'name-constraints', under({ excluded: dns('') })],
    ['the parent of a permitted name', 'name-constraints', under({ permitted: dns('a.vpn.contoso.test') })],
    [
      'a permission for another type of name does not concern DNS',
      'ok',
      under({ permitted: [{ type: 'ip', value: '10.0.0.0/8' }] }),
    ],
    [
      'of two authorities, both hold',
      'name-constraints',
      () => {
        const one = ca('One', root, { permitted: dns('contoso.test') });
        const two = ca('Two', one, { permitted: dns('fabrikam.test') });
        return { leaf: leafOf(two, { dnsNames: ['x.fabrikam.test'] }), between: [one, two], anchors: [root] };
      },
    ],
    [
      'a self-issued intermediate is not constrained itself, the leaf below is',
      'name-constraints',
      () => {
        const one = ca('One', root, { excluded: dns('contoso.test') }, keys.a);
        const again = ca('One', one, {}, keys.b);
        return { leaf: leafOf(again), between: [one, again], anchors: [root] };
      },
    ],
  ]),
  ...group('name constraints: addresses', [
    [
      'IPv4 permitted',
      'ok',
      under({ permitted: [{ type: 'ip', value: '192.0.2.0/24' }] }, { addresses: ['192.0.2.200'] }),
    ],
    [
      'IPv4 just outside',
      'name-constraints',
      under({ permitted: [{ type: 'ip', value: '192.0.2.0/25' }] }, { addresses: ['192.0.2.128'] }),
    ],
    [
      'IPv4 excluded',
      'name-constraints',
      under({ excluded: [{ type: 'ip', value: '192.0.2.0/24' }] }, { addresses: ['192.0.2.200'] }),
    ],
    [
      'IPv6 permitted, IPv4 not',
      'name-constraints',
      under({ permitted: [{ type: 'ip', value: '2001:db8::/32' }] }, { addresses: ['192.0.2.200'] }),
    ],
    [
      'IPv6 excluded',
      'name-constraints',
      under({ excluded: [{ type: 'ip', value: '2001:db8::/32' }] }, { addresses: ['2001:db8:ffff::1'] }),
    ],
    [
      'a single address',
      'ok',
      under({ permitted: [{ type: 'ip', value: '192.0.2.1/32' }] }, { addresses: ['192.0.2.1'] }),
    ],
  ]),
  ...group('name constraints: e-mail', [
    [
      'a host permitted',
      'ok',
      under({ permitted: [{ type: 'email', value: 'contoso.test' }] }, { emails: ['vpn@contoso.test'] }),
    ],
    [
      'a host below it',
      'name-constraints',
      under({ permitted: [{ type: 'email', value: 'contoso.test' }] }, { emails: ['vpn@mail.contoso.test'] }),
    ],
    [
      'a domain permitted',
      'ok',
      under({ permitted: [{ type: 'email', value: '.contoso.test' }] }, { emails: ['vpn@mail.contoso.test'] }),
    ],
    [
      'a mailbox permitted, another one shown',
      'name-constraints',
      under({ permitted: [{ type: 'email', value: 'vpn@contoso.test' }] }, { emails: ['root@contoso.test'] }),
    ],
    [
      'a host excluded',
      'name-constraints',
      under({ excluded: [{ type: 'email', value: 'contoso.test' }] }, { emails: ['vpn@CONTOSO.test'] }),
    ],
    [
      'in the subject',
      'name-constraints',
      under(
        { excluded: [{ type: 'email', value: 'contoso.test' }] },
        {
          subject: [
            ['CN', 'x'],
            ['E', 'vpn@contoso.test'],
          ],
        },
      ),
    ],
  ]),
  ...group('name constraints: distinguished names', [
    [
      'permitted',
      'ok',
      under(
        { permitted: [{ type: 'directory', name: [['O', 'Contoso']] }] },
        {
          subject: [
            ['O', 'Contoso'],
            ['CN', 'vpn'],
          ],
        },
      ),
    ],
    [
      'permitted elsewhere',
      'name-constraints',
      under(
        { permitted: [{ type: 'directory', name: [['O', 'Fabrikam']] }] },
        {
          subject: [
            ['O', 'Contoso'],
            ['CN', 'vpn'],
          ],
        },
      ),
    ],
    [
      'excluded, in another case',
      'name-constraints',
      under(
        { excluded: [{ type: 'directory', name: [['O', 'CONTOSO']] }] },
        {
          subject: [
            ['O', 'Contoso'],
            ['CN', 'vpn'],
          ],
        },
      ),
    ],
    [
      'an intermediate below is held to it too',
      'name-constraints',
      () => {
        const one = ca('One', root, { permitted: [{ type: 'directory', name: [['O', 'Contoso']] }] });
        const two = ca('Two', one);
        return {
          leaf: leafOf(two, {
            subject: [
              ['O', 'Contoso'],
              ['CN', 'vpn'],
            ],
          }),
          between: [one, two],
          anchors: [root],
        };
      },
    ],
    [
      'an empty subject is under every base',
      'ok',
      under({ permitted: [{ type: 'directory', name: [['O', 'Contoso']] }] }, { subject: [] }),
    ],
  ]),
  ...group('critical extensions', [
    [
      'unknown in the leaf',
      'critical-extension',
      under({}, { extraExtensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: true, value: Uint8Array.of(5, 0) }] }),
    ],
    [
      'unknown in an intermediate',
      'critical-extension',
      under({ extraExtensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: true, value: Uint8Array.of(5, 0) }] }),
    ],
    [
      'unknown in the anchor',
      'critical-extension',
      () => {
        const odd = testRoot('Odd', {
          extraExtensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: true, value: Uint8Array.of(5, 0) }],
        });
        return { leaf: leafOf(odd), anchors: [odd] };
      },
    ],
    [
      'unknown and not critical',
      'ok',
      under({ extraExtensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: false, value: Uint8Array.of(5, 0) }] }),
    ],
  ]),
  // No policy is demanded here, so every policy will do, a critical one too; a demand for one that we do not process is
  // refused.
  ...group('policies', [
    [
      'one, in leaf and intermediate',
      'ok',
      under(
        { extraExtensions: [{ ...policy, critical: false }] },
        { extraExtensions: [{ ...policy, critical: false }] },
      ),
    ],
    ['critical in the leaf only', 'ok', under({}, { extraExtensions: [{ ...policy, critical: true }] })],
    [
      'policyConstraints that demand one, critical',
      'critical-extension',
      under({
        extraExtensions: [{ oid: '2.5.29.36', critical: true, value: derSequence(derElement(0x80, Uint8Array.of(0))) }],
      }),
    ],
    [
      'inhibitAnyPolicy, critical',
      'ok',
      under({ extraExtensions: [{ oid: '2.5.29.54', critical: true, value: Uint8Array.of(2, 1, 0) }] }),
    ],
  ]),
  ...group('key identifiers', [
    [
      'no SKI above and no AKI below',
      'ok',
      () => {
        const middle = without(ca('Middle', root), 'subjectKeyIdentifier', 'authorityKeyIdentifier');
        return { leaf: without(leafOf(middle), 'authorityKeyIdentifier'), between: [middle], anchors: [root] };
      },
    ],
    [
      'an AKI that names another key rules the issuer out',
      'trust-anchor',
      () => {
        const [one, other] = [ca('Middle', root, {}, keys.a), ca('Middle', root, {}, keys.b)];
        return { leaf: leafOf(one), between: [other], anchors: [root] };
      },
    ],
    [
      'two of one name: the identifier finds the right one',
      'ok',
      () => {
        const [one, other] = [ca('Middle', root, {}, keys.a), ca('Middle', root, {}, keys.b)];
        return { leaf: leafOf(one), between: [other, one], anchors: [root] };
      },
    ],
    [
      'two of one name without identifiers: the signature does',
      'ok',
      () => {
        const [one, other] = [ca('Middle', root, {}, keys.a), ca('Middle', root, {}, keys.b)].map((authority) =>
          without(authority, 'subjectKeyIdentifier'),
        );
        return { leaf: without(leafOf(one!), 'authorityKeyIdentifier'), between: [other!, one!], anchors: [root] };
      },
    ],
    [
      'an authority that names itself as its issuer',
      'trust-anchor',
      () => {
        const loop = ca('Loop', null, {}, keys.a);
        return { leaf: leafOf(loop), between: [loop], anchors: [root] };
      },
    ],
  ]),
  ...group('cross-certificates', [
    [
      'the old root is trusted',
      'ok',
      () => {
        const fresh = ca('New Root', null, {}, keys.a);
        const cross = ca('New Root', root, {}, keys.a);
        return { leaf: leafOf(fresh), between: [cross, fresh], anchors: [root] };
      },
    ],
    [
      'the new root is trusted, the cross-certificate comes along',
      'ok',
      () => {
        const fresh = ca('New Root', null, {}, keys.a);
        return { leaf: leafOf(fresh), between: [ca('New Root', root, {}, keys.a)], anchors: [fresh] };
      },
    ],
    [
      'two that certify one another, and neither is trusted',
      'trust-anchor',
      () => {
        const [one, two] = [ca('One', null, {}, keys.a), ca('Two', null, {}, keys.b)];
        const [oneByTwo, twoByOne] = [ca('One', two, {}, keys.a), ca('Two', one, {}, keys.b)];
        return { leaf: leafOf(one), between: [oneByTwo, twoByOne], anchors: [root] };
      },
    ],
    [
      'one way is constrained, the other is not',
      'ok',
      () => {
        const limited = ca('Cross', root, { excluded: dns('contoso.test') }, keys.a);
        const free = ca('Cross', root, {}, keys.a);
        return { leaf: leafOf(free), between: [limited, free], anchors: [root] };
      },
    ],
    [
      'both ways are constrained',
      'name-constraints',
      () => {
        const limited = ca('Cross', root, { excluded: dns('contoso.test') }, keys.a);
        const other = ca('Cross', root, { permitted: dns('fabrikam.test') }, keys.a);
        return { leaf: leafOf(limited), between: [limited, other], anchors: [root] };
      },
    ],
  ]),
  ...group('bounded work', [
    [
      'twenty authorities of one name and key, each issued by each',
      'depth',
      () => {
        const many = Array.from({ length: 19 }, (_, index) =>
          without(
            ca('Many', ca('Many', null, {}, keys.a), { notAfter: testNow + (index + 1) * day }, keys.a),
            'subjectKeyIdentifier',
            'authorityKeyIdentifier',
          ),
        );
        return { leaf: without(leafOf(many[0]!), 'authorityKeyIdentifier'), between: many, anchors: [] };
      },
    ],
    [
      'a thousand names under a thousand constraints',
      'name-constraints',
      () => {
        const middle = ca('Middle', root, {
          permitted: dns(...Array.from({ length: 1000 }, (_, index) => `d${String(index)}.test`)),
        });
        return {
          leaf: leafOf(middle, { dnsNames: Array.from({ length: 1000 }, (_, index) => `d${String(index)}.test`) }),
          between: [middle],
          anchors: [root],
        };
      },
    ],
    [
      'a hundred names under a hundred constraints',
      'ok',
      () => {
        const middle = ca('Middle', root, {
          permitted: dns(...Array.from({ length: 100 }, (_, index) => `d${String(index)}.test`)),
        });
        return {
          leaf: leafOf(middle, { dnsNames: Array.from({ length: 100 }, (_, index) => `d${String(index)}.test`) }),
          between: [middle],
          anchors: [root],
        };
      },
    ],
    ['a subject of 20,000 octets', 'ok', under({}, { subject: [['CN', 'x'.repeat(20_000)]] })],
  ]),
];

describe.each([...new Set(cases.map((one) => one.group))])('%s', (name) => {
  it.each(cases.filter((one) => one.group === name).map((one) => [one.what, one.expected, one] as const))(
    '%s: %s',
    (_what, expected, { make }) => {
      const { leaf, between = [], anchors, rules = {} } = make();
      const result = validatePath(
        leaf.certificate,
        between.map(({ certificate }) => certificate),
        anchors.map(({ certificate }) => certificate),
        { wallTime: testNow, purpose: 'gateway', ...rules },
      );
      expect(
        result.ok ? 'ok' : result.failure.rule,
        result.ok ? '' : `${formatName(result.failure.certificate.subject)}: ${result.failure.detail}`,
      ).toBe(expected);
    },
  );
});

describe('what is no certificate at all', () => {
  const keyUsage = { oid: '2.5.29.15', critical: true, value: Uint8Array.of(3, 2, 7, 0x80) };

  it.each<readonly [string, Partial<TestRequest>]>([
    ['an extension twice (RFC 5280 section 4.2)', { extraExtensions: [keyUsage] }],
    [
      'an unknown extension twice',
      { extraExtensions: [1, 2].map(() => ({ oid: '1.2.3.4', critical: false, value: Uint8Array.of(5, 0) })) },
    ],
    [
      'an address of five octets',
      {
        dnsNames: [],
        extraExtensions: [
          { oid: '2.5.29.17', critical: false, value: derSequence(derElement(0x87, new Uint8Array(5))) },
        ],
      },
    ],
    ['more than 1024 names', { dnsNames: Array.from({ length: 1025 }, (_, index) => `h${String(index)}.test`) }],
    [
      'more than 64 attributes in its subject',
      { subject: Array.from({ length: 65 }, (_, index) => ['OU', String(index)] as const) },
    ],
    [
      'more than 64 extensions',
      {
        extraExtensions: Array.from({ length: 65 }, (_, index) => ({
          oid: `1.2.3.${String(index)}`,
          critical: false,
          value: Uint8Array.of(5, 0),
        })),
      },
    ],
    ['more than 64 KiB', { extraExtensions: [{ oid: '1.2.3.4', critical: false, value: new Uint8Array(70_000) }] }],
  ])('%s', (_what, change) => {
    expect(() => leafOf(root, change)).toThrow(PkiError);
  });
});
