import { describe, expect, it } from 'vitest';
import { TwoEnds } from '../../simulation';

describe('connecting with a pre-shared key', () => {
  it('IKE_SA_INIT on 500, IKE_AUTH on 4500, one CHILD SA on both sides with the same keys', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    const established = ends.event('established');
    expect(established).toMatchObject({
      authentication: 'Pre-shared key',
      mobikeSupported: true,
      natDetected: false,
      ike: { proposal: 'aes256gcm16-prfsha256-x25519' },
      child: { proposal: 'aes256gcm16' },
      configuration: { ipv4Addresses: ['10.77.0.1'], dnsServers: ['10.77.255.53'] },
    });
    expect(ends.client.path?.remote.port).toBe(4500);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    expect(ends.gatewayEvents.map(({ type }) => type)).toEqual(['established']);
  });
});
