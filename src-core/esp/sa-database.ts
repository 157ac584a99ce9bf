import { createEspTransform, EspSuiteError, type EspTransform } from '../crypto/esp-transform';
import type { EspSa, SaCounters } from '../ports/data-path';
import { AntiReplayWindow } from './anti-replay';
import type { InnerPacket } from './inner-packet';
import { compileSelectors, matchesOutbound, type SelectorPair } from './traffic-selectors';

/** Values 0 to 255 are reserved (RFC 4303 section 2.1). */
const lowestSpi = 256;

export interface SaStatistics {
  bytes: number;
  packets: number;
  lastPacketAt: number | null;
  droppedReplay: number;
  droppedAuth: number;
  droppedPolicy: number;
  droppedMalformed: number;
}

interface CommonSa {
  readonly spi: number;
  readonly esn: boolean;
  readonly transform: EspTransform;
  readonly selectors: SelectorPair;
  readonly statistics: SaStatistics;
}

export interface InboundSa extends CommonSa {
  readonly window: AntiReplayWindow;
}

export interface OutboundSa extends CommonSa {
  /** The sequence number the next packet gets. */
  nextSequence: bigint;
  readonly lastSequence: bigint;
  readonly softLimit: bigint;
  softLimitReported: boolean;
  hardLimitReported: boolean;
}

/**
 * The SAs of one connection. Inbound ones are found by SPI alone, so that a packet is accepted whatever
 * path it took (C-45); of the outbound ones the newest that takes the packet carries it.
 */
export class SaDatabase {
  readonly #inbound = new Map<number, InboundSa>();
  /** Newest first. */
  readonly #outbound: OutboundSa[] = [];

  /** Throws EspSuiteError; then nothing is installed. */
  addInbound(sa: EspSa): void {
    if (this.#inbound.has(sa.spi)) throw new EspSuiteError('spi', `inbound SA ${spiText(sa.spi)} is already installed`);
    this.#inbound.set(sa.spi, { ...commonOf(sa), window: new AntiReplayWindow(sa.suite.esn) });
  }

  /** Throws EspSuiteError; then nothing is installed. */
  addOutbound(sa: EspSa): void {
    if (this.outbound(sa.spi) !== null)
      throw new EspSuiteError('spi', `outbound SA ${spiText(sa.spi)} is already installed`);
    const lastSequence = sa.suite.esn ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
    this.#outbound.unshift({
      ...commonOf(sa),
      nextSequence: 1n,
      lastSequence,
      softLimit: (lastSequence / 4n) * 3n,
      softLimitReported: false,
      hardLimitReported: false,
    });
  }

  removeInbound(spi: number): void {
    this.#inbound.get(spi)?.transform.wipe();
    this.#inbound.delete(spi);
  }

  removeOutbound(spi: number): void {
    const index = this.#outbound.findIndex((sa) => sa.spi === spi);
    if (index < 0) return;
    this.#outbound[index]!.transform.wipe();
    this.#outbound.splice(index, 1);
  }

  inbound(spi: number): InboundSa | null {
    return this.#inbound.get(spi) ?? null;
  }

  outbound(spi: number): OutboundSa | null {
    return this.#outbound.find((sa) => sa.spi === spi) ?? null;
  }

  newestOutbound(): OutboundSa | null {
    return this.#outbound[0] ?? null;
  }

  /** The newest outbound SA whose selectors take the packet. */
  outboundFor(packet: InnerPacket): OutboundSa | null {
    return this.#outbound.find((sa) => matchesOutbound(packet, sa.selectors)) ?? null;
  }

  clear(): void {
    for (const sa of this.#inbound.values()) sa.transform.wipe();
    for (const sa of this.#outbound) sa.transform.wipe();
    this.#inbound.clear();
    this.#outbound.length = 0;
  }
}

export interface TakenSequence {
  /** null: the SA is used up. */
  readonly sequence: bigint | null;
  /** A limit crossed by this very call; each is reported once. */
  readonly limit: 'sequence-soft-limit' | 'sequence-hard-limit' | null;
}

/** The number for the next packet. It never wraps (RFC 4303 section 3.3.3, E-5). */
export function takeSequence(sa: OutboundSa): TakenSequence {
  const sequence = sa.nextSequence;
  if (sequence > sa.lastSequence) {
    const limit = sa.hardLimitReported ? null : 'sequence-hard-limit';
    sa.hardLimitReported = true;
    return { sequence: null, limit };
  }
  sa.nextSequence = sequence + 1n;
  if (sequence < sa.softLimit || sa.softLimitReported) return { sequence, limit: null };
  sa.softLimitReported = true;
  return { sequence, limit: 'sequence-soft-limit' };
}

export function countersOf(sa: CommonSa, sequence: bigint): SaCounters {
  return { ...sa.statistics, sequence };
}

function commonOf(sa: EspSa): CommonSa {
  if (!Number.isInteger(sa.spi) || sa.spi < lowestSpi || sa.spi > 0xffff_ffff)
    throw new EspSuiteError('spi', `${sa.spi} is not between ${lowestSpi} and 2^32 - 1`);
  const selectors = {
    local: compileSelectors(sa.localSelectors, 'localSelectors'),
    remote: compileSelectors(sa.remoteSelectors, 'remoteSelectors'),
  };
  return {
    spi: sa.spi,
    esn: sa.suite.esn,
    transform: createEspTransform(sa.suite, sa.encryptionKey, sa.integrityKey),
    selectors,
    statistics: {
      bytes: 0,
      packets: 0,
      lastPacketAt: null,
      droppedReplay: 0,
      droppedAuth: 0,
      droppedPolicy: 0,
      droppedMalformed: 0,
    },
  };
}

function spiText(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}
