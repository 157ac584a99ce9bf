import { utf8Encode } from '../../bytes';
import { authMethod, certificateEncoding, notifyType } from '../../ikev2/wire/constants';
import type { Payload } from '../../ikev2/wire/payload';
import { notify } from '../../ikev2/wire/payloads/notify';
import { keySigner } from '../../pki/client-credentials';
import { spkiPin } from '../../pki/certificate';
import { contextTag, derElement, derSequence } from '../../pki/der';
import { parseIdentity } from '../../pki/identity';
import {
  day,
  testCertificate,
  testCrl,
  testKeys,
  testNow,
  testOcsp,
  type TestAuthority,
  type TestRequest,
  testRoot,
} from '../../pki/testing';
import { authOf } from './rewriting-socket';
import type { Arrangement } from './scene';
import { expired, gatewayName, notYetValid, pemOf, type TestPki } from './test-pki';
import { type Common, rowsOf, type WrongPeer } from './wrong-peer';

/** The gateway shows this certificate, with its own key. */
const shows = (certificate: TestAuthority, ...chain: readonly TestAuthority[]): Arrangement => ({
  gateway: { certificate, chain },
});
/** The same, and another authority is trusted. */
const trusting = (
  root: TestAuthority,
  certificate: TestAuthority,
  ...chain: readonly TestAuthority[]
): Arrangement => ({ gateway: { certificate, chain }, profile: { serverCertificate: { authorities: [pemOf(root)] } } });
const demanding = (rules: NonNullable<NonNullable<Arrangement['profile']>['serverCertificate']>): Arrangement => ({
  profile: { serverCertificate: rules },
});

/** Revocation evidence that the gateway sends along, as CERT of this encoding behind its certificates. */
const along = (encoding: number, data: Uint8Array): Pick<Arrangement, 'rewrite'> => ({
  rewrite: (id, payloads) => (id === 1 ? [...payloads, { type: 'CERT', encoding, data }] : payloads),
});

export const ocspAt = (url: string): NonNullable<TestRequest['extraExtensions']> => [
  {
    oid: '1.3.6.1.5.5.7.1.1',
    critical: false,
    value: derSequence(
      derSequence(Uint8Array.of(6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1), derElement(contextTag(6, false), utf8Encode(url))),
    ),
  },
];
export const crlAt = (url: string): NonNullable<TestRequest['extraExtensions']> => [
  {
    oid: '2.5.29.31',
    critical: false,
    value: derSequence(
      derSequence(
        derElement(
          contextTag(0, true),
          derElement(contextTag(0, true), derElement(contextTag(6, false), utf8Encode(url))),
        ),
      ),
    ),
  },
];

/**
 * Certificate and AUTH come with the answer to the first IKE_AUTH request: nothing but that request has left (A-2,
 * C-25).
 */
const atProof: Common = { method: 'eap-mschapv2', stage: 'IKE_AUTH', code: 13801, sent: [] };

const flipped = (der: Uint8Array): Uint8Array => {
  const changed = der.slice();
  changed[changed.length - 1]! ^= 1;
  return changed;
};

export const wrongGatewayCertificates: readonly WrongPeer[] = rowsOf(atProof, [
  ['issuer: an authority nobody trusts', 'trust-anchor', (pki) => shows(pki.gateway({}, pki.stranger), pki.stranger)],
  ['issuer: itself', 'trust-anchor', (pki) => shows(pki.gateway({}, null))],
  [
    'issuer: an authority that calls itself as the right one does',
    'trust-anchor',
    (pki) => {
      const impostor = testRoot('Contoso Root');
      return shows(pki.gateway({}, impostor), impostor);
    },
  ],
  [
    'issuer: the pinned one is another of the same company',
    'trust-anchor',
    (pki) => {
      const pinned = pki.authority(
        {
          subject: [
            ['O', 'Contoso'],
            ['CN', 'Contoso Gateways'],
          ],
        },
        pki.root,
        { keys: testKeys() },
      );
      const other = pki.authority({
        subject: [
          ['O', 'Contoso'],
          ['CN', 'Contoso Printers'],
        ],
      });
      return trusting(pinned, pki.gateway({}, other), other, pki.root);
    },
  ],
  [
    'issuer: the pinned key is another',
    'trust-anchor',
    (pki) => ({
      ...shows(pki.gateway(), pki.root),
      profile: { serverCertificate: { authorities: [`sha256/${spkiPin(pki.stranger.certificate)}`] } },
    }),
  ],
  ['issuer: an intermediate that was not sent', 'trust-anchor', (pki) => shows(pki.gateway({}, pki.authority()))],
  ['name: another host in the SAN', 'server-name', (pki) => shows(pki.gateway({ dnsNames: ['mail.contoso.test'] }))],
  [
    'name: a wildcard for another domain',
    'server-name',
    (pki) => shows(pki.gateway({ dnsNames: ['*.fabrikam.test'] })),
  ],
  [
    'name: a wildcard that would have to stand for two labels',
    'server-name',
    (pki) => shows(pki.gateway({ dnsNames: ['*.test'] })),
  ],
  ['name: only in the CN', 'server-name', (pki) => shows(pki.gateway({ dnsNames: [] }))],
  [
    'name: the configured identity is another one',
    'server-name',
    () => ({ profile: { remoteIdentity: 'vpn2.contoso.test' } }),
  ],
  ['rule CN', 'common-name', () => demanding({ commonName: 'vpn9.contoso.test' })],
  ['rule O', 'organization', () => demanding({ organization: 'Fabrikam' })],
  ['rule OU', 'organizational-unit', () => demanding({ organizationalUnit: 'Finance' })],
  ['rule SAN', 'subject-alt-name', () => demanding({ subjectAltName: '*.fabrikam.test' })],
  ['rule EKU', 'demanded-key-usage', () => demanding({ extendedKeyUsage: 'ipsecIKE' })],
  [
    'rule EKU, and the certificate has none',
    'demanded-key-usage',
    (pki) => ({
      ...shows(testCertificate({ subject: [['CN', gatewayName]], dnsNames: [gatewayName] }, pki.root)),
      ...demanding({ extendedKeyUsage: 'serverAuth' }),
    }),
  ],
  [
    'EKU: the stolen certificate of a client (P-6)',
    'extended-key-usage',
    (pki) => shows(pki.gateway({ extendedKeyUsage: ['clientAuth'] })),
  ],
  [
    'EKU: an authority for mail only',
    'extended-key-usage',
    (pki) => {
      const mail = pki.authority({ extendedKeyUsage: ['emailProtection'] });
      return shows(pki.gateway({}, mail), mail);
    },
  ],
  ['dates: expired', 'expired', (pki) => shows(pki.gateway(expired))],
  ['dates: not valid yet', 'not-yet-valid', (pki) => shows(pki.gateway(notYetValid))],
  [
    'dates: an intermediate that expired',
    'expired',
    (pki) => {
      const old = pki.authority(expired);
      return shows(pki.gateway({}, old), old);
    },
  ],
  [
    'path length 0, and an authority below',
    'path-length',
    (pki) => {
      const last = pki.authority({ pathLength: 0 });
      const below = testCertificate({ subject: [['CN', 'Below']], ca: true }, last);
      return shows(pki.gateway({}, below), below, last);
    },
  ],
  [
    'name constraints: not under the permitted names',
    'name-constraints',
    (pki) => {
      const limited = pki.authority({ permitted: [{ type: 'dns', value: 'fabrikam.test' }] });
      return shows(pki.gateway({}, limited), limited);
    },
  ],
  [
    'name constraints: excluded, in another case (CVE-2026-35331)',
    'name-constraints',
    (pki) => {
      const limited = pki.authority({ excluded: [{ type: 'dns', value: 'CONTOSO.test' }] });
      return shows(pki.gateway({}, limited), limited);
    },
  ],
  [
    'issued by a certificate that is no authority',
    'basic-constraints',
    (pki) => {
      const other = pki.gateway({
        subject: [['CN', 'Other']],
        dnsNames: ['other.contoso.test'],
        keyUsage: ['keyCertSign', 'digitalSignature'],
      });
      return shows(
        testCertificate(
          { subject: [['CN', gatewayName]], dnsNames: [gatewayName], extendedKeyUsage: ['serverAuth'] },
          other,
        ),
        other,
      );
    },
  ],
  [
    'issued by an authority without keyCertSign',
    'key-usage',
    (pki) => {
      const mute = pki.authority({ keyUsage: ['digitalSignature', 'cRLSign'] });
      return shows(pki.gateway({}, mute), mute);
    },
  ],
  [
    'key usage of the leaf: encipherment only',
    'key-usage',
    (pki) => shows(pki.gateway({ keyUsage: ['keyEncipherment'] })),
  ],
  [
    'signed with SHA-1',
    'algorithm',
    (pki) => {
      const root = pki.rsaRoot();
      return trusting(root, pki.gateway({}, root, { hash: 'sha1' }));
    },
  ],
  [
    'signed with MD5',
    'algorithm',
    (pki) => {
      const root = pki.rsaRoot();
      return trusting(root, pki.signedWithMd5(root));
    },
  ],
  ['an RSA key of 1024 bits', 'key', (pki) => shows(pki.gateway({}, pki.root, { keys: pki.weakRsa }))],
  [
    'an authority with an RSA key of 1024 bits',
    'key',
    (pki) => {
      const weak = pki.authority({}, pki.root, { keys: pki.weakRsa });
      return shows(pki.gateway({}, weak, { hash: 'sha256' }), weak);
    },
  ],
  [
    'a critical extension nobody knows',
    'critical-extension',
    (pki) => shows(pki.gateway({ extraExtensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] })),
  ],
  [
    'a signature with one bit turned',
    'signature',
    (pki) => ({ gateway: { shows: [flipped(pki.gateway().certificate.der)] } }),
  ],
  [
    'a chain of nine',
    'depth',
    (pki) => {
      const chain: TestAuthority[] = [];
      for (let level = 0; level < 8; level += 1)
        chain.unshift(testCertificate({ subject: [['CN', `Level ${String(level)}`]], ca: true }, chain[0] ?? pki.root));
      return shows(pki.gateway({}, chain[0]), ...chain);
    },
  ],
  ['no certificate at all', 'certificate-missing', () => ({ gateway: { shows: [] } })],
  [
    'octets that are no certificate',
    'certificate-unreadable',
    () => ({ gateway: { shows: [Uint8Array.of(0x30, 3, 2, 1, 5)] } }),
  ],
  [
    'more certificates than a message may have (P-1)',
    'protocol',
    (pki) => ({ gateway: { shows: Array.from({ length: 21 }, () => pki.gateway().certificate.der) } }),
    { code: 13816 },
  ],
  [
    'revoked, by a CRL sent along (CERT encoding 7)',
    'revoked',
    (pki) => {
      const certificate = pki.gateway();
      return {
        ...shows(certificate),
        ...along(certificateEncoding.CRL, testCrl(pki.root, { revoked: [{ certificate: certificate.certificate }] })),
      };
    },
  ],
  [
    'revoked, by an OCSP response sent along (RFC 4806)',
    'revoked',
    (pki) => {
      const certificate = pki.gateway();
      return {
        ...shows(certificate),
        ...along(certificateEncoding.OCSP_CONTENT, testOcsp(certificate.certificate, pki.root, { status: 'revoked' })),
      };
    },
  ],
  [
    'revoked, by the CRL at its distribution point',
    'revoked',
    (pki) => {
      const certificate = pki.gateway({ extraExtensions: crlAt('http://crl.contoso.test/root.crl') });
      return {
        ...shows(certificate),
        published: {
          ocspResponses: [],
          crls: [testCrl(pki.root, { revoked: [{ certificate: certificate.certificate }] })],
        },
      };
    },
  ],
  [
    'revoked, by its OCSP responder',
    'revoked',
    (pki) => {
      const certificate = pki.gateway({ extraExtensions: ocspAt('http://ocsp.contoso.test/') });
      return {
        ...shows(certificate),
        published: { ocspResponses: [testOcsp(certificate.certificate, pki.root, { status: 'revoked' })], crls: [] },
      };
    },
  ],
  ['strict revocation, and nobody knows', 'revocation-unknown', () => demanding({ revocation: 'strict' })],
  [
    'strict revocation, and the good OCSP response is of a stranger',
    'revocation-unknown',
    (pki) => {
      const certificate = pki.gateway();
      return {
        ...shows(certificate),
        ...demanding({ revocation: 'strict' }),
        ...along(
          certificateEncoding.OCSP_CONTENT,
          testOcsp(certificate.certificate, pki.root, { signer: pki.stranger }),
        ),
      };
    },
  ],
  [
    'strict revocation, and the good OCSP response is out of date',
    'revocation-unknown',
    (pki) => {
      const certificate = pki.gateway();
      return {
        ...shows(certificate),
        ...demanding({ revocation: 'strict' }),
        ...along(
          certificateEncoding.OCSP_CONTENT,
          testOcsp(certificate.certificate, pki.root, { thisUpdate: testNow - 9 * day, nextUpdate: testNow - 2 * day }),
        ),
      };
    },
  ],
  [
    'strict revocation, and the good OCSP response is for another certificate',
    'revocation-unknown',
    (pki) => ({
      ...shows(pki.gateway()),
      ...demanding({ revocation: 'strict' }),
      ...along(
        certificateEncoding.OCSP_CONTENT,
        testOcsp(pki.gateway({ dnsNames: ['other.contoso.test'] }).certificate, pki.root),
      ),
    }),
  ],
  [
    'strict revocation, and the CRL without it is out of date',
    'revocation-unknown',
    (pki) => ({
      ...shows(pki.gateway()),
      ...demanding({ revocation: 'strict' }),
      ...along(
        certificateEncoding.CRL,
        testCrl(pki.root, { thisUpdate: testNow - 9 * day, nextUpdate: testNow - 2 * day }),
      ),
    }),
  ],
  [
    'an authority of the profile that cannot be read',
    'profile',
    () => demanding({ authorities: ['nonsense'] }),
    { stage: 'nothing sent' },
  ],
]);

/** Changes AUTH in the answer to the first IKE_AUTH request. */
const firstAuth = (
  change: (
    data: Uint8Array,
    method: number,
    asked: readonly Payload[],
  ) => Partial<{ data: Uint8Array; method: number }> | null,
): Arrangement => ({
  rewrite: (id, payloads, asked) =>
    id !== 1
      ? payloads
      : payloads.flatMap((payload): Payload[] => {
          if (payload.type !== 'AUTH') return [payload];
          const changed = change(payload.data, payload.method, asked);
          return changed === null ? [] : [{ ...payload, ...changed }];
        }),
});

const withRsa = (pki: TestPki, change: Partial<NonNullable<Arrangement['gateway']>> = {}): Arrangement => {
  const certificate = pki.gateway({}, pki.root, { keys: pki.rsa });
  return { gateway: { certificate, ...change } };
};

/**
 * The gateway that speaks method 1 has never heard of RFC 7427: it sees no SIGNATURE_HASH_ALGORITHMS of ours only where
 * it does not look.
 */
const withoutHashes = (pki: TestPki): Arrangement => {
  const { privateKey } = pki.gateway({}, pki.root, { keys: pki.rsa });
  const signer = keySigner(privateKey);
  return withRsa(pki, {
    signer: { keyType: 'rsa', sign: (data) => signer.sign(data, { algorithm: 'rsa-pkcs1', hash: 'sha1' }) },
  });
};

/** AUTH of method 14: length of the AlgorithmIdentifier, that, and the signature. */
const signatureOf = (data: Uint8Array): Uint8Array => data.subarray(1 + (data[0] ?? 0));
const sha1WithRsa = Uint8Array.from(Buffer.from('300d06092a864886f70d0101050500', 'hex'));

export const wrongGatewayProofs: readonly WrongPeer[] = rowsOf(atProof, [
  [
    'IDr: a name its certificate does not hold',
    'server-identity',
    () => ({ gateway: { identity: parseIdentity('other.contoso.test') } }),
  ],
  ['IDr: a user name', 'server-identity', () => ({ gateway: { identity: parseIdentity('vpn@contoso.test') } })],
  [
    'IDr: a distinguished name that is not its subject',
    'server-identity',
    () => ({ gateway: { identity: parseIdentity('CN=Contoso Root, O=Agile Test') } }),
  ],
  [
    'IDr of a type nobody knows (H-21)',
    'protocol',
    () => ({
      rewrite: (id, payloads) =>
        id === 1
          ? payloads.map((payload) => (payload.type === 'IDr' ? { ...payload, idType: 200 } : payload))
          : payloads,
    }),
    { code: 13816 },
  ],
  ['AUTH with one bit turned', 'auth-signature', () => firstAuth((data) => ({ data: flipped(data) }))],
  [
    'AUTH by another key than that of the certificate',
    'auth-signature',
    (pki) => ({ gateway: { signer: keySigner(pki.stranger.privateKey) } }),
  ],
  [
    'AUTH by the key of another certificate that was sent along (H-55)',
    'auth-signature',
    (pki) => {
      const own = testCertificate({ subject: [['CN', 'Own']] }, pki.stranger);
      return { gateway: { chain: [own], signer: keySigner(own.privateKey) } };
    },
  ],
  [
    'AUTH over another IKE_SA_INIT: somebody changed it on its way (H-44)',
    'auth-signature',
    () => ({
      rewrite: (id, payloads) =>
        id === 0 ? [...payloads, notify(notifyType.IKEV2_FRAGMENTATION_SUPPORTED)] : payloads,
    }),
  ],
  [
    'AUTH of method 1 with SHA-1, which this connection does not allow',
    'auth-sha1',
    (pki) => ({
      ...withoutHashes(pki),
      ...firstAuth((data) => ({ method: authMethod.RSA_SIGNATURE, data: signatureOf(data) })),
    }),
  ],
  [
    'AUTH of method 14 with SHA-1 (X-10)',
    'auth-sha1',
    (pki) => ({
      ...withoutHashes(pki),
      ...firstAuth((data) => ({ data: Uint8Array.of(15, ...sha1WithRsa, ...signatureOf(data)) })),
    }),
  ],
  [
    'AUTH of method 14 with an algorithm nobody knows',
    'auth-signature',
    () => firstAuth((data) => ({ data: Uint8Array.of(4, 0x30, 2, 6, 0, ...signatureOf(data)) })),
  ],
  [
    'AUTH of method 9 by an RSA key',
    'auth-signature',
    (pki) => ({
      ...withRsa(pki),
      ...firstAuth((data) => ({ method: authMethod.ECDSA_SHA256_P256, data: signatureOf(data) })),
    }),
  ],
  [
    'AUTH by a shared key where a certificate is demanded',
    'auth-method',
    () => firstAuth(() => ({ method: authMethod.SHARED_KEY, data: new Uint8Array(48) })),
  ],
  [
    'AUTH of the NULL method (RFC 7619)',
    'auth-method',
    () => firstAuth(() => ({ method: authMethod.NULL, data: new Uint8Array(48) })),
  ],
  [
    'EAP without AUTH and without certificate: EAP-only was not agreed (H-46, CVE-2015-4171)',
    'auth-missing',
    () => ({
      rewrite: (id, payloads) =>
        id === 1 ? payloads.filter(({ type }) => type !== 'AUTH' && type !== 'CERT') : payloads,
    }),
  ],
  ['EAP with a certificate and without AUTH', 'auth-missing', () => firstAuth(() => null)],
  [
    'EAP and nothing else',
    'auth-missing',
    () => ({ rewrite: (id, payloads) => (id === 1 ? payloads.filter(({ type }) => type === 'EAP') : payloads) }),
  ],
  [
    'an empty answer to IKE_AUTH',
    'protocol',
    () => ({ rewrite: (id, payloads) => (id === 1 ? [] : payloads) }),
    { code: 13816 },
  ],
  [
    'CERT by hash and URL: nobody is asked (P-24)',
    'certificate-missing',
    () => ({
      rewrite: (id, payloads) =>
        id === 1
          ? payloads.map((payload) =>
              payload.type === 'CERT'
                ? { ...payload, encoding: 12, data: utf8Encode('01234567890123456789http://evil.test/') }
                : payload,
            )
          : payloads,
    }),
  ],
  [
    'IKE_SA_INIT: no proposal of ours is liked',
    'ike-proposal',
    () => ({
      gateway: { config: { ikeProposals: ['aes128-sha256-modp3072'] } },
      profile: { proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'] } },
    }),
    { stage: 'IKE_SA_INIT', code: 13868 },
  ],
  [
    'IKE_SA_INIT: a transform that was not offered',
    'protocol',
    () => ({
      rewrite: (id, payloads) =>
        id === 0
          ? payloads.map((payload) =>
              payload.type === 'SA'
                ? {
                    ...payload,
                    proposals: payload.proposals.map((proposal) => ({
                      ...proposal,
                      transforms: proposal.transforms.map((transform) =>
                        transform.transformType === 4 ? { ...transform, id: 2 } : transform,
                      ),
                    })),
                  }
                : payload,
            )
          : payloads,
    }),
    { stage: 'IKE_SA_INIT', code: 13816 },
  ],
  [
    'IKE_SA_INIT: no NAT traversal (C-38)',
    'protocol',
    () => ({ rewrite: (id, payloads) => (id === 0 ? payloads.filter((payload) => payload.type !== 'N') : payloads) }),
    { stage: 'IKE_SA_INIT', code: 13816 },
  ],
]);

/** The key of the pre-shared kind: both ends prove themselves with it. */
export const wrongPresharedKeys: readonly WrongPeer[] = rowsOf(
  { method: 'psk', stage: 'IKE_AUTH', code: 811, sent: [] },
  [
    // The same from both sides: what the person typed is not what the gateway has.
    [
      'the gateway has another pre-shared key, and says so',
      'pre-shared-key',
      () => ({ gateway: { presharedKey: 'another key of Contoso' } }),
    ],
    [
      'the gateway lets us in and does not know the key',
      'pre-shared-key',
      () => firstAuth((data) => ({ data: flipped(data) })),
    ],
    [
      'the gateway does not know the key and sends our own AUTH back',
      'pre-shared-key',
      () => firstAuth((_data, _method, asked) => ({ data: authOf(asked) })),
    ],
    [
      'the gateway proves itself by signature where a key is agreed',
      'pre-shared-key',
      () => firstAuth(() => ({ method: authMethod.DIGITAL_SIGNATURE })),
    ],
    [
      'the gateway with the right key has another name',
      'server-identity',
      () => ({ profile: { remoteIdentity: 'vpn2.contoso.test' } }),
      { code: 13801 },
    ],
  ],
);
