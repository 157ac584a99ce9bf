import type { Adapters } from '../ports/adapters';
import type { Clock, Timer } from '../ports/clock';
import type { Connectivity, ConnectivityProbe } from '../ports/connectivity';
import { internetPaths, type InternetPath } from './internet-paths';

export interface ConnectivityWatchOptions {
  readonly clock: Clock;
  readonly adapters: Adapters;
  readonly probe: ConnectivityProbe;
  readonly url: string;
  /** What is known became different. */
  readonly onChange: () => void;
  readonly log: (text: string) => void;
}

/** So long the server may be silent before the network is asked. */
const patienceMs = 1_500;
/**
 * Between two looks: at first, and at most. Somebody who signs in at a portal is noticed by the path's own probes, not
 * by this.
 */
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;
/** More adapters with a way out than any computer has. */
const mostPaths = 4;

const words: Readonly<Record<Connectivity, string>> = {
  internet: 'reaches the Internet; it is the server that does not answer',
  'captive-portal': 'wants a sign-in first: open a web page on this network',
  'no-internet': 'has no Internet access',
};

/**
 * Finds out why nobody answers while a connection waits: a captive portal, no Internet, or the server alone. A hint for
 * people and never a gate:
 * whatever it finds, the paths are probed as before. It asks only while the connection waits, and more and more rarely.
 */
export class ConnectivityWatch {
  readonly #options: ConnectivityWatchOptions;
  #timer: Timer | null = null;
  #unwatch: (() => void) | null = null;
  #pauseMs = firstPauseMs;
  /** Counts the times it was started: an answer for an earlier one is late. */
  #run = 0;
  #asking = false;
  #findings: ReadonlyMap<string, Connectivity> = new Map();

  constructor(options: ConnectivityWatchOptions) {
    this.#options = options;
  }

  /** Whether the connection waits for an answer of its server. */
  follow(waiting: boolean): void {
    if (waiting === (this.#unwatch !== null)) return;
    if (!waiting) return this.stop();
    this.#run++;
    this.#pauseMs = firstPauseMs;
    this.#unwatch = this.#options.adapters.watch(() => this.#adaptersChanged());
    this.#later(patienceMs);
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#run++;
    this.#asking = false;
    this.#findings = new Map();
  }

  /** What is behind an adapter; null: not known. */
  of(adapter: string): Connectivity | null {
    return this.#findings.get(adapter) ?? null;
  }

  /**
   * Why the server is silent as far as the network explains it. One adapter with Internet is enough to blame the server
   * (null).
   */
  get reason(): 'captive-portal' | 'no-internet' | null {
    const found = [...this.#findings.values()];
    if (found.length === 0 || found.includes('internet')) return null;
    return found.includes('captive-portal') ? 'captive-portal' : 'no-internet';
  }

  #later(milliseconds: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(milliseconds, 'look at the network', () => void this.#look());
  }

  /** What is known of an adapter that lost its way out goes; one that is new is asked soon. */
  #adaptersChanged(): void {
    if (this.#asking) return;
    const paths = internetPaths(this.#options.adapters);
    const kept = new Map([...this.#findings].filter(([adapter]) => paths.some((path) => path.adapter === adapter)));
    if (kept.size !== this.#findings.size) this.#know(kept);
    if (this.#findings.size > 0 && paths.some((path) => !this.#findings.has(path.adapter))) this.#later(patienceMs);
  }

  async #look(): Promise<void> {
    const { adapters, probe, url } = this.#options;
    const run = this.#run;
    const paths = internetPaths(adapters).slice(0, mostPaths);
    this.#asking = true;
    const found = await Promise.all(
      paths.map(async (path): Promise<[string, Connectivity]> => [path.adapter, await probe.probe({ ...path, url })]),
    );
    if (run !== this.#run) return;
    this.#asking = false;
    this.#say(paths, new Map(found));
    this.#know(new Map(found));
    this.#later(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #say(paths: readonly InternetPath[], found: ReadonlyMap<string, Connectivity>): void {
    for (const { adapter } of paths) {
      const result = found.get(adapter);
      if (result !== undefined && result !== this.#findings.get(adapter))
        this.#options.log(`The network of ${adapter} ${words[result]}.`);
    }
  }

  #know(findings: ReadonlyMap<string, Connectivity>): void {
    const before = JSON.stringify([...this.#findings]);
    this.#findings = findings;
    if (JSON.stringify([...findings]) !== before) this.#options.onChange();
  }
}
