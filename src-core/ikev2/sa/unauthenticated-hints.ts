import type { Clock } from '../../ports/clock';
import type { IkePath, IkeSessionEvent } from '../session';
import { notifyType, notifyTypeName } from '../wire/constants';
import { findPayloads } from '../wire/find';
import { decodeMessage } from '../wire/message';
import { endpointText } from './ike-path';
import type { SessionLog } from './session-log';
import type { SessionState } from './session-settings';

/** Milliseconds between two reactions to unauthenticated hints (C-75). */
const hintInterval = 10_000;

export interface HintsHost {
  readonly clock: Clock;
  readonly log: SessionLog;
  readonly state: SessionState;
  readonly isHeld: boolean;
  ask(): void;
  emit(event: IkeSessionEvent): void;
}

/** C-75, H-30: unprotected messages are hints, whatever they say. */
export class UnauthenticatedHints {
  readonly #host: HintsHost;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(host: HintsHost) {
    this.#host = host;
  }

  /** An unprotected message with SPIs of ours. */
  message(message: Uint8Array, path: IkePath): void {
    const decoded = decodeMessage(message);
    if (!decoded.ok) return;
    const hint = findPayloads(decoded.value.payloads, 'N').find(
      ({ notify: type }) => type === notifyType.INVALID_IKE_SPI || type === notifyType.INVALID_SPI,
    );
    if (hint === undefined) return;
    this.#host.log.write(
      'debug',
      'ike',
      `Unauthenticated ${notifyTypeName(hint.notify)} from ${endpointText(path.remote)}`,
    );
    this.peerForgot();
  }

  /** Somebody says that the peer does not know us: it is asked, rarely. */
  peerForgot(): void {
    const host = this.#host;
    const now = host.clock.now();
    if (host.state !== 'established' || now - this.#lastAt < hintInterval) return;
    this.#lastAt = now;
    host.emit({ type: 'peer-forgot-hint' });
    if (!host.isHeld) host.ask();
  }
}
