import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const at = (path: string): string => resolve(import.meta.dirname, path);

/** One bundle a process entry; `cli` and `electron` share chunks, only `electron` imports Electron. */
const entries = { electron: 'src-main/electron/main.ts', cli: 'src-main/cli/main.ts' };
const present = Object.fromEntries(Object.entries(entries).flatMap(([name, path]) => (existsSync(at(path)) ? [[name, at(path)]] : [])));

export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      // The command line and the browser host run on a plain Node, the oldest one supported (package.json engines).
      target: 'node20.19',
      sourcemap: true,
      rolldownOptions: {
        input: present,
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
