import { describe, expect, it } from 'vitest';
import { account } from './gateway-config';
import { figure, useLab } from './fixture';
import { monotonic } from './monotonic';
import { addresses } from './topology';
import { difference } from './snapshot';
import { VpnClient } from './vpn-client';
import type { ProfileText } from './profiles';

interface Failure {
  readonly name: string;
  readonly code: number;
  /** Milliseconds after which a person would think that it hangs. */
  readonly within: number;
  readonly changes: ProfileText;
  readonly password?: string;
}

const server = (name: string): ProfileText => ({ server: name, remoteIdentity: name });
const wrongPassword = 'Wrong-Horse-8';

const failures: readonly Failure[] = [
  { name: 'wrong password', code: 691, within: 30_000, changes: {}, password: wrongPassword },
  {
    name: 'unknown user',
    code: 691,
    within: 30_000,
    changes: { authentication: { method: 'eap-mschapv2', username: 'mallory' } },
  },
  { name: 'untrusted issuer', code: 13801, within: 20_000, changes: server('untrusted.lab.test') },
  {
    name: 'server certificate without the server name',
    code: 13801,
    within: 20_000,
    changes: { server: 'misnamed.lab.test', remoteIdentity: null },
  },
  {
    name: 'server identity the gateway does not have',
    code: 13801,
    within: 20_000,
    changes: { remoteIdentity: 'other.lab.test' },
  },
  { name: 'expired server certificate', code: 13801, within: 20_000, changes: server('expired.lab.test') },
  {
    name: 'unreachable server',
    code: 809,
    within: 60_000,
    changes: { server: addresses.routerLan, remoteIdentity: 'eap.lab.test' },
  },
  {
    name: 'no common proposal',
    code: 13868,
    within: 45_000,
    changes: { proposals: { ike: ['aes128-sha256-modp4096'], esp: ['aes128gcm16'] } },
  },
  { name: 'refused selectors', code: 842, within: 20_000, changes: server('refused.lab.test') },
];

describe('what cannot connect says why', () => {
  const lab = useLab();

  it.each(failures)('$name: code $code', async ({ name, code, within, changes, password }) => {
    const before = await lab().snapshot();
    const began = monotonic();
    const client = VpnClient.by(lab(), 'eap-mschapv2', changes, {
      log: true,
      ...(password === undefined ? {} : { password }),
    });
    const timer = setTimeout(() => void client.stop('SIGKILL'), within + 5_000);
    const { code: exitCode } = await client.exit;
    clearTimeout(timer);
    const took = monotonic() - began;

    const error = client.status?.error;
    figure(
      `${name}: ${String(error?.code)} after ${took.toFixed(0)} ms: ${error?.message ?? client.stderr.slice(-400)}`,
    );
    expect(error?.code).toBe(code);
    expect(exitCode).toBe(3);
    expect(took).toBeLessThan(within);
    expect(error?.message).toMatch(/^\p{Lu}.{20,}[.?!]$/su);

    const output = client.stdout + client.stderr;
    for (const secret of [
      account.password,
      wrongPassword,
      account.psk,
      Buffer.from(account.password, 'utf16le').toString('hex'),
    ])
      expect(output).not.toContain(secret);
    // A helper may take a moment to withdraw what it had prepared.
    expect(difference(before, await lab().snapshot())).toBe('');
  });
});
