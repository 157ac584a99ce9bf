import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { build, type Plugin } from 'vite';
import { compiledValidators } from './bin/compiled-validators';

const at = (path: string): string => resolve(import.meta.dirname, path);

/** The command line and the browser host run on a plain Node, the oldest one supported (package.json engines). */
const target = 'node20.19';

/**
 * The command line is one CommonJS file with everything in it, since Node keeps compiled code of that (bin/agile-vpn):
 * compiling function by function while the server waits was half of the time that connecting took. So is the thread
 * that reads foreign files: its source is handed over as a text.
 */
const commandLine: Plugin = {
  name: 'command-line',
  async closeBundle() {
    await build({
      configFile: false,
      logLevel: 'warn',
      plugins: [compiledValidators(import.meta.dirname)],
      ssr: { noExternal: true },
      build: {
        ssr: at('src-main/cli/main.ts'),
        outDir: at('out/cli'),
        target,
        sourcemap: true,
        // The addon is found at run time with createRequire; it is never bundled. `ws` does without these two.
        rolldownOptions: {
          external: [/\.node$/, 'bufferutil', 'utf-8-validate'],
          output: { format: 'cjs', entryFileNames: 'cli.cjs', codeSplitting: false },
        },
      },
    });
    await build({
      configFile: false,
      logLevel: 'warn',
      plugins: [compiledValidators(import.meta.dirname)],
      ssr: { noExternal: true },
      build: {
        ssr: at('src-main/service/import-worker.ts'),
        outDir: at('out/main'),
        emptyOutDir: false,
        target,
        sourcemap: true,
        rolldownOptions: { output: { format: 'cjs', entryFileNames: 'import-worker.cjs', codeSplitting: false } },
      },
    });
    execFileSync(at('bin/agile-vpn'), { env: { ...process.env, AGILE_VPN_CODE_CACHE: 'write' }, stdio: 'inherit' });
  },
};

export default defineConfig({
  main: {
    plugins: [compiledValidators(import.meta.dirname), commandLine],
    build: {
      outDir: at('out/main'),
      target,
      sourcemap: true,
      rolldownOptions: {
        input: { electron: at('src-main/electron/main.ts') },
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
        // The addon is found at run time with createRequire; it is never bundled.
        external: [/\.node$/],
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      // A sandboxed preload is one CommonJS file that can require nothing but 'electron'.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('src-main/electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('src-renderer'),
    base: './',
    plugins: [react()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // Icons are inlined as data: URLs (img-src data: in the CSP), fonts are files (font-src 'self').
      assetsInlineLimit: (file: string) => (file.endsWith('.woff2') ? false : undefined),
      modulePreload: { polyfill: false },
      minify: true,
      rolldownOptions: { input: { index: at('src-renderer/index.html') } },
    },
  },
});
