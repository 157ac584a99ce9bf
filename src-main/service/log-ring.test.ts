import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src-core/ports/trace';
import { LogRing } from './log-ring';

const record = (text: string, value = ''): LogRecord => ({
  level: 'debug',
  area: 'ike',
  text,
  exchange: {
    direction: 'received',
    name: 'INFORMATIONAL',
    messageId: 1,
    response: false,
    from: '192.0.2.1:4500',
    to: '192.0.2.2:4500',
    payloads: [{ name: 'N', fields: [{ name: 'data', value }] }],
  },
});

describe('the log is bounded', () => {
  it('in entries: the oldest go first', () => {
    const ring = new LogRing(3);
    for (const text of ['a', 'b', 'c', 'd', 'e']) ring.add(record(text), null, 0);
    expect(ring.read(null).map(({ text }) => text)).toEqual(['c', 'd', 'e']);
    expect(ring.read(null, 2).map(({ text }) => text)).toEqual(['d', 'e']);
  });

  it('in characters: large messages of a peer push out more than one entry', () => {
    const ring = new LogRing(1000, 20_000);
    for (let index = 0; index < 500; index++) ring.add(record(`small ${index}`), null, 0);
    const before = ring.read(null).length;
    for (let index = 0; index < 8; index++) ring.add(record(`large ${index}`, 'x'.repeat(2000)), null, 0);
    const kept = ring.read(null);
    expect(kept.length).toBeLessThan(before);
    expect(kept.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0)).toBeLessThan(40_000);
    expect(kept.at(-1)?.text).toBe('large 7');
    expect(kept.map(({ id }) => id)).toEqual([...kept.map(({ id }) => id)].sort((a, b) => a - b));
  });

  it('keeps the newest entry whatever its size', () => {
    const ring = new LogRing(10, 100);
    ring.add(record('huge', 'x'.repeat(5000)), null, 0);
    expect(ring.read(null).map(({ text }) => text)).toEqual(['huge']);
  });

  it('drops entries as fast as it takes them over a long run', () => {
    const ring = new LogRing(100);
    for (let index = 0; index < 10_000; index++) ring.add(record(String(index)), index % 2 === 0 ? 'even' : 'odd', 0);
    expect(ring.read('even').map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 50 }, (_, index) => 9900 + 2 * index),
    );
  });
});
