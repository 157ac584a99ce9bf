import { canonicalHost } from '../checks';
import { say } from '../../ports/import-message';
import type { DraftBuilder } from '../importers/draft-builder';

/**
 * What Windows says of an EAP method, from the blob of a phone book (CustomAuthData) or from the XML of an EapHostConfig.
 * null: not said, or not reached.
 */
export interface WindowsEapSettings {
  /** EAP type: 13 TLS, 21 TTLS, 25 PEAP, 26 MSCHAPv2. */
  readonly type: number;
  /** What PEAP carries, as an EAP type. */
  readonly innerType: number | null;
  /** PAP or MSCHAPv2 in EAP-TTLS. */
  readonly ttlsInner?: 'mschapv2' | 'pap' | null;
  /** Names of the authentication server as Windows has them: separated by ";", perhaps regular expressions. */
  readonly serverNames: string | null;
  /** SHA-1 of the trusted roots, hexadecimal in lower case without separators. */
  readonly roots: readonly string[];
  /** false: Windows would take any certificate, or one of any name. */
  readonly validatesCertificate: boolean;
  readonly validatesName: boolean;
  readonly fastReconnect: boolean | null;
  readonly requireCryptobinding: boolean | null;
  /** An anonymous name to begin with; "" where it is only asked for. */
  readonly anonymousIdentity: string | null;
  /** The Windows logon's own name and password. */
  readonly windowsLogon: boolean;
  readonly smartCard: boolean;
}

export const noEapSettings: Omit<WindowsEapSettings, 'type'> = {
  innerType: null,
  serverNames: null,
  roots: [],
  validatesCertificate: true,
  validatesName: true,
  fastReconnect: null,
  requireCryptobinding: null,
  anonymousIdentity: null,
  windowsLogon: false,
  smartCard: false,
};

const methods: ReadonlyMap<number, string> = new Map([
  [13, 'eap-tls'],
  [21, 'eap-ttls'],
  [26, 'eap-mschapv2'],
]);
const peapMethods: ReadonlyMap<number, string> = new Map([
  [13, 'peap-tls'],
  [26, 'peap-mschapv2'],
]);

/** Takes the method and what belongs to it; `key` is what the file calls the type, `dataKey` the rest. */
export function takeEapSettings(draft: DraftBuilder, eap: WindowsEapSettings, key: string, dataKey: string): void {
  const takeInto = (path: string, value: string | boolean) =>
    draft.take(dataKey, path, value, say('taken-into', { path, value: String(value) }));
  takeMethod(draft, eap, key);
  if (eap.type === 21 && eap.ttlsInner != null) takeInto('authentication.ttlsInner', eap.ttlsInner);
  if (eap.windowsLogon) draft.ignore(dataKey, say('windows-logon'));
  if (eap.smartCard) draft.missing(dataKey, say('smart-card-choose'));
  if (eap.type === 26) return;
  takeServerNames(draft, eap, dataKey);
  if (eap.roots.length > 0)
    draft.take(
      dataKey,
      'authentication.serverAuthorities',
      eap.roots.map((sha1) => `sha1/${sha1}`),
      say('taken-thumbprints', { value: eap.roots.map((sha1) => sha1.toUpperCase()).join(', ') }),
    );
  if (!eap.validatesCertificate || !eap.validatesName) draft.ignore(dataKey, say('server-check-kept'));
  if (eap.type !== 25) return;
  if (eap.fastReconnect !== null) takeInto('authentication.fastReconnect', eap.fastReconnect);
  if (eap.requireCryptobinding !== null) takeInto('authentication.requireCryptobinding', eap.requireCryptobinding);
  if (eap.anonymousIdentity !== null && eap.anonymousIdentity !== '')
    takeInto('authentication.anonymousIdentity', eap.anonymousIdentity);
}

function takeMethod(draft: DraftBuilder, eap: WindowsEapSettings, key: string): void {
  const set = (method: string) => draft.take(key, 'authentication.method', method, say('taken-as', { value: method }));
  if (eap.type !== 25) {
    const method = methods.get(eap.type);
    if (method === undefined) return draft.wrong(key, say('eap-method-unknown', { value: String(eap.type) }));
    return set(method);
  }
  if (eap.innerType === null) {
    draft.take(key, 'authentication.method', 'peap-mschapv2', say('peap-inner-guessed'));
    return;
  }
  const method = peapMethods.get(eap.innerType);
  if (method === undefined) draft.wrong(key, say('eap-method-unknown', { value: `25/${String(eap.innerType)}` }));
  else set(method);
}

/** Windows allows regular expressions there; only plain names can be taken. */
function takeServerNames(draft: DraftBuilder, eap: WindowsEapSettings, dataKey: string): void {
  const names = (eap.serverNames ?? '')
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return;
  const isPlain = (name: string): boolean => canonicalHost(name.replace(/^\*\./, '')) !== null;
  const plain = names.filter(isPlain);
  if (plain.length > 0)
    draft.take(
      dataKey,
      'authentication.serverNames',
      plain.map((name) => name.toLowerCase()),
      say('taken-into', { path: 'authentication.serverNames', value: plain.join(', ') }),
    );
  const others = names.filter((name) => !isPlain(name));
  if (others.length > 0) draft.ignore(dataKey, say('server-name-pattern', { value: others.join('; ') }));
}
