import { beforeAll, describe, expect, it } from 'vitest';
import { testLength } from '../../src-core/simulation/lengths';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';

/** AUTH_LIFETIME of the gateway in seconds: the client signs in again when half of it is over. */
const lifetime = 4;
/** New IKE SAs in each direction; the first packets of each new CHILD SA come before it is installed. Long: 1 GB. */
const signIns = testLength('LAB_SIGN_INS', 3, 40);
/** Octets a second: what flows between two sign-ins is 25 MB. */
const rate = 12_500_000;

describe('what arrives is what was sent, while SAs are replaced', () => {
  const lab = useLab();

  beforeAll(async () => {
    await lab().gateway.load(gatewayConfiguration(lab().pki, { reauthSeconds: lifetime }), []);
    await startFileServer(lab());
  }, 180_000);

  it.each(['download', 'upload'] as const)(
    'a TCP %s over new sign-ins and rekeyed CHILD SAs has no wrong word',
    async (direction) => {
      const client = VpnClient.by(lab(), 'eap-mschapv2');
      await client.connected();
      const bytes = (rate * lifetime * signIns) / 2;
      const moving = transfer(lab(), direction, bytes, rate, 300_000);
      const spis = new Set<string>();
      for (let count = 0; count < signIns; count += 1) {
        const before = client.status?.ike?.spiInitiator;
        const { ike } = await client.waitFor(
          'a new IKE SA',
          ({ state, ike: now }) => state === 'Connected' && now !== null && now.spiInitiator !== before,
          30_000,
        );
        spis.add(ike!.spiInitiator);
        // The gateway replaces the new CHILD SA at once, too.
        const sas = await lab().gatewaySas();
        const [child] = sas.find(({ initiatorSpi }) => initiatorSpi === ike!.spiInitiator)?.children ?? [];
        await lab().gateway.vici.command('rekey', { 'child-id': child!.uniqueId });
      }
      const result = await moving;
      figure(
        `${direction}: ${String(result.wrongWords)} wrong words of 8 octets in ${(bytes / 1e6).toFixed(0)} MB over ${String(spis.size)} sign-ins, ${(bytes / result.milliseconds / 1000).toFixed(1)} MB/s`,
      );
      expect(result).toMatchObject({ bytes, wrongWords: 0, firstWrong: null });
      expect(spis.size).toBe(signIns);
      expect(await client.stop()).toBe(0);
    },
    400_000,
  );
});
