import { compareIp, ipToNumber, numberToIp } from '../bytes/ip-address';

/** Inner addresses of the clients. The same client gets the same address again while it is free (C-48). */
export class AddressPool {
  readonly #family: 4 | 6;
  readonly #first: bigint;
  readonly #last: bigint;
  /** How many IKE SAs have it. */
  readonly #taken = new Map<string, number>();

  /** Both ends belong to the pool. Throws a RangeError when they are no range of one family. */
  constructor(first: string, last: string) {
    this.#family = first.includes(':') ? 6 : 4;
    this.#first = ipToNumber(first);
    this.#last = ipToNumber(last);
    if (compareIp(first, last) > 0 || first.includes(':') !== last.includes(':'))
      throw new RangeError(`${first}-${last} is no range`);
  }

  /** A free address, one of `wanted` where possible; null when all are taken. */
  take(wanted: readonly string[]): string | null {
    const liked = wanted
      .filter((address) => address.includes(':') === (this.#family === 6))
      .find((address) => this.#has(address) && !this.#taken.has(address));
    if (liked !== undefined) return this.#mark(liked);
    for (let number = this.#first; number <= this.#last; number++) {
      const address = numberToIp(number, this.#family);
      if (!this.#taken.has(address)) return this.#mark(address);
    }
    return null;
  }

  /** One more IKE SA of the client that has this address already. */
  share(address: string): void {
    this.#taken.set(address, (this.#taken.get(address) ?? 0) + 1);
  }

  /** Once for each `take` and `share`. */
  release(address: string): void {
    const users = (this.#taken.get(address) ?? 0) - 1;
    if (users > 0) this.#taken.set(address, users);
    else this.#taken.delete(address);
  }

  #has(address: string): boolean {
    const number = ipToNumber(address);
    return number >= this.#first && number <= this.#last;
  }

  #mark(address: string): string {
    this.#taken.set(address, 1);
    return address;
  }
}
