import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Certificate, parseCertificate } from './certificate';
import { derBitString, derNull, derOid, derSequence, derSmallInteger, derUnsigned } from './der';
import { formatName } from './distinguished-name';
import { PkiError } from './pki-error';
import { type PathPurpose, type PathRules, validatePath } from './path-validation';
import { day, testCertificate, testKeys, testNow, testRoot, type TestAuthority, type TestRequest } from './testing';

const root = testRoot();
const issuing = testCertificate({ subject: [['CN', 'Issuing']], ca: true, pathLength: 0 }, root);
const leafRequest: TestRequest = {
  subject: [['CN', 'vpn.contoso.test']],
  dnsNames: ['vpn.contoso.test'],
  extendedKeyUsage: ['serverAuth'],
};
const leaf = testCertificate(leafRequest, issuing);

/** "ok", or the rule and the subject that failed. */
function outcome(
  end: TestAuthority,
  between: readonly TestAuthority[],
  anchors: readonly TestAuthority[] = [root],
  rules: Partial<PathRules> = {},
): string {
  const result = validatePath(
    end.certificate,
    between.map(({ certificate }) => certificate),
    anchors.map(({ certificate }) => certificate),
    { wallTime: testNow, purpose: 'gateway', ...rules },
  );
  return result.ok ? 'ok' : `${result.failure.rule} @ ${formatName(result.failure.certificate.subject)}`;
}

describe('building a path (P-1)', () => {
  it('leaf, intermediate and root validate, and the path is given leaf first', () => {
    const result = validatePath(leaf.certificate, [issuing.certificate], [root.certificate], {
      wallTime: testNow,
      purpose: 'gateway',
    });
    expect(result.ok && result.path.map(({ subject }) => formatName(subject))).toEqual([
      'CN=vpn.contoso.test',
      'CN=Issuing',
      'CN=Test Root, O=Agile Test',
    ]);
    expect(result.ok && result.leaf).toBe(leaf.certificate);
  });

  it('the order of the bag and useless certificates in it do not matter', () => {
    const useless = [testCertificate({ subject: [['CN', 'Other']] }, null), testRoot('Strange'), leaf];
    expect(outcome(leaf, [...useless, issuing, root])).toBe('ok');
  });

  it('an intermediate that is itself an anchor ends the path', () => {
    expect(outcome(leaf, [], [issuing])).toBe('ok');
  });

  it('a leaf that is itself trusted needs no issuer, but must be in date and fit the purpose', () => {
    const own = testCertificate(leafRequest, null);
    expect(outcome(own, [], [own])).toBe('ok');
    expect(outcome(own, [], [own], { wallTime: testNow + 400 * day })).toBe('expired @ CN=vpn.contoso.test');
    const client = testCertificate({ ...leafRequest, extendedKeyUsage: ['clientAuth'] }, null);
    expect(outcome(client, [], [client])).toBe('extended-key-usage @ CN=vpn.contoso.test');
  });

  it('a self-signed leaf that is not trusted is refused', () => {
    expect(outcome(testCertificate(leafRequest, null), [])).toBe('trust-anchor @ CN=vpn.contoso.test');
  });

  it('the wrong authority is refused, and a missing intermediate is named', () => {
    expect(outcome(leaf, [issuing], [testRoot('Another Root')])).toBe('trust-anchor @ CN=Issuing');
    expect(outcome(leaf, [], [root])).toBe('trust-anchor @ CN=vpn.contoso.test');
    expect(outcome(leaf, [issuing], [])).toBe('trust-anchor @ CN=Issuing');
  });

  it('an authority of the same name with another key does not vouch', () => {
    const impostor = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, testRoot());
    // Without key identifiers nothing but the signature tells the two apart.
    const bare = { ...impostor, certificate: { ...impostor.certificate, subjectKeyIdentifier: null } };
    expect(outcome(leaf, [bare], [testRoot('Test Root')])).not.toBe('ok');
    expect(
      validatePath(leaf.certificate, [], [bare.certificate], { wallTime: testNow, purpose: 'gateway' }),
    ).toMatchObject({ ok: false, failure: { rule: 'signature' } });
  });

  it('a dead end does not hide a good path: the cross-certificate that expired and the one that did not', () => {
    const keys = testKeys();
    const expired = testCertificate(
      { subject: [['CN', 'Cross']], ca: true, notBefore: testNow - 90 * day, notAfter: testNow - day },
      root,
      { keys },
    );
    const fresh = testCertificate({ subject: [['CN', 'Cross']], ca: true }, root, { keys });
    const end = testCertificate(leafRequest, fresh);
    expect(outcome(end, [expired, fresh])).toBe('ok');
    expect(outcome(end, [expired])).toBe('expired @ CN=Cross');
  });

  it('an authority without a name issues nothing', () => {
    const nameless = testRoot('', { subject: [] });
    expect(outcome(testCertificate(leafRequest, nameless), [], [nameless])).toBe('trust-anchor @ CN=vpn.contoso.test');
  });

  it('8 certificates are not too many, 9 are', () => {
    const chain: TestAuthority[] = [];
    for (let i = 0; i < 7; i += 1)
      chain.push(testCertificate({ subject: [['CN', `Level ${i}`]], ca: true }, chain.at(-1) ?? root));
    const under = (depth: number): string =>
      outcome(testCertificate(leafRequest, chain[depth - 1]!), chain.slice(0, depth));
    expect(under(6)).toBe('ok');
    expect(under(7)).toMatch(/^depth @/);
  });

  it('certificates that certify one another in circles end the search', () => {
    const keys = Array.from({ length: 6 }, () => testKeys());
    const names = keys.map((_, index) => [['CN', `Circle ${index}`]] as const);
    const circle: TestAuthority[] = [];
    for (const [i, own] of keys.entries()) {
      for (const [j, other] of keys.entries()) {
        if (i === j) continue;
        const issuer: TestAuthority = {
          privateKey: other.privateKey,
          certificate: testCertificate({ subject: names[j]!, ca: true }, null, { keys: other }).certificate,
        };
        circle.push(testCertificate({ subject: names[i]!, ca: true }, issuer, { keys: own }));
      }
    }
    const end = testCertificate(leafRequest, circle[0]!);
    expect(outcome(end, circle)).toMatch(/^(trust-anchor|depth) @/);
  });
});

describe('each certificate of the path (P-2)', () => {
  const dates = (change: Partial<TestRequest>): TestAuthority =>
    testCertificate({ ...leafRequest, ...change }, issuing);

  it('expired, not yet valid, and five minutes of tolerance on both sides', () => {
    expect(outcome(dates({ notAfter: testNow - 6 * 60_000 }), [issuing])).toBe('expired @ CN=vpn.contoso.test');
    expect(outcome(dates({ notAfter: testNow - 4 * 60_000 }), [issuing])).toBe('ok');
    expect(outcome(dates({ notBefore: testNow + 6 * 60_000 }), [issuing])).toBe('not-yet-valid @ CN=vpn.contoso.test');
    expect(outcome(dates({ notBefore: testNow + 4 * 60_000 }), [issuing])).toBe('ok');
  });

  it('the detail says which date, and what the clock says', () => {
    const result = validatePath(
      dates({ notAfter: testNow - day }).certificate,
      [issuing.certificate],
      [root.certificate],
      { wallTime: testNow, purpose: 'gateway' },
    );
    expect(result).toMatchObject({
      ok: false,
      failure: {
        detail: "expired on 2026-05-31T12:00:00.000Z, and it is 2026-06-01T12:00:00.000Z by this computer's clock",
      },
    });
  });

  it('an expired intermediate and an expired root are refused', () => {
    const old = testCertificate({ subject: [['CN', 'Old']], ca: true, notAfter: testNow - day }, root);
    expect(outcome(testCertificate(leafRequest, old), [old])).toBe('expired @ CN=Old');
    const oldRoot = testRoot('Old Root', { notAfter: testNow - day });
    expect(outcome(testCertificate(leafRequest, oldRoot), [], [oldRoot])).toBe('expired @ CN=Old Root, O=Agile Test');
  });

  it('a changed certificate does not verify', () => {
    const changed = leaf.certificate.der.slice();
    const at = Buffer.from(changed).indexOf('vpn.contoso.test');
    changed[at] = 'w'.charCodeAt(0);
    expect(
      validatePath(parseCertificate(changed), [issuing.certificate], [root.certificate], {
        wallTime: testNow,
        purpose: 'gateway',
      }),
    ).toMatchObject({ ok: false, failure: { rule: 'signature' } });
  });

  it('CA:FALSE, no basicConstraints, and a leaf that issued are refused', () => {
    const notCa = testCertificate({ subject: [['CN', 'Not a CA']], ca: false, keyUsage: ['keyCertSign'] }, root);
    expect(outcome(testCertificate(leafRequest, notCa), [notCa])).toBe('basic-constraints @ CN=Not a CA');
    const silent = testCertificate({ subject: [['CN', 'Silent']], basicConstraints: null, keyUsage: null }, root);
    expect(outcome(testCertificate(leafRequest, silent), [silent])).toBe('basic-constraints @ CN=Silent');
    expect(outcome(testCertificate(leafRequest, leaf), [leaf, issuing])).toBe(
      'basic-constraints @ CN=vpn.contoso.test',
    );
  });

  it('a trusted leaf is no authority', () => {
    const pinned = testCertificate({ ...leafRequest, subject: [['CN', 'Pinned']] }, null);
    expect(outcome(testCertificate(leafRequest, pinned), [], [pinned])).toBe('basic-constraints @ CN=Pinned');
  });

  it('path length: 0 allows a leaf, not another authority; self-issued ones do not count', () => {
    const below = testCertificate({ subject: [['CN', 'Below']], ca: true }, issuing);
    expect(outcome(testCertificate(leafRequest, below), [below, issuing])).toBe('path-length @ CN=Below');
    const narrow = testRoot('Narrow Root', { pathLength: 1 });
    const first = testCertificate({ subject: [['CN', 'First']], ca: true }, narrow);
    const second = testCertificate({ subject: [['CN', 'Second']], ca: true }, first);
    expect(outcome(testCertificate(leafRequest, first), [first], [narrow])).toBe('ok');
    expect(outcome(testCertificate(leafRequest, second), [first, second], [narrow])).toBe('path-length @ CN=Second');
    const rollover = testCertificate({ subject: [['CN', 'First']], ca: true }, first);
    expect(outcome(testCertificate(leafRequest, rollover), [rollover, first], [narrow])).toBe('ok');
  });

  it('an authority whose key usage lacks keyCertSign is refused', () => {
    const wrong = testCertificate(
      { subject: [['CN', 'Wrong']], ca: true, keyUsage: ['digitalSignature', 'cRLSign'] },
      root,
    );
    expect(outcome(testCertificate(leafRequest, wrong), [wrong])).toBe('key-usage @ CN=Wrong');
  });

  it('an unknown critical extension is refused, an unknown one that is not critical is not', () => {
    const extra = (critical: boolean): TestAuthority =>
      testCertificate(
        { ...leafRequest, extraExtensions: [{ oid: '1.2.3.4', critical, value: Uint8Array.of(5, 0) }] },
        issuing,
      );
    expect(outcome(extra(true), [issuing])).toBe('critical-extension @ CN=vpn.contoso.test');
    expect(outcome(extra(false), [issuing])).toBe('ok');
    const odd = testCertificate(
      {
        subject: [['CN', 'Odd']],
        ca: true,
        extraExtensions: [{ oid: '2.5.29.36', critical: true, value: Uint8Array.of(0x30, 0) }],
      },
      root,
    );
    expect(outcome(testCertificate(leafRequest, odd), [odd])).toBe('critical-extension @ CN=Odd');
  });
});

describe('algorithms (P-3)', () => {
  const rsa = (modulusLength: number, publicExponent = 65_537): ReturnType<typeof testKeys> =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent });
  const good = rsa(2048);

  it('RSA 2048 with PKCS#1 and PSS, P-384, P-521 and Ed25519 are accepted', () => {
    for (const [keys, options] of [
      [good, {}],
      [good, { padding: 'pss', hash: 'sha384' }],
      [generateKeyPairSync('ec', { namedCurve: 'P-384' }), {}],
      [generateKeyPairSync('ec', { namedCurve: 'P-521' }), {}],
      [generateKeyPairSync('ed25519'), {}],
    ] as const) {
      const authority = testCertificate({ subject: [['CN', 'Root']], ca: true }, null, { keys, ...options });
      const end = testCertificate(leafRequest, authority, { keys: generateKeyPairSync('ed25519'), ...options });
      expect(outcome(end, [], [authority])).toBe('ok');
    }
  });

  it('SHA-1 is refused below the anchor and not looked at on it', () => {
    const authority = testCertificate({ subject: [['CN', 'Old Root']], ca: true }, null, { keys: good, hash: 'sha1' });
    expect(outcome(testCertificate(leafRequest, authority, { hash: 'sha256' }), [], [authority])).toBe('ok');
    expect(outcome(testCertificate(leafRequest, authority, { hash: 'sha1' }), [], [authority])).toBe(
      'algorithm @ CN=vpn.contoso.test',
    );
  });

  it('RSA 1024 is refused, in a leaf and in an authority, but for a legacy profile', () => {
    const weak = rsa(1024);
    const end = testCertificate(leafRequest, issuing, { keys: weak });
    expect(outcome(end, [issuing])).toBe('key @ CN=vpn.contoso.test');
    expect(outcome(end, [issuing], [root], { legacy: true })).toBe('ok');
    const authority = testCertificate({ subject: [['CN', 'Weak Root']], ca: true }, null, { keys: weak });
    expect(outcome(testCertificate(leafRequest, authority), [], [authority])).toBe('key @ CN=Weak Root');
    expect(
      outcome(testCertificate(leafRequest, issuing, { keys: rsa(512 + 256) }), [issuing], [root], { legacy: true }),
    ).toBe('key @ CN=vpn.contoso.test');
  });

  it('RSA with exponent 3 is refused', () => {
    expect(outcome(testCertificate(leafRequest, issuing, { keys: rsa(2048, 3) }), [issuing])).toBe(
      'key @ CN=vpn.contoso.test',
    );
  });

  it('RSA with exponent 0 or 1 is refused without computing (CVE-2026-14957)', () => {
    const modulus = Buffer.from(good.publicKey.export({ format: 'jwk' }).n!, 'base64url');
    const { certificate } = testCertificate(leafRequest, issuing, { keys: good });
    for (const exponent of [0, 1, 2, 65_536]) {
      const rsaKey = derSequence(derUnsigned(modulus), derSmallInteger(exponent));
      const spki = derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNull()), derBitString(rsaKey));
      const forged: Certificate = { ...certificate, spki };
      expect(validatePath(forged, [], [forged], { wallTime: testNow, purpose: 'gateway' })).toMatchObject({
        ok: false,
        failure: { rule: 'key', detail: 'RSA public exponent that is not an odd number above 3' },
      });
    }
  });

  it('curves that are not accepted are refused', () => {
    const end = testCertificate(leafRequest, issuing, { keys: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }) });
    expect(outcome(end, [issuing])).toBe('key @ CN=vpn.contoso.test');
  });
});

describe('usages of the leaf (P-5, P-6, A-55)', () => {
  const use = (
    change: Partial<TestRequest>,
    purpose: PathPurpose = 'gateway',
    rules: Partial<PathRules> = {},
  ): string => {
    const { extendedKeyUsage: _, ...plain } = leafRequest;
    return outcome(testCertificate({ ...plain, ...change }, issuing), [issuing], [root], { purpose, ...rules });
  };
  const refused = 'extended-key-usage @ CN=vpn.contoso.test';

  it('a gateway: none, any, serverAuth, ipsecIKE or ikeIntermediate; a stolen client certificate is none', () => {
    expect(use({})).toBe('ok');
    for (const usage of ['anyExtendedKeyUsage', 'serverAuth', 'ipsecIKE', 'ikeIntermediate'] as const)
      expect(use({ extendedKeyUsage: [usage] })).toBe('ok');
    for (const usage of ['clientAuth', 'codeSigning', 'emailProtection'] as const)
      expect(use({ extendedKeyUsage: [usage] })).toBe(refused);
    expect(use({ extendedKeyUsage: ['clientAuth', 'serverAuth'] })).toBe('ok');
  });

  it('serverAuth can be demanded, as Windows does', () => {
    expect(use({ extendedKeyUsage: ['ipsecIKE'] }, 'gateway', { requireServerAuth: true })).toBe(refused);
    expect(use({}, 'gateway', { requireServerAuth: true })).toBe(refused);
    expect(use({ extendedKeyUsage: ['serverAuth'] }, 'gateway', { requireServerAuth: true })).toBe('ok');
  });

  it('an AAA server must say serverAuth', () => {
    expect(use({}, 'server')).toBe(refused);
    expect(use({ extendedKeyUsage: ['ipsecIKE'] }, 'server')).toBe(refused);
    expect(use({ extendedKeyUsage: ['serverAuth'] }, 'server')).toBe('ok');
  });

  it('a client: clientAuth or none', () => {
    expect(use({}, 'client')).toBe('ok');
    expect(use({ extendedKeyUsage: ['clientAuth'] }, 'client')).toBe('ok');
    expect(use({ extendedKeyUsage: ['serverAuth'] }, 'client')).toBe(refused);
  });

  it('key usage, when there, has digitalSignature or nonRepudiation', () => {
    expect(use({ keyUsage: null })).toBe('ok');
    expect(use({ keyUsage: ['nonRepudiation'] })).toBe('ok');
    expect(use({ keyUsage: ['keyEncipherment'] })).toBe('key-usage @ CN=vpn.contoso.test');
  });

  it('an authority limited to other purposes cannot issue for gateways', () => {
    const mail = testCertificate(
      { subject: [['CN', 'Mail only']], ca: true, extendedKeyUsage: ['emailProtection'] },
      root,
    );
    expect(outcome(testCertificate(leafRequest, mail), [mail])).toBe('extended-key-usage @ CN=Mail only');
    const server = testCertificate(
      { subject: [['CN', 'Servers']], ca: true, extendedKeyUsage: ['serverAuth', 'clientAuth'] },
      root,
    );
    expect(outcome(testCertificate(leafRequest, server), [server])).toBe('ok');
  });
});

describe('name constraints (P-2, RFC 5280 section 4.2.1.10)', () => {
  const under = (constraints: Partial<TestRequest>, request: Partial<TestRequest>): string => {
    const authority = testCertificate({ subject: [['CN', 'Limited']], ca: true, ...constraints }, root);
    const result = outcome(testCertificate({ subject: [], ...request }, authority), [authority]);
    return result === 'ok' ? 'ok' : result.split(' @ ')[0]!;
  };
  const no = 'name-constraints';
  const dns = (...values: string[]): { type: 'dns'; value: string }[] =>
    values.map((value) => ({ type: 'dns', value }));

  it('constraints that name nothing are malformed', () => {
    expect(() =>
      testCertificate(
        { subject: [['CN', 'x']], extraExtensions: [{ oid: '2.5.29.30', critical: true, value: derSequence() }] },
        root,
      ),
    ).toThrow(PkiError);
  });

  it('permitted DNS: the name itself and below, without regard to case', () => {
    for (const [base, name, expected] of [
      ['contoso.test', 'contoso.test', 'ok'],
      ['contoso.test', 'vpn.contoso.test', 'ok'],
      ['contoso.test', 'VPN.Contoso.TEST', 'ok'],
      ['CONTOSO.test', 'vpn.contoso.test', 'ok'],
      ['contoso.test', '*.contoso.test', 'ok'],
      ['contoso.test', 'evilcontoso.test', no],
      ['contoso.test', 'contoso.test.evil', no],
      ['.contoso.test', 'vpn.contoso.test', 'ok'],
      ['.contoso.test', 'contoso.test', no],
      ['', 'anything.test', 'ok'],
      ['vpn.contoso.test', '*.contoso.test', no],
    ] as const) {
      expect([base, name, under({ permitted: dns(base) }, { dnsNames: [name] })]).toEqual([base, name, expected]);
    }
  });

  it('excluded DNS, without regard to case (CVE-2026-35331), wildcards that may stand for it too', () => {
    for (const [base, name, expected] of [
      ['contoso.test', 'vpn.contoso.test', no],
      ['contoso.test', 'VPN.CONTOSO.TEST', no],
      ['CONTOSO.TEST', 'vpn.contoso.test', no],
      ['vpn.contoso.test', '*.contoso.test', no],
      ['contoso.test', 'vpn.other.test', 'ok'],
      ['contoso.test', 'evilcontoso.test', 'ok'],
    ] as const) {
      expect([base, name, under({ excluded: dns(base) }, { dnsNames: [name] })]).toEqual([base, name, expected]);
    }
  });

  it('every name must hold, not just one', () => {
    expect(under({ permitted: dns('contoso.test') }, { dnsNames: ['vpn.contoso.test', 'vpn.evil.test'] })).toBe(no);
    expect(under({ permitted: dns('a.test', 'b.test') }, { dnsNames: ['x.a.test', 'x.b.test'] })).toBe('ok');
    expect(
      under(
        { permitted: dns('contoso.test'), excluded: dns('bad.contoso.test') },
        { dnsNames: ['x.bad.contoso.test'] },
      ),
    ).toBe(no);
  });

  it('a host name in the CN that stands in for a missing SAN is constrained as well', () => {
    expect(under({ permitted: dns('contoso.test') }, { subject: [['CN', 'vpn.evil.test']] })).toBe(no);
    expect(under({ permitted: dns('contoso.test') }, { subject: [['CN', 'vpn.contoso.test']] })).toBe('ok');
    expect(under({ excluded: dns('evil.test') }, { subject: [['CN', 'VPN.evil.test']] })).toBe(no);
  });

  it('addresses', () => {
    const net = [{ type: 'ip', value: '10.0.0.0/8' }] as const;
    expect(under({ permitted: net }, { addresses: ['10.1.2.3'] })).toBe('ok');
    expect(under({ permitted: net }, { addresses: ['11.1.2.3'] })).toBe(no);
    expect(under({ permitted: net }, { addresses: ['2001:db8::1'] })).toBe(no);
    expect(under({ excluded: net }, { addresses: ['10.255.255.255'] })).toBe(no);
    expect(under({ excluded: net }, { addresses: ['192.0.2.1'] })).toBe('ok');
    const six = [{ type: 'ip', value: '2001:db8::/33' }] as const;
    expect(under({ permitted: six }, { addresses: ['2001:db8:7fff::1'] })).toBe('ok');
    expect(under({ permitted: six }, { addresses: ['2001:db8:8000::1'] })).toBe(no);
  });

  it('e-mail addresses, in the SAN and in the subject', () => {
    const host = [{ type: 'email', value: 'contoso.test' }] as const;
    expect(under({ permitted: host }, { emails: ['a@Contoso.test'] })).toBe('ok');
    expect(under({ permitted: host }, { emails: ['a@mail.contoso.test'] })).toBe(no);
    expect(under({ permitted: [{ type: 'email', value: '.contoso.test' }] }, { emails: ['a@mail.contoso.test'] })).toBe(
      'ok',
    );
    expect(under({ permitted: host }, { subject: [['E', 'a@evil.test']] })).toBe(no);
    expect(under({ excluded: [{ type: 'email', value: 'Bob@contoso.test' }] }, { emails: ['bob@CONTOSO.test'] })).toBe(
      no,
    );
    expect(under({ permitted: [{ type: 'email', value: 'Bob@contoso.test' }] }, { emails: ['bob@contoso.test'] })).toBe(
      no,
    );
  });

  it('URIs by their host; one without a host satisfies nothing', () => {
    const host = [{ type: 'uri', value: 'contoso.test' }] as const;
    expect(under({ permitted: host }, { uris: ['https://user@contoso.test:8443/x'] })).toBe('ok');
    expect(under({ permitted: host }, { uris: ['https://evil.test/contoso.test'] })).toBe(no);
    expect(under({ permitted: host }, { uris: ['urn:contoso.test'] })).toBe(no);
    expect(under({ excluded: host }, { uris: ['urn:contoso.test'] })).toBe(no);
    expect(under({ excluded: host }, { uris: ['https://CONTOSO.test'] })).toBe(no);
  });

  it('directory names by their beginning', () => {
    const base = [{ type: 'directory', name: [['O', 'Contoso']] }] as const;
    expect(
      under(
        { permitted: base },
        {
          subject: [
            ['O', 'CONTOSO'],
            ['CN', 'a'],
          ],
        },
      ),
    ).toBe('ok');
    expect(
      under(
        { permitted: base },
        {
          subject: [
            ['O', 'Evil'],
            ['CN', 'a'],
          ],
        },
      ),
    ).toBe(no);
    expect(
      under(
        { permitted: base },
        {
          subject: [
            ['CN', 'a'],
            ['O', 'Contoso'],
          ],
        },
      ),
    ).toBe(no);
    expect(
      under(
        { excluded: base },
        {
          subject: [
            ['O', 'contoso'],
            ['CN', 'a'],
          ],
        },
      ),
    ).toBe(no);
  });

  it('constraints of every authority above hold, those of the anchor too', () => {
    const limited = testRoot('Limited Root', { permitted: dns('contoso.test') });
    const middle = testCertificate(
      { subject: [['CN', 'Middle']], ca: true, permitted: dns('vpn.contoso.test', 'evil.test') },
      limited,
    );
    const end = (name: string): string =>
      outcome(testCertificate({ subject: [], dnsNames: [name] }, middle), [middle], [limited]).split(' @ ')[0]!;
    expect(end('a.vpn.contoso.test')).toBe('ok');
    expect(end('www.contoso.test')).toBe(no);
    expect(end('evil.test')).toBe(no);
  });
});
