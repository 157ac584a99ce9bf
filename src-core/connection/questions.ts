import type { SecretAnswer, SecretKind, SecretReason } from '../ports/secrets';
import type { Certificate } from '../pki/certificate';
import type { FirstUse } from '../pki/unknown-server';
import type { CertificateSource } from '../profiles/profile';

/** Asks the store, then the person. null: cancelled. */
export type Ask = (
  kind: SecretKind,
  account: string | null,
  reason: SecretReason | null,
) => Promise<SecretAnswer | null>;

/** A server that nobody known vouches for. */
export interface ServerCertificateQuestion extends FirstUse {
  readonly connection: string;
  /** Why it is not trusted by itself, one sentence. */
  readonly reason: string;
}

/** One certificate of the person that fits. */
export interface CertificateChoice {
  readonly certificate: Certificate;
  /** null: in the file of the profile. */
  readonly token: { readonly module: string; readonly token: string; readonly id: string } | null;
}

export interface ClientCertificateQuestion {
  readonly connection: string;
  /** At least one. */
  readonly choices: readonly CertificateChoice[];
  /** The server names authorities, and none of the choices is known to be of one of them. */
  readonly noneWanted: boolean;
}

/** What only a person can decide about certificates. */
export interface Questions {
  acceptServer(question: ServerCertificateQuestion): Promise<boolean>;
  /** An index of `choices`; null: cancelled. */
  chooseCertificate(question: ClientCertificateQuestion): Promise<number | null>;
}

/** A decision that the profile keeps. Fingerprints are SHA-256, hexadecimal with colons. */
export type Remembered =
  | { readonly type: 'server-certificate'; readonly server: FirstUse['server']; readonly fingerprint: string }
  | {
      readonly type: 'client-certificate';
      readonly certificate: CertificateSource;
      readonly fingerprint: string | null;
    };
