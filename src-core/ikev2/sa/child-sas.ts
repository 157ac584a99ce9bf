import { wipe } from '../../crypto/wipe';
import type { Clock } from '../../ports/clock';
import type { DataPath, EspSa, TrafficSelector } from '../../ports/data-path';
import type { Random } from '../../ports/random';
import type { TracedKeys } from '../../ports/trace';
import type { ChildSuite } from '../proposals/suites';
import type { ChildSaInfo } from '../session';
import type { EspKeys } from './keying-material';
import type { Timers } from './timers';

/** The old inbound SA hears this long after its DELETE, milliseconds: packets under way are not lost (C-61). */
export const lateInboundMs = 5000;
/** E-12: lower SPIs are reserved (RFC 4303 section 2.1). */
const lowestSpi = 256;
/** A peer has one answer under way: more SPIs than it could have made meanwhile are not kept. */
const maxDeletedEarly = 16;

/**
 * - installed: carries traffic
 * - rekeyed: has a successor, only waits for its DELETE
 * - deleting: our own DELETE is under way
 * - gone: deleted; its inbound half may still hear for a moment
 */
export type ChildSaState = 'installed' | 'rekeyed' | 'deleting' | 'gone';

/** A CHILD SA: one inbound and one outbound ESP SA. */
export interface ChildSa extends ChildSaInfo {
  readonly suite: ChildSuite;
  state: ChildSaState;
  /** pending: the peer may not have the keys yet, so nothing is sent with it. */
  outbound: 'pending' | 'installed' | 'removed';
  /** The one whose DELETE lets our outbound half of this one begin (RFC 7296 section 2.8). */
  replaces: ChildSa | null;
}

export interface ChildSaSpecification {
  readonly spiIn: number;
  readonly spiOut: number;
  readonly suite: ChildSuite;
  readonly keysIn: EspKeys;
  readonly keysOut: EspKeys;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  /** now: the peer has this SA already. later: `activate` tells. */
  readonly outbound: 'now' | 'later' | 'never';
  readonly replaces: ChildSa | null;
}

interface Entry {
  readonly child: ChildSa;
  waitingOutbound: EspSa | null;
}

/**
 * The CHILD SAs of one session in the data path: inbound first, outbound when the peer is ready, old inbound a little
 * longer.
 */
export class ChildSas {
  readonly #dataPath: DataPath;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timers: Timers;
  readonly #isSpiFree: (spi: number) => boolean;
  readonly #traceKeys: () => ((keys: TracedKeys) => void) | undefined;
  readonly #entries = new Map<ChildSa, Entry>();
  /** Inbound SPIs that are proposed, installed or still hearing. */
  readonly #usedSpis = new Set<number>();
  /** Outbound SPIs that the peer deleted while the answer that makes them known was still under way. */
  readonly #deletedEarly = new Set<number>();
  #silent = false;

  constructor(options: {
    readonly dataPath: DataPath;
    readonly clock: Clock;
    readonly random: Random;
    readonly timers: Timers;
    readonly isSpiFree: ((spi: number) => boolean) | undefined;
    /** Asked for each SA: a capture begins and ends at any time. */
    readonly traceKeys: () => ((keys: TracedKeys) => void) | undefined;
  }) {
    this.#dataPath = options.dataPath;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#timers = options.timers;
    this.#isSpiFree = options.isSpiFree ?? (() => true);
    this.#traceKeys = options.traceKeys;
  }

  /** Those that are not gone, oldest first. */
  get list(): readonly ChildSa[] {
    return [...this.#entries.keys()];
  }

  byInbound(spi: number): ChildSa | undefined {
    return this.list.find((child) => child.spiIn === spi);
  }

  byOutbound(spi: number): ChildSa | undefined {
    return this.list.find((child) => child.spiOut === spi);
  }

  /** The peer deleted an SPI that is not known here, while it answers our CREATE_CHILD_SA. */
  deletedBeforeKnown(spi: number): void {
    if (this.#deletedEarly.size < maxDeletedEarly) this.#deletedEarly.add(spi);
  }

  /** A new CREATE_CHILD_SA of ours begins. */
  forgetDeleted(): void {
    this.#deletedEarly.clear();
  }

  /** Why an outbound SPI that an answer names cannot be used; null: it can. */
  unusableOutbound(spi: number): string | null {
    const text = spi.toString(16);
    if (this.byOutbound(spi) !== undefined) return `the SPI ${text} is in use already`;
    return this.#deletedEarly.has(spi) ? `the peer has deleted SPI ${text} already` : null;
  }

  successorOf(child: ChildSa): ChildSa | undefined {
    return this.list.find((other) => other.replaces === child);
  }

  /**
   * A random inbound SPI, taken until it is released or its SA is removed (E-12). What arrives for it waits for
   * `install`.
   */
  allocateSpi(): number {
    for (;;) {
      const octets = this.#random.bytes(4);
      const spi = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
      if (spi < lowestSpi || this.#usedSpis.has(spi) || !this.#isSpiFree(spi)) continue;
      this.#usedSpis.add(spi);
      this.#dataPath.expectInbound(spi);
      return spi;
    }
  }

  /** Gives back an SPI that was proposed and not agreed on. */
  releaseSpi(spi: number): void {
    if (this.byInbound(spi) !== undefined) return;
    this.#usedSpis.delete(spi);
    this.#dataPath.removeInbound(spi);
  }

  /** Installs inbound, and outbound as told. Wipes the keys it was given. */
  install(specification: ChildSaSpecification): ChildSa {
    const { spiIn, spiOut, suite, keysIn, keysOut, localSelectors, remoteSelectors, replaces } = specification;
    const child: ChildSa = {
      spiIn,
      spiOut,
      suite,
      proposal: suite.keyword,
      localSelectors,
      remoteSelectors,
      installedAt: this.#clock.now(),
      state: 'installed',
      outbound: specification.outbound === 'never' ? 'removed' : 'pending',
      replaces,
    };
    const common = { suite: suite.esp, localSelectors, remoteSelectors };
    const inbound: EspSa = { ...common, spi: spiIn, encryptionKey: keysIn.encryption, integrityKey: keysIn.integrity };
    const outbound: EspSa = {
      ...common,
      spi: spiOut,
      encryptionKey: keysOut.encryption,
      integrityKey: keysOut.integrity,
    };
    this.#usedSpis.add(spiIn);
    this.#trace(inbound);
    this.#trace(outbound);
    this.#dataPath.installInbound(inbound);
    wipe(inbound.encryptionKey, inbound.integrityKey);
    this.#entries.set(child, { child, waitingOutbound: outbound });
    if (specification.outbound === 'now') this.activate(child);
    if (specification.outbound === 'never') this.#dropOutboundKeys(child);
    return child;
  }

  /** The peer is ready to receive: from now on this SA carries our packets. */
  activate(child: ChildSa): void {
    const entry = this.#entries.get(child);
    if (this.#silent && child.outbound === 'pending') {
      this.#dropOutboundKeys(child);
      child.outbound = 'removed';
    }
    if (entry?.waitingOutbound == null || child.outbound !== 'pending') return;
    this.#dataPath.installOutbound(entry.waitingOutbound);
    child.outbound = 'installed';
    this.#dropOutboundKeys(child);
  }

  /** All of them, also those to come, only hear from now on: another session sends. */
  stopSending(): void {
    this.#silent = true;
    for (const child of this.list) {
      this.#dropOutboundKeys(child);
      if (child.outbound === 'installed') this.#dataPath.removeOutbound(child.spiOut);
      child.outbound = 'removed';
    }
  }

  /** Deleted: sends no more, hears a little longer. */
  retire(child: ChildSa): void {
    if (!this.#remove(child)) return;
    this.#timers.set(`late inbound ${child.spiIn.toString(16)}`, lateInboundMs, () => {
      this.#dataPath.removeInbound(child.spiIn);
      this.#usedSpis.delete(child.spiIn);
    });
  }

  /** Removes both halves at once. */
  discard(child: ChildSa): void {
    if (!this.#remove(child)) return;
    this.#dataPath.removeInbound(child.spiIn);
    this.#usedSpis.delete(child.spiIn);
  }

  /** Everything goes, late inbound halves too. */
  clear(): void {
    for (const child of this.list) this.#remove(child);
    for (const spi of this.#usedSpis) this.#dataPath.removeInbound(spi);
    this.#usedSpis.clear();
  }

  #remove(child: ChildSa): boolean {
    if (!this.#entries.has(child)) return false;
    this.#dropOutboundKeys(child);
    this.#entries.delete(child);
    if (child.outbound === 'installed') this.#dataPath.removeOutbound(child.spiOut);
    child.outbound = 'removed';
    child.state = 'gone';
    for (const other of this.list) if (other.replaces === child) other.replaces = null;
    return true;
  }

  #dropOutboundKeys(child: ChildSa): void {
    const entry = this.#entries.get(child);
    if (entry?.waitingOutbound == null) return;
    wipe(entry.waitingOutbound.encryptionKey, entry.waitingOutbound.integrityKey);
    entry.waitingOutbound = null;
  }

  #trace(sa: EspSa): void {
    this.#traceKeys()?.({
      type: 'esp',
      spi: sa.spi,
      encryption: `${sa.suite.cipher}${sa.suite.keyBits > 0 ? `-${String(sa.suite.keyBits)}` : ''}`,
      integrity: sa.suite.integrity ?? 'none',
      encryptionKey: sa.encryptionKey.slice(),
      integrityKey: sa.integrityKey.slice(),
    });
  }
}
