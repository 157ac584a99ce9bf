import type { IkeSa } from '../sa/ike-sa';
import { type RetransmissionSchedule, urgentSchedule } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import type { IkePath } from '../session';
import { exchangeType } from '../wire/constants';
import type { InnerPayload, Payload } from '../wire/payload';
import type { Task } from './task';

/**
 * Is the peer still there, and does the NAT still show us as before (RFC 7296 section 2.4; RFC 4555 section 3.8, C-73,
 * C-74)?
 */
export class LivenessTask implements Task {
  readonly kind = 'liveness';
  readonly name = 'liveness';
  readonly exchange = exchangeType.INFORMATIONAL;
  readonly restartable = true;
  readonly schedule: RetransmissionSchedule;
  readonly #session: SessionCore;

  constructor(session: SessionCore) {
    this.#session = session;
    this.schedule = urgentSchedule(session.current?.roundTrip ?? null);
  }

  build(sa: IkeSa): readonly InnerPayload[] {
    return this.#session.mobility.probePayloads(sa);
  }

  process(sa: IkeSa, payloads: readonly Payload[], path: IkePath): void {
    this.#session.mobility.readProbe(sa, payloads, path);
  }
}
