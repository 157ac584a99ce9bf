import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile, withPassword } from './radius';
import { RevocationServers } from './revocation';
import { VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

type Mode = 'relaxed' | 'strict';

describe('revoked servers (P-14 to P-16): asked by the physical network, before there is a tunnel', () => {
  const lab = useLab();
  let servers: RevocationServers;
  beforeAll(async () => {
    servers = await RevocationServers.make(lab());
  });
  afterEach(() => servers.stop());

  const gateway = (source: 'ocsp' | 'crl', revocation: Mode, changes: ProfileText = {}): ProfileText => ({
    ...profiles['eap-mschapv2'],
    name: `Revocation ${source} ${revocation}`,
    server: `${source}.lab.test`,
    remoteIdentity: `${source}.lab.test`,
    serverCertificate: { authorities: ['ca-rsa.pem'], revocation },
    ...changes,
  });
  const connect = (profile: ProfileText): VpnClient =>
    VpnClient.connect(lab(), profile, { password: account.password, log: true });
  const refusal = async (
    client: VpnClient,
  ): Promise<{ readonly code: number | undefined; readonly rule: string | null | undefined }> => {
    const { error } = await client.waitFor(
      'the refusal',
      (s) => s.state === 'Disconnected' && s.error !== null,
      20_000,
    );
    await client.exit;
    return { code: error?.code, rule: error?.rule };
  };

  it.each(['ocsp', 'crl'] as const)('%s says good: strict connects, and says nothing of it', async (source) => {
    await servers.start('good');
    const client = connect(gateway(source, 'strict'));
    await client.connected(20_000);
    await lab().ping();
    figure(`strict by ${source}: connected in ${client.connectMilliseconds.toFixed(1)} ms`);
    expect(client.stdout).not.toContain('It is not known whether');
    expect(await client.stop()).toBe(0);
  });

  it.each([
    ['ocsp', 'relaxed'],
    ['ocsp', 'strict'],
    ['crl', 'relaxed'],
    ['crl', 'strict'],
  ] as const)('%s says revoked: %s refuses', async (source, mode) => {
    await servers.start('revoked');
    expect(await refusal(connect(gateway(source, mode)))).toEqual({ code: 13801, rule: 'revoked' });
    expect((await lab().gatewaySas()).filter((sa) => sa.state === 'ESTABLISHED')).toEqual([]);
  });

  it.each(['ocsp', 'crl'] as const)(
    '%s is not there: relaxed connects and the log says so, strict refuses',
    async (source) => {
      const relaxed = connect(gateway(source, 'relaxed'));
      await relaxed.connected(20_000);
      await lab().ping();
      figure(`relaxed, ${source} unreachable: connected in ${relaxed.connectMilliseconds.toFixed(1)} ms`);
      expect(await relaxed.stop()).toBe(0);
      expect(relaxed.stdout).toMatch(/(OCSP|CRL) from http:\/\/vpn\.lab\.test:880[12]\/.*ECONNREFUSED/);
      expect(relaxed.stdout).toContain(
        'It is not known whether the server’s certificate or one of its issuers was revoked',
      );
      expect(await refusal(connect(gateway(source, 'strict')))).toEqual({ code: 13801, rule: 'revocation-unknown' });
    },
  );

  it('strict with the kill switch: asked before it is in force, believed while it is, also for a new IKE SA', async () => {
    await servers.start('good');
    const client = connect(
      gateway('ocsp', 'strict', { network: { useDefaultGateway: true, killSwitch: true, allowLan: false } }),
    );
    const first = await client.connected(20_000);
    // Nobody could be asked from now on: the responder is gone, and the kill switch would let no question out.
    await servers.stop();
    await lab().restartGateway(true);
    await RevocationServers.make(lab());
    const again = await client.waitFor(
      'a new IKE SA',
      (s) => s.state === 'Connected' && s.ike !== null && s.ike.spiInitiator !== first.ike?.spiInitiator,
      30_000,
    );
    expect(again.connectedSince).toBe(first.connectedSince);
    await lab().ping();
    expect(await client.stop()).toBe(0);
  });

  it.each([
    ['good', null],
    ['revoked', { code: 859, rule: 'revoked' }],
    [null, { code: 801, rule: 'revocation-unknown' }],
  ] as const)('the authentication server behind the gateway, status %s, strict', async (status, expected) => {
    if (status !== null) await servers.start(status);
    const radius = await lab().radius({ certificate: 'aaa-ocsp' });
    try {
      const profile = {
        ...radiusProfile(`AAA ${String(status)}`, {
          method: 'peap-mschapv2',
          anonymousIdentity: 'anonymous',
          serverAuthorities: ['ca-rsa.pem'],
          ...withPassword,
        }),
        server: 'radius.lab.test',
        serverCertificate: {
          authorities: [],
          acceptedCertificates: [await lab().fingerprint('server-rsa')],
          revocation: 'strict',
        },
      };
      const client = connect(profile);
      if (expected === null) {
        await client.connected(20_000);
        await lab().ping();
        expect(await client.stop()).toBe(0);
      } else {
        expect(await refusal(client)).toEqual(expected);
        expect(radius.log).not.toContain(`"${account.username}"`);
      }
    } finally {
      await radius.stop();
    }
  });
});
