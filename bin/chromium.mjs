// Where the machine's Chromium is: CHROMIUM, or one of the usual names on the path.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

export function findChromium() {
  const { CHROMIUM: named, PATH: path = '' } = process.env;
  if (named) return named;
  const folders = path.split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}
