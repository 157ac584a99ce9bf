import { describe, expect, it } from 'vitest';
import { SeededRandom, VirtualClock } from '../../simulation';
import { parseProposal } from '../proposals/proposal';
import { ikeSuite } from '../proposals/suites';
import { exchangeType, notifyType } from '../wire/constants';
import { notify } from '../wire/payloads/notify';
import type { IkePath } from '../session';
import { IkeSa, type IkeSaHost, type ReceivedRequest } from './ike-sa';
import { expandIkeKeys } from './keying-material';
import type { SendResult } from '../../ports/datagrams';
import { establishedSchedule } from './retransmission';
import { Timers } from './timers';

const clock = new VirtualClock();
const random = new SeededRandom(7);
const path: IkePath = {
  socket: {
    local: { address: '192.0.2.1', port: 4500 },
    send: () => 'sent',
    onDatagram: () => undefined,
    onError: () => undefined,
    close: () => undefined,
  } as unknown as IkePath['socket'],
  remote: { address: '192.0.2.2', port: 4500 },
};

class End implements IkeSaHost {
  readonly clock = clock;
  readonly random = random;
  readonly timers = new Timers(clock);
  readonly sent: Uint8Array[] = [];
  readonly requests: ReceivedRequest[] = [];
  heardTimes = 0;
  requestPaths = (): readonly IkePath[] => [path];
  send = (_path: IkePath, message: Uint8Array): void => void this.sent.push(message);
  sendWhole = (_path: IkePath, message: Uint8Array): SendResult => (this.sent.push(message), 'sent');
  heard = (): void => void this.heardTimes++;
  handleRequest = (_sa: IkeSa, request: ReceivedRequest): void => void this.requests.push(request);
  peerViolation = (): void => undefined;
  unanswered = (): void => undefined;
  logMessage = (): void => undefined;
}

/** An initiator and a responder with the same keys. */
function pair(state: 'authenticating' | 'established') {
  const suite = ikeSuite(parseProposal('ike', 'aes256gcm16-prfsha256-x25519').algorithms);
  const spiI = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const spiR = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
  const keys = () =>
    expandIkeKeys(suite, new Uint8Array(32).fill(1), {
      nonceI: new Uint8Array(32),
      nonceR: new Uint8Array(32).fill(1),
      spiI,
      spiR,
    });
  const [a, b] = [new End(), new End()];
  const common = { spiI, spiR, suite, fragmentation: true, firstMessageId: 1 };
  const initiator = new IkeSa(a, { ...common, keys: keys(), initiator: true });
  const responder = new IkeSa(b, { ...common, keys: keys(), initiator: false });
  initiator.state = responder.state = state;
  const ask = (from: IkeSa, host: End, exchange: number): Uint8Array => {
    from.request({
      name: 'test',
      exchange,
      payloads: [notify(notifyType.INITIAL_CONTACT)],
      schedule: establishedSchedule,
      onResponse: () => undefined,
    });
    from.dropRequest();
    return host.sent.at(-1)!;
  };
  return { initiator, responder, a, b, ask };
}

describe('the window of one request (C-5, C-8)', () => {
  it('does not begin with the next request before the one in hand is answered', () => {
    const { initiator, responder, a, b, ask } = pair('authenticating');
    const [first, second] = [ask(initiator, a, exchangeType.IKE_AUTH), ask(initiator, a, exchangeType.IKE_AUTH)];
    responder.receive(first, path);
    responder.receive(second, path);
    expect(b.requests.map(({ messageId }) => messageId)).toEqual([1]);
    responder.respond(b.requests[0]!, []);
    responder.receive(second, path);
    expect(b.requests.map(({ messageId }) => messageId)).toEqual([1, 2]);
    // The late answer to a request is for that request only.
    responder.respond(b.requests[0]!, []);
    expect(b.sent).toHaveLength(1);
  });

  it('H-7: a responder asks nothing while it is being authenticated, IKE_AUTH neither', () => {
    const { initiator, responder, a, b, ask } = pair('authenticating');
    for (const exchange of [exchangeType.IKE_AUTH, exchangeType.INFORMATIONAL])
      initiator.receive(ask(responder, b, exchange), path);
    expect([a.requests.length, a.heardTimes]).toEqual([0, 0]);
  });

  it('C-6: a repetition is answered with the same octets, another message of that id not at all', () => {
    const { initiator, responder, a, b, ask } = pair('established');
    const first = ask(initiator, a, exchangeType.INFORMATIONAL);
    responder.receive(first, path);
    responder.respond(b.requests[0]!, []);
    responder.receive(first, path);
    expect(b.sent).toHaveLength(2);
    expect(b.sent[1]).toEqual(b.sent[0]);
    const heard = b.heardTimes;
    const twin = pair('established');
    responder.receive(twin.ask(twin.initiator, twin.a, exchangeType.CREATE_CHILD_SA), path);
    expect([b.sent.length, b.heardTimes, b.requests.length]).toEqual([2, heard, 1]);
  });

  it('wiped keys answer nothing', () => {
    const { initiator, responder, a, b, ask } = pair('established');
    const first = ask(initiator, a, exchangeType.INFORMATIONAL);
    responder.destroy();
    expect(responder.receive(first, path)).toBe(true);
    expect([b.sent.length, b.requests.length]).toEqual([0, 0]);
    expect(responder.keys.skEr.every((octet) => octet === 0)).toBe(true);
  });
});
