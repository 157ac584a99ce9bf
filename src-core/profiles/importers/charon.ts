import type { FileResolver } from '../import-report';
import type { DraftBuilder } from './draft-builder';

/**
 * How strongSwan and libreswan sign in, as swanctl.conf and ipsec.conf say it: rounds of authentication on either side,
 * and secrets that are found by the identities they belong to.
 */

/** A value with its key in the report; an empty text is as if it were not there. */
export interface Said {
  readonly key: string;
  readonly value: string;
}

export interface LocalRound {
  readonly auth: Said;
  readonly id: Said;
  readonly eapId: Said;
  /** Name of the authentication server. */
  readonly aaaId: Said;
  readonly certificates: Said;
  /** The certificate is on a smart card, as this key says; null: it is not. */
  readonly token: string | null;
}

export interface RemoteRound {
  readonly auth: Said;
  readonly id: Said;
}

export interface FileSecret {
  readonly key: string;
  readonly kind: 'eap' | 'ntlm' | 'psk' | 'private-key' | 'pkcs12' | 'pin';
  /** Whom it belongs to; empty: anybody. */
  readonly ids: readonly string[];
  /** Of a key or PKCS#12. */
  readonly file: string;
  /** null: it is asked for, or is octets that no text stands for. */
  readonly secret: string | null;
}

export interface SignIn {
  readonly draft: DraftBuilder;
  readonly server: string;
  readonly local: readonly LocalRound[];
  readonly remote: readonly RemoteRound[];
  readonly secrets: readonly FileSecret[];
  /** Those of them that were taken or spoken of. */
  readonly used: Set<FileSecret>;
  readonly files: FileResolver;
  /** Where the format has certificates, keys and PKCS#12, beside the file. */
  readonly folders: {
    readonly certificates: readonly string[];
    readonly keys: readonly string[];
    readonly pkcs12: readonly string[];
  };
}
