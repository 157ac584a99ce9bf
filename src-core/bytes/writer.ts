/**
 * Builds big-endian fields in one growing buffer. Values that do not fit their field throw a RangeError: what we
 * send is our own, so that is a defect and not input.
 */
export class Writer {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(Math.max(capacity, 16));
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    const at = this.#reserve(1, value, 0xff);
    this.#view.setUint8(at, value);
    return this;
  }

  uint16(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#view.setUint16(at, value);
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4, value, 0xffffffff);
    this.#view.setUint32(at, value);
    return this;
  }

  uint64(value: bigint): this {
    if (value < 0n || value > 0xffffffffffffffffn) throw new RangeError(`${String(value)} does not fit 8 octets`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#grow(count);
    this.#buffer.fill(0, at, at + count);
    return this;
  }

  /** Writes `value` over the two octets at `position`, for lengths that are known only later. */
  patchUint16(position: number, value: number): this {
    if (position < 0 || position + 2 > this.#length) throw new RangeError('patch outside of what was written');
    check(value, 0xffff);
    this.#view.setUint16(position, value);
    return this;
  }

  /**
   * Writes a 16 bit length, lets `write` add the body, and sets the length to the octets of the body plus `extra`
   * (what the field counts besides the body, for instance itself).
   */
  lengthPrefixed16(extra: number, write: (writer: this) => void): this {
    const at = this.#length;
    this.uint16(0);
    const start = this.#length;
    write(this);
    return this.patchUint16(at, this.#length - start + extra);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Overwrites the buffer with zeros; for writers that held secrets. */
  wipe(): void {
    this.#buffer.fill(0);
    this.#length = 0;
  }

  #reserve(octets: number, value: number, limit: number): number {
    check(value, limit);
    return this.#grow(octets);
  }

  #grow(octets: number): number {
    const at = this.#length;
    const needed = at + octets;
    if (needed > this.#buffer.length) {
      const next = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      next.set(this.#buffer.subarray(0, at));
      // The old buffer may hold a key.
      this.#buffer.fill(0);
      this.#buffer = next;
      this.#view = new DataView(next.buffer);
    }
    this.#length = needed;
    return at;
  }
}

function check(value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit)
    throw new RangeError(`${String(value)} does not fit its field`);
}
