import type { LogArea, LogLevel, Trace } from '../../ports/trace';
import type { IkePath } from '../session';
import { exchangeTypeName } from '../wire/constants';
import { describeMessage } from '../wire/describe';
import type { Payload } from '../wire/payload';
import { endpointText } from './ike-path';

/**
 * What a session writes. What a message makes us say goes out before anything is written about it: somebody may be
 * waiting for a roam to end.
 */
export class SessionLog {
  readonly #trace: Trace;
  /** Records of the message that is being processed; null outside of that. */
  #delayed: (() => void)[] | null = null;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** Processes a message; what is written meanwhile is written afterwards. */
  whileProcessing<T>(process: () => T): T {
    const outermost = this.#delayed === null;
    this.#delayed ??= [];
    try {
      return process();
    } finally {
      if (outermost) this.flush();
    }
  }

  /** Writes what waits. */
  flush(): void {
    const records = this.#delayed ?? [];
    this.#delayed = null;
    for (const write of records) write();
  }

  write(level: LogLevel, area: LogArea, text: string): void {
    this.#later(() => this.#trace.log({ level, area, text }));
  }

  message(
    direction: 'sent' | 'received',
    exchange: number,
    messageId: number,
    response: boolean,
    path: IkePath,
    payloads: readonly Payload[],
  ): void {
    this.#later(() => {
      const local = endpointText(path.socket.local);
      const remote = endpointText(path.remote);
      const [from, to] = direction === 'sent' ? [local, remote] : [remote, local];
      this.#trace.log({
        level: 'debug',
        area: 'ike',
        text: `${direction === 'sent' ? 'Sent' : 'Received'} ${exchangeTypeName(exchange)} ${response ? 'response' : 'request'} ${String(messageId)}`,
        exchange: describeMessage({ direction, exchangeType: exchange, messageId, response, from, to, payloads }),
      });
    });
  }

  #later(write: () => void): void {
    if (this.#delayed === null) write();
    else this.#delayed.push(write);
  }
}
