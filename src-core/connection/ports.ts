import type {
  IkeSession,
  IkeSessionConfig,
  IkeSessionDependencies,
  Identity,
  LocalAuthentication,
  PeerAuthentication,
  SecondRound,
} from '../ikev2/session';
import type { MschapCredentials } from '../eap';
import type { ClientCertificateUse } from '../pki/client-credentials';
import type { Adapters, Resolver } from '../ports/adapters';
import type { Clock } from '../ports/clock';
import type { ConnectivityProbe } from '../ports/connectivity';
import type { DataPath } from '../ports/data-path';
import type { Datagrams } from '../ports/datagrams';
import type { NetworkSettings } from '../ports/network-settings';
import type { Random } from '../ports/random';
import type { SecretReason } from '../ports/secrets';
import type { Trace } from '../ports/trace';
import type { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';

/** A token in use. */
export interface TokenPresence {
  readonly label: string;
  /** Still plugged in, and the same one. */
  isPresent(): boolean;
}

/** How this computer proves itself in one attempt. */
export interface LocalCredentials {
  /** null: the origin address (RFC 7296 section 3.5, ID_IPV4_ADDR or ID_IPV6_ADDR). */
  readonly localIdentity: Identity | null;
  readonly local: LocalAuthentication;
  /** Signs in after `local` did (RFC 4739). */
  readonly secondRound?: SecondRound | null;
  /** What an expired password is changed with. */
  readonly mschap?: MschapCredentials | null;
  /** Which certificate to show is not decided: nothing of the person's is refused in this attempt. */
  readonly undecided?: ClientCertificateUse;
  /** A new password is at hand should the server ask for one. */
  readonly changesPassword?: boolean;
  /** The token that holds the key; absent: the key is in memory. */
  readonly token?: TokenPresence;
  /** Wipes every secret. Idempotent. */
  wipe(): void;
}

/** How this computer and the server prove themselves in one attempt. */
export interface SessionCredentials extends LocalCredentials {
  /** What the status object says until a method was agreed: "EAP-MSCHAPv2", "machine certificate", "pre-shared key". */
  readonly label: string;
  readonly remoteIdentity: Identity | null;
  readonly peer: PeerAuthentication;
}

export interface CredentialsQuestion {
  readonly profile: Profile;
  /** Why the person is asked again; null the first time. */
  readonly reason: SecretReason | null;
  /** What the server refused in the attempt before; null the first time. Not wiped yet. */
  readonly refused: { readonly error: VpnError; readonly credentials: SessionCredentials } | null;
}

/**
 * Gets what an attempt needs, asking the person where it must. The refused credentials themselves: once more with
 * these, something else was cured. null: cancelled. Rejects with a VpnError when a certificate or key cannot be used.
 */
export type CredentialsSource = (question: CredentialsQuestion) => Promise<SessionCredentials | null>;

/** What a host gives to a connection. */
export interface ConnectionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly adapters: Adapters;
  readonly datagrams: Datagrams;
  readonly resolver: Resolver;
  /** Absent: nobody can say why a network is silent. */
  readonly connectivity?: ConnectivityProbe;
  readonly networkSettings: NetworkSettings;
  readonly trace: Trace;
  readonly credentials: CredentialsSource;
  readonly createDataPath: () => DataPath;
  readonly createSession: (config: IkeSessionConfig, dependencies: IkeSessionDependencies) => IkeSession;
}
