import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createService } from '../service/create-service';
import { startGateway, demoAccount, innerHost } from '../service/demo';
import { FileSecretStore, SessionSecretStore } from '../service/secret-store';
import { NodeDatagrams, SystemClock, SystemRandom } from '../system/linux';
import { NetworkManagerWireless } from '../system/linux/network-manager';
import { startWebHost } from '../web/host';
import { openBrowser, type OpeningBrowser } from '../web/open-browser';
import { parsePort, type Arguments } from './arguments';
import { CommandError, exitCode } from './exit-codes';
import { printJson, type Output } from './output';

/** Resolves with the first signal that asks this program to end. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

/** `gateway [--listen ADDR] [--port N]` */
export async function gateway({ values }: Arguments, output: Output): Promise<number> {
  const address = values['listen'] ?? '127.0.0.1';
  const system = { clock: new SystemClock(), random: new SystemRandom(), datagrams: new NodeDatagrams() };
  let running;
  try {
    running = await startGateway(system, {
      address,
      port: parsePort(values['port'], '--port'),
      trace: { log: ({ level, text }) => (level === 'debug' ? undefined : output.note(text)) },
      onClients: (count) => output.note(`${count} ${count === 1 ? 'client' : 'clients'}`),
    });
  } catch (error) {
    throw new CommandError(
      exitCode.missing,
      `The gateway cannot listen on ${address}: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`,
    );
  }
  const file = {
    ...running.profile,
    authentication: { ...running.profile.authentication, password: demoAccount.password },
  };
  if (output.json) printJson(output, file);
  else output.line(JSON.stringify(file, null, 2));
  output.note(
    `The demo gateway listens on ${running.address} port ${running.port}. Save the lines above as demo.agilevpn.json to connect; ${innerHost} behind it answers pings. Ctrl+C ends it.`,
  );
  await signalled();
  await running.gateway.close();
  return exitCode.done;
}

/** The built pages, beside this program or where it was built. */
function rendererDirectory(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 5; depth++) {
    for (const place of [join(folder, 'renderer'), join(folder, 'out', 'renderer')])
      if (existsSync(join(place, 'index.html'))) return place;
    folder = dirname(folder);
  }
  throw new CommandError(
    exitCode.missing,
    'The user interface is not built. Run "npm run build" in the folder of Agile VPN.',
  );
}

/**
 * `ui [--port N] [--no-open] [--demo] [--keep-secrets]`: passwords last as long as this program unless the person wants
 * them in a file.
 */
export async function ui({ flags, values }: Arguments, output: Output): Promise<number> {
  const directory = rendererDirectory();
  const port = parsePort(values['port'], '--port') ?? 0;
  const ended = signalled();
  const host = await createService({
    host: 'browser',
    createSecretStore: ({ secrets }, onProblem) =>
      flags['keep-secrets'] === true ? new FileSecretStore(secrets, onProblem) : new SessionSecretStore(),
    demo: flags['demo'] === true ? 'on' : 'auto',
    wireless: new NetworkManagerWireless(),
    onProblem: output.note,
  });
  let browser: OpeningBrowser | null = null;
  try {
    const web = await startWebHost(host.service, {
      port,
      rendererDirectory: directory,
      onOpened: () => browser?.opened(),
      onError: (error, where) => output.note(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    });
    if (output.json) printJson(output, { type: 'ui', url: web.url });
    else output.line(web.url);
    if (flags['no-open'] !== true)
      browser = openBrowser({
        url: web.url,
        runtimeDirectory: host.directories.runtime,
        onNotOpened: (reason) => output.note(`${reason} Open the address above yourself.`),
      });
    await ended;
    await web.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new CommandError(exitCode.missing, `Port ${port} is in use. Choose another one with --port.`);
    throw error;
  } finally {
    browser?.close();
    await host.close();
  }
  return exitCode.done;
}
