import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { useLab } from './fixture';
import { sleep } from './run';
import { nft } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();
const port = 8088;
/** An address that only the router's redirection ever sees. */
const page = 'http://192.0.2.80/check';

/** The router stops IKE and ESP, and answers for every web server, as the access point of a hotel does. */
async function portal(): Promise<{
  readonly become: (kind: 'portal' | 'internet' | 'silent') => void;
  readonly requests: () => number;
  readonly server: ChildProcess;
}> {
  const server = lab().start('router', process.execPath, [
    fileURLToPath(new URL('./portal-program.mjs', import.meta.url)),
    String(port),
  ]);
  let said = '';
  server.stdout?.on('data', (data: Buffer) => (said += data.toString()));
  await new Promise<void>((resolve, reject) => {
    server.stdout?.once('data', () => resolve());
    server.once('exit', () => reject(new Error('the web server ended')));
  });
  await nft(
    lab().namespace('router'),
    `table ip portal {
       chain in { type nat hook prerouting priority dstnat; iifname "wlan" tcp dport 80 redirect to :${String(port)}; }
       chain through { type filter hook forward priority filter; udp dport { 500, 4500 } drop; udp sport { 500, 4500 } drop; }
     }`,
  );
  return {
    become: (kind) => server.stdin?.write(`${kind}\n`),
    requests: () => said.split('\n').filter((line) => line.startsWith('request ')).length,
    server,
  };
}

afterEach(async () => {
  await lab().plug('eth0');
  await lab().on('router', 'nft', ['delete', 'table', 'ip', 'portal'], { mayFail: true });
});

const profile = (more: { readonly killSwitch: boolean }) => ({
  mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'], connectivityCheck: page },
  network: { useDefaultGateway: false, routes: ['10.99.0.0/24'], ...more },
});

it('a captive portal, no Internet and a silent server are told apart, and none of them is a gate', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2', profile({ killSwitch: false }));
  const before = await client.connected();
  expect(before.adapter).toBe('eth1');
  await lab().cablePull('eth0');
  const { become, requests, server } = await portal();
  const ping = lab().start('client', 'ping', ['-q', '-i', '0.2', '10.99.0.2']);
  try {
    await client.waitFor('the portal', (s) => s.state === 'WaitingToReconnect' && s.waitingFor === 'captive-portal');
    expect(client.status?.paths.find((path) => path.adapter === 'eth1')?.connectivity).toBe('captive-portal');
    become('silent');
    await client.waitFor('no Internet', (s) => s.waitingFor === 'no-internet', 60_000);
    become('internet');
    await client.waitFor('the silent server', (s) => s.waitingFor === 'no-answer', 60_000);
    expect(requests()).toBeLessThan(8);

    // Somebody has signed in.
    await lab().on('router', 'nft', ['delete', 'table', 'ip', 'portal']);
    const after = await client.waitFor('Connected', (s) => s.state === 'Connected');
    expect(after.waitingFor).toBeNull();
    expect(after.tunnelAddresses).toEqual(before.tunnelAddresses);
    expect(after.connectedSince).toBe(before.connectedSince);
    await lab().ping();
    expect(await client.stop()).toBe(0);
  } finally {
    ping.kill();
    server.kill();
  }
});

/** Without a kill switch two questions leave in this time, milliseconds. */
const questionsWithin = 8_000;

it('with the kill switch no such question leaves', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2', profile({ killSwitch: true }));
  await client.connected();
  await lab().cablePull('eth0');
  const { requests, server } = await portal();
  const counted = async (): Promise<number> =>
    Number(/packets (\d+)/.exec((await lab().on('router', 'nft', ['list', 'table', 'ip', 'seen'])).stdout)?.[1]);
  await nft(
    lab().namespace('router'),
    'table ip seen {\n chain in { type filter hook prerouting priority -300; iifname "wlan" tcp dport 80 counter; }\n}',
  );
  const ping = lab().start('client', 'ping', ['-q', '-i', '0.2', '10.99.0.2']);
  try {
    await client.waitFor('WaitingToReconnect', (s) => s.state === 'WaitingToReconnect');
    await sleep(questionsWithin);
    expect(client.status).toMatchObject({ state: 'WaitingToReconnect', waitingFor: 'no-answer' });
    expect(requests()).toBe(0);
    expect(await counted()).toBe(0);
  } finally {
    ping.kill();
    server.kill();
    await lab().on('router', 'nft', ['delete', 'table', 'ip', 'seen'], { mayFail: true });
  }
  await lab().on('router', 'nft', ['delete', 'table', 'ip', 'portal']);
  await client.waitFor('Connected', (s) => s.state === 'Connected');
  expect(await client.stop()).toBe(0);
});
