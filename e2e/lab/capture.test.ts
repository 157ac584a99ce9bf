import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { end, until } from './run';
import { addresses } from './topology';
import { clientEnvironment, VpnClient } from './vpn-client';

const program = fileURLToPath(new URL('../../bin/agile-vpn', import.meta.url));

describe('a capture that Wireshark decrypts', () => {
  const lab = useLab();

  /** One line a packet, the fields with tabs between. */
  async function tshark(
    directory: string,
    filter: string,
    fields: readonly string[],
  ): Promise<readonly (readonly string[])[]> {
    const { stdout } = await lab().on(
      'client',
      'tshark',
      [
        '-r',
        join(directory, 'capture.pcapng'),
        '-Y',
        filter,
        '-T',
        'fields',
        ...fields.flatMap((field) => ['-e', field]),
      ],
      { env: { ...process.env, WIRESHARK_CONFIG_DIR: directory }, mayFail: true, timeout: 30_000 },
    );
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  function isPrivate(directory: string): void {
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of ['capture.pcapng', 'ikev2_decryption_table', 'esp_sa', 'preferences'])
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  }

  it('from the first packet on: the identities inside of IKE_AUTH and the ping inside of ESP are readable, and only with the keys', async () => {
    const directory = join(lab().directory, 'capture-first');
    const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { args: ['--capture', directory] });
    await client.connected();
    await lab().ping(5);
    expect(await client.stop()).toBe(0);
    isPrivate(directory);
    const identities = await tshark(directory, 'isakmp.exchangetype == 35 && isakmp.id.data.fqdn', [
      'isakmp.id.data.fqdn',
    ]);
    expect(identities.flat().join(' ')).toContain('eap.lab.test');
    const pings = await tshark(
      directory,
      `frame.interface_name == "outer" && esp && icmp && ip.dst == ${addresses.server}`,
      ['ip.dst'],
    );
    const inside = await tshark(directory, `frame.interface_name == "inner" && icmp && ip.dst == ${addresses.server}`, [
      'ip.dst',
    ]);
    const back = await tshark(
      directory,
      `frame.interface_name == "outer" && esp && icmp && ip.src == ${addresses.server}`,
      ['ip.src'],
    );
    figure(
      `${identities.length} IKE_AUTH messages with identities, ${pings.length} pings decrypted in ESP out and ${back.length} back, ${inside.length} inside`,
    );
    expect([pings.length, inside.length, back.length]).toEqual([5, 5, 5]);
    expect(client.stdout).not.toContain(readFileSync(join(directory, 'esp_sa'), 'utf8').split('"')[11]);
    // Without the keys there is nothing to read.
    const { stdout } = await lab().on(
      'client',
      'tshark',
      ['-r', join(directory, 'capture.pcapng'), '-Y', 'frame.interface_name == "outer" && icmp'],
      { mayFail: true },
    );
    expect(stdout).toBe('');
  });

  it('of a connection that is up: its keys are renewed, so that only what is captured can be read; nothing is written without being asked for', async () => {
    const client = VpnClient.by(lab(), 'rsa');
    const before = await client.connected();
    const directory = join(lab().directory, 'capture-later');
    const env = clientEnvironment(lab());
    const capture = lab().start('client', program, ['capture', 'Lab RSA', '--out', directory, '--json'], { env });
    let said = '';
    capture.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until('the capture to run', 10_000, () => (said.includes('"running":true') ? true : undefined));
    await client
      .waitFor(
        'new keys',
        ({ ike, children }) =>
          ike?.spiInitiator !== before.ike?.spiInitiator && children[0]?.spiIn !== before.children[0]?.spiIn,
        10_000,
      )
      .catch(() => undefined);
    await lab().ping(5);
    await end(capture, 'SIGINT', 5_000);
    const last = JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as {
      running?: boolean;
      packets?: number;
      dropped?: number;
    };
    expect(last).toMatchObject({ running: false, dropped: 0 });
    isPrivate(directory);
    const pings = await tshark(
      directory,
      `frame.interface_name == "outer" && esp && icmp && ip.dst == ${addresses.server}`,
      ['ip.dst'],
    );
    expect(pings.length).toBe(5);
    const keys = readFileSync(join(directory, 'esp_sa'), 'utf8');
    expect(keys).not.toContain(before.children[0]?.spiIn ?? 'nothing');
    await lab().ping(3);
    expect(readFileSync(join(directory, 'esp_sa'), 'utf8')).toBe(keys);
    // A folder that has a capture is not written over.
    const again = await lab().on('client', program, ['capture', 'Lab RSA', '--out', directory], { env, mayFail: true });
    expect(again.code).toBe(2);
    expect(
      (
        await lab().on('client', program, ['capture', 'Nobody', '--out', join(lab().directory, 'none')], {
          env,
          mayFail: true,
        })
      ).code,
    ).toBe(2);
    expect(await client.stop()).toBe(0);
  });
});
