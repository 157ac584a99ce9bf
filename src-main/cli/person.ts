import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ServerCertificateQuestion } from '../../src-core/connection/questions';
import { summarizeCertificate } from '../../src-core/pki/certificate-summary';
import type { SecretAnswer, SecretKind, SecretReason, SecretRequest } from '../../src-core/ports/secrets';
import { sanitizeText } from '../../src-core/bytes';
import { secretReasonText } from '../../src-text/secret-reason';
import type { Person } from '../service/person';
import { CommandError, exitCode } from './exit-codes';

export interface PersonOptions {
  readonly username: string | null;
  readonly passwordFile: string | null;
  readonly passwordStdin: boolean;
  readonly pinFile: string | null;
}

const titles: Readonly<Record<SecretKind, string>> = {
  password: 'Password',
  'new-password': 'New password',
  psk: 'Pre-shared key',
  pin: 'PIN',
  passphrase: 'Passphrase of the certificate',
};

/** The first line of a file, without its end of line. Throws CommandError 2 when it cannot be read. */
function readSecretFile(path: string, option: string): string {
  try {
    return firstLine(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandError(
      exitCode.badInput,
      `${option}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
    );
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\r$/, '');

/** Answers from the options, each once; then, on a terminal, the person. Files are read before anything is sent. */
export function createPerson(options: PersonOptions): Person {
  const given = new Map<SecretKind, string>();
  if (options.passwordFile !== null) given.set('password', readSecretFile(options.passwordFile, '--password-file'));
  if (options.passwordStdin) given.set('password', firstLine(readFileSync(0, 'utf8')));
  if (options.pinFile !== null) given.set('pin', readSecretFile(options.pinFile, '--pin-file'));
  const password = given.get('password');
  if (password !== undefined) for (const kind of ['psk', 'passphrase'] as const) given.set(kind, password);
  const onTerminal = process.stdin.isTTY && !options.passwordStdin;
  return {
    request: async (request) => {
      const secret = given.get(request.kind);
      given.delete(request.kind);
      const username = options.username === null ? {} : { username: options.username };
      if (secret !== undefined && request.reason === null) return { secret, save: false, ...username };
      return onTerminal ? askTerminal(request, options.username) : null;
    },
    acceptServer: async (question) => {
      process.stderr.write(serverCertificateText(question));
      if (!onTerminal) {
        process.stderr.write(
          'Nobody can be asked here, so it is refused. To accept it, add this SHA-256 to the profile as the last line says, or connect on a terminal.\n',
        );
        return false;
      }
      return (await ask('Accept this certificate from now on? Type "yes": ', true))?.trim().toLowerCase() === 'yes';
    },
    chooseCertificate: async ({ choices, noneWanted }) => {
      const lines = choices.map(({ certificate, token }, index) => {
        const { subject, issuerName, notAfter, fingerprint } = summarizeCertificate(certificate);
        return `${String(index + 1).padStart(3)}  ${subject}, issued by ${issuerName}, until ${notAfter.slice(0, 10)}${token === null ? '' : `, token ${sanitizeText(token.token)}`}\n     SHA-256 ${fingerprint}\n`;
      });
      process.stderr.write(
        `${noneWanted ? 'The server asks for certificates of other authorities than those of yours. It may not take any of these' : 'Several certificates fit this connection'}:\n${lines.join('')}`,
      );
      if (!onTerminal) {
        process.stderr.write(
          'Nobody can be asked here. Name one in the profile: authentication.chosenCertificate with its SHA-256, or authentication.certificate.\n',
        );
        return null;
      }
      const number = Number((await ask(`Which one? 1 to ${String(choices.length)}: `, true))?.trim());
      return Number.isInteger(number) && number >= 1 && number <= choices.length ? number - 1 : null;
    },
  };
}

/** The certificate as a person compares it; the last line is what a profile needs. */
export function serverCertificateText({
  certificate,
  reason,
  server,
  acceptedBefore,
  expectedName,
}: ServerCertificateQuestion): string {
  const summary = summarizeCertificate(certificate);
  const facts: readonly (readonly [string, string])[] = [
    ['Server', `${server === 'gateway' ? 'VPN gateway' : 'authentication server'} ${sanitizeText(expectedName)}`],
    ['Issued to', summary.subject],
    ['Issued by', summary.selfSigned ? 'itself' : summary.issuer],
    ['Names', summary.names.join(', ') || 'none'],
    ['Valid', `${summary.notBefore} to ${summary.notAfter}`],
    ['Usage', summary.extendedKeyUsage?.join(', ') ?? 'any'],
    ['Key', summary.publicKey],
    ...acceptedBefore.map((old): readonly [string, string] => ['Accepted before', old]),
    ['SHA-256', summary.fingerprint],
    [
      'In a profile',
      server === 'gateway' ? 'serverCertificate.acceptedCertificates' : 'authentication.acceptedServerCertificates',
    ],
  ];
  return `${reason}\n${facts.map(([name, value]) => `  ${name.padEnd(16)} ${value}\n`).join('')}`;
}

/** What is said before a secret is asked for again, in English as everything on the command line. */
export function secretReasonLine(reason: SecretReason, connection: string): string {
  // An error in English is the engine's own sentence: nothing is filled in.
  return sanitizeText(secretReasonText(reason, { name: connection, server: '' }), 600);
}

async function askTerminal(request: SecretRequest, username: string | null): Promise<SecretAnswer | null> {
  if (request.reason !== null) process.stderr.write(`${secretReasonLine(request.reason, request.connection)}\n`);
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
