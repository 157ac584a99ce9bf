import { wipe } from '../../bytes';
import { VpnError } from '../../ports/vpn-error';

/**
 * A TLS session with an authentication server, kept after a whole sign-in with it had succeeded. Holds
 * keys.
 */
export interface TlsResumption {
  readonly session: Uint8Array;
  /**
   * What the server showed then, DER, end-entity first. It shows nothing when the session is resumed: these are judged
   * again.
   */
  readonly certificates: readonly Uint8Array[];
}

/** Where a method keeps the session of its last success. */
export interface ResumptionStore {
  read(): TlsResumption | null;
  /** Takes the session over. */
  keep(resumption: TlsResumption): void;
  forget(): void;
}

/** A session is not offered longer than this, whatever the server would take, milliseconds. */
const longestMs = 8 * 3_600_000;

/** The session of one identity at one connection, in memory only. */
export class LastSession implements ResumptionStore {
  readonly #wallTime: () => number;
  #kept: { readonly resumption: TlsResumption; readonly at: number } | null = null;

  constructor(wallTime: () => number) {
    this.#wallTime = wallTime;
  }

  read(): TlsResumption | null {
    if (this.#kept !== null && Math.abs(this.#wallTime() - this.#kept.at) > longestMs) this.forget();
    return this.#kept?.resumption ?? null;
  }

  keep(resumption: TlsResumption): void {
    this.forget();
    this.#kept = { resumption, at: this.#wallTime() };
  }

  forget(): void {
    if (this.#kept !== null) wipe(this.#kept.resumption.session);
    this.#kept = null;
  }
}

/**
 * The server took up an earlier session and then did not go through with it. Nothing is wrong with the person's
 * secrets: once more, from the start.
 */
export class ResumptionRefused extends VpnError {
  constructor(detail: string) {
    super('IKE_AUTH_FAIL', 'The server did not accept the earlier sign-in. Connect again.', {
      detail,
      rule: 'eap-stopped',
    });
    this.name = 'ResumptionRefused';
  }
}
