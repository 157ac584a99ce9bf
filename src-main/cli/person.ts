import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { SecretAnswer, SecretKind, SecretRequest, Secrets } from '../../src-core/ports/secrets';
import { sanitizeText } from '../../src-core/bytes';
import { CommandError, exitCode } from './exit-codes';

export interface PersonOptions {
  readonly username: string | null;
  readonly passwordFile: string | null;
  readonly passwordStdin: boolean;
  readonly pinFile: string | null;
}

const titles: Readonly<Record<SecretKind, string>> = { password: 'Password', 'new-password': 'New password', psk: 'Pre-shared key', pin: 'PIN', passphrase: 'Passphrase of the certificate' };

/** The first line of a file, without its end of line. Throws CommandError 2 when it cannot be read. */
function readSecretFile(path: string, option: string): string {
  try {
    return firstLine(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandError(exitCode.badInput, `${option}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`);
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\r$/, '');

/** Answers from the options, each once; then, on a terminal, the person. Files are read before anything is sent. */
export function createPerson(options: PersonOptions): Secrets {
  const given = new Map<SecretKind, string>();
  if (options.passwordFile !== null) given.set('password', readSecretFile(options.passwordFile, '--password-file'));
  if (options.passwordStdin) given.set('password', firstLine(readFileSync(0, 'utf8')));
  if (options.pinFile !== null) given.set('pin', readSecretFile(options.pinFile, '--pin-file'));
  const password = given.get('password');
  if (password !== undefined) for (const kind of ['psk', 'passphrase'] as const) given.set(kind, password);
  return {
    request: async (request) => {
      const secret = given.get(request.kind);
      given.delete(request.kind);
      const username = options.username === null ? {} : { username: options.username };
      if (secret !== undefined && request.reason === null) return { secret, save: false, ...username };
      return process.stdin.isTTY && !options.passwordStdin ? askTerminal(request, options.username) : null;
    },
  };
}

async function askTerminal(request: SecretRequest, username: string | null): Promise<SecretAnswer | null> {
  if (request.reason !== null) process.stderr.write(`${sanitizeText(request.reason)}\n`);
  let account = username ?? request.account;
  if (account === null && request.kind === 'password') {
    account = await ask(`User name for ${sanitizeText(request.connection)}: `, true);
    if (account === null) return null;
  }
  const secret = await ask(`${titles[request.kind]}${account === null ? '' : ` of ${sanitizeText(account)}`}: `, false);
  return secret === null ? null : { secret, save: false, ...(account === null ? {} : { username: account }) };
}

/** null: the terminal was closed. */
function ask(question: string, echo: boolean): Promise<string | null> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: echo ? process.stderr : silent, terminal: true });
  return new Promise((resolve) => {
    reader.once('line', (line) => {
      if (!echo) process.stderr.write('\n');
      reader.removeAllListeners('close');
      reader.close();
      resolve(line);
    });
    reader.once('close', () => resolve(null));
    // Raw mode turns Ctrl+C into a key: it is the signal again.
    reader.once('SIGINT', () => {
      reader.close();
      process.kill(process.pid, 'SIGINT');
    });
  });
}
