import { afterEach, expect, test } from 'vitest';
import { ApiError } from '../src-main/api/service';
import { VpnError } from '../src-core/ports/vpn-error';
import { de } from './de';
import { en } from './en';
import type { SecretReason } from '../src-core/ports/secrets';
import { importSentences, say } from '../src-core/ports/import-message';
import { importLine } from '../src-core/profiles/importers/draft-builder';
import { importDe } from './import-de';
import { errorText, failureText, importLineText, setLanguage } from './index';
import { secretReasonText } from './secret-reason';

afterEach(() => void setLanguage('en'));

const where = { name: 'Contoso', server: 'vpn.contoso.test' };

test('both languages fill in the same things', () => {
  const places = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) expect(places(de[key]), key).toEqual(places(en[key]));
  for (const key of Object.keys(importSentences) as (keyof typeof importSentences)[])
    expect(places(importDe[key]), key).toEqual(places(importSentences[key]));
});

test('an error of a connection is said in the language in force, by its symbol and the check that failed', () => {
  const error = new VpnError(
    'IKE_AUTH_FAIL',
    'The identities could not be verified: the name is not in the certificate.',
    { rule: 'server-name' },
  ).info();
  expect(errorText(error, where)).toBe(error.message);
  setLanguage('de');
  expect(errorText(error, where)).toBe(
    'Die Identitäten konnten nicht geprüft werden. Der Name des Servers steht nicht im Zertifikat.',
  );
  expect(
    errorText({ symbol: 'DNSNAME_NOT_RESOLVABLE', message: 'x' }, { name: 'Contoso', server: 'evil\u202e.test' }),
  ).toBe('Der Name evil.test wurde nicht gefunden. Prüfen Sie den Namen und Ihre Internetverbindung.');
});

test('what the catalogue does not know is the sentence of the service, made safe', () => {
  setLanguage('de');
  for (const symbol of ['NEWER', 'constructor', '__proto__'])
    expect(errorText({ symbol, message: 'plain\u202e words' }, where)).toBe('plain words');
});

test('a refused request is said in the language in force', () => {
  const { failure } = new ApiError('busy', 'failure.connected-already', 'name', { name: 'Contoso' });
  expect(failure.message).toBe('Contoso is connected or connecting already.');
  setLanguage('de');
  expect(failureText(failure)).toBe('Contoso ist bereits verbunden oder wird gerade verbunden.');
  expect(failureText({ message: 'only\u0007 this' })).toBe('only\ufffd this');
});

test('a line of an import report is said in the language in force; what a file brings is made harmless', () => {
  const line = importLine('cacerts', 'missing', say('file-missing', { file: 'ca\u202e.pem' }));
  expect(line.text).toBe('The file ca .pem was not found beside the profile. Choose it.');
  expect(importLineText(line)).toBe(line.text);
  setLanguage('de');
  expect(importLineText(line)).toBe('Die Datei ca .pem wurde neben dem Profil nicht gefunden. Wählen Sie sie aus.');
  expect(importLineText({ text: 'plain\u202e words', message: { key: 'constructor', values: {} } })).toBe(
    'plain words',
  );
});

const wrongPassword = new VpnError(
  'AUTHENTICATION_FAILURE',
  'The user name or password was not accepted. Check them and try again.',
).info();

const reasons: readonly (readonly [SecretReason, string, string])[] = [
  [
    { type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'fine' },
    'The PIN was not accepted (1 of 3 tries).',
    'Die PIN wurde nicht angenommen (1 von 3 Versuchen).',
  ],
  [
    { type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'low' },
    'The PIN was not accepted (1 of 3 tries). Few tries are left before the token locks itself.',
    'Die PIN wurde nicht angenommen (1 von 3 Versuchen). Nach wenigen weiteren Fehlversuchen sperrt sich die Smartcard.',
  ],
  [
    { type: 'pin-incorrect', wrong: 2, most: 3, pinState: 'final-try' },
    'The PIN was not accepted (2 of 3 tries). One try is left before the token locks itself.',
    'Die PIN wurde nicht angenommen (2 von 3 Versuchen). Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.',
  ],
  [
    { type: 'pin-final-try' },
    'One try is left before the token locks itself.',
    'Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.',
  ],
  [
    { type: 'passphrase-incorrect' },
    'The passphrase of your certificate was not accepted.',
    'Die Passphrase Ihres Zertifikats wurde nicht angenommen.',
  ],
  [
    { type: 'refused', error: wrongPassword },
    wrongPassword.message,
    'Der Benutzername oder das Kennwort wurde nicht angenommen. Prüfen Sie beides, und versuchen Sie es erneut.',
  ],
];

test.each(reasons)(
  'why a secret is asked for again is said in the language in force: %j',
  (reason, english, german) => {
    expect(secretReasonText(reason, where)).toBe(english);
    setLanguage('de');
    expect(secretReasonText(reason, where)).toBe(german);
  },
);
