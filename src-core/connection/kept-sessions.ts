import { LastSession, type ResumptionStore } from '../eap/tls/resumption';

/**
 * The secure channel of one connection for fast reconnect: of the identity that signed in last, and of no other.
 */
export class KeptSessions {
  readonly #wallTime: () => number;
  #current: { readonly identity: string; readonly session: LastSession } | null = null;

  constructor(wallTime: () => number) {
    this.#wallTime = wallTime;
  }

  of(identity: string): ResumptionStore {
    if (this.#current?.identity !== identity) {
      this.#current?.session.forget();
      this.#current = { identity, session: new LastSession(this.#wallTime) };
    }
    return this.#current.session;
  }
}
