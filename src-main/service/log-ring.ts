import type { LogRecord } from '../../src-core/ports/trace';
import type { LogEntry } from '../api/contract';

/** What an entry costs in characters, about. Payloads of a peer's message make up most of it. */
function sizeOf(entry: LogEntry): number {
  let size = 200 + entry.text.length;
  for (const payload of entry.exchange?.payloads ?? []) {
    size += 50 + payload.name.length;
    for (const { name, value } of payload.fields) size += 50 + name.length + value.length;
  }
  return size;
}

/**
 * The last entries of the readable log, oldest first; bounded in entries and, since a peer decides how much one message
 * says, in characters.
 */
export class LogRing {
  readonly #capacity: number;
  readonly #characters: number;
  /** Those before #start are dropped already. */
  #entries: LogEntry[] = [];
  #start = 0;
  #size = 0;
  #nextId = 1;
  readonly #listeners = new Set<(entry: LogEntry) => void>();

  constructor(capacity = 100_000, characters = 64 * 1024 * 1024) {
    this.#capacity = capacity;
    this.#characters = characters;
  }

  add(record: LogRecord, connection: string | null, wallTime: number): LogEntry {
    const entry: LogEntry = {
      ...record,
      text: record.text.slice(0, 1024),
      id: this.#nextId++,
      at: new Date(wallTime).toISOString(),
      connection,
    };
    this.#entries.push(entry);
    this.#size += sizeOf(entry);
    while (
      this.#entries.length - this.#start > 1 &&
      (this.#entries.length - this.#start > this.#capacity || this.#size > this.#characters)
    )
      this.#size -= sizeOf(this.#entries[this.#start++]!);
    // Moved seldom, so that adding stays cheap.
    if (this.#start > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    for (const listener of [...this.#listeners]) listener(entry);
    return entry;
  }

  /** Oldest first; the newest `limit` of those of `connection` (null: all). */
  read(connection: string | null, limit = this.#capacity): readonly LogEntry[] {
    const kept = this.#entries.slice(this.#start);
    const wanted = connection === null ? kept : kept.filter((entry) => entry.connection === connection);
    return limit >= wanted.length ? wanted : wanted.slice(wanted.length - limit);
  }

  onEntry(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
