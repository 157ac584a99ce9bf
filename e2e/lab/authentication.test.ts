import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { transferBytes } from './lengths';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';
import type { Method } from './profiles';

describe('connect', () => {
  const lab = useLab();

  it.each<Method>(['eap-mschapv2', 'rsa', 'ecdsa', 'psk'])(
    'reaches Connected by %s; a ping and a transfer each way pass through the tunnel',
    { timeout: 120_000 + transferBytes / 2_500 },
    async (method) => {
      if (method === 'eap-mschapv2') await startFileServer(lab());
      const client = VpnClient.by(lab(), method);
      const status = await client.connected();

      const [sa, ...others] = await lab().gatewaySas();
      expect(others).toEqual([]);
      expect(sa?.state).toBe('ESTABLISHED');
      expect(status.ike?.spiInitiator).toBe(sa?.initiatorSpi);
      expect(status.ike?.spiResponder).toBe(sa?.responderSpi);
      expect(status.tunnelAddresses).toContain(`${sa?.virtualIps[0] ?? ''}/32`);
      expect(status.adapter).toBe('eth0');
      expect(status.originAddress).toBe('10.10.0.2');
      expect(status.destinationAddress).toBe('10.10.0.1');
      expect(status.mobikeSupported).toBe(true);

      await lab().ping();
      const down = await transfer(lab(), 'download', transferBytes, 0, 60_000 + transferBytes / 5_000);
      expect(down).toMatchObject({ wrongWords: 0, firstWrong: null });
      const up = await transfer(lab(), 'upload', transferBytes, 0, 60_000 + transferBytes / 5_000);
      expect(up).toMatchObject({ wrongWords: 0, firstWrong: null });

      expect(await client.stop()).toBe(0);
      expect(await lab().gatewaySas()).toEqual([]);
    },
  );

  it('X-17: the usual proposals, ML-KEM first, reach a gateway that knows nothing of it; where it is required, there is no connection', async () => {
    const usual = { proposals: { ike: [], esp: [] } } as const;
    const client = VpnClient.by(lab(), 'eap-mschapv2', usual);
    expect((await client.connected()).ike?.proposal).not.toContain('mlkem');
    await lab().ping();
    expect(await client.stop()).toBe(0);
    const strict = VpnClient.by(lab(), 'eap-mschapv2', {
      ...usual,
      name: 'Lab strict',
      advanced: { postQuantum: 'require' },
    });
    expect((await strict.exit).code).toBe(3);
    expect(strict.status?.error).toMatchObject({ code: 13868, rule: 'ike-proposal' });
  });
});
