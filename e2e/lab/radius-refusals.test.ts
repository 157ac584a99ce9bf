import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile, withCertificate, withPassword } from './radius';
import type { Authentication, RadiusOptions } from './radius';
import { VpnClient } from './vpn-client';

const anonymous = { anonymousIdentity: 'anonymous' } as const;
const methods: readonly (readonly [string, Authentication])[] = [
  ['PEAP-MSCHAPv2', { method: 'peap-mschapv2', ...anonymous, ...withPassword }],
  ['PEAP-TLS', { method: 'peap-tls', ...anonymous, ...withCertificate }],
  ['EAP-TLS', { method: 'eap-tls', ...anonymous, ...withCertificate }],
  ['EAP-TTLS-PAP', { method: 'eap-ttls', ttlsInner: 'pap', ...anonymous, ...withPassword }],
];

/** The wrong server behind the right gateway, and the rule that must name it (docs/windows7.md 4.5). */
const wrong: readonly (readonly [string, RadiusOptions, number, string])[] = [
  ['of another name, TLS 1.2', { certificate: 'aaa-other-name' }, 801, 'name: none of aaa.lab.test'],
  ['of another name, TLS 1.3', { certificate: 'aaa-other-name', tls: '1.3' }, 801, 'name: none of aaa.lab.test'],
  ['of another authority, TLS 1.2', { certificate: 'aaa-untrusted' }, 864, 'trust-anchor'],
  ['of another authority, TLS 1.3', { certificate: 'aaa-untrusted', tls: '1.3' }, 864, 'trust-anchor'],
];

describe('the authentication server behind the right gateway (A-54, A-56, H-55)', () => {
  const lab = useLab();

  it.each(wrong)(
    'one %s is refused before an inner identity, a password or a client certificate has left',
    async (_what, options, code, rule) => {
      const radius = await lab().radius(options);
      try {
        for (const [name, authentication] of methods) {
          const client = VpnClient.connect(lab(), radiusProfile(name, authentication), { password: account.password });
          const status = await client.waitFor('the refusal', (s) => s.state === 'Disconnected' && s.error !== null);
          expect(status.error?.code, name).toBe(code);
          expect(status.error?.detail, name).toContain(rule);
          await client.exit;
        }
        // The debug log holds every RADIUS attribute and every TLS handshake message that arrived.
        expect(radius.log).toContain('User-Name = "anonymous"');
        expect(radius.log).toContain('Handshake, ClientHello');
        expect(radius.log).not.toContain(`"${account.username}"`);
        expect(radius.log).not.toContain('client-rsa.lab.test');
        expect(radius.log).not.toMatch(/recv TLS 1\.[23] Handshake, (Certificate|ClientKeyExchange|Finished)/);
        // strongSwan keeps what is half open for 30 s, whatever it is told.
        expect((await lab().gatewaySas()).filter((sa) => sa.state === 'ESTABLISHED')).toEqual([]);
      } finally {
        await radius.stop();
      }
    },
  );

  it.each(methods.filter(([, { username }]) => username !== undefined))(
    '%s with a wrong password is 691, and nothing tries again by itself (A-21)',
    async (name, authentication) => {
      const radius = await lab().radius();
      try {
        const client = VpnClient.connect(lab(), radiusProfile(name, authentication), { password: 'not the password' });
        const status = await client.waitFor('the refusal', (s) => s.state === 'Disconnected' && s.error !== null);
        expect(status.error?.code).toBe(691);
        expect((await client.exit).code).not.toBe(0);
        expect(radius.log.match(/\) eap: EAP-Identity reply/g)).toHaveLength(1);
        expect(client.stdout + client.stderr).not.toContain('not the password');
      } finally {
        await radius.stop();
      }
    },
  );

  it('a server that insists on MSCHAPv2 in the open gets a Nak and no response (H-51)', async () => {
    const radius = await lab().radius({ only: 'mschapv2' });
    try {
      const client = VpnClient.connect(
        lab(),
        radiusProfile('Downgrade', { method: 'peap-mschapv2', ...anonymous, ...withPassword }),
        { password: account.password },
      );
      const status = await client.waitFor('the refusal', (s) => s.state === 'Disconnected' && s.error !== null);
      expect(status.error?.code).toBe(812);
      expect(radius.log).toContain('NAK');
      expect(radius.log).not.toContain(`"${account.username}"`);
    } finally {
      await radius.stop();
    }
  });
});
