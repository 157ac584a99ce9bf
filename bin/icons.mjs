// Draws the PNG icons of assets/ from their SVG originals, with the Chromium that the tests use.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

const assets = join(import.meta.dirname, '../assets');
/** Pixels by file name: the tray wants 1x and 2x, desktops want a few sizes of the app's icon. */
const wanted = [
  ...readdirSync(join(assets, 'tray'))
    .filter((name) => name.endsWith('.svg'))
    .flatMap((name) => [
      [`tray/${name}`, 24, `tray/${name.replace('.svg', '.png')}`],
      [`tray/${name}`, 48, `tray/${name.replace('.svg', '@2x.png')}`],
    ]),
  ...[16, 32, 48, 128, 256, 512].map((size) => ['icons/agile-vpn.svg', size, `icons/${size}x${size}.png`]),
];

const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
for (const [source, size, target] of wanted) {
  await page.setViewportSize({ width: size, height: size });
  const svg = readFileSync(join(assets, source), 'utf8').replace(
    '<svg ',
    `<svg width="${size}" height="${size}" style="display:block" `,
  );
  await page.setContent(`<style>body{margin:0}</style>${svg}`);
  writeFileSync(join(assets, target), await page.screenshot({ omitBackground: true }));
}
await browser.close();
console.log(`${wanted.length} icons drawn`);
