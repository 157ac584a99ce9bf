import type { KeyObject } from 'node:crypto';
import type { Signer } from '../ikev2/session';
import { issueCertificate, type NameText } from '../pki/certificate-builder';
import { keySigner } from '../pki/client-credentials';
import { encodePem } from '../pki/pem';
import type { Random } from '../ports/random';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface GatewayIdentity {
  /** PEM of the authority that a profile has to trust. */
  readonly authority: string;
  readonly signer: Signer;
  /** DER, the gateway's own first. */
  readonly certificates: readonly Uint8Array[];
}

export interface GatewayIdentityRequest {
  readonly random: Random;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Name and address the certificate is for. */
  readonly name: string;
  readonly address: string;
  /** Two fresh key pairs that sign: authority and gateway. */
  readonly keys: readonly [KeyPair, KeyPair];
}

const day = 86_400_000;

/** An authority of one week and one gateway certificate of it, made at the start and forgotten at the end. */
export function createGatewayIdentity({ random, now, name, address, keys }: GatewayIdentityRequest): GatewayIdentity {
  const [authorityKeys, gatewayKeys] = keys;
  const serialNumber = (): Uint8Array => {
    const serial = random.bytes(16);
    serial[0] = (serial[0]! & 0x3f) | 0x40;
    return serial;
  };
  const dates = { notBefore: now - day, notAfter: now + 7 * day };
  const subject = (commonName: string): NameText => [
    ['O', 'Agile VPN demo'],
    ['CN', commonName],
  ];
  const authority = issueCertificate(
    {
      subject: subject('Demo authority'),
      publicKey: authorityKeys.publicKey,
      serialNumber: serialNumber(),
      ca: true,
      ...dates,
    },
    { privateKey: authorityKeys.privateKey, certificate: null },
  );
  const gateway = issueCertificate(
    {
      subject: subject(name),
      publicKey: gatewayKeys.publicKey,
      serialNumber: serialNumber(),
      dnsNames: [name],
      addresses: [address],
      extendedKeyUsage: ['serverAuth'],
      ...dates,
    },
    { privateKey: authorityKeys.privateKey, certificate: authority },
  );
  return {
    authority: encodePem('CERTIFICATE', authority.der),
    signer: keySigner(gatewayKeys.privateKey),
    certificates: [gateway.der],
  };
}
