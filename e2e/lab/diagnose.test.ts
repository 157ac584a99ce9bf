import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DiagnosisStep } from '../../src-main/api/contract';
import { useLab, figure } from './fixture';
import { account } from './gateway-config';
import { difference } from './snapshot';
import { clientEnvironment } from './vpn-client';
import { profiles, type ProfileText } from './profiles';

const program = fileURLToPath(new URL('../../bin/agile-vpn', import.meta.url));

describe('agile-vpn diagnose against a real gateway', () => {
  const lab = useLab();

  async function diagnose(
    changes: ProfileText = {},
    password: string = account.password,
  ): Promise<{
    readonly code: number;
    readonly steps: Readonly<Record<string, DiagnosisStep>>;
    readonly outcomes: string;
    readonly halfOpen: number;
    readonly said: string;
  }> {
    const file = lab().pki.path('diagnose.agilevpn.json');
    const passwordFile = lab().pki.path('diagnose.password');
    writeFileSync(file, JSON.stringify({ ...profiles['eap-mschapv2'], ...changes }));
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    const before = await lab().snapshot();
    const { code, stdout, stderr } = await lab().on(
      'client',
      program,
      ['diagnose', file, '--json', '--password-file', passwordFile],
      { env: clientEnvironment(lab()), mayFail: true, timeout: 90_000 },
    );
    expect(difference(before, await lab().snapshot())).toBe('');
    const left = await lab().gatewaySas();
    expect(left.filter(({ state }) => state === 'ESTABLISHED')).toEqual([]);
    const list = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: DiagnosisStep }).step);
    for (const { step, outcome, text } of list) figure(`${outcome.padEnd(8)} ${step}: ${text}`);
    expect(list, stderr).toHaveLength(9);
    const steps = Object.fromEntries(list.map((step) => [step.step, step]));
    const order = [
      'name',
      'udp-500',
      'udp-4500',
      'proposals',
      'fragments',
      'certificate',
      'authentication',
      'addresses',
      'traffic',
    ];
    return {
      code,
      steps,
      outcomes: order.map((step) => steps[step]?.outcome).join(' '),
      halfOpen: left.length,
      said: stdout + stderr,
    };
  }

  it('everything passes, the tunnel answers from inside, and neither computer nor gateway keep anything of it', async () => {
    const { code, outcomes, steps, halfOpen, said } = await diagnose();
    expect(outcomes).toBe('passed passed passed passed passed passed passed passed passed');
    expect(steps['traffic']?.text).toContain('10.99.0.');
    expect(steps['fragments']?.text).toContain('IP fragments pass, too');
    expect(code).toBe(0);
    expect(halfOpen).toBe(0);
    expect(said).not.toContain(account.password);
  });

  it('a network that blocks UDP port 4500', async () => {
    const nft = (text: string) => lab().on('client', 'nft', ['-f', '-'], { input: text });
    await nft('table inet lab_block { chain output { type filter hook output priority 0; udp dport 4500 drop; }; }');
    try {
      const blocked = await diagnose();
      expect(blocked.steps['udp-500']?.outcome).toBe('passed');
      expect(blocked.steps['udp-4500']).toMatchObject({ outcome: 'failed', error: { code: 809 } });
      expect(blocked.steps['certificate']?.outcome).toBe('skipped');
      expect(blocked.code).toBe(3);
    } finally {
      await nft('delete table inet lab_block');
    }
  });

  it('a wrong password, and a server with another name than its certificate', async () => {
    const password = await diagnose({}, 'Wrong-Horse-8');
    expect(password.outcomes).toBe('passed passed passed passed passed passed failed skipped skipped');
    expect(password.steps['authentication']).toMatchObject({ error: { code: 691 } });
    const misnamed = await diagnose({ server: 'misnamed.lab.test', remoteIdentity: null });
    expect(misnamed.steps['certificate']).toMatchObject({ outcome: 'failed', error: { code: 13801 } });
    expect(misnamed.steps['authentication']?.outcome).toBe('skipped');
  });
});
