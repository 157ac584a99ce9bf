import { request, type IncomingHttpHeaders } from 'node:http';
import type { NativeAddon } from '../../../native';
import { ipFamily } from '../../../src-core/bytes';
import type { Connectivity, ConnectivityProbe, ConnectivityQuestion } from '../../../src-core/ports/connectivity';
import { openBoundTcp } from './bound-tcp';

/** Milliseconds for the name, and for the page. */
const NAME_LIMIT = 4_000;
const PAGE_LIMIT = 4_000;
/** Octets of the body that are read at most. */
const MOST_BODY = 4_096;
const MOST_ADDRESSES = 2;

export interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * What an answer to the well-known page means. The page says 204 with nothing in it, or NetworkManager's own word;
 * anything else that claims success, leads
 * elsewhere or asks for a sign-in (RFC 6585 section 6) is a portal. An error of a server says that there is a way to
 * it.
 */
export function judgePage({ status, headers, body }: Page): Connectivity {
  if (status === 204 || headers['x-networkmanager-status'] === 'online' || body.startsWith('NetworkManager is online'))
    return 'internet';
  if ((status >= 200 && status < 400) || status === 401 || status === 407 || status === 511) return 'captive-portal';
  return 'internet';
}

/**
 * One GET by one adapter, on a TCP connection that is bound to it: past the tunnel, on the network that is asked about.
 */
export class HttpConnectivityProbe implements ConnectivityProbe {
  private readonly addon: Pick<NativeAddon, 'openTcp' | 'closeDescriptor'>;
  /** Names through this adapter's own network. */
  private readonly resolve: (host: string, adapter: string) => Promise<readonly string[]>;

  constructor(
    addon: Pick<NativeAddon, 'openTcp' | 'closeDescriptor'>,
    resolve: (host: string, adapter: string) => Promise<readonly string[]>,
  ) {
    this.addon = addon;
    this.resolve = resolve;
  }

  async probe(question: ConnectivityQuestion): Promise<Connectivity> {
    const url = new URL(question.url);
    const family = ipFamily(question.source);
    const addresses = await within(
      NAME_LIMIT,
      this.resolve(url.hostname.replace(/^\[|\]$/g, ''), question.adapter),
    ).catch(() => [] as const);
    const pages = addresses
      .filter((address) => ipFamily(address) === family)
      .slice(0, MOST_ADDRESSES)
      .map((address) => this.get(question, url, address));
    return Promise.any(pages).then(judgePage, () => 'no-internet');
  }

  private get({ adapter, source }: ConnectivityQuestion, url: URL, address: string): Promise<Page> {
    const port = url.port === '' ? 80 : Number(url.port);
    return new Promise((resolve, reject) => {
      const socket = openBoundTcp(this.addon, adapter, source);
      const asked = request({
        host: url.hostname,
        port,
        path: `${url.pathname}${url.search}`,
        headers: { 'cache-control': 'no-cache', connection: 'close' },
        createConnection: () => socket.connect({ host: address, port }),
      });
      const timer = setTimeout(() => asked.destroy(new Error('the page did not come in time')), PAGE_LIMIT);
      socket.once('close', () => clearTimeout(timer));
      asked.once('error', reject);
      asked.once('response', (response) => {
        let body = '';
        const finish = (): void => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
          asked.destroy();
        };
        response.setEncoding('latin1');
        response.on('data', (text: string) => {
          body += text;
          if (body.length >= MOST_BODY) finish();
        });
        response.once('end', finish);
        response.once('error', reject);
      });
      asked.end();
    });
  }
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
