import type { LogRecord } from '../../src-core/ports/trace';
import type { LogEntry } from '../api/contract';

/** The last entries of the readable log, oldest first; bounded. */
export class LogRing {
  readonly #capacity: number;
  readonly #entries: LogEntry[] = [];
  /** Index of the oldest once the ring is full. */
  #start = 0;
  #nextId = 1;
  readonly #listeners = new Set<(entry: LogEntry) => void>();

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  add(record: LogRecord, connection: string | null, wallTime: number): LogEntry {
    const entry: LogEntry = { ...record, text: record.text.slice(0, 1024), id: this.#nextId++, at: new Date(wallTime).toISOString(), connection };
    if (this.#entries.length < this.#capacity) this.#entries.push(entry);
    else {
      this.#entries[this.#start] = entry;
      this.#start = (this.#start + 1) % this.#capacity;
    }
    for (const listener of [...this.#listeners]) listener(entry);
    return entry;
  }

  /** Oldest first; the newest `limit` of those of `connection` (null: all). */
  read(connection: string | null, limit = this.#capacity): readonly LogEntry[] {
    const ordered = [...this.#entries.slice(this.#start), ...this.#entries.slice(0, this.#start)];
    const wanted = connection === null ? ordered : ordered.filter((entry) => entry.connection === connection);
    return limit >= wanted.length ? wanted : wanted.slice(wanted.length - limit);
  }

  onEntry(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
