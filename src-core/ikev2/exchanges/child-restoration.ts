import type { TrafficSelector } from '../../ports/data-path';
import type { ChildSa } from '../sa/child-sas';
import type { SessionCore } from '../sa/session-core';
import { TokenBucket } from '../sa/token-bucket';
import { type CreateChildHost, CreateChildTask } from './child-create';
import { isWithin } from './traffic-selectors';

/**
 * CHILD SAs that are made again in a row, and the milliseconds after which one more is worth a try: a peer that deletes
 * them faster does not want them under this IKE SA.
 */
const mostInARow = 4;
const oneMoreAfter = 1000;
/** Pauses before what was answered TEMPORARY_FAILURE is asked for again, milliseconds: nothing passes meanwhile. */
const temporaryPauses = [250, 500, 1000, 2000] as const;

/**
 * Keeps an initiator from having an IKE SA that carries nothing. When the peer takes a CHILD SA away that nothing
 * replaces, a new one is made with CREATE_CHILD_SA; where the peer refuses that, only a new IKE SA helps.
 */
export class ChildRestoration implements CreateChildHost {
  readonly #session: SessionCore;
  readonly #budget: TokenBucket;
  /** Taken away by the peer, and nothing has taken their place yet. */
  readonly #lost = new Set<ChildSa>();

  constructor(session: SessionCore) {
    this.#session = session;
    this.#budget = new TokenBucket(mostInARow, oneMoreAfter, session.clock.now());
  }

  /** The peer has deleted or forgotten a CHILD SA; it is out of the data path. */
  lost(child: ChildSa): void {
    const session = this.#session;
    if (session.settings.role !== 'initiator' || session.state !== 'established' || !session.movesTraffic) return;
    const heirs = session.childSas.list.filter((other) => isCarrying(other) && covers([other], child));
    if (heirs.length > 0) {
      // The peer moves to another one: so do we.
      for (const heir of heirs) session.childSas.activate(heir);
      return;
    }
    const spi = child.spiIn.toString(16);
    if (!this.#budget.take(session.clock.now())) {
      session.log.write('warning', 'child', `The peer deleted CHILD SA ${spi} soon after it was made`);
      session.emit({ type: 'reauthenticate', reason: 'the server deletes each CHILD SA soon after it was made' });
      return;
    }
    session.log.write('warning', 'child', `The peer deleted CHILD SA ${spi}: asking for a new one`);
    this.#lost.add(child);
    session.enqueue(new CreateChildTask(session, this, child));
  }

  /** Whether nothing carries what this one carried. */
  isMissing(child: ChildSa): boolean {
    return this.#lost.has(child) && !this.covers(child);
  }

  /** Whether the CHILD SAs that carry traffic carry this too. */
  covers(selectors: Selectors): boolean {
    return covers(this.#session.childSas.list.filter(isCarrying), selectors);
  }

  /** A successor has taken its place. */
  replaced(child: ChildSa): void {
    this.#lost.delete(child);
  }

  /** The peer has made a new one, which may carry less: then only a new sign-in says what may be carried. */
  made(lost: ChildSa): void {
    if (!this.covers(lost))
      this.#session.emit({ type: 'reauthenticate', reason: 'the new CHILD SA carries less than the one before' });
  }

  /** TEMPORARY_FAILURE for the `tries`th time: milliseconds until it is asked for again, null: not any more. */
  pauseAfter(tries: number): number | null {
    return temporaryPauses[tries - 1] ?? null;
  }

  /** The peer makes no new one under this IKE SA. */
  failed(child: ChildSa, why: string): void {
    const session = this.#session;
    this.#lost.delete(child);
    session.log.write('warning', 'child', `CHILD SA ${child.spiIn.toString(16)} cannot be made again: ${why}`);
    session.emit({ type: 'reauthenticate', reason: `the CHILD SA could not be made again: ${why}` });
  }
}

type Selectors = Pick<ChildSa, 'localSelectors' | 'remoteSelectors'>;

function isCarrying(child: ChildSa): boolean {
  return child.state === 'installed' && child.outbound !== 'removed';
}

/** Every pair of a local and a remote selector of one family lies within one of `children`. */
function covers(children: readonly Selectors[], { localSelectors, remoteSelectors }: Selectors): boolean {
  const carried = (local: TrafficSelector, remote: TrafficSelector): boolean =>
    children.some((child) => isWithin([local], child.localSelectors) && isWithin([remote], child.remoteSelectors));
  return localSelectors.every((local) =>
    remoteSelectors.every((remote) => local.family !== remote.family || carried(local, remote)),
  );
}
