import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FailedRule, PathRule } from '../src-core/ports/failed-rule';
import { vpnErrors, type VpnErrorSymbol } from '../src-core/ports/vpn-error';
import { errorsDe } from './errors-de';
import { errorText, setLanguage } from './index';

const where = { name: 'Contoso', server: 'vpn.contoso.test' };
const symbols = new Set<string>(Object.keys(vpnErrors));
const isSymbol = (text: string): text is VpnErrorSymbol => symbols.has(text);
const isRule = (text: string): text is FailedRule => Object.hasOwn(errorsDe.rules, text);
type Pair = readonly [VpnErrorSymbol, FailedRule];

/** Where symbol or rule are computed: who makes them, what each can be. */
const path: readonly PathRule[] = [
  'trust-anchor',
  'not-yet-valid',
  'expired',
  'signature',
  'algorithm',
  'key',
  'basic-constraints',
  'path-length',
  'key-usage',
  'extended-key-usage',
  'name-constraints',
  'critical-extension',
  'depth',
];
const subject: readonly FailedRule[] = [
  'subject-alt-name',
  'common-name',
  'organization',
  'organizational-unit',
  'demanded-key-usage',
  'server-name',
];
const computed: Readonly<Partial<Record<VpnErrorSymbol, readonly FailedRule[]>>> = {
  // pki/acceptance.ts, ikev2/exchanges (peerNotProven), eap (violation), microsoftError
  IKE_AUTH_FAIL: [
    ...path,
    ...subject,
    'revoked',
    'revocation-unknown',
    'certificate-missing',
    'certificate-unreadable',
    'profile',
    'server-identity',
    'auth-missing',
    'auth-method',
    'auth-sha1',
    'auth-signature',
    'second-auth-missing',
    'second-auth',
    'identity-type',
    'client-identity',
    'client-certificate',
    'eap-packet',
    'eap-order',
    'eap-early-success',
    'eap-rounds',
    'eap-method',
    'mschapv2-order',
    'mschapv2-message',
    'mschapv2-proof',
  ],
  // pki/authentication-server.ts, eap/tls/tunnel.ts (failure)
  SERVER_CERT_INVALID: [
    ...path.filter((rule) => rule !== 'expired' && rule !== 'trust-anchor'),
    'certificate-unreadable',
  ],
  SERVER_CERT_EXPIRED: ['expired'],
  SERVER_CERT_REVOKED: ['revoked'],
  SERVER_ROOT_CERT_NOT_FOUND: ['trust-anchor', 'server-name'],
  VALIDATING_SERVER_CERT: [
    ...subject,
    'profile',
    'certificate-missing',
    'revocation-unknown',
    'eap-order',
    'eap-packet',
    'tls-data',
    'tls-framing',
    'tls-handshake',
    'ttls-avp',
  ],
  // pki/client-credentials.ts, eap/tls/tunnel.ts (certificateAlerts)
  IKE_NO_CERT: [...path, 'client-key', 'certificate-missing'],
  NO_EAPTLS_CERTIFICATE: ['client-key', 'certificate-missing'],
  USER_CERT_INVALID: [...path.filter((rule) => rule !== 'expired'), 'client-certificate'],
  USER_CERT_EXPIRED: ['expired', 'client-certificate'],
  USER_CERT_REVOKED: ['client-certificate'],
  // eap/mschapv2/failure-message.ts
  ACCT_LOGON_HOURS: ['account'],
  ACCT_DISABLED: ['account'],
  PASSWD_EXPIRED: ['account'],
  NO_DIALIN_PERMISSION: ['account'],
  CHANGING_PASSWORD: ['account'],
  AUTHENTICATION_FAILURE: ['account', 'credentials'],
  // eap/peap/peer.ts
  INVALID_TLV: ['peap-tlv', 'peap-result'],
  // ikev2/exchanges/failures.ts (unusableAnswer, microsoftError)
  TS_UNACCEPTABLE: ['selectors'],
  INTERNAL_ADDRESS_FAILURE: ['address'],
  FAILED_CP_REQUIRED: ['address'],
  IKE_POLICY_MATCH: ['ike-proposal', 'esp-proposal'],
  IKE_ERROR: ['server-policy', 'protocol'],
};

/** Calls of `new VpnError` in the engine, from one bracket to the other. */
function calls(): readonly string[] {
  const root = join(import.meta.dirname, '../src-core');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('simulation'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/new VpnError\(/g)].map(({ index }) => {
      let depth = 0;
      for (let at = index; at < text.length; at++) {
        if (text[at] === '(') depth++;
        else if (text[at] === ')' && --depth === 0) return text.slice(index, at);
      }
      throw new Error(`${file}: a call that does not end`);
    });
  });
}

/** Pairs that stand in the source as they are. */
const written: readonly Pair[] = calls().flatMap((call) => {
  const rule = /\brule: '([a-z0-9-]+)'/.exec(call)?.[1] ?? '';
  return [
    ...call
      .split('\n')
      .join(' ')
      .slice(0, call.indexOf('{') < 0 ? undefined : call.indexOf('{'))
      .matchAll(/'([A-Z][A-Z_]+)'/g),
  ].flatMap(([, symbol = '']): readonly Pair[] => (isSymbol(symbol) && isRule(rule) ? [[symbol, rule]] : []));
});
const pairs: readonly Pair[] = [
  ...new Set(
    [
      ...written,
      ...(Object.entries(computed) as [VpnErrorSymbol, readonly FailedRule[]][]).flatMap(([symbol, rules]) =>
        rules.map((rule): Pair => [symbol, rule]),
      ),
    ].map((pair) => pair.join(' ')),
  ),
].map((text) => text.split(' ') as unknown as Pair);

/** Words that two sentences may share without saying the same: who and what it is about. */
const subjects = /^(server|anmeld|zertif|verbin|dieser|dieses|comput|netzwe|konnte|identi)/;
const stems = (sentence: string): readonly string[] =>
  (sentence.toLowerCase().match(/\p{L}{6,}/gu) ?? [])
    .map((word) => word.slice(0, 6))
    .filter((stem) => !subjects.test(stem));

it('the source says many pairs outright', () => expect(written.length).toBeGreaterThan(25));

it.each(pairs)('%s with %s is one paragraph in which nothing is said twice', (symbol, rule) => {
  setLanguage('de');
  const said = errorText({ symbol, rule, message: 'English' }, where);
  setLanguage('en');
  expect(said).not.toContain('English');
  const [ofSymbol, ofRule] = [errorsDe.symbols[symbol], errorsDe.rules[rule]];
  if (said === `${ofSymbol} ${ofRule}`)
    expect(stems(ofRule).filter((stem) => stems(ofSymbol).includes(stem))).toEqual([]);
  const sentences = said.split(/(?<=[.!?])\s+/);
  expect(new Set(sentences).size).toBe(sentences.length);
});

const refused: readonly (readonly [VpnErrorSymbol, FailedRule, string])[] = [
  [
    'AUTHENTICATION_FAILURE',
    'credentials',
    'Der Benutzername oder das Kennwort wurde nicht angenommen. Prüfen Sie beides, und versuchen Sie es erneut.',
  ],
  [
    'AUTHENTICATION_FAILURE',
    'client-certificate',
    'Der Server hat Ihr Zertifikat nicht angenommen. Wählen Sie ein anderes, oder fragen Sie den Administrator.',
  ],
  ['PASSWD_EXPIRED', 'account', 'Ihr Kennwort ist abgelaufen.'],
  ['ACCT_DISABLED', 'account', 'Ihr Konto ist deaktiviert.'],
  ['SERVER_CERT_EXPIRED', 'expired', 'Das Zertifikat des Servers ist abgelaufen.'],
  ['SERVER_CERT_REVOKED', 'revoked', 'Das Zertifikat des Servers wurde gesperrt.'],
  [
    'SERVER_ROOT_CERT_NOT_FOUND',
    'trust-anchor',
    'Die Stammzertifizierungsstelle des Servers ist diesem Computer nicht bekannt.',
  ],
  [
    'VPN_BAD_PSK',
    'pre-shared-key',
    'Der vorinstallierte Schlüssel wurde nicht angenommen. Prüfen Sie den Schlüssel und die Identität dieser Verbindung.',
  ],
  ['IKE_NO_CERT', 'certificate-missing', 'Kein Computerzertifikat passt zu dieser Verbindung.'],
  [
    'PEAP_CRYPTOBINDING_MISSING',
    'cryptobinding-missing',
    'Die Anmeldung wurde abgebrochen: Der Server hat die innere Anmeldung nicht an den Tunnel gebunden.',
  ],
  [
    'IKE_AUTH_FAIL',
    'trust-anchor',
    'Die Identitäten konnten nicht geprüft werden. Das Zertifikat stammt von keiner vertrauenswürdigen Zertifizierungsstelle.',
  ],
  ['VALIDATING_SERVER_CERT', 'tls-handshake', 'Der TLS-Handshake der Anmeldung ist fehlgeschlagen.'],
];

// What says the same in other words is found by reading, not by comparing words: these were read.
it.each(refused)('%s with %s reads as it should', (symbol, rule, text) => {
  expect(pairs.map((pair) => pair.join(' '))).toContain(`${symbol} ${rule}`);
  setLanguage('de');
  expect(errorText({ symbol, rule, message: 'English' }, where)).toBe(text);
  setLanguage('en');
});
