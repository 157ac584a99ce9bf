interface Held {
  readonly packet: Uint8Array;
  readonly at: number;
}

/** A bounded queue of packets that wait for a path. When it is full the oldest goes. */
export class HeldPackets {
  readonly #capacity: number;
  #queue: Held[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#queue.length;
  }

  push(packet: Uint8Array, now: number): void {
    if (this.#queue.length === this.#capacity) this.#queue.shift();
    this.#queue.push({ packet, at: now });
  }

  /** The oldest packet, left where it is. */
  peek(): Uint8Array | null {
    return this.#queue[0]?.packet ?? null;
  }

  drop(): void {
    this.#queue.shift();
  }

  dropBefore(time: number): void {
    while (this.#queue.length > 0 && this.#queue[0]!.at < time) this.#queue.shift();
  }

  /** All packets, oldest first; the queue is empty afterwards. */
  takeAll(): readonly Uint8Array[] {
    const packets = this.#queue.map(({ packet }) => packet);
    this.#queue = [];
    return packets;
  }
}
