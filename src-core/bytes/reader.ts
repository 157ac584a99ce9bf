import { DecodeError } from './decode-error';

/**
 * Reads big-endian fields from a view of `bytes`. Every read is checked against what is left before anything is
 * touched; a read that does not fit throws a DecodeError that names the field. Nothing is copied: `bytes` returns
 * views.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #area: string;
  #position = 0;

  /** `area` names the structure in errors. */
  constructor(bytes: Uint8Array, area: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#area = area;
  }

  /** Octets read so far. */
  get position(): number {
    return this.#position;
  }

  /** Octets left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  get atEnd(): boolean {
    return this.remaining === 0;
  }

  uint8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  uint64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field));
  }

  /** A view of the next `length` octets. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** A view of everything left, possibly empty. */
  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest');
  }

  skip(length: number, field: string): void {
    this.#take(length, field);
  }

  /** A reader of the next `length` octets only. */
  sub(length: number, field: string, area = this.#area): Reader {
    return new Reader(this.bytes(length, field), area);
  }

  /** Throws unless everything was read. */
  expectEnd(field = 'length'): void {
    if (!this.atEnd) this.fail(field, `${String(this.remaining)} octets too many`);
  }

  fail(field: string, message: string): never {
    throw new DecodeError(this.#area, field, message);
  }

  #take(length: number, field: string): number {
    const start = this.#position;
    if (!Number.isInteger(length) || length < 0 || length > this.#bytes.length - start) {
      this.fail(field, `needs ${String(length)} octets, ${String(this.#bytes.length - start)} left`);
    }
    this.#position = start + length;
    return start;
  }
}
