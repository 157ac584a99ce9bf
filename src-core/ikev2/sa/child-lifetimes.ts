import type { Random } from '../../ports/random';
import type { IkeSessionEvent } from '../session';
import type { ChildSa } from './child-sas';
import type { Timers } from './timers';

/** A soft lifetime: the configured one, minus up to a tenth by chance (C-62). Milliseconds. */
export function softLifetime(seconds: number, random: Random): number {
  return seconds * 1000 * (1 - 0.1 * ((random.bytes(1)[0] ?? 0) / 255));
}

/** When an SA that could not be rekeyed is too old to go on with (C-66). Milliseconds. */
export function hardLifetime(seconds: number): number {
  return seconds * 1100;
}

export interface ChildLifetimesHost {
  readonly timers: Timers;
  readonly random: Random;
  readonly settings: { readonly childLifetimeSeconds: number };
  readonly childRekeying: { start(child: ChildSa): void };
  emit(event: IkeSessionEvent): void;
}

/** When CHILD SAs are rekeyed by us, and who hears that they come and go. */
export class ChildLifetimes {
  readonly #host: ChildLifetimesHost;

  constructor(host: ChildLifetimesHost) {
    this.#host = host;
  }

  /** The CHILD SA is in the data path: its lifetime begins. */
  begin(child: ChildSa, replaces: ChildSa | null, announce: boolean): void {
    const { timers, random, settings } = this.#host;
    const seconds = settings.childLifetimeSeconds;
    timers.set(softTimer(child), softLifetime(seconds, random), () => this.#host.childRekeying.start(child));
    timers.set(hardTimer(child), hardLifetime(seconds), () =>
      this.#host.emit({ type: 'reauthenticate', reason: 'a CHILD SA could not be rekeyed within its lifetime' }),
    );
    if (announce) this.#host.emit({ type: 'child-installed', child, replaces: replaces?.spiIn ?? null });
  }

  /** The CHILD SA is gone. */
  end(child: ChildSa): void {
    this.#host.timers.cancel(softTimer(child));
    this.#host.timers.cancel(hardTimer(child));
    this.#host.emit({ type: 'child-removed', spiIn: child.spiIn });
  }
}

const softTimer = (child: ChildSa): string => `child lifetime ${child.spiIn.toString(16)}`;
const hardTimer = (child: ChildSa): string => `child hard lifetime ${child.spiIn.toString(16)}`;
