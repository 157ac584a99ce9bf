import { describe, expect, it } from 'vitest';
import { concat } from '../../bytes';
import { fragmentSize, messageLimit, startFrame, TlsFraming } from './framing';

const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);

describe('EAP-TLS framing (A-22, A-23)', () => {
  it.each([0, 1, fragmentSize, fragmentSize + 1, 5 * fragmentSize + 3])(
    'carries a message of %i octets from end to end',
    (length) => {
      const sender = new TlsFraming(0);
      const receiver = new TlsFraming(0);
      let packet = sender.send(message(length));
      for (let round = 0; round < 10; round++) {
        const received = receiver.receive(packet);
        if (received.type === 'message') {
          expect(received.message).toEqual(message(length));
          return;
        }
        expect(received.type).toBe('fragment');
        const acknowledged = sender.receive(receiver.acknowledge());
        expect(acknowledged.type).toBe('acknowledged');
        if (acknowledged.type === 'acknowledged') packet = acknowledged.next;
      }
      expect.unreachable('the message never ended');
    },
  );

  it('answers with our own version, whatever the start said (A-30)', () => {
    const framing = new TlsFraming(0);
    expect(framing.receive(startFrame(1))).toEqual({ type: 'start' });
    expect(framing.send(message(1))[0]).toBe(0);
  });

  it.each([
    ['no flags', new Uint8Array(0)],
    ['a length over the cap', Uint8Array.of(0x80, 0, 1, 0, 1)],
    ['a truncated length', Uint8Array.of(0x80, 0, 0)],
    ['more data than announced', concat(Uint8Array.of(0x80, 0, 0, 0, 2), message(3))],
    ['less data than announced', concat(Uint8Array.of(0x80, 0, 0, 0, 4), message(3))],
    ['a start with data', Uint8Array.of(0x20, 1)],
    ['an empty fragment with more to come', Uint8Array.of(0x40)],
  ])('H-53: refuses %s', (_name, data) => {
    expect(new TlsFraming(0).receive(data).type).toBe('violation');
  });

  it('H-53: fragments without end stop at the cap', () => {
    const framing = new TlsFraming(0);
    const fragment = concat(Uint8Array.of(0x40), message(fragmentSize));
    const results = Array.from({ length: messageLimit / fragmentSize + 1 }, () => framing.receive(fragment).type);
    expect(results.at(-1)).toBe('violation');
    expect(results.slice(0, -1).every((type) => type === 'fragment')).toBe(true);
  });
});
