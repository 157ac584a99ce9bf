import type { AuthenticationMethod } from '../../profiles/profile';
import { testCertificate, testCrl, testOcsp, type TestAuthority } from '../../pki/testing';
import type { TlsVersion } from '../../ports/tls';
import type { Arrangement } from './scene';
import { authenticationServerName, expired, notYetValid, pemOf } from './test-pki';
import { crlAt, ocspAt } from './wrong-gateways';
import { type Common, rowsOf, type Short, type WrongPeer } from './wrong-peer';

/** Behind the right gateway, a server that may not see what it asks for (A-54 to A-56, H-55). */
const shows = (certificate: TestAuthority, ...chain: readonly TestAuthority[]): Arrangement => ({
  server: { certificate, chain },
});

/** Every rule by itself. */
const rules: readonly Short[] = [
  ['issuer: an authority nobody trusts', 'trust-anchor', (pki) => shows(pki.server({}, pki.stranger)), { code: 864 }],
  [
    'issuer: the gateway’s, where the profile pins another one for it',
    'trust-anchor',
    (pki) => ({ profile: { authentication: { serverAuthorities: [pemOf(pki.stranger)] } } }),
    { code: 864 },
  ],
  ['issuer: itself, under the right name', 'trust-anchor', (pki) => shows(pki.server({}, null)), { code: 864 }],
  ['name: another host', 'server-name', (pki) => shows(pki.server({ dnsNames: ['evil.contoso.test'] })), { code: 801 }],
  [
    'name: that of the gateway, with its certificate (H-55)',
    'server-name',
    (pki) => shows(pki.gateway()),
    { code: 801 },
  ],
  [
    'name: in the CN only, of another host',
    'server-name',
    (pki) => shows(pki.server({ subject: [['CN', 'evil.contoso.test']], dnsNames: [] })),
    { code: 801 },
  ],
  [
    'EKU: that of a client',
    'extended-key-usage',
    (pki) => shows(pki.server({ extendedKeyUsage: ['clientAuth'] })),
    { code: 857 },
  ],
  [
    'EKU: none (A-55)',
    'extended-key-usage',
    (pki) =>
      shows(
        testCertificate(
          { subject: [['CN', authenticationServerName]], dnsNames: [authenticationServerName] },
          pki.root,
        ),
      ),
    { code: 857 },
  ],
  [
    'EKU: ipsecIKE, good for a gateway only',
    'extended-key-usage',
    (pki) => shows(pki.server({ extendedKeyUsage: ['ipsecIKE'] })),
    { code: 857 },
  ],
  ['dates: expired', 'expired', (pki) => shows(pki.server(expired)), { code: 858 }],
  ['dates: not valid yet', 'not-yet-valid', (pki) => shows(pki.server(notYetValid)), { code: 857 }],
  [
    'name constraints',
    'name-constraints',
    (pki) => {
      const limited = pki.authority({ excluded: [{ type: 'dns', value: authenticationServerName }] });
      return shows(pki.server({}, limited), limited);
    },
  ],
  [
    'path length',
    'path-length',
    (pki) => {
      const last = pki.authority({ pathLength: 0 });
      const below = testCertificate({ subject: [['CN', 'Below']], ca: true }, last);
      return shows(pki.server({}, below), below, last);
    },
  ],
  [
    'issued by the gateway’s certificate',
    'basic-constraints',
    (pki) => {
      const gateway = pki.gateway();
      return shows(pki.server({}, gateway), gateway);
    },
  ],
  [
    'a critical extension nobody knows',
    'critical-extension',
    (pki) => shows(pki.server({ extraExtensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] })),
  ],
  [
    'key usage: encipherment only',
    'key-usage',
    (pki) => shows(pki.server({ keyUsage: ['keyEncipherment'] }, pki.root, { keys: pki.rsa })),
  ],
  [
    'revoked, by the CRL at its distribution point',
    'revoked',
    (pki) => {
      const certificate = pki.server({ extraExtensions: crlAt('http://crl.contoso.test/root.crl') });
      return {
        ...shows(certificate),
        published: {
          ocspResponses: [],
          crls: [testCrl(pki.root, { revoked: [{ certificate: certificate.certificate }] })],
        },
      };
    },
    { code: 859 },
  ],
  [
    'revoked, by its OCSP responder',
    'revoked',
    (pki) => {
      const certificate = pki.server({ extraExtensions: ocspAt('http://ocsp.contoso.test/') });
      return {
        ...shows(certificate),
        published: { ocspResponses: [testOcsp(certificate.certificate, pki.root, { status: 'revoked' })], crls: [] },
      };
    },
    { code: 859 },
  ],
];

const common = (method: AuthenticationMethod): Common => ({ method, stage: 'TLS handshake', code: 857, sent: [] });
const inTls =
  (version: TlsVersion) =>
  ([what, rule, arrange, differs]: Short): Short => [
    `${what}, TLS ${version}`,
    rule,
    (pki) => withVersion(version, arrange(pki)),
    differs,
  ];
const withVersion = (version: TlsVersion, arrangement: Arrangement): Arrangement => ({
  ...arrangement,
  server: { ...arrangement.server, version },
});
/** The rules that are told apart by name in the requirements, for the methods that share the judge. */
const chief = rules.filter(([what]) => /^(issuer: an|name: another|EKU: that|dates: expired)/.test(what));

export const wrongAuthenticationServers: readonly WrongPeer[] = [
  ...rowsOf(common('peap-mschapv2'), rules.map(inTls('1.2'))),
  ...rowsOf(common('peap-mschapv2'), chief.map(inTls('1.3'))),
  ...rowsOf(
    common('eap-tls'),
    chief.flatMap((row) => [inTls('1.2')(row), inTls('1.3')(row)]),
  ),
  ...rowsOf(
    common('eap-ttls'),
    chief.flatMap((row) => [inTls('1.2')(row), inTls('1.3')(row)]),
  ),
  ...rowsOf(common('peap-tls'), chief.map(inTls('1.2'))),
  ...rowsOf({ ...common('eap-ttls'), code: 864 }, [
    [
      'issuer: an authority nobody trusts, PAP',
      'trust-anchor',
      (pki) => ({ ...shows(pki.server({}, pki.stranger)), profile: { authentication: { ttlsInner: 'pap' } } }),
    ],
  ]),
  ...rowsOf({ ...common('eap-tls'), code: 801, stage: 'nothing sent' }, [
    [
      'any server with any public certificate would do',
      'profile',
      () => ({ profile: { authentication: { serverNames: ['*'] }, serverCertificate: { authorities: [] } } }),
    ],
  ]),
];
