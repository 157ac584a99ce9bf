import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

/** The gateway trusts the authorities of `client-ecdsa` and `client-rsa`, and not that of the other one. */
describe('two client certificates of two authorities, of which the gateway trusts one (RFC 7296 section 3.7)', () => {
  const lab = useLab();
  beforeAll(() =>
    lab().pki.issue([
      {
        name: 'client-elsewhere',
        issuer: 'ca-untrusted',
        key: 'ecdsa',
        commonName: 'client-ecdsa.lab.test',
        names: ['client-ecdsa.lab.test'],
        usage: 'clientAuth',
      },
    ]),
  );

  /** The one that does not help comes first. */
  const both = (trusted: string, kind: 'pem' | 'key'): string =>
    ['client-elsewhere', trusted].map((name) => readFileSync(lab().pki.path(`${name}.${kind}`), 'utf8')).join('\n');

  it.each([
    ['machine-certificate', 'client-ecdsa', 'ecdsa.lab.test', { localIdentity: 'client-ecdsa.lab.test' }],
    // In TLS strongSwan names its authorities with RSA keys alone.
    ['eap-tls', 'client-rsa', 'eap-tls.lab.test', {}],
  ] as const)(
    '%s: shows the one that the gateway asks for, and nobody is asked',
    async (method, trusted, server, more) => {
      const profile: ProfileText = {
        ...profiles.ecdsa,
        name: `Wanted ${method}`,
        server,
        remoteIdentity: server,
        localIdentity: null,
        authentication: { method, certificate: both(trusted, 'pem'), privateKey: both(trusted, 'key') },
        serverCertificate: { authorities: ['ca-ecdsa.pem', 'ca-rsa.pem'], revocation: 'off' },
        ...more,
      };
      const client = VpnClient.connect(lab(), profile, { log: true });
      await client.connected(15_000);
      await lab().ping();
      expect(client.stdout).toContain('Of 2 certificates that fit, one is of an authority that the server asks for');
      expect(client.stderr).not.toContain('Several certificates');
      expect(await client.stop()).toBe(0);
    },
  );
});
