import type { Renewal, Roam } from '../mobility/mobility-manager';
import type { PathCandidate } from '../mobility/path-candidates';
import { refusedFor } from '../ports/secrets';
import { TokenError } from '../ports/tokens';
import { VpnError } from '../ports/vpn-error';
import { applySettings } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';
import type { Negotiated, NegotiationLimits } from './negotiation';
import type { SessionCredentials } from './ports';
import { renewGatewayAddresses } from './resolve-gateway';
import {
  afterFailure,
  afterSleep,
  beginRevival,
  longestTryMs,
  type FailedTry,
  reauthenticationTryMs,
  revivalTryMs,
  type Revival,
  type RevivalCause,
} from './revival';
import { outageMs } from './session-config';
import { isAskedAgain } from './sign-in';
import { CertificateUndecided } from './undecided-certificate';

/** An IKE SA that ended sooner than this, so many times in a row, is not made again. */
const quickEndMs = 30_000;
const mostQuickEnds = 3;
/** A token that is not there is looked for so often. */
const tokenPauseMs = 2_000;

/**
 * Makes a new IKE SA for the connection that exists (revival.ts says when), with what is in memory, until it works or
 * the outage time is over.
 */
export class Reviver {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  readonly #negotiate: (credentials: SessionCredentials, limits: NegotiationLimits) => Promise<Negotiated>;
  readonly #beforeOutageEnds: () => void;
  readonly #revived: (roam: Roam | null) => void;
  #revival: Revival | null = null;
  /** Counts revivals: a loop of an earlier one stops when it wakes. */
  #runs = 0;
  /** Ends the pause between two tries. */
  #wake: () => void = () => undefined;
  /** Sessions in a row that the server ended soon. */
  #quickEnds = 0;

  /**
   * `beforeOutageEnds` is called before time that passed ends the connection: `resume` comes first where the machine
   * slept meanwhile.
   */
  constructor(
    context: ConnectionContext,
    attempt: Attempt,
    negotiate: (credentials: SessionCredentials, limits: NegotiationLimits) => Promise<Negotiated>,
    beforeOutageEnds: () => void,
    revived: (roam: Roam | null) => void,
  ) {
    this.#context = context;
    this.#attempt = attempt;
    this.#negotiate = negotiate;
    this.#beforeOutageEnds = beforeOutageEnds;
    this.#revived = revived;
  }

  get revival(): Revival | null {
    return this.#revival;
  }

  /** The session said that it is over. `lastedMs`: since it was established. */
  sessionEnded(by: 'peer' | 'local' | 'failure', error: VpnError | null, lastedMs: number): void {
    const { profile, phase } = this.#context;
    this.#attempt.sessionOver = true;
    const reason = error ?? (by === 'peer' ? failures.serverDisconnected() : failures.sessionLost());
    if (this.#isMeant(lastedMs) || phase.type !== 'up' || !profile.mobility.enabled) return this.#context.lost(reason);
    this.#context.log('warning', reason.message);
    this.stop();
    this.revive('deleted');
  }

  /** The server deleted the last CHILD SA and makes no other under this IKE SA. `lastedMs`: since it was established. */
  tunnelEnded(why: string, lastedMs: number): void {
    if (this.#revival === null && this.#isMeant(lastedMs))
      return this.#context.lost(failures.serverDisconnected(why), { sayGoodbye: true });
    this.#context.log('warning', `Nothing passes, so a new sign-in is due: ${why}.`);
    this.revive('reauthenticate');
    // The old IKE SA carries nothing, so this is an outage.
    const { ports, profile } = this.#context;
    if (this.#revival !== null)
      this.#revival = {
        ...this.#revival,
        endsAt: Math.min(this.#revival.endsAt, ports.clock.now() + outageMs(profile)),
      };
  }

  /** A server that ends again and again what was only just established means it. */
  #isMeant(lastedMs: number): boolean {
    this.#quickEnds = lastedMs < quickEndMs ? this.#quickEnds + 1 : 0;
    return this.#quickEnds > mostQuickEnds;
  }

  /** Nothing to revive any more: the old IKE SA lives, or the connection ends. */
  stop(): void {
    if (this.#revival === null) return;
    this.#revival = null;
    this.#runs++;
    this.#attempt.next?.abandon();
    this.#attempt.next = null;
    this.#wake();
  }

  /** After sleep: the next try is now, and there is time for it (C-13). */
  resume(): void {
    if (this.#revival === null) return;
    this.#revival = afterSleep(this.#revival, this.#context.ports.clock.now());
    this.#wake();
  }

  revive(cause: RevivalCause, move: Renewal | null = null): void {
    const context = this.#context;
    const attempt = this.#attempt;
    if (attempt.ended || context.phase.type !== 'up') return;
    // The gateway answers on the old IKE SA, so it has not forgotten it. Without the key's token that one is all there is.
    if (cause === 'moved' && attempt.credentials?.token?.isPresent() === false) return;
    if (cause === 'moved' && this.#revival?.cause !== 'deleted') this.stop();
    if (this.#revival !== null) {
      // It is wanted now whether the old IKE SA is known there or not.
      if (cause === 'reauthenticate' && this.#revival.cause === 'forgotten')
        this.#revival = { ...this.#revival, cause };
      return;
    }
    // A lost IKE SA is made again where the connection is to survive that; the gateway's wish for a new sign-in is
    // always met.
    if (cause !== 'reauthenticate' && !context.profile.mobility.enabled) return;
    this.#revival = beginRevival(cause, context.ports.clock.now(), outageMs(context.profile), move);
    if (cause === 'deleted' || cause === 'moved') {
      attempt.manager?.stop();
      attempt.manager = null;
      // Packets wait at the tunnel; none goes around it.
      attempt.dataPath.setPath(null);
    }
    const goodbye = move === null ? Promise.resolve() : this.#leave(move.to);
    context.changed();
    this.#reviveUntilDone(++this.#runs, goodbye).catch((error: unknown) =>
      context.lost(error instanceof VpnError ? error : failures.unexpected(error)),
    );
  }

  /** Deletes the old IKE SA by the way that works, so that its address is free for the new one. */
  async #leave(by: PathCandidate): Promise<void> {
    const attempt = this.#attempt;
    const old = attempt.session;
    if (old === null) return;
    attempt.session = null;
    const readiness = attempt.sockets.readiness(by);
    const port = old.path?.remote.port;
    if (readiness.state !== 'ready' || port === undefined) return old.abandon();
    await attempt.retired.leave(old, { socket: readiness.socket, remote: { address: by.destination, port } });
  }

  async #reviveUntilDone(run: number, goodbye: Promise<void>): Promise<void> {
    const { ports, profile, log } = this.#context;
    const attempt = this.#attempt;
    const over = (): boolean => attempt.ended || this.#runs !== run;
    const unwatch = ports.adapters.watch(() => this.#wake());
    try {
      await goodbye;
      while (!over() && this.#revival !== null) {
        if (ports.clock.now() >= this.#revival.endsAt) this.#beforeOutageEnds();
        const revival: Revival = this.#revival;
        if (ports.clock.now() >= revival.endsAt)
          throw failures.linkLost(profile.name, outageMs(profile), revival.lastRefusal);
        let failed: FailedTry;
        try {
          // The gateway that answers and wants a new sign-in is the one the connection is with.
          const isGatewayKnown = revival.cause === 'reauthenticate' || revival.cause === 'moved';
          if (!isGatewayKnown || revival.tries > 0) await renewGatewayAddresses(this.#context, attempt, revivalTryMs);
          if (over()) return;
          const outcome = await this.#negotiate(attempt.credentials!, {
            limitMs: revival.cause === 'reauthenticate' ? reauthenticationTryMs : revivalTryMs,
            mostMs: Math.min(longestTryMs, revival.endsAt - ports.clock.now()),
            turn: Math.floor(revival.turn),
            startAt: revival.tries === 0 ? (revival.move?.to ?? null) : null,
          });
          if (outcome.type === 'established') {
            this.#revival = null;
            log(
              'info',
              revival.cause === 'reauthenticate'
                ? 'Signed in again with a new IKE SA.'
                : 'Connected again with a new IKE SA.',
            );
            if (attempt.device !== null) await applySettings(this.#context, attempt, attempt.device);
            this.#revived(this.#roamOf(revival));
            this.#context.changed();
            return;
          }
          // That a certificate has to be chosen is this computer's own word.
          const own = outcome.error instanceof CertificateUndecided;
          failed = { error: outcome.error, certain: outcome.byServer || own, answered: outcome.answered };
        } catch (error) {
          failed = {
            error: error instanceof VpnError ? error : failures.unexpected(error),
            certain: true,
            answered: false,
          };
        }
        if (over()) return;
        if (attempt.credentials?.token?.isPresent() === false) {
          if (!(await this.#askedForToken())) return;
          continue;
        }
        // The cause and the time may have changed since the try began.
        const current: Revival = this.#revival ?? revival;
        const next = afterFailure(current, failed);
        if (next.type === 'give-up') {
          if (!(await this.#askedThePerson(next.error))) return;
          if (over()) return;
          this.#revival = { ...current, tries: current.tries + 1, refusals: 0 };
          continue;
        }
        if (next.revival.doubtful > 0 && failed.error.message !== current.lastRefusal?.message)
          log(
            'warning',
            `An answer in the server's name could not be verified, so the connection is kept: ${failed.error.message}`,
          );
        this.#revival = next.revival;
        await this.#pause(next.pauseMs);
      }
    } finally {
      unwatch();
    }
  }

  /** What the user sees of a move that took a new IKE SA. */
  #roamOf({ move }: Revival): Roam | null {
    const { facts, ports } = this.#context;
    if (move === null || facts.path === null || facts.path.id === move.from?.id) return null;
    return { from: move.from, to: facts.path, reason: move.reason, milliseconds: ports.clock.now() - move.startedAt };
  }

  /**
   * What was in memory is refused for good: now the person. False: the connection ended meanwhile. Throws what cannot
   * be cured.
   */
  async #askedThePerson(refusal: VpnError): Promise<boolean> {
    const attempt = this.#attempt;
    if (!isAskedAgain(refusal)) throw refusal;
    const fresh = await this.#context.ports.credentials({
      profile: this.#context.profile,
      reason: refusedFor(refusal),
      refused: attempt.credentials === null ? null : { error: refusal, credentials: attempt.credentials },
    });
    if (fresh === null) throw refusal;
    return this.#goOnWith(fresh);
  }

  /**
   * The key went with the token: nothing works before it is back and open again. False: the connection ended meanwhile.
   * Throws what the token itself does not cure.
   */
  async #askedForToken(): Promise<boolean> {
    let fresh: SessionCredentials | null;
    try {
      fresh = await this.#context.ports.credentials({ profile: this.#context.profile, reason: null, refused: null });
    } catch (error) {
      const reason = error instanceof VpnError && error.cause instanceof TokenError ? error.cause.reason : null;
      if (reason !== 'absent' && reason !== 'removed') throw error;
      await this.#pause(tokenPauseMs);
      return !this.#attempt.ended;
    }
    if (fresh === null) throw failures.cancelled();
    return this.#goOnWith(fresh);
  }

  /**
   * Those in use may be answered again (another try with the same). What is not used any more is wiped. False: the
   * connection ended meanwhile.
   */
  #goOnWith(fresh: SessionCredentials): boolean {
    const attempt = this.#attempt;
    const unused = attempt.ended ? fresh : attempt.credentials;
    if (fresh !== attempt.credentials) unused?.wipe();
    if (!attempt.ended) attempt.credentials = fresh;
    return !attempt.ended;
  }

  /** Until the time is over, an adapter changed or somebody woke it. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.ports.clock.setTimer(milliseconds, 'pause', () => this.#wake());
      this.#wake = () => {
        timer.cancel();
        this.#wake = () => undefined;
        resolve();
      };
    });
  }
}
