/**
 * What a diagnosis finds, as data: a key and what its sentence fills in. The sentences are in src-text, one catalogue a
 * language. Keys are part of
 * the contract (`diagnose --json`): they are added to, never renamed.
 */

/** A part of a sentence: an adapter and its address, why an adapter is no way. */
interface PhraseValues {
  /** By this adapter from this address. */
  readonly way: { readonly label: string; readonly address: string };
  readonly 'way-answered': { readonly label: string; readonly address: string; readonly milliseconds: number };
  /** `code`: why nothing could be sent, as the system names it. */
  readonly 'way-failed': { readonly label: string; readonly address: string; readonly code: string };
  readonly 'adapter-why': { readonly label: string; readonly why: DiagnosisPhrase };
  readonly ready: NoValues;
  readonly 'adapter-down': NoValues;
  readonly 'no-carrier': NoValues;
  readonly 'no-address': NoValues;
  readonly 'address-not-ready': NoValues;
  readonly 'link-local-only': NoValues;
  readonly 'no-route': NoValues;
  readonly 'socket-opening': NoValues;
  readonly 'socket-failed': NoValues;
  readonly 'gateway-withdrew-address': NoValues;
  readonly 'mobility-off': NoValues;
  readonly 'no-adapter-at-all': NoValues;
  readonly 'no-socket': NoValues;
  /** Messages of the sign-in, split by IKE (RFC 7383) into `count` datagrams of at most `octets`. */
  readonly 'in-parts': { readonly count: number; readonly octets: number };
  readonly whole: { readonly octets: number };
  readonly 'agreed-settings': NoValues;
  readonly 'agreed-method': NoValues;
  readonly 'some-adapter': NoValues;
  readonly 'waiting-no-adapter': NoValues;
  readonly 'waiting-no-route': NoValues;
  readonly 'waiting-no-answer': NoValues;
  readonly 'waiting-captive-portal': NoValues;
  readonly 'waiting-no-internet': NoValues;
  readonly 'waiting-mobility-off': NoValues;
  readonly 'waiting-network': NoValues;
}

interface FindingValues {
  /** The sentence of the step's `error`. */
  readonly error: NoValues;
  /** The sentence of the step's `error` and its detail. */
  readonly 'error-detail': NoValues;
  readonly stopped: NoValues;
  readonly 'not-reached': NoValues;
  readonly 'name-is-address': { readonly server: string };
  readonly 'name-found': { readonly server: string; readonly addresses: readonly string[] };
  readonly 'name-not-found': { readonly server: string };
  readonly 'no-way': { readonly reasons: readonly DiagnosisPhrase[] };
  readonly 'port-only': { readonly port: number };
  readonly 'port-answers': { readonly port: number; readonly ways: readonly DiagnosisPhrase[] };
  readonly 'port-answers-partly': {
    readonly port: number;
    readonly ways: readonly DiagnosisPhrase[];
    readonly silent: readonly DiagnosisPhrase[];
  };
  readonly 'port-silent': { readonly port: number; readonly silent: readonly DiagnosisPhrase[] };
  readonly 'settings-unreadable': NoValues;
  readonly 'settings-agreed': NoValues;
  /** `dropped`: IP fragments are, of the size that was tried. */
  readonly 'large-pass': { readonly sent: DiagnosisPhrase; readonly received: DiagnosisPhrase };
  readonly 'large-pass-dropped-parts': { readonly sent: DiagnosisPhrase; readonly received: DiagnosisPhrase };
  readonly 'large-pass-dropped': { readonly sent: DiagnosisPhrase; readonly received: DiagnosisPhrase };
  readonly 'large-lost': { readonly sent: DiagnosisPhrase };
  readonly 'large-lost-dropped': { readonly sent: DiagnosisPhrase };
  readonly 'certificate-none': NoValues;
  readonly 'server-proved-key': NoValues;
  /** `until`: a date, 2027-03-01. */
  readonly 'server-proved': { readonly names: readonly string[]; readonly issuer: string; readonly until: string };
  readonly 'signed-in': { readonly method: string };
  readonly 'sign-in-accepted': NoValues;
  readonly 'addresses-given': { readonly addresses: readonly string[] };
  readonly 'traffic-answered': { readonly address: string; readonly milliseconds: number };
  readonly 'traffic-nobody': NoValues;
  readonly 'traffic-server-silent': NoValues;
  readonly 'traffic-silent': { readonly targets: readonly string[] };
  readonly 'traffic-all-silent': { readonly targets: readonly string[] };
  readonly 'up-settings': { readonly ike: string | DiagnosisPhrase; readonly child: string | DiagnosisPhrase };
  readonly 'up-large': NoValues;
  readonly 'up-certificate': NoValues;
  readonly 'up-signed-in': { readonly method: string | DiagnosisPhrase };
  readonly 'up-addresses': { readonly addresses: readonly string[] };
  readonly 'up-waiting': { readonly why: DiagnosisPhrase };
  readonly 'up-traffic': { readonly octets: number; readonly adapter: string | DiagnosisPhrase };
  readonly 'up-nothing-sent': NoValues;
  readonly 'up-nothing-back': NoValues;
}

type NoValues = Readonly<Record<never, never>>;
type Said<Values> = { readonly [K in keyof Values]: { readonly key: K; readonly values: Values[K] } }[keyof Values];

export type DiagnosisPhraseKey = keyof PhraseValues;
export type DiagnosisFindingKey = keyof FindingValues;
/** The names of what the sentence of a key fills in. */
export type DiagnosisPlaces<K extends DiagnosisFindingKey | DiagnosisPhraseKey> = K extends DiagnosisFindingKey
  ? keyof FindingValues[K]
  : K extends DiagnosisPhraseKey
    ? keyof PhraseValues[K]
    : never;

export type DiagnosisPhrase = Said<PhraseValues>;
export type DiagnosisFinding = Said<FindingValues>;
/** What is filled in: another's words as they came (not yet made safe), a number, a phrase, a list. */
export type DiagnosisValue = string | number | DiagnosisPhrase | readonly (string | DiagnosisPhrase)[];

/** What to do about a finding. */
export type DiagnosisAdvice =
  | 'check-name'
  | 'join-network'
  | 'blocked-by-one-network'
  | 'port-500-not-needed'
  | 'let-4500-through'
  | 'try-another-network'
  | 'longer-certificate'
  | 'ask-for-ike-auth'
  | 'fragmentation'
  | 'compare-settings'
  | 'do-not-go-on'
  | 'answer-password'
  | 'check-credentials'
  | 'ask-for-addresses'
  | 'send-log'
  | 'start-again'
  | 'hosts-may-ignore'
  | 'ask-for-routes'
  | 'goes-on-by-itself';
