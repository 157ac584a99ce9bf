import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { account } from './gateway-config';
import { Lab } from './lab';
import { addresses } from './topology';
import type { AdapterName } from './topology';
import { clientEnvironment } from './vpn-client';
import { profiles } from './profiles';

const help = `  down eth0|eth1    set an adapter down
  pull eth0|eth1    pull its cable: carrier lost, address and routes still there
  plug eth0|eth1    undo either
  sas               what the gateway has
  rekey             the gateway rekeys its IKE SA and CHILD SAs
  restart           the gateway is restarted and has forgotten everything
  log               the gateway's log
  quit`;

/** The laboratory for a person at a terminal. Resolves with the exit code when they are done. */
export async function play(): Promise<number> {
  const lab = await Lab.up();
  const environment = clientEnvironment(lab);
  const variables = Object.entries(environment)
    .filter(([name]) => name === 'HOME' || name.startsWith('XDG_'))
    .map(([name, value]) => `${name}=${value ?? ''}`)
    .join(' ');
  for (const [method, profile] of Object.entries(profiles)) {
    writeFileSync(lab.pki.path(`${method}.agilevpn.json`), JSON.stringify(profile, null, 2));
  }
  const password = lab.pki.path('password');
  writeFileSync(password, `${account.password}\n`, { mode: 0o600 });
  const shell = join(lab.directory, 'client.sh');
  writeFileSync(
    shell,
    `#!/bin/sh\n# Runs a program on the client machine of the lab.\nexec env ${variables} ip netns exec ${lab.namespace('client')} "$@"\n`,
    { mode: 0o755 },
  );

  process.stdout.write(`The lab is up.

  client  ${lab.namespace('client')}: eth0 ${addresses.clientLan} direct, eth1 ${addresses.clientWlan} behind a NAT router
  gateway ${lab.namespace('gateway')}: ${addresses.gateway}, strongSwan
  server  ${lab.namespace('server')}: ${addresses.server}, only through the tunnel

Connect, in another terminal:
  sudo ${shell} ${process.cwd()}/bin/agile-vpn connect ${lab.pki.path('eap-mschapv2.agilevpn.json')} --password-file ${password}
Profiles for rsa, ecdsa and psk are beside that one. Ping through the tunnel:
  sudo ${shell} ping ${addresses.server}

${help}
`);
  const lines = createInterface({ input: process.stdin, terminal: process.stdin.isTTY });
  const interrupted = new Promise<'quit'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('quit'));
    lines.once('SIGINT', () => resolve('quit'));
  });
  // Without a terminal the lab stays up until a signal ends it.
  const commands = lines[Symbol.asyncIterator]();
  for (;;) {
    if (process.stdin.isTTY) process.stdout.write('lab> ');
    const next = await Promise.race([interrupted, commands.next()]);
    const line =
      next === 'quit' ? 'quit' : next.done === true ? (process.stdin.isTTY ? 'quit' : await interrupted) : next.value;
    if (line.trim() === 'quit') break;
    await obey(lab, line.trim()).catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
  }
  lines.close();
  await lab.down();
  return 0;
}

async function obey(lab: Lab, line: string): Promise<void> {
  const [verb, adapter] = line.split(/\s+/) as [string, AdapterName | undefined];
  const named = (): AdapterName => {
    if (adapter !== 'eth0' && adapter !== 'eth1') throw new Error('which adapter: eth0 or eth1?');
    return adapter;
  };
  switch (verb) {
    case 'down':
      return lab.linkDown(named());
    case 'pull':
      return lab.cablePull(named());
    case 'plug':
      return lab.plug(named());
    case 'sas': {
      for (const sa of await lab.gatewaySas()) {
        process.stdout.write(
          `${sa.connection} ${sa.state} ${sa.initiatorSpi}:${sa.responderSpi} at ${sa.remoteHost}:${String(sa.remotePort)} with ${sa.virtualIps.join(' ')}\n`,
        );
        for (const child of sa.children)
          process.stdout.write(
            `  ${child.name} ${child.state} in ${child.spiIn} out ${child.spiOut}, packets in ${String(child.packetsIn)} out ${String(child.packetsOut)}\n`,
          );
      }
      return;
    }
    case 'rekey':
      return lab.gatewayRekey();
    case 'restart':
      return lab.restartGateway(false);
    case 'log':
      process.stdout.write(await lab.gateway.log());
      return;
    case '':
      return;
    default:
      process.stdout.write(`${help}\n`);
  }
}
