import { describe, expect, it } from 'vitest';
import { utf8Encode } from '../bytes';
import type { Identity, PeerCredentials } from '../ikev2/session';
import { VpnError } from '../ports/vpn-error';
import { type AcceptanceProfile, gatewayAcceptance } from './acceptance';
import { certificateRequestHash, spkiPin } from './certificate';
import { encodeName } from './certificate-builder';
import { contextTag, derElement, derSequence } from './der';
import { parseIdentity } from './identity';
import { encodePem } from './pem';
import { day, testCertificate, testNow, testOcsp, testRoot, type TestAuthority, type TestRequest } from './testing';

const root = testRoot();
const otherRoot = testRoot('Other Root');
const request: TestRequest = {
  subject: [
    ['O', 'Contoso, Inc.'],
    ['OU', 'VPN'],
    ['OU', 'Berlin'],
    ['CN', 'vpn.contoso.test'],
  ],
  dnsNames: ['vpn.contoso.test'],
  extendedKeyUsage: ['serverAuth'],
};
const gateway = testCertificate(request, root);
const pem = ({ certificate }: TestAuthority): string => encodePem('CERTIFICATE', certificate.der);
const fqdn = (name: string): Identity => ({ type: 'fqdn', value: utf8Encode(name) });

type ProfileChange = Partial<Omit<AcceptanceProfile, 'serverCertificate'>> & {
  readonly rules?: Partial<AcceptanceProfile['serverCertificate']>;
};

function profile({ rules, ...change }: ProfileChange = {}): AcceptanceProfile {
  return {
    server: 'vpn.contoso.test',
    remoteIdentity: null,
    advanced: { legacyWindows: false },
    ...change,
    serverCertificate: {
      authorities: [pem(root)],
      subjectAltName: null,
      commonName: null,
      organization: null,
      organizationalUnit: null,
      extendedKeyUsage: null,
      revocation: 'relaxed',
      acceptedCertificates: [],
      ...rules,
    },
  };
}

interface Shown {
  readonly certificate?: TestAuthority;
  readonly identity?: Identity;
  readonly bag?: readonly TestAuthority[];
}

async function judge(
  change: ProfileChange = {},
  { certificate = gateway, identity, bag = [] }: Shown = {},
  system: readonly TestAuthority[] = [],
): Promise<string> {
  const credentials: PeerCredentials = {
    identity: identity ?? fqdn('vpn.contoso.test'),
    certificates: [certificate, ...bag].map((authority) => authority.certificate.der),
    ocspResponses: [],
    crls: [],
  };
  try {
    const { verify } = gatewayAcceptance(profile(change), {
      wallTime: () => testNow,
      systemAuthorities: () => system.map((authority) => authority.certificate),
    });
    const { publicKeySpki } = await verify(credentials);
    expect(Buffer.from(publicKeySpki).equals(certificate.certificate.spki)).toBe(true);
    return 'ok';
  } catch (error) {
    if (!(error instanceof VpnError)) throw error;
    expect(error.code).toBe(13801);
    expect(error.message.length).toBeLessThan(200);
    return error.detail!;
  }
}

describe('the gateway is accepted', () => {
  it('with the right name and authority, and the key of the validated certificate is given (H-55)', async () => {
    expect(await judge()).toBe('ok');
  });

  it('with the authority as base64 DER, in a bundle, and by the pin of its key', async () => {
    expect(await judge({ rules: { authorities: [Buffer.from(root.certificate.der).toString('base64')] } })).toBe('ok');
    expect(await judge({ rules: { authorities: [pem(otherRoot) + pem(root)] } })).toBe('ok');
    expect(await judge({ rules: { authorities: [`sha256/${spkiPin(root.certificate)}`] } }, { bag: [root] })).toBe(
      'ok',
    );
    expect(await judge({ rules: { authorities: [`sha256/${spkiPin(gateway.certificate)}`] } })).toBe('ok');
  });

  it('with the system authorities when the profile names none', async () => {
    expect(await judge({ rules: { authorities: [] } }, {}, [otherRoot, root])).toBe('ok');
  });

  it('over an intermediate from the bag', async () => {
    const issuing = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, root);
    expect(await judge({}, { certificate: testCertificate(request, issuing), bag: [otherRoot, issuing] })).toBe('ok');
  });
});

describe('the chain is judged, and the detail names the check', () => {
  it('another authority, though the system trusts it', async () => {
    expect(await judge({}, { certificate: testCertificate(request, otherRoot) }, [otherRoot])).toMatch(
      /^trust-anchor: /,
    );
  });

  it('a pin that fits nothing', async () => {
    expect(
      await judge({ rules: { authorities: [`sha256/${spkiPin(otherRoot.certificate)}`] } }, { bag: [root] }, [root]),
    ).toMatch(/^trust-anchor: /);
  });

  it('expired, not yet valid, wrong usage, changed', async () => {
    expect(await judge({}, { certificate: testCertificate({ ...request, notAfter: testNow - day }, root) })).toMatch(
      /^expired: expired on 2026-05-31/,
    );
    expect(await judge({}, { certificate: testCertificate({ ...request, notBefore: testNow + day }, root) })).toMatch(
      /^not-yet-valid: /,
    );
    expect(
      await judge({}, { certificate: testCertificate({ ...request, extendedKeyUsage: ['clientAuth'] }, root) }),
    ).toMatch(/^extended-key-usage: extended key usage clientAuth/);
    const der = gateway.certificate.der.slice();
    der[der.length - 1]! ^= 1;
    expect(await judge({}, { certificate: { ...gateway, certificate: { ...gateway.certificate, der } } })).toMatch(
      /^signature: /,
    );
  });

  it('no certificate, garbage, and too many', async () => {
    const { verify } = gatewayAcceptance(profile(), { wallTime: () => testNow, systemAuthorities: () => [] });
    const show = (certificates: readonly Uint8Array[]): Promise<unknown> =>
      verify({ identity: fqdn('vpn.contoso.test'), certificates, ocspResponses: [], crls: [] });
    await expect(show([])).rejects.toMatchObject({ symbol: 'IKE_AUTH_FAIL', detail: 'no certificate was sent' });
    await expect(show([Uint8Array.of(1, 2, 3)])).rejects.toMatchObject({ symbol: 'IKE_AUTH_FAIL' });
    await expect(show([new Uint8Array(0)])).rejects.toMatchObject({ symbol: 'IKE_AUTH_FAIL' });
    await expect(show(Array.from({ length: 21 }, () => gateway.certificate.der))).rejects.toMatchObject({
      symbol: 'IKE_AUTH_FAIL',
    });
    await expect(show([gateway.certificate.der, new Uint8Array(70_000)])).rejects.toMatchObject({
      symbol: 'IKE_AUTH_FAIL',
    });
    await expect(show([gateway.certificate.der, Uint8Array.of(9)])).resolves.toBeDefined();
  });

  it('an authority in the profile that cannot be read never means the system is trusted', () => {
    for (const authorities of [
      ['nonsense'],
      [''],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
      ['sha256/AAAA'],
      [pem(root), 'x'],
    ]) {
      expect(() =>
        gatewayAcceptance(profile({ rules: { authorities } }), {
          wallTime: () => testNow,
          systemAuthorities: () => [root.certificate],
        }),
      ).toThrow(VpnError);
    }
  });
});

describe('names (P-7, P-8, P-9)', () => {
  const certify = (change: Partial<TestRequest>): TestAuthority => testCertificate({ ...request, ...change }, root);

  it('the server typed must be in the certificate', async () => {
    expect(await judge({ server: 'vpn.fabrikam.test' })).toMatch(
      /^name: vpn.fabrikam.test is not among dns:vpn.contoso.test, /,
    );
    expect(await judge({ server: 'VPN.Contoso.test.' })).toBe('ok');
  });

  it('wildcards stand for one whole left-most label', async () => {
    const wild = certify({ dnsNames: ['*.contoso.test'] });
    expect(await judge({}, { certificate: wild })).toBe('ok');
    expect(
      await judge({ server: 'a.b.contoso.test' }, { certificate: wild, identity: fqdn('vpn.contoso.test') }),
    ).toMatch(/^name: /);
    expect(await judge({ server: 'contoso.test' }, { certificate: wild })).toMatch(/^name: /);
    for (const pattern of ['*.test', '*', 'v*.contoso.test', 'vpn.*.test', '*.*.contoso.test'])
      expect(await judge({}, { certificate: certify({ dnsNames: [pattern] }) })).toMatch(/^name: /);
  });

  it('the CN counts only without a dNSName, and only when the profile allows it', async () => {
    const { dnsNames: _, ...plain } = request;
    const bare = testCertificate(plain, root);
    expect(await judge({}, { certificate: bare })).toMatch(/^name: /);
    expect(await judge({ advanced: { legacyWindows: true } }, { certificate: bare })).toBe('ok');
    expect(await judge({ rules: { commonName: 'vpn.contoso.test' } }, { certificate: bare })).toBe('ok');
    expect(
      await judge(
        { advanced: { legacyWindows: true } },
        { certificate: certify({ dnsNames: ['other.contoso.test'] }) },
      ),
    ).toMatch(/^name: /);
  });

  it('an address typed: iPAddress, or a dNSName that holds the literal', async () => {
    const byAddress = certify({ addresses: ['192.0.2.1', '2001:db8::1'] });
    expect(await judge({ server: '192.0.2.1' }, { certificate: byAddress })).toBe('ok');
    expect(await judge({ server: '2001:DB8:0::1' }, { certificate: byAddress })).toBe('ok');
    expect(await judge({ server: '[2001:db8::1]' }, { certificate: byAddress })).toBe('ok');
    expect(await judge({ server: '192.0.2.2' }, { certificate: byAddress })).toMatch(/^name: /);
    expect(
      await judge({ server: '192.0.2.1' }, { certificate: certify({ dnsNames: ['192.0.2.1', 'vpn.contoso.test'] }) }),
    ).toBe('ok');
    expect(
      await judge({ server: '192.0.2.1' }, { certificate: certify({ dnsNames: ['*.0.2.1', 'vpn.contoso.test'] }) }),
    ).toMatch(/^name: /);
  });

  it('what the gateway calls itself must be in the certificate too', async () => {
    expect(await judge({}, { identity: fqdn('vpn.fabrikam.test') })).toMatch(/^IDr: fqdn vpn.fabrikam.test/);
    expect(await judge({}, { identity: { type: 'rfc822', value: utf8Encode('vpn.contoso.test') } })).toMatch(
      /^IDr: rfc822/,
    );
    expect(
      await judge(
        {},
        {
          certificate: certify({ emails: ['vpn@contoso.test'] }),
          identity: { type: 'rfc822', value: utf8Encode('vpn@CONTOSO.test') },
        },
      ),
    ).toBe('ok');
    expect(
      await judge(
        {},
        {
          certificate: certify({ emails: ['vpn@contoso.test'] }),
          identity: { type: 'rfc822', value: utf8Encode('VPN@contoso.test') },
        },
      ),
    ).toMatch(/^IDr: /);
  });

  it('its distinguished name, as RRAS may send it: all of it, decoded', async () => {
    expect(await judge({}, { identity: { type: 'der-dn', value: gateway.certificate.subject.der } })).toBe('ok');
    const upper = encodeName([
      ['O', 'CONTOSO,  Inc.'],
      ['OU', 'vpn'],
      ['OU', 'Berlin'],
      ['CN', 'VPN.contoso.test'],
    ]);
    expect(await judge({}, { identity: { type: 'der-dn', value: upper } })).toBe('ok');
    for (const wrong of [
      encodeName([['CN', 'vpn.contoso.test']]),
      encodeName([]),
      Uint8Array.of(0x30),
      new Uint8Array(0),
    ]) {
      expect(await judge({}, { identity: { type: 'der-dn', value: wrong } })).toMatch(/^IDr: der-dn/);
    }
    const empty = testCertificate({ ...request, subject: [] }, root);
    expect(await judge({}, { certificate: empty, identity: { type: 'der-dn', value: encodeName([]) } })).toMatch(
      /^IDr: der-dn/,
    );
  });

  it('an inside address behind NAT is accepted when the authority is pinned, and not with the system store (P-9)', async () => {
    const inside: Identity = { type: 'ipv4', value: Uint8Array.of(10, 0, 0, 5) };
    expect(await judge({}, { identity: inside })).toBe('ok');
    expect(await judge({ rules: { authorities: [] } }, { identity: inside }, [root])).toMatch(/^IDr: ipv4 10.0.0.5/);
    expect(await judge({ server: 'vpn.fabrikam.test' }, { identity: inside })).toMatch(/^name: /);
  });

  it('KEY_ID only as the key identifier', async () => {
    expect(await judge({}, { identity: { type: 'key-id', value: certificateRequestHash(gateway.certificate) } })).toBe(
      'ok',
    );
    expect(await judge({}, { identity: { type: 'key-id', value: utf8Encode('vpn.contoso.test') } })).toMatch(
      /^IDr: key-id/,
    );
  });

  it('a configured remote identity takes the place of the server typed', async () => {
    expect(await judge({ server: '198.51.100.9', remoteIdentity: 'vpn.contoso.test' })).toBe('ok');
    expect(await judge({ remoteIdentity: 'vpn2.contoso.test' })).toMatch(/^name: vpn2/);
    for (const name of [
      'O="Contoso, Inc.", OU=VPN, OU=Berlin, CN=vpn.contoso.test',
      'CN=vpn.contoso.test, OU=Berlin, OU=VPN, O=Contoso\\, Inc.',
    ])
      expect(await judge({ server: 'x.test', remoteIdentity: name })).toBe('ok');
    expect(await judge({ remoteIdentity: 'CN=vpn.contoso.test' })).toMatch(/^name: /);
    expect(await judge({ remoteIdentity: 'XX=1' })).toMatch(/^remoteIdentity: /);
  });

  it('so does an exact subjectAltName rule', async () => {
    expect(await judge({ server: '198.51.100.9', rules: { subjectAltName: 'vpn.contoso.test' } })).toBe('ok');
    expect(await judge({ server: '198.51.100.9', rules: { subjectAltName: '*.contoso.test' } })).toMatch(/^name: 198/);
  });
});

describe('the rules of the profile (P-10) are all demanded', () => {
  it('organization, organizational unit and CN, decoded, any of several values, with wildcards', async () => {
    for (const rules of [
      { organization: 'Contoso, Inc.' },
      { organization: 'contoso,  inc.' },
      { organizationalUnit: 'VPN' },
      { organizationalUnit: 'Berlin' },
      { organization: 'Contoso*' },
      { organizationalUnit: '*' },
      { commonName: '*.contoso.test' },
      { organization: 'C*o*Inc.' },
      {
        organization: 'Contoso, Inc.',
        organizationalUnit: 'VPN',
        commonName: 'vpn.contoso.test',
        extendedKeyUsage: 'serverAuth',
        subjectAltName: 'vpn.contoso.test',
      },
      { extendedKeyUsage: '1.3.6.1.5.5.7.3.1' },
      { subjectAltName: '*.contoso.test' },
    ])
      expect([rules, await judge({ rules })]).toEqual([rules, 'ok']);
    for (const [rules, field] of [
      [{ organization: 'Contoso' }, 'organization'],
      [{ organization: '' }, 'organization'],
      [{ organizationalUnit: 'VPN+OU=Berlin' }, 'organizationalUnit'],
      [{ organizationalUnit: 'vp' }, 'organizationalUnit'],
      [{ commonName: 'contoso.test' }, 'commonName'],
      [{ organization: '*Inc' }, 'organization'],
      [{ extendedKeyUsage: 'ipsecIKE' }, 'extendedKeyUsage'],
      [{ subjectAltName: '*.fabrikam.test' }, 'subjectAltName'],
      [{ organization: 'Contoso, Inc.', organizationalUnit: 'Paris' }, 'organizationalUnit'],
    ] as const)
      expect([rules, (await judge({ rules })).split(':')[0]]).toEqual([rules, field]);
  });

  it('a rule with a value that the certificate lacks is refused', async () => {
    const plain = testCertificate({ subject: [['CN', 'vpn.contoso.test']], dnsNames: ['vpn.contoso.test'] }, root);
    expect(await judge({ rules: { organization: '*' } }, { certificate: plain })).toMatch(/^organization: /);
    expect(await judge({ rules: { extendedKeyUsage: 'serverAuth' } }, { certificate: plain })).toMatch(
      /^extendedKeyUsage: /,
    );
  });
});

describe('CERTREQ (C-31, P-23)', () => {
  const hashes = (authorities: readonly string[], system: readonly TestAuthority[]): string[] =>
    gatewayAcceptance(profile({ rules: { authorities } }), {
      wallTime: () => testNow,
      systemAuthorities: () => system.map(({ certificate }) => certificate),
    }).certificateRequests.map((octets) => Buffer.from(octets).toString('hex'));

  it('lists the configured authorities, each once', () => {
    expect(hashes([pem(root), pem(root), pem(otherRoot)], [])).toEqual(
      [root, otherRoot].map(({ certificate }) => Buffer.from(certificateRequestHash(certificate)).toString('hex')),
    );
  });

  it('lists at most 20 of a large store, well-known ones first', () => {
    const many = Array.from({ length: 30 }, (_, index) => testRoot(`Root ${index}`));
    const known = testRoot('ISRG Root X9');
    const listed = hashes([], [...many, known]);
    expect(listed).toHaveLength(20);
    expect(listed[0]).toBe(Buffer.from(certificateRequestHash(known.certificate)).toString('hex'));
  });
});

describe('identities as people write them', () => {
  it.each([
    ['vpn.contoso.test', 'fqdn', 'vpn.contoso.test'],
    ['@vpn.contoso.test', 'fqdn', 'vpn.contoso.test'],
    ['alice@contoso.test', 'rfc822', 'alice@contoso.test'],
    ['keyid:abc', 'key-id', 'abc'],
  ])('%s is %s', (text, type, value) => {
    expect(parseIdentity(text)).toEqual({ type, value: utf8Encode(value) });
  });

  it('addresses, hexadecimal key ids and distinguished names', () => {
    expect(parseIdentity('192.0.2.1')).toEqual({ type: 'ipv4', value: Uint8Array.of(192, 0, 2, 1) });
    expect(parseIdentity('2001:db8::1').type).toBe('ipv6');
    expect(parseIdentity('#0aff')).toEqual({ type: 'key-id', value: Uint8Array.of(10, 255) });
    expect(parseIdentity('C=DE, O=A\\, B, CN=x')).toEqual({
      type: 'der-dn',
      value: encodeName([
        ['C', 'DE'],
        ['O', 'A, B'],
        ['CN', 'x'],
      ]),
    });
    expect(parseIdentity('/C=DE/CN=x')).toEqual({
      type: 'der-dn',
      value: encodeName([
        ['C', 'DE'],
        ['CN', 'x'],
      ]),
    });
  });
});

describe('revocation (P-14 to P-16)', () => {
  const certificate = testCertificate(
    {
      ...request,
      extraExtensions: [
        {
          oid: '1.3.6.1.5.5.7.1.1',
          critical: false,
          value: derSequence(
            derSequence(
              Uint8Array.of(6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1),
              derElement(contextTag(6, false), utf8Encode('http://ocsp.contoso.test/')),
            ),
          ),
        },
      ],
    },
    root,
  );
  const answer = (status: 'good' | 'revoked'): Uint8Array => testOcsp(certificate.certificate, root, { status });

  async function outcome(
    revocation: 'off' | 'relaxed' | 'strict',
    sent: readonly Uint8Array[],
    fetched: readonly Uint8Array[],
  ): Promise<{ readonly result: string; readonly asked: number }> {
    let asked = 0;
    const { verify } = gatewayAcceptance(profile({ rules: { revocation } }), {
      wallTime: () => testNow,
      systemAuthorities: () => [],
      fetchRevocation: (questions) => {
        asked += questions.length;
        return Promise.resolve({ ocspResponses: fetched, crls: [] });
      },
    });
    const result = await verify({
      identity: fqdn('vpn.contoso.test'),
      certificates: [certificate.certificate.der],
      ocspResponses: sent,
      crls: [],
    }).then(
      () => 'ok',
      (error: unknown) => (error instanceof VpnError ? `${error.code} ${error.detail!.split(' [')[0]!}` : 'other'),
    );
    return { result, asked };
  }

  it('an answer the gateway sent along settles it, nobody is asked', async () => {
    expect(await outcome('strict', [answer('good')], [])).toEqual({ result: 'ok', asked: 0 });
    expect(await outcome('relaxed', [answer('revoked')], [])).toEqual({
      result:
        '13801 revocation: CN=vpn.contoso.test, OU=Berlin, OU=VPN, O=Contoso\\, Inc. was revoked on 2026-05-30T12:00:00.000Z',
      asked: 0,
    });
  });

  it('without one the responder is asked, unless the check is off', async () => {
    expect(await outcome('strict', [], [answer('good')])).toEqual({ result: 'ok', asked: 1 });
    expect((await outcome('relaxed', [], [answer('revoked')])).result).toMatch(/^13801 revocation/);
    expect(await outcome('relaxed', [], [])).toEqual({ result: 'ok', asked: 1 });
    expect((await outcome('strict', [], [])).result).toMatch(/^13801 revocation: the status of .* is unknown/);
    expect(await outcome('off', [answer('revoked')], [])).toEqual({ result: 'ok', asked: 0 });
  });

  it('nobody is asked before the chain reached a trusted anchor (CVE-2022-40617)', async () => {
    let asked = 0;
    const { verify } = gatewayAcceptance(profile({ rules: { authorities: [pem(otherRoot)] } }), {
      wallTime: () => testNow,
      systemAuthorities: () => [],
      fetchRevocation: () => Promise.resolve({ ocspResponses: [], crls: [], asked: (asked += 1) }),
    });
    await expect(
      verify({
        identity: fqdn('vpn.contoso.test'),
        certificates: [certificate.certificate.der, root.certificate.der],
        ocspResponses: [],
        crls: [],
      }),
    ).rejects.toBeInstanceOf(VpnError);
    expect(asked).toBe(0);
  });
});
