import { lookup } from 'node:dns/promises';
import { canonicalIp } from '../../../src-core/bytes';
import type { Resolver } from '../../../src-core/ports';

/** getaddrinfo in the system's order: hosts file, mDNS and all. */
export class SystemResolver implements Resolver {
  async resolve(host: string): Promise<readonly string[]> {
    const address = canonicalIp(host);
    if (address !== null) return [address];
    const answers = await lookup(host, { all: true, verbatim: true });
    return [...new Set(answers.map((answer) => answer.address))];
  }
}
