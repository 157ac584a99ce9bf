import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile } from './radius';
import { until } from './run';
import { clientEnvironment, program, VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

/** Of somebody whom this computer does not know; the profile names no authority. */
const unknown = (name: string, accepted: readonly string[] = []): ProfileText => ({
  ...profiles['eap-mschapv2'],
  name,
  server: 'untrusted.lab.test',
  remoteIdentity: 'untrusted.lab.test',
  serverCertificate: { acceptedCertificates: accepted },
});

describe('servers that nobody vouches for (A-54, P-13)', () => {
  const lab = useLab();
  const connect = (profile: ProfileText): VpnClient =>
    VpnClient.connect(lab(), profile, { password: account.password });
  const refused = async (
    client: VpnClient,
  ): Promise<{
    readonly code: number | undefined;
    readonly rule: string | null | undefined;
    readonly detail: string;
  }> => {
    const { error } = await client.waitFor('the refusal', (s) => s.state === 'Disconnected' && s.error !== null);
    await client.exit;
    return { code: error?.code, rule: error?.rule, detail: error?.detail ?? '' };
  };

  it('without a terminal: refused, with the certificate, its fingerprint and where it would go', async () => {
    const fingerprint = await lab().fingerprint('server-untrusted');
    const client = connect(unknown('First use'));
    const error = await refused(client);
    expect(error).toMatchObject({ code: 13801, rule: 'trust-anchor' });
    expect(error.detail).toContain(fingerprint);
    for (const words of [
      fingerprint,
      'CN=untrusted.lab.test',
      'CN=Untrusted CA',
      'dns:untrusted.lab.test',
      'serverCertificate.acceptedCertificates',
    ])
      expect(client.stderr).toContain(words);
    expect((await lab().gatewaySas()).filter((sa) => sa.state === 'ESTABLISHED')).toEqual([]);
    // EAP had not begun: the gateway asked, and got no answer of that kind.
    expect(await lab().gateway.log()).not.toContain('EAP/RES');
  });

  it('accepted in the profile: connects; another certificate there: refused with a warning', async () => {
    const client = connect(unknown('Accepted', [await lab().fingerprint('server-untrusted')]));
    await client.connected();
    await lab().ping();
    expect(await client.stop()).toBe(0);

    const changed = connect(unknown('Changed', [await lab().fingerprint('server-rsa')]));
    expect(await refused(changed)).toMatchObject({ code: 13801, rule: 'trust-anchor' });
    expect(changed.stderr).toContain('not the one that was accepted before');
    expect(changed.stderr).toContain(await lab().fingerprint('server-rsa'));
  });

  it('on a terminal: asked once, remembered with the saved connection, and not asked again', async () => {
    const environment = clientEnvironment(lab());
    const folder = lab().directory;
    writeFileSync(join(folder, 'asked.agilevpn.json'), JSON.stringify(unknown('Asked')));
    writeFileSync(join(folder, 'asked.password'), `${account.password}\n`, { mode: 0o600 });
    await lab().on('client', program, ['import', join(folder, 'asked.agilevpn.json')], { env: environment });

    const terminal = lab().start(
      'client',
      'script',
      ['-qfec', `${program} connect Asked --json --password-file ${join(folder, 'asked.password')}`, '/dev/null'],
      { env: environment },
    );
    let shown = '';
    terminal.stdout?.on('data', (text: Buffer) => (shown += text.toString()));
    await until('the question', 15_000, () => (shown.includes('Type "yes"') ? true : undefined));
    expect(shown).toContain(await lab().fingerprint('server-untrusted'));
    // As long as a person takes: the gateway would have given up a handshake that waits.
    terminal.stdin?.write('yes\n');
    await until('Connected', 15_000, () => (shown.includes('"state":"Connected"') ? true : undefined));
    terminal.stdin?.write('\x03');
    await until('the end', 15_000, () => (terminal.exitCode !== null ? true : undefined));

    const again = lab().start(
      'client',
      program,
      ['connect', 'Asked', '--json', '--password-file', join(folder, 'asked.password')],
      { env: environment },
    );
    let output = '';
    again.stdout?.on('data', (text: Buffer) => (output += text.toString()));
    await until('Connected again', 15_000, () => (output.includes('"state":"Connected"') ? true : undefined));
    again.kill('SIGTERM');
    await until('the end', 15_000, () => (again.exitCode !== null ? true : undefined));
    expect(again.exitCode).toBe(0);
  });

  it('a person who says no: refused, exit 3, nobody asked again', async () => {
    const environment = clientEnvironment(lab());
    const file = join(lab().directory, 'no.agilevpn.json');
    writeFileSync(file, JSON.stringify(unknown('No')));
    const terminal = lab().start(
      'client',
      'script',
      [
        '-qfec',
        `${program} connect ${file} --json --password-file ${join(lab().directory, 'asked.password')}`,
        '/dev/null',
      ],
      { env: environment },
    );
    let shown = '';
    terminal.stdout?.on('data', (text: Buffer) => (shown += text.toString()));
    await until('the question', 15_000, () => (shown.includes('Type "yes"') ? true : undefined));
    terminal.stdin?.write('no\n');
    await until('the end', 15_000, () => (terminal.exitCode !== null ? true : undefined));
    expect(terminal.exitCode).toBe(3);
    expect(shown.match(/Type "yes"/g)).toHaveLength(1);
    expect(shown).toContain('"code":13801');
  });

  it('the authentication server is asked about on its own, and sees no identity before', async () => {
    const radius = await lab().radius({ certificate: 'aaa-untrusted' });
    try {
      const profile = (accepted: readonly string[], gateway: readonly string[]): ProfileText => ({
        ...radiusProfile(`AAA first use ${String(accepted.length)}`, {
          method: 'peap-mschapv2',
          anonymousIdentity: 'anonymous',
          username: account.username,
          acceptedServerCertificates: accepted,
        }),
        serverCertificate: { acceptedCertificates: gateway },
      });
      const gateway = [await lab().fingerprint('server-rsa')];
      const client = connect(profile([], gateway));
      expect(await refused(client)).toMatchObject({ code: 864, rule: 'trust-anchor' });
      expect(client.stderr).toContain('authentication server');
      expect(client.stderr).toContain('authentication.acceptedServerCertificates');
      expect(radius.log).toContain('User-Name = "anonymous"');
      expect(radius.log).not.toContain(`"${account.username}"`);

      const accepted = connect(profile([await lab().fingerprint('aaa-untrusted')], gateway));
      await accepted.connected();
      await lab().ping();
      expect(await accepted.stop()).toBe(0);
    } finally {
      await radius.stop();
    }
  });
});
