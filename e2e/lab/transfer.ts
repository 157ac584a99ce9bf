import { fileURLToPath } from 'node:url';
import type { Lab } from './lab';
import { addresses } from './topology';

const program = fileURLToPath(new URL('./transfer-program.mjs', import.meta.url));
const port = 8080;

export interface TransferResult {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Words of 8 octets that are not what stands at their place of the stream. */
  readonly wrongWords: number;
  readonly firstWrong: { readonly at: number; readonly is: string } | null;
}

/** Starts the file server behind the gateway; resolves when it listens. */
export async function startFileServer(lab: Lab): Promise<void> {
  const server = lab.start('server', process.execPath, [program, 'serve', String(port)]);
  await new Promise<void>((resolve, reject) => {
    server.stdout?.once('data', () => resolve());
    server.once('exit', () => reject(new Error('the file server ended')));
  });
}

/**
 * Moves `bytes` octets between the client and the server behind the gateway; `rate` in octets a second slows the
 * sender.
 */
export async function transfer(
  lab: Lab,
  direction: 'download' | 'upload',
  bytes: number,
  rate = 0,
  timeout = 120_000,
): Promise<TransferResult> {
  const { stdout } = await lab.on(
    'client',
    process.execPath,
    [program, direction, addresses.server, String(port), String(bytes), String(rate)],
    { timeout },
  );
  return JSON.parse(stdout) as TransferResult;
}
