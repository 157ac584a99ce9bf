import type { IkePath } from '../session';
import { samePath } from './ike-path';
import type { Timers } from './timers';

/** The first repetition of a probe and how fast the next ones come, milliseconds. */
const firstRepetition = 200;
const repetitionFactor = 1.8;
const repetitionCap = 2500;

/** One question sent over several pairs of addresses at once; the pair of the first answer wins (M-16). */
export class PathProbe {
  readonly paths: readonly IkePath[];
  readonly #timers: Timers;
  readonly #ask: () => void;
  readonly #onEnd: (found: IkePath | null) => void;
  #repetitions = 0;
  #ended = false;

  /** `ask` sends the question over `paths`; `onEnd` is called once. */
  constructor(
    timers: Timers,
    paths: readonly IkePath[],
    timeoutMs: number,
    ask: () => void,
    onEnd: (found: IkePath | null) => void,
  ) {
    this.paths = [...paths];
    this.#timers = timers;
    this.#ask = ask;
    this.#onEnd = onEnd;
    timers.set('probe timeout', timeoutMs, () => this.end(null));
  }

  start(): void {
    this.#ask();
    this.#scheduleRepetition();
  }

  /**
   * Something was answered on `path`. An answer by a path nobody asked about proves nothing: the question goes out
   * again.
   */
  answered(path: IkePath): void {
    const found = this.paths.find((candidate) => samePath(candidate, path));
    if (found !== undefined) this.end(found);
    else this.#ask();
  }

  end(found: IkePath | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.cancel('probe timeout');
    this.#timers.cancel('probe repetition');
    this.#onEnd(found);
  }

  #scheduleRepetition(): void {
    const delay = Math.min(firstRepetition * repetitionFactor ** this.#repetitions++, repetitionCap);
    this.#timers.set('probe repetition', delay, () => {
      this.#ask();
      this.#scheduleRepetition();
    });
  }
}
