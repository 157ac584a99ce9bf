import type { Certificate } from '../pki/certificate';
import type { ClientCertificateUse } from '../pki/client-credentials';
import type { WantedAuthorities } from '../pki/wanted-authorities';
import type { FailedRule } from '../ports/failed-rule';
import { VpnError } from '../ports/vpn-error';
import type { ClientKey } from './client-key';

/**
 * Several certificates fit, and which to show waits for what the server asks for. The attempt ends there, before any of
 * them was shown: a gateway
 * keeps a half-open IKE SA for some 30 seconds, a person may need longer. With the decision everything begins
 * anew, as with an unknown server.
 */
export class CertificateUndecided extends VpnError {
  readonly use: ClientCertificateUse;
  /** null: the server broke off before it said. */
  readonly wanted: WantedAuthorities | null;

  constructor(use: ClientCertificateUse, wanted: WantedAuthorities | null) {
    super(
      use === 'ike' ? 'IKE_NO_CERT' : 'NO_EAPTLS_CERTIFICATE',
      'Several certificates fit this connection. Choose one of them in its properties.',
      { detail: 'client certificate: which one is not decided', rule: 'client-certificate' },
    );
    this.name = 'CertificateUndecided';
    this.use = use;
    this.wanted = wanted;
  }
}

/** Goes on with what the server said; null: it said nothing. Resolves with null when the person cancelled. */
export type Decide = (wanted: WantedAuthorities | null) => Promise<ClientKey | null>;

/** Certificates of which one is to be shown. */
export class UndecidedKey {
  readonly decide: Decide;
  readonly certificates: readonly Certificate[];

  constructor(certificates: readonly Certificate[], decide: Decide) {
    this.certificates = certificates;
    this.decide = decide;
  }
}

/** How a server turns somebody away whom it does not know: a made-up identity may be all it disliked. */
const refusals: ReadonlySet<FailedRule> = new Set([
  'credentials',
  'client-identity',
  'client-certificate',
  'server-policy',
  'eap-method',
  'eap-stopped',
]);

/**
 * An attempt without a certificate that a server turned away is no answer to the person's: they are asked without a
 * hint.
 */
export function unlessUndecided(error: VpnError, use: ClientCertificateUse | undefined): VpnError {
  return use !== undefined &&
    !(error instanceof CertificateUndecided) &&
    error.rule !== null &&
    refusals.has(error.rule)
    ? new CertificateUndecided(use, null)
    : error;
}

/**
 * What is not decided yet, and what the server said since, for as long as the connection lives: a later attempt asks
 * neither again.
 */
export class UndecidedKeys {
  readonly #pending = new Map<ClientCertificateUse, UndecidedKey>();
  readonly #wanted = new Map<ClientCertificateUse, WantedAuthorities | null>();

  /** Whether `error` was the end of an attempt that was made to learn it. */
  learn(error: VpnError | undefined): boolean {
    if (!(error instanceof CertificateUndecided)) return false;
    this.#wanted.set(error.use, error.wanted);
    return true;
  }

  /**
   * The key, decided as soon as the server's word is known. What was read for the attempt before is not read again: it
   * may have needed a passphrase.
   */
  async decided(
    use: ClientCertificateUse,
    load: () => Promise<ClientKey | UndecidedKey | null>,
  ): Promise<ClientKey | UndecidedKey | null> {
    const key = this.#pending.get(use) ?? (await load());
    this.#pending.delete(use);
    if (!(key instanceof UndecidedKey)) return key;
    const wanted = this.#wanted.get(use);
    if (wanted !== undefined) return key.decide(wanted);
    this.#pending.set(use, key);
    return key;
  }
}
