import { join } from 'node:path';
import { orExplain, root, setUp } from './setup.mjs';

/** Sets up, then runs a TypeScript module of the project in this process, the way the test runner does. */
export async function loadTypeScript(path) {
  orExplain(() => setUp('test'));
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
}
