import type { StatusObject } from '../../src-core/connection/status';
import type { SecretKind, SecretReason } from '../../src-core/ports/secrets';
import type { LogRecord } from '../../src-core/ports/trace';
import type { Profile } from '../../src-core/profiles/profile';
import type { FailureKey } from '../../src-text/failure-texts';
import type { Diagnosis, ExportLine, ImportReport, OfferedImport, WirelessNetwork } from './desktop-types';
import type { RoundTripColumns, RoundTripSample } from './round-trip-history';

export type * from './desktop-types';
export type { RoundTripSample } from './round-trip-history';

/**
 * The one contract between the service and every user interface. Electron IPC and the loopback web socket carry it
 * alike;
 * both ends and the test double are derived from it. Arguments are validated at run time on the receiving side
 * (api/validate).
 * Boot: one `getSnapshot`, then `push` deltas only.
 */

export interface LogEntry extends LogRecord {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly connection: string | null;
}

/** Something only the person can answer; shown as a dialog. Answered with `answerPrompt`. */
export type Prompt =
  | {
      readonly id: string;
      readonly type: 'credentials';
      readonly connection: string;
      readonly kind: SecretKind;
      readonly username: string | null;
      readonly domain: string | null;
      /**
       * Why it is asked again, or what to beware of; said by `secretReasonText` of src-text. null on the first
       * question.
       */
      readonly reason: SecretReason | null;
      /** False where secrets cannot be stored safely, and for a PIN, which is never saved. */
      readonly canSave: boolean;
      readonly hasSaved: boolean;
    }
  | ServerCertificatePrompt
  | {
      readonly id: string;
      readonly type: 'client-certificate';
      readonly connection: string;
      readonly choices: readonly ClientCertificateChoice[];
      /** The server names authorities, and none of these is known to be of one of them; false when absent. */ readonly noneWanted?: boolean;
    };

/**
 * A server that nobody known here vouches for. Nothing was sent to it that proves who the person is; `accept` remembers
 * the certificate in the profile.
 */
export interface ServerCertificatePrompt {
  readonly id: string;
  readonly type: 'server-certificate';
  readonly connection: string;
  /** The certificate that would be accepted: the server's own, not its issuer's. */
  readonly certificate: CertificateSummary;
  /** Why it is not trusted by itself: one plain sentence in English. */
  readonly reason: string;
  /** Which server: the VPN gateway, or the authentication (RADIUS) server behind it. */
  readonly server: 'gateway' | 'authentication-server';
  /**
   * `unknown-issuer`: its chain ends at no authority of this computer. `unexpected-name`: it does, and nobody said that
   * a server of this name may authenticate. `changed`: another certificate was accepted before.
   */
  readonly problem: 'unknown-issuer' | 'unexpected-name' | 'changed';
  /** Fingerprints (SHA-256, hexadecimal with colons) accepted before; empty unless `changed`. */
  readonly acceptedBefore: readonly string[];
  /** The name the person wanted to reach. */
  readonly expectedName: string;
}

export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** "dns:vpn.contoso.test" */
  readonly names: readonly string[];
  /** Hexadecimal with colons. */
  readonly fingerprintSha256: string;
  /** CN, O and OU of the subject; several are joined by a comma and a blank. null: it has none. */
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly organizationalUnit: string | null;
  /** CN or, where it has none, the whole name of the issuer. */
  readonly issuerName: string;
  /** By name where there is one: "serverAuth". null: the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** "RSA 2048", "ECDSA P-256", "Ed25519" or "unknown". */
  readonly publicKey: string;
  /** "rsa-pkcs1 with sha256" or "unknown". */
  readonly signature: string;
  readonly selfSigned: boolean;
}

/** One of the person's certificates. `source`: where its key is. */
export interface ClientCertificateChoice extends CertificateSummary {
  readonly source:
    | { readonly type: 'profile' }
    | { readonly type: 'token'; readonly module: string; readonly token: string; readonly id: string };
}

/** A token that is plugged in, with the certificates it shows without a PIN. */
export interface TokenView {
  readonly module: string;
  readonly token: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly needsPin: boolean;
  /** What is left to the PIN, as far as the token says so. */
  readonly pinState: 'fine' | 'low' | 'final-try' | 'locked';
  readonly certificates: readonly {
    /** As `authentication.certificate.pkcs11.id`. */
    readonly id: string;
    readonly certificate: CertificateSummary;
    /** Why it cannot sign in: "Your certificate has expired. …"; null: it fits. */
    readonly problem: string | null;
  }[];
}

export interface ClientCertificateList {
  readonly tokens: readonly TokenView[];
  /** Modules that could not be asked, and why. */
  readonly unusable: readonly { readonly module: string; readonly reason: string }[];
}

export type PromptAnswer =
  | { readonly type: 'credentials'; readonly username: string | null; readonly secret: string; readonly save: boolean }
  | { readonly type: 'accept' }
  | { readonly type: 'choose'; readonly index: number }
  | { readonly type: 'cancel' };

/** A demo adapter that can be plugged and unplugged in the demo host. */
export interface DemoAdapter {
  readonly name: string;
  readonly label: string;
  readonly plugged: boolean;
}

export interface AdapterView {
  readonly name: string;
  readonly label: string;
  readonly kind: string;
  readonly connected: boolean;
  readonly addresses: readonly string[];
  /** 0..100 for wireless, null otherwise. */
  readonly signal: number | null;
  readonly network: string | null;
  /** A default route leaves through it; absent where that is not known. */
  readonly internet?: boolean;
}

export interface Snapshot {
  readonly version: string;
  readonly host: 'electron' | 'browser';
  readonly language: string;
  readonly profiles: readonly Profile[];
  /** One entry a profile. */
  readonly statuses: readonly StatusObject[];
  readonly adapters: readonly AdapterView[];
  readonly prompts: readonly Prompt[];
  readonly demo: { readonly adapters: readonly DemoAdapter[] } | null;
  readonly log: readonly LogEntry[];
  /** The last ten minutes, as measured. */
  readonly roundTrips: Readonly<Record<string, readonly RoundTripSample[]>>;
  /** The last 24 hours, by the minute. */
  readonly roundTripHistory: Readonly<Record<string, RoundTripColumns>>;
  readonly secretStorage: 'available' | 'session-only';
  /** A kill switch is in force that none of the connections here left: `liftKillSwitch` ends it. Absent: not known. */
  readonly strayKillSwitch?: boolean;
  /** The last diagnosis of each connection since the host started. */
  readonly diagnoses: readonly Diagnosis[];
  /** null: no NetworkManager or no wireless adapter; the section is not shown. */
  readonly wireless: readonly WirelessNetwork[] | null;
  /** Files and links that were opened with the app and wait for the person. */
  readonly offeredImports: readonly OfferedImport[];
  /** null: this host cannot be started at login. */
  readonly startAtLogin: boolean | null;
}

/** Requests of the user interface. Each takes one argument and resolves with one result; failures are `ApiFailure`. */
export interface ApiRequests {
  getSnapshot: { args: null; result: Snapshot };
  connect: { args: { readonly name: string }; result: null };
  /** Where the connection is down and its kill switch holds traffic back (`trafficBlocked`), this lifts it. */
  disconnect: { args: { readonly name: string }; result: null };
  /** The redial that is due shall not be made. */
  cancelRedial: { args: { readonly name: string }; result: null };
  /** Lifts the kill switch that some connection left, whosever it is. Refused while its connection lives. */
  liftKillSwitch: { args: null; result: null };
  answerPrompt: { args: { readonly id: string; readonly answer: PromptAnswer }; result: null };
  saveProfile: { args: { readonly profile: Profile; readonly previousName: string | null }; result: null };
  removeProfile: { args: { readonly name: string }; result: null };
  forgetSecrets: { args: { readonly name: string }; result: null };
  /** Base64 of at most 1 MiB; recognised by content. */
  inspectImport: { args: { readonly fileName: string; readonly contentBase64: string }; result: ImportReport };
  commitImport: { args: { readonly token: string; readonly name: string }; result: null };
  exportProfile: {
    args: { readonly name: string; readonly format: string };
    result: { readonly fileName: string; readonly contentBase64: string; readonly notExpressed: readonly ExportLine[] };
  };
  /** Resolves when it is over; `diagnosis` pushes tell each step. Busy while one of this connection runs. */
  diagnose: { args: { readonly name: string }; result: Diagnosis };
  stopDiagnosis: { args: { readonly name: string }; result: null };
  /** The person closed the page of an offered import. */
  dismissImport: { args: { readonly token: string }; result: null };
  /** `automatically`: whether this computer joins it by itself from now on; null leaves that as it is. */
  connectWireless: { args: { readonly id: string; readonly automatically: boolean | null }; result: null };
  disconnectWireless: { args: { readonly adapter: string }; result: null };
  setStartAtLogin: { args: { readonly enabled: boolean }; result: null };
  /**
   * Certificates on the tokens that are plugged in; no PIN is asked. `module`: absolute path of one PKCS#11 module;
   * null: every module that this
   * computer has registered with p11-kit or that is in a usual place.
   */
  listClientCertificates: { args: { readonly module: string | null }; result: ClientCertificateList };
  /**
   * What is in a certificate file (PEM or DER, base64 of at most 1 MiB): for `serverCertificate.authorities` and to
   * look at one.
   */
  inspectCertificates: {
    args: { readonly contentBase64: string };
    result: { readonly certificates: readonly CertificateSummary[] };
  };
  refreshAdapters: { args: null; result: null };
  setDemoAdapter: { args: { readonly name: string; readonly plugged: boolean }; result: null };
  /** The connections whose round trips this interface shows at present: they are measured often, all others seldom. */
  watchRoundTrips: { args: { readonly names: readonly string[] }; result: null };
  /** The renderer is hidden: samples and counters pause. */
  setVisible: { args: { readonly visible: boolean }; result: null };
}

/** Pushed by the service. Deltas on the snapshot. */
export type ApiPush =
  | { readonly type: 'status'; readonly status: StatusObject }
  | { readonly type: 'profiles'; readonly profiles: readonly Profile[]; readonly statuses: readonly StatusObject[] }
  | { readonly type: 'adapters'; readonly adapters: readonly AdapterView[] }
  | { readonly type: 'kill-switch'; readonly stray: boolean }
  | { readonly type: 'prompt'; readonly prompt: Prompt }
  | { readonly type: 'prompt-closed'; readonly id: string }
  | { readonly type: 'log'; readonly entries: readonly LogEntry[] }
  | { readonly type: 'round-trip'; readonly connection: string; readonly sample: RoundTripSample }
  | { readonly type: 'demo'; readonly adapters: readonly DemoAdapter[] }
  | { readonly type: 'diagnosis'; readonly diagnosis: Diagnosis }
  | { readonly type: 'wireless'; readonly networks: readonly WirelessNetwork[] | null }
  | { readonly type: 'offered-imports'; readonly offered: readonly OfferedImport[] }
  | { readonly type: 'start-at-login'; readonly enabled: boolean | null };

/** Errors cross as data; a prototype never does. `field` names the argument that was refused. */
export interface ApiFailure {
  readonly code: 'invalid-argument' | 'not-found' | 'busy' | 'refused' | 'internal';
  /** English, for logs and the command line. */
  readonly message: string;
  readonly field: string | null;
  /**
   * The same as a key of the catalogue (src-text) with what is filled in, so that an interface says it in its own
   * language. Absent: there is only `message`.
   */
  readonly text?: { readonly key: FailureKey; readonly values: Readonly<Record<string, string>> };
}

export type ApiResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: ApiFailure };

/** What the renderer holds, whatever carries it. */
export interface ApiClient {
  request<K extends keyof ApiRequests>(
    name: K,
    args: ApiRequests[K]['args'],
  ): Promise<ApiResult<ApiRequests[K]['result']>>;
  onPush(listener: (push: ApiPush) => void): () => void;
}
