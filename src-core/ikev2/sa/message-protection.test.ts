import { describe, expect, it, vi } from 'vitest';
import { equal } from '../../bytes';
import { SeededRandom } from '../../simulation';
import { parseProposal } from '../proposals/proposal';
import { ikeSuite } from '../proposals/suites';
import { decodePayloads } from '../wire/chain';
import { exchangeType } from '../wire/constants';
import { decodeMessage } from '../wire/message';
import type { InnerPayload } from '../wire/payload';
import { FragmentCollector } from './fragment-collector';
import { expandIkeKeys } from './keying-material';
import { MessageProtection } from './message-protection';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

function pair(keyword: string) {
  const suite = ikeSuite(parseProposal('ike', keyword).algorithms);
  const keys = () =>
    expandIkeKeys(suite, new Uint8Array(32).fill(7), {
      nonceI: new Uint8Array(32).fill(1),
      nonceR: new Uint8Array(32).fill(2),
      spiI: new Uint8Array(8).fill(3),
      spiR: new Uint8Array(8).fill(4),
    });
  return {
    initiator: new MessageProtection(suite, keys(), true, new SeededRandom(1)),
    responder: new MessageProtection(suite, keys(), false, new SeededRandom(2)),
  };
}

const header = {
  spiInitiator: new Uint8Array(8).fill(3),
  spiResponder: new Uint8Array(8).fill(4),
  exchangeType: exchangeType.INFORMATIONAL,
  initiator: true,
  response: false,
  messageId: 5,
};
const vendor = (length: number): InnerPayload => ({ type: 'V', data: new Uint8Array(length).fill(0x5a) });

function openAll(protection: MessageProtection, messages: readonly Uint8Array[]): Uint8Array | null {
  const collector = new FragmentCollector();
  for (const message of messages) {
    const decoded = decodeMessage(message);
    const payload = decoded.ok ? decoded.value.payloads[0] : undefined;
    if (payload?.type !== 'SK' && payload?.type !== 'SKF') return null;
    const inner = protection.open(message, payload);
    if (inner === null) return null;
    if (payload.type === 'SK') return inner;
    const outcome = collector.add(
      5,
      { number: payload.fragmentNumber, total: payload.totalFragments, firstInner: payload.firstInner, inner },
      0,
    );
    if (outcome.type === 'complete') return outcome.inner;
  }
  return null;
}

describe.each([
  'aes128gcm16-prfsha256-x25519',
  'aes256gcm16-prfsha384-x25519',
  'chacha20poly1305-prfsha256-x25519',
  'aes256-sha256-modp2048',
  'aes128-sha512-modp2048',
  '3des-sha1-modp1024',
])('message protection with %s', (keyword) => {
  it('what one end seals the other opens, at every length', () => {
    const { initiator, responder } = pair(keyword);
    for (let length = 0; length < 40; length++) {
      const messages = initiator.seal(header, [vendor(length)], null, 20);
      expect(messages).toHaveLength(1);
      const inner = openAll(responder, messages);
      const payloads = decodePayloads(43, inner ?? new Uint8Array(0));
      expect(payloads.ok && payloads.value).toEqual([vendor(length)]);
    }
  });

  it('an empty message', () => {
    const { initiator, responder } = pair(keyword);
    expect(openAll(responder, initiator.seal(header, [], null, 20))).toEqual(new Uint8Array(0));
  });

  it('directions have their own keys, and no two messages share an IV', () => {
    const { initiator } = pair(keyword);
    const [first, second] = [
      initiator.seal(header, [vendor(5)], null, 20),
      initiator.seal(header, [vendor(5)], null, 20),
    ];
    expect(openAll(initiator, first)).toBeNull();
    expect(equal(first[0]!, second[0]!)).toBe(false);
  });

  it('H-31: any changed octet, from the header to the ICV, is refused', () => {
    const { initiator, responder } = pair(keyword);
    const [message] = initiator.seal(header, [vendor(20)], null, 20);
    for (let index = 0; index < message!.length; index++) {
      const changed = message!.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x80;
      expect(openAll(responder, [changed]), `octet ${String(index)}`).toBeNull();
    }
    expect(openAll(responder, [message!])).not.toBeNull();
  });

  it.each([1280, 576])('X-2, X-3: fragments of at most %d octets with headers', (limit) => {
    const { initiator, responder } = pair(keyword);
    for (const ip of [20, 40]) {
      const messages = initiator.seal(header, [vendor(5000)], limit, ip);
      expect(messages.length).toBeGreaterThan(3);
      for (const message of messages) expect(message.length + ip + 12).toBeLessThanOrEqual(limit);
      // The largest of them fill the datagram nearly: 16 octets of padding at most are wasted.
      expect(messages[0]!.length + ip + 12).toBeGreaterThan(limit - 32);
      expect(openAll(responder, messages)?.length).toBe(5004);
      expect(openAll(responder, [...messages].reverse())?.length).toBe(5004);
      expect(openAll(responder, messages.slice(1))).toBeNull();
    }
  });

  it('a message that fits is not fragmented', () => {
    const { initiator } = pair(keyword);
    expect(initiator.seal(header, [vendor(900)], 1280, 40)).toHaveLength(1);
  });
});

describe('FragmentCollector (RFC 7383 section 2.6, H-34)', () => {
  const piece = (number: number, total: number, octet = number) => ({
    number,
    total,
    firstInner: number === 1 ? 43 : 0,
    inner: Uint8Array.of(octet),
  });

  it('puts pieces in order, whatever order they come in', () => {
    const collector = new FragmentCollector();
    expect(collector.add(1, piece(3, 3), 0).type).toBe('incomplete');
    expect(collector.add(1, piece(1, 3), 0).type).toBe('incomplete');
    expect(collector.add(1, piece(2, 3), 0)).toEqual({
      type: 'complete',
      firstInner: 43,
      inner: Uint8Array.of(1, 2, 3),
    });
  });

  it.each([
    ['total 0', piece(0, 0)],
    ['number 0', piece(0, 3)],
    ['number above total', piece(4, 3)],
    ['65535 fragments', piece(1, 65_535)],
  ])('%s is refused', (_what, fragment) => {
    expect(new FragmentCollector().add(1, fragment, 0).type).toBe('refused');
  });

  it('the same number twice with other content keeps the first', () => {
    const collector = new FragmentCollector();
    collector.add(1, piece(1, 2, 11), 0);
    expect(collector.add(1, piece(1, 2, 99), 0).type).toBe('refused');
    expect(collector.add(1, piece(2, 2, 22), 0)).toMatchObject({ inner: Uint8Array.of(11, 22) });
  });

  it('X-3: a larger total replaces the set, a smaller one is ignored', () => {
    const collector = new FragmentCollector();
    collector.add(1, piece(1, 2), 0);
    expect(collector.add(1, piece(2, 3), 0).type).toBe('incomplete');
    expect(collector.add(1, piece(2, 2), 0).type).toBe('refused');
    collector.add(1, piece(1, 3), 0);
    expect(collector.add(1, piece(3, 3), 0).type).toBe('complete');
  });

  it('X-4: an incomplete set is forgotten after 60 s and at 64 KiB; another message id starts anew', () => {
    const collector = new FragmentCollector();
    collector.add(1, piece(1, 2), 0);
    expect(collector.add(1, piece(2, 2), 61_000).type).toBe('incomplete');
    collector.add(2, piece(1, 2), 61_000);
    expect(collector.add(2, piece(2, 2), 61_000).type).toBe('complete');
    const big = { number: 1, total: 2, firstInner: 43, inner: new Uint8Array(60_000) };
    collector.add(3, big, 62_000);
    expect(collector.add(3, { ...big, number: 2 }, 62_000).type).toBe('refused');
  });
});
