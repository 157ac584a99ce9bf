import { join } from 'node:path';
import { app, safeStorage } from 'electron';
import { createService } from '../service/create-service';
import { runDesktop } from './app';
import { createSecretStore } from './secret-store';

const log = (error: unknown, where: string): void => {
  process.stderr.write(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};

runDesktop({
  // This file runs as out/main/electron.js.
  root: join(import.meta.dirname, '../..'),
  createService: () =>
    createService({
      host: 'electron',
      createSecretStore: ({ secrets }) => createSecretStore(secrets, safeStorage),
      demo: 'auto',
      language: app.getLocale(),
      onProblem: (problem) => log(problem, 'service'),
    }),
  log,
});
