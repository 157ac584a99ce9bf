import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile, withCertificate, withPassword } from './radius';
import { VpnClient } from './vpn-client';

describe('PEAP fast reconnect with FreeRADIUS (A-43)', () => {
  const lab = useLab();

  it.each([
    ['peap-mschapv2', 'mschapv2', withPassword],
    ['peap-tls', 'tls', withCertificate],
  ] as const)('%s: the gateway restarts, the new sign-in takes up the old one', async (method, peapInner, secrets) => {
    const radius = await lab().radius({ cache: true, peapInner });
    try {
      const client = VpnClient.connect(
        lab(),
        radiusProfile(`Fast reconnect ${method}`, {
          method,
          anonymousIdentity: 'anonymous',
          fastReconnect: true,
          ...secrets,
        }),
        { password: account.password, log: true },
      );
      const first = await client.connected(20_000);
      await lab().ping();
      const before = radius.log;
      expect(before).not.toMatch(/Skipping Phase2/);
      await lab().restartGateway(true);
      const again = await client.waitFor(
        'a new IKE SA',
        (s) => s.state === 'Connected' && s.ike !== null && s.ike.spiInitiator !== first.ike?.spiInitiator,
        40_000,
      );
      expect(again.connectedSince).toBe(first.connectedSince);
      await lab().ping();
      const second = radius.log.slice(before.length);
      // The inner method did not run: no challenge, no inner certificate. The outer identity stayed anonymous.
      expect(second).toMatch(/Skipping Phase2 (because of|due to) session resumption/);
      expect(second).not.toContain('MS-CHAP2-Response');
      expect(second).toContain('User-Name = "anonymous"');
      figure(
        `${method}: ${String((before.match(/Received Access-Request/g) ?? []).length)} round trips to the RADIUS server at first, ${String((second.match(/Received Access-Request/g) ?? []).length)} resumed`,
      );
      expect(await client.stop()).toBe(0);
    } finally {
      await radius.stop();
    }
  });

  it('a server that forgot the session: a whole sign-in, nobody is asked', async () => {
    let radius = await lab().radius({ cache: true });
    try {
      const client = VpnClient.connect(
        lab(),
        radiusProfile('Forgotten', {
          method: 'peap-mschapv2',
          anonymousIdentity: 'anonymous',
          fastReconnect: true,
          ...withPassword,
        }),
        { password: account.password },
      );
      const first = await client.connected(20_000);
      await radius.stop();
      radius = await lab().radius({ cache: true });
      await lab().restartGateway(true);
      await client.waitFor(
        'a new IKE SA',
        (s) => s.state === 'Connected' && s.ike !== null && s.ike.spiInitiator !== first.ike?.spiInitiator,
        40_000,
      );
      await lab().ping();
      expect(radius.log).not.toMatch(/Skipping Phase2/);
      expect(await client.stop()).toBe(0);
    } finally {
      await radius.stop();
    }
  });
});
