import type { LogRecord } from '../../src-core/ports/trace';
import type { VpnClient } from './vpn-client';

type Exchange = NonNullable<LogRecord['exchange']>;

/** The IKE messages in the log of a client that was started with `log`. */
export function exchangesOf(client: VpnClient): readonly Exchange[] {
  return client.stdout.split('\n').flatMap((line) => {
    if (!line.includes('"type":"log"')) return [];
    const { entry } = JSON.parse(line) as { readonly entry: LogRecord };
    return entry.exchange === undefined ? [] : [entry.exchange];
  });
}

const isUpdate = (exchange: Exchange): boolean =>
  exchange.payloads.some(({ fields }) =>
    fields.some(({ name, value }) => name === 'notify' && value === 'UPDATE_SA_ADDRESSES'),
  );

export interface InFlight {
  readonly updates: number;
  /** The most own requests, and the most UPDATE_SA_ADDRESSES among them, that were unanswered at the same time. */
  readonly mostRequests: number;
  readonly mostUpdates: number;
}

/** What was on its way at once, of own requests on an established IKE SA (C-5: never more than one). */
export function inFlight(exchanges: readonly Exchange[]): InFlight {
  const open = new Map<number, boolean>();
  let updates = 0;
  let mostRequests = 0;
  let mostUpdates = 0;
  for (const exchange of exchanges) {
    if (exchange.name !== 'INFORMATIONAL' && exchange.name !== 'CREATE_CHILD_SA') continue;
    if (exchange.direction === 'sent' && !exchange.response) {
      if (isUpdate(exchange) && !open.has(exchange.messageId)) updates++;
      open.set(exchange.messageId, isUpdate(exchange));
    } else if (exchange.direction === 'received' && exchange.response) open.delete(exchange.messageId);
    mostRequests = Math.max(mostRequests, open.size);
    mostUpdates = Math.max(mostUpdates, [...open.values()].filter(Boolean).length);
  }
  return { updates, mostRequests, mostUpdates };
}
