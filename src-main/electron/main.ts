import { join } from 'node:path';
import { app, safeStorage } from 'electron';
import { createService } from '../service/create-service';
import { SystemClock } from '../system/linux';
import { NetworkManagerWireless } from '../system/linux/network-manager';
import { runDesktop } from './app';
import { createLoginItem } from './login-items';
import { createRecentNames } from './recent-names';
import { createSecretStore } from './secret-store';

// The terminal that started the app may be closed long since; what is said then is lost, not the tunnels.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const log = (error: unknown, where: string): void => {
  process.stderr.write(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};

runDesktop({
  // This file runs as out/main/electron.js.
  root: join(import.meta.dirname, '../..'),
  createService: async () => {
    const { service, directories, close } = await createService({
      host: 'electron',
      createSecretStore: ({ secrets }, onProblem) => createSecretStore(secrets, safeStorage, onProblem),
      demo: 'auto',
      language: app.getLocale(),
      loginItem: createLoginItem(app, process),
      ...(process.platform === 'linux' ? { wireless: new NetworkManagerWireless() } : {}),
      onProblem: (problem) => log(problem, 'service'),
    });
    return {
      service,
      clock: new SystemClock(),
      recent: createRecentNames(directories.state),
      offerImport: (file, from) => service.offerImport(file, from),
      close,
    };
  },
  log,
});
