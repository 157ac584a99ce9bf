import { request } from 'node:http';
import type { NativeAddon } from '../../../native';
import { ipFamily, ipToOctets } from '../../../src-core/bytes';
import { findPathCandidates } from '../../../src-core/mobility/path-candidates';
import type { Adapters, Resolver } from '../../../src-core/ports';
import type { Http, HttpRequest } from '../../../src-core/ports/http';
import { openBoundTcp } from './bound-tcp';

export interface PhysicalHttpPorts {
  readonly addon: Pick<NativeAddon, 'openTcp' | 'closeDescriptor'>;
  readonly adapters: Adapters;
  /** Names through the physical network. */
  readonly resolver: Resolver;
}

/** Ways that are tried for one document: addresses of the server times adapters. */
const mostWays = 4;

interface Way {
  readonly adapter: string;
  readonly source: string;
  readonly address: string;
}

/**
 * http by sockets that are bound to a physical adapter: before, beside and despite a tunnel. With a kill switch in
 * force none of them gets out.
 */
export class PhysicalHttp implements Http {
  readonly #ports: PhysicalHttpPorts;
  readonly #mayAsk: (address: string) => boolean;

  /** `mayAsk`: which addresses are gone to. */
  constructor(ports: PhysicalHttpPorts, mayAsk = isOrdinary) {
    this.#ports = ports;
    this.#mayAsk = mayAsk;
  }

  async fetch(wanted: HttpRequest): Promise<Uint8Array> {
    const url = new URL(wanted.url);
    if (url.protocol !== 'http:') throw new Error(`${url.protocol} is not used here`);
    const signal = AbortSignal.timeout(wanted.timeoutMs);
    const ways = await withSignal(this.#waysTo(url.hostname.replace(/^\[(.*)\]$/, '$1')), signal);
    let last: Error | null = null;
    for (const way of ways) {
      try {
        return await this.#fetchBy(way, url, wanted, signal);
      } catch (error) {
        if (error instanceof HttpAnswer || signal.aborted) throw signal.aborted ? timedOut() : error;
        last = error instanceof Error ? error : new Error('no connection');
      }
    }
    throw last ?? new Error('no network adapter reaches it');
  }

  /** Best adapter first, as for the gateway. */
  async #waysTo(host: string): Promise<readonly Way[]> {
    const addresses = (await this.#ports.resolver.resolve(host)).filter(this.#mayAsk).slice(0, mostWays);
    if (addresses.length === 0) throw new Error(`${host} has no usable address`);
    const { adapters } = this.#ports;
    const candidates = findPathCandidates({
      adapters: adapters.snapshot(),
      lookupRoute: (question) => adapters.lookupRoute(question),
      gatewayAddresses: addresses,
      adapterOrder: [],
      current: null,
    });
    return candidates
      .filter(({ usable }) => usable)
      .map(({ adapter, source, destination }) => ({ adapter, source, address: destination }))
      .slice(0, mostWays);
  }

  #fetchBy(way: Way, url: URL, wanted: HttpRequest, signal: AbortSignal): Promise<Uint8Array> {
    const socket = openBoundTcp(this.#ports.addon, way.adapter, way.source);
    const port = url.port === '' ? 80 : Number(url.port);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      signal.addEventListener('abort', () => fail(timedOut()), { once: true });
      const headers = {
        host: url.host,
        'user-agent': 'agile-vpn',
        connection: 'close',
        ...(wanted.body === null
          ? {}
          : {
              'content-type': wanted.contentType ?? 'application/octet-stream',
              'content-length': String(wanted.body.length),
            }),
      };
      const asked = request(
        {
          method: wanted.body === null ? 'GET' : 'POST',
          path: `${url.pathname}${url.search}`,
          headers,
          createConnection: () => socket.connect({ host: way.address, port }),
        },
        (response) => {
          if (response.statusCode !== 200)
            return fail(new HttpAnswer(`the server answered ${String(response.statusCode)}`));
          const parts: Buffer[] = [];
          let length = 0;
          response.on('data', (part: Buffer) => {
            length += part.length;
            if (length > wanted.mostOctets)
              return fail(new HttpAnswer(`more than ${String(wanted.mostOctets)} octets`));
            parts.push(part);
          });
          response.once('end', () => {
            socket.destroy();
            if (response.complete) resolve(new Uint8Array(Buffer.concat(parts)));
            else reject(new HttpAnswer('the answer broke off'));
          });
          response.once('error', fail);
        },
      );
      asked.once('error', fail);
      asked.end(wanted.body ?? undefined);
    });
  }
}

/** The server was reached: another way to it would bring the same. */
class HttpAnswer extends Error {}

const timedOut = (): Error => new Error('no answer in time');

function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(timedOut()), { once: true });
    work.then(resolve, reject);
  });
}

/**
 * Neither this computer, a link nor a group: they are no place for a revocation server (P-16). Private addresses are
 * ordinary: companies keep their revocation servers there.
 */
export function isOrdinary(address: string): boolean {
  const octets = ipToOctets(address);
  if (octets === null) return false;
  if (ipFamily(address) === 4)
    return octets[0] !== 0 && octets[0] !== 127 && octets[0]! < 224 && !(octets[0] === 169 && octets[1] === 254);
  const isUnspecifiedOrLoopback = octets.subarray(0, 15).every((octet) => octet === 0);
  const isMapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  return (
    !isUnspecifiedOrLoopback && !isMapped && octets[0] !== 0xff && !(octets[0] === 0xfe && (octets[1]! & 0xc0) === 0x80)
  );
}
