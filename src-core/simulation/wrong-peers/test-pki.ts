import { generateKeyPairSync, sign } from 'node:crypto';
import { parseCertificate } from '../../pki/certificate';
import { derBitString, derSequence } from '../../pki/der';
import { encodePem } from '../../pki/pem';
import {
  type KeyPair,
  testCertificate,
  testKeys,
  testNow,
  type TestAuthority,
  type TestRequest,
  testRoot,
  day,
} from '../../pki/testing';
import type { CertificateIssuer } from '../../pki/certificate-builder';

export const gatewayName = 'vpn.contoso.test';
export const authenticationServerName = 'aaa.contoso.test';

const gatewayRequest: TestRequest = {
  subject: [
    ['O', 'Contoso'],
    ['OU', 'VPN'],
    ['CN', gatewayName],
  ],
  dnsNames: [gatewayName],
  extendedKeyUsage: ['serverAuth'],
};
const authenticationServerRequest: TestRequest = {
  subject: [
    ['O', 'Contoso'],
    ['OU', 'RADIUS'],
    ['CN', authenticationServerName],
  ],
  dnsNames: [authenticationServerName],
  extendedKeyUsage: ['serverAuth'],
};
const clientRequest: TestRequest = {
  subject: [
    ['O', 'Contoso'],
    ['CN', 'Laptop 7'],
  ],
  dnsNames: ['laptop7.contoso.test'],
  extendedKeyUsage: ['clientAuth'],
};

type Signing = { readonly keys?: KeyPair } & Pick<CertificateIssuer, 'hash' | 'padding'>;

/** Authorities and certificates of one test run. Keys are slow to make, so most certificates share a few. */
export class TestPki {
  readonly root = testRoot('Contoso Root');
  /** Trusted by nobody. */
  readonly stranger = testRoot('Stranger Root');
  readonly #keys = { gateway: testKeys(), server: testKeys(), client: testKeys(), authority: testKeys() };
  #rsa: KeyPair | null = null;
  #weak: KeyPair | null = null;

  /** RSA 2048. */
  get rsa(): KeyPair {
    return (this.#rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
  }

  get weakRsa(): KeyPair {
    return (this.#weak ??= generateKeyPairSync('rsa', { modulusLength: 1024 }));
  }

  gateway(
    change: Partial<TestRequest> = {},
    issuer: TestAuthority | null = this.root,
    signing: Signing = {},
  ): TestAuthority {
    return testCertificate({ ...gatewayRequest, ...change }, issuer, { keys: this.#keys.gateway, ...signing });
  }

  /** Of the authentication server behind the gateway. */
  server(
    change: Partial<TestRequest> = {},
    issuer: TestAuthority | null = this.root,
    signing: Signing = {},
  ): TestAuthority {
    return testCertificate({ ...authenticationServerRequest, ...change }, issuer, {
      keys: this.#keys.server,
      ...signing,
    });
  }

  client(
    change: Partial<TestRequest> = {},
    issuer: TestAuthority | null = this.root,
    signing: Signing = {},
  ): TestAuthority {
    return testCertificate({ ...clientRequest, ...change }, issuer, { keys: this.#keys.client, ...signing });
  }

  authority(
    change: Partial<TestRequest> = {},
    issuer: TestAuthority = this.root,
    signing: Signing = {},
  ): TestAuthority {
    return testCertificate(
      {
        subject: [
          ['O', 'Contoso'],
          ['CN', 'Contoso Issuing'],
        ],
        ca: true,
        ...change,
      },
      issuer,
      { keys: this.#keys.authority, ...signing },
    );
  }

  /** An authority with a key that signs with RSA, for what only RSA can do badly. */
  rsaRoot(): TestAuthority {
    return testCertificate({ subject: [['CN', 'Contoso RSA Root']], ca: true }, null, { keys: this.rsa });
  }

  /** md5WithRSAEncryption: the builder does not sign like that, so the octets are put together here. */
  signedWithMd5(issuer: TestAuthority): TestAuthority {
    const { certificate, privateKey } = this.gateway({}, issuer, { hash: 'sha256' });
    const sha256WithRsa = Buffer.from('06092a864886f70d01010b', 'hex');
    const md5WithRsa = Buffer.from('06092a864886f70d010104', 'hex');
    const tbs = Buffer.from(certificate.tbs);
    md5WithRsa.copy(tbs, tbs.indexOf(sha256WithRsa));
    const algorithm = derSequence(md5WithRsa, Uint8Array.of(5, 0));
    return {
      certificate: parseCertificate(derSequence(tbs, algorithm, derBitString(sign('md5', tbs, issuer.privateKey)))),
      privateKey,
    };
  }
}

export const expired: Partial<TestRequest> = { notBefore: testNow - 60 * day, notAfter: testNow - day };
export const notYetValid: Partial<TestRequest> = { notBefore: testNow + day, notAfter: testNow + 60 * day };

export const pemOf = ({ certificate }: TestAuthority): string => encodePem('CERTIFICATE', certificate.der);
export const keyDer = ({ privateKey }: TestAuthority): Uint8Array =>
  new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
export const keyPem = ({ privateKey }: TestAuthority): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
/** d of an EC or RSA key. */
export const secretNumber = ({ privateKey }: TestAuthority): Uint8Array =>
  new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
