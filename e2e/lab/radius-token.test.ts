import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { radiusProfile } from './radius';
import { makeToken } from './token';
import type { LabToken } from './token';
import { VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

describe('a key that never leaves its token (P-25, P-40)', () => {
  const lab = useLab();
  let token: LabToken;
  beforeAll(async () => {
    token = await makeToken(lab(), 'client-rsa.lab.test');
  });

  const profileOf = (method: string): ProfileText => {
    const { certificate } = token;
    if (method !== 'machine-certificate')
      return radiusProfile(`Token ${method}`, {
        method,
        certificate,
        anonymousIdentity: 'anonymous',
        serverNames: ['aaa.lab.test'],
      });
    return { ...profiles.rsa, name: 'Token machine', authentication: { method, certificate } };
  };

  it('the key was made on the token and cannot be extracted', () => {
    expect(token.keyAccess).toMatch(/sensitive, always sensitive, never extracta?ble, local/);
  });

  it.each([
    ['machine-certificate', '1.2', 'Machine certificate'],
    ['eap-tls', '1.2', 'EAP-TLS'],
    ['eap-tls', '1.3', 'EAP-TLS'],
    ['peap-tls', '1.2', 'PEAP-EAP-TLS'],
  ] as const)('%s with TLS %s reaches Connected, ping passes', async (method, tls, name) => {
    const radius = method === 'machine-certificate' ? null : await lab().radius({ tls, peapInner: 'tls' });
    try {
      const client = VpnClient.connect(lab(), profileOf(method), { args: ['--pin-file', token.pinFile] });
      const status = await client.connected();
      expect(status.authentication?.toLowerCase()).toContain(name.toLowerCase());
      await lab().ping();
      figure(`token, ${name}: connected in ${client.connectMilliseconds.toFixed(1)} ms`);
      expect(await client.stop()).toBe(0);
    } finally {
      await radius?.stop();
    }
  });

  it('a wrong PIN is stated, tried once, and nothing is sent to the gateway', async () => {
    const wrong = `${token.pinFile}-wrong`;
    writeFileSync(wrong, '000000\n', { mode: 0o600 });
    const client = VpnClient.connect(lab(), profileOf('machine-certificate'), { args: ['--pin-file', wrong] });
    const status = await client.waitFor('the refusal', (s) => s.state === 'Disconnected' && s.error !== null);
    expect(status.error?.code).toBe(13806);
    expect(status.error?.message).toContain('PIN');
    expect(status.error?.detail).toContain('1 wrong PIN');
    await client.exit;
    expect(await lab().gatewaySas()).toEqual([]);
  });
});
