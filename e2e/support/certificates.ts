import type { EmbeddedGatewayOptions } from '../../src-core/gateway/gateway';
import { attributeValues } from '../../src-core/pki/distinguished-name';
import { encodePem } from '../../src-core/pki/pem';
import { testCertificate, type TestAuthority, type TestRequest } from '../../src-core/pki/testing';

const day = 86_400_000;
export const gatewayName = 'vpn.contoso.test';
export const connectionName = 'Contoso';

/** A certificate that is valid now. `issuer` null: self-signed. */
export function certificate(request: TestRequest, issuer: TestAuthority | null): TestAuthority {
  const now = Date.now();
  return testCertificate({ notBefore: now - day, notAfter: now + 30 * day, ...request }, issuer);
}

export const newAuthority = (commonName: string): TestAuthority =>
  certificate(
    {
      subject: [
        ['O', 'Contoso'],
        ['CN', commonName],
      ],
      ca: true,
    },
    null,
  );
export const clientCertificate = (commonName: string, issuer: TestAuthority): TestAuthority =>
  certificate(
    {
      subject: [
        ['O', 'Contoso'],
        ['CN', commonName],
      ],
      dnsNames: [`${commonName.toLowerCase().replaceAll(' ', '-')}.contoso.test`],
      extendedKeyUsage: ['clientAuth'],
    },
    issuer,
  );
export const pem = ({ certificate: { der } }: TestAuthority): string => encodePem('CERTIFICATE', der);
export const keyPem = ({ privateKey }: TestAuthority): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
export const keyDer = ({ privateKey }: TestAuthority): Uint8Array =>
  new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));

/** Accepts exactly these clients by certificate, and notes the common name of each that came. */
export function knowing(
  clients: readonly TestAuthority[],
  seen: string[] = [],
): NonNullable<EmbeddedGatewayOptions['certificateClients']> {
  return {
    method: 'certificate',
    certificateRequests: [],
    allowSha1Rsa: false,
    verify: ({ certificates: [shown] }) => {
      const known = clients.find(
        (client) => shown !== undefined && Buffer.compare(client.certificate.der, shown) === 0,
      );
      if (known === undefined) return Promise.reject(new Error('not known'));
      seen.push(attributeValues(known.certificate.subject, 'CN')[0] ?? '');
      return Promise.resolve({ publicKeySpki: known.certificate.spki });
    },
  };
}
