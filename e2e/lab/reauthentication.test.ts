import { beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { account, gatewayConfiguration, type GatewayConnection } from './gateway-config';
import type { KeyKind, Wanted } from './pki';
import { type Authentication, radiusProfile, type RadiusOptions, withCertificate, withPassword } from './radius';
import { until } from './run';
import { signInAgain } from './sign-in-again';
import { VpnClient } from './vpn-client';
import { type ProfileText, profiles } from './profiles';

/** AUTH_LIFETIME of the gateway, seconds: the client signs in again when half of it is over. */
const lifetime = 6;

/** Kinds of keys that the usual lab does not have; both ends use the same kind. */
const kinds: readonly KeyKind[] = ['rsa4096', 'rsa-pss', 'ecdsa384', 'ed25519'];

const certificates: readonly Wanted[] = kinds.flatMap((key) => [
  // The gateway signs with RSASSA-PSS by an ordinary RSA key, this client by a key that can do nothing else.
  {
    name: `server-${key}`,
    issuer: 'ca-rsa',
    key: key === 'rsa-pss' ? 'rsa' : key,
    commonName: `${key}.lab.test`,
    names: [`${key}.lab.test`, 'vpn.lab.test'],
    usage: 'serverAuth',
  },
  {
    name: `client-${key}`,
    issuer: 'ca-rsa',
    key,
    commonName: `client-${key}.lab.test`,
    names: [`client-${key}.lab.test`],
    usage: 'clientAuth',
  },
]);

const connections: readonly GatewayConnection[] = [
  ...kinds.map((key): GatewayConnection => ({
    name: key,
    identity: `${key}.lab.test`,
    certificate: `server-${key}`,
    ...(key === 'rsa-pss' ? { auth: 'rsa/pss-sha256' } : {}),
    remote: `auth = ${key === 'rsa-pss' ? 'ike:rsa/pss-sha256' : 'pubkey'}\n id = client-${key}.lab.test`,
  })),
  {
    name: 'two-rounds',
    identity: 'two-rounds.lab.test',
    certificate: 'server-rsa',
    remote: ['auth = pubkey\n id = client-rsa.lab.test', 'auth = eap-mschapv2\n eap_id = %any'],
  },
  {
    name: 'eap-only',
    identity: 'eap-only.lab.test',
    certificate: 'server-rsa',
    auth: 'eap-tls',
    remote: 'auth = eap-tls\n eap_id = %any',
  },
];

/** Names in the hosts file are those of the usual lab; the identity chooses the connection. */
const named = (identity: string, changes: ProfileText): ProfileText => ({
  ...profiles['eap-mschapv2'],
  name: identity,
  server: 'vpn.lab.test',
  remoteIdentity: `${identity}.lab.test`,
  ...changes,
});

const byCertificate = (key: KeyKind): ProfileText =>
  named(key, {
    localIdentity: `client-${key}.lab.test`,
    authentication: {
      method: 'machine-certificate',
      certificate: `client-${key}.pem`,
      privateKey: `client-${key}.key`,
    },
  });

const eapTls = { method: 'eap-tls', certificate: 'client-rsa.pem', privateKey: 'client-rsa.key' } as const;
const anonymous = { anonymousIdentity: 'anonymous', ...withPassword } as const;

const ways: readonly (readonly [way: string, connection: string, status: string, profile: ProfileText])[] = [
  ['EAP-MSCHAPv2', 'eap-named', 'EAP-MSCHAPv2', profiles['eap-mschapv2']],
  ['machine certificate, RSA 2048', 'rsa', 'Machine certificate', profiles.rsa],
  ['machine certificate, RSA 4096', 'rsa4096', 'Machine certificate', byCertificate('rsa4096')],
  ['machine certificate, RSASSA-PSS', 'rsa-pss', 'Machine certificate', byCertificate('rsa-pss')],
  ['machine certificate, ECDSA P-256', 'ecdsa', 'Machine certificate', profiles.ecdsa],
  ['machine certificate, ECDSA P-384', 'ecdsa384', 'Machine certificate', byCertificate('ecdsa384')],
  ['machine certificate, Ed25519', 'ed25519', 'Machine certificate', byCertificate('ed25519')],
  ['pre-shared key', 'psk', 'Pre-shared key', profiles.psk],
  ['EAP-TLS of the gateway itself', 'eap-tls', 'EAP-TLS', named('eap-tls', { authentication: eapTls })],
  [
    'EAP-TLS only (RFC 5998)',
    'eap-only',
    'EAP-TLS',
    named('eap-only', { authentication: { ...eapTls, eapOnly: true } }),
  ],
  [
    'machine certificate, then EAP-MSCHAPv2 (RFC 4739)',
    'two-rounds',
    'Machine certificate + EAP-MSCHAPv2',
    named('two-rounds', {
      localIdentity: 'client-rsa.lab.test',
      authentication: {
        method: 'eap-mschapv2',
        username: account.username,
        machineCertificate: 'client-rsa.pem',
        machinePrivateKey: 'client-rsa.key',
      },
    }),
  ],
];

const radiusWays: readonly (readonly [
  way: string,
  status: string,
  authentication: Authentication,
  radius: RadiusOptions,
])[] = [
  ['PEAP-MSCHAPv2', 'PEAP-EAP-MSCHAPv2', { method: 'peap-mschapv2', ...anonymous }, {}],
  [
    'PEAP-TLS',
    'PEAP-EAP-TLS',
    { method: 'peap-tls', anonymousIdentity: 'anonymous', ...withCertificate },
    { peapInner: 'tls' },
  ],
  ['EAP-TLS 1.2', 'EAP-TLS', { method: 'eap-tls', ...withCertificate }, {}],
  ['EAP-TLS 1.3', 'EAP-TLS', { method: 'eap-tls', ...withCertificate }, { tls: '1.3' }],
  ['EAP-TTLS with MSCHAPv2', 'EAP-TTLS-MSCHAPv2', { method: 'eap-ttls', ...anonymous }, {}],
  ['EAP-TTLS with PAP', 'EAP-TTLS-PAP', { method: 'eap-ttls', ttlsInner: 'pap', ...anonymous }, {}],
];

describe('every way to sign in, and again without a lost ping (C-36, C-65)', () => {
  const lab = useLab();

  beforeAll(async () => {
    await lab().pki.issue(certificates);
    await lab().gateway.load(
      gatewayConfiguration(lab().pki, { connections, reauthSeconds: lifetime }),
      kinds.map((key) => lab().pki.path(`server-${key}.key`)),
    );
  }, 180_000);

  async function signsInAgain(way: string, connection: string, status: string, profile: ProfileText): Promise<void> {
    const client = VpnClient.connect(lab(), profile, { password: account.password });
    const { before, after, lost } = await signInAgain(lab(), client, way);
    expect(before.authentication).toBe(status);
    expect(after).toMatchObject({
      state: 'Connected',
      authentication: status,
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
    });
    expect(
      client.changes
        .map((change) => change.status.state)
        .filter((state) => state !== 'Connecting' && state !== 'Connected' && state !== 'Disconnected'),
    ).toEqual([]);
    expect(lost).toBe(0);
    const sas = await until('one IKE SA', 3_000, async () => {
      const all = await lab().gatewaySas();
      return all.length === 1 ? all : undefined;
    });
    expect(sas[0]?.connection).toBe(connection);
    expect(sas[0]?.state).toBe('ESTABLISHED');
    expect(await client.stop()).toBe(0);
    expect(client.stdout + client.stderr).not.toContain(account.password);
  }

  it.each(ways)('%s', (way, connection, status, profile) => signsInAgain(way, connection, status, profile));

  it.each(radiusWays)('%s through FreeRADIUS', async (way, status, authentication, options) => {
    const radius = await lab().radius(options);
    try {
      await signsInAgain(way, 'radius', status, radiusProfile(way, authentication));
    } finally {
      await radius.stop();
    }
  });

  it('after a roam strongSwan knows its client by another address and gives another inner one: it is said, and the connection goes on', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { log: true });
    const before = await client.connected();
    await lab().linkDown('eth0');
    try {
      await client.waitFor('the roam', ({ state, adapter }) => state === 'Connected' && adapter === 'eth1');
      const after = await client.waitFor(
        'a new IKE SA',
        ({ state, ike }) => state === 'Connected' && ike !== null && ike.spiInitiator !== before.ike?.spiInitiator,
        60_000,
      );
      expect(after.adapter).toBe('eth1');
      figure(
        `signed in again after a roam: ${before.tunnelAddresses.join(', ')} became ${after.tunnelAddresses.join(', ')}`,
      );
      expect(after.connectedSince).toBe(before.connectedSince);
      await lab().reached();
      expect(client.stdout).toContain('The server gave other addresses with the new IKE SA');
      expect(await client.stop()).toBe(0);
    } finally {
      await lab().plug('eth0');
    }
  });
});
