import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile, withCertificate, withPassword } from './radius';
import type { Authentication, RadiusOptions } from './radius';
import { VpnClient } from './vpn-client';

interface Way {
  /** What the status object must say. */
  readonly name: string;
  readonly authentication: Authentication;
  readonly radius: RadiusOptions;
}

const ways: readonly Way[] = [
  { name: 'EAP-MSCHAPv2', authentication: { method: 'eap-mschapv2', ...withPassword }, radius: {} },
  {
    name: 'PEAP-EAP-MSCHAPv2',
    authentication: { method: 'peap-mschapv2', anonymousIdentity: 'anonymous', ...withPassword },
    radius: {},
  },
  {
    name: 'PEAP-EAP-MSCHAPv2',
    authentication: { method: 'peap-mschapv2', anonymousIdentity: 'anonymous', ...withPassword },
    radius: { tls: '1.3' },
  },
  {
    name: 'PEAP-EAP-TLS',
    authentication: { method: 'peap-tls', anonymousIdentity: 'anonymous', ...withCertificate },
    radius: { peapInner: 'tls' },
  },
  { name: 'EAP-TLS', authentication: { method: 'eap-tls', ...withCertificate }, radius: {} },
  { name: 'EAP-TLS', authentication: { method: 'eap-tls', ...withCertificate }, radius: { tls: '1.3' } },
  {
    name: 'EAP-TTLS-PAP',
    authentication: { method: 'eap-ttls', ttlsInner: 'pap', anonymousIdentity: 'anonymous', ...withPassword },
    radius: {},
  },
  {
    name: 'EAP-TTLS-MSCHAPv2',
    authentication: { method: 'eap-ttls', anonymousIdentity: 'anonymous', ...withPassword },
    radius: {},
  },
  {
    name: 'EAP-TTLS-MSCHAPv2',
    authentication: { method: 'eap-ttls', anonymousIdentity: 'anonymous', ...withPassword },
    radius: { tls: '1.3' },
  },
];

describe('EAP through the gateway to FreeRADIUS', () => {
  const lab = useLab();

  it.each(ways.map((way) => [way.name, way.radius.tls ?? '1.2', way] as const))(
    '%s with TLS %s reaches Connected, ping passes',
    async (name, _tls, { authentication, radius: options }) => {
      const radius = await lab().radius(options);
      try {
        const client = VpnClient.connect(lab(), radiusProfile(name, authentication), { password: account.password });
        const status = await client.connected();
        expect(status.authentication).toBe(name);
        const [sa] = await lab().gatewaySas();
        expect(sa?.connection).toBe('radius');
        expect(status.ike?.spiInitiator).toBe(sa?.initiatorSpi);
        await lab().ping();
        figure(`${name}, TLS ${options.tls ?? '1.2'}: connected in ${client.connectMilliseconds.toFixed(1)} ms`);
        expect(await client.stop()).toBe(0);
        expect(client.stdout + client.stderr).not.toContain(account.password);
      } finally {
        await radius.stop();
      }
    },
  );

  it("strongSwan's own EAP-TLS: the gateway is the authentication server, its name needs no setting", async () => {
    const profile = {
      ...radiusProfile('Gateway EAP-TLS', {
        method: 'eap-tls',
        certificate: 'client-rsa.pem',
        privateKey: 'client-rsa.key',
      }),
      server: 'eap-tls.lab.test',
      remoteIdentity: 'eap-tls.lab.test',
    };
    const client = VpnClient.connect(lab(), profile);
    expect((await client.connected()).authentication).toBe('EAP-TLS');
    expect((await lab().gatewaySas()).map((sa) => sa.connection)).toEqual(['eap-tls']);
    await lab().ping();
    figure(`EAP-TLS of the gateway: connected in ${client.connectMilliseconds.toFixed(1)} ms`);
    expect(await client.stop()).toBe(0);
  });
});
