import { expect, test } from 'vitest';
import { rangeAt, segments } from './visible-rows';

const text = (count: number, first: number, end: number, pinned: readonly number[] = []): string =>
  segments(count, { first, end }, pinned)
    .map((each) => (each.type === 'row' ? String(each.index) : `(${each.rows})`))
    .join(' ');

test('rows near the window are there, the rest are gaps of the right length', () => {
  expect(text(500, 3, 6)).toBe('(3) 3 4 5 (494)');
  expect(text(4, -7, 30)).toBe('0 1 2 3');
  expect(text(0, 0, 30)).toBe('');
  expect(text(10, 20, 30)).toBe('(10)');
});

test('pinned rows stay wherever they are, once', () => {
  expect(text(100, 50, 52, [4, 50, 99, -1, 100])).toBe('(4) 4 (45) 50 51 (47) 99');
});

test('each row is in exactly one segment', () => {
  for (let first = -20; first < 60; first += 7) {
    const all = segments(40, { first, end: first + 11 }, [0, 13, 39]).flatMap((each) =>
      each.type === 'row' ? [each.index] : Array.from({ length: each.rows }, (_, offset) => each.first + offset),
    );
    expect(all).toEqual(Array.from({ length: 40 }, (_, index) => index));
  }
});

test('a window in the middle of the list', () => {
  expect(rangeAt(2800, 280, 28)).toEqual({ first: 90, end: 120 });
  expect(rangeAt(-50, 280, 28).first).toBeLessThan(0);
});
