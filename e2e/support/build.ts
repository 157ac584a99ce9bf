import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { root } from './fake-host';

/**
 * Builds a file of the tests as the program is built, for what the loader of the test runner cannot load. Returns its
 * address in out/test.
 */
export async function buildForTest(file: string, name: string): Promise<string> {
  const outDir = join(root, 'out/test');
  await build({
    configFile: false,
    logLevel: 'warn',
    root,
    build: {
      ssr: join(root, file),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: {
        external: ['playwright-core'],
        output: { entryFileNames: `${name}.js`, chunkFileNames: `${name}-[hash].js` },
      },
    },
  });
  return pathToFileURL(join(outDir, `${name}.js`)).href;
}
