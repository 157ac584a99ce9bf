import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoded, DecodeError, Reader, Writer } from '.';

describe('Reader and Writer', () => {
  test('fields come back as they were written, big-endian', () => {
    const bytes = new Writer(1)
      .uint8(0x01)
      .uint16(0x0203)
      .uint32(0xf4050607)
      .uint64(0x8899aabbccddeeffn)
      .bytes(new Uint8Array([1, 2]))
      .zeros(1)
      .finish();
    expect([...bytes]).toEqual([1, 2, 3, 0xf4, 5, 6, 7, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 1, 2, 0]);
    const reader = new Reader(bytes, 'test');
    expect([reader.uint8('a'), reader.uint16('b'), reader.uint32('c'), reader.uint64('d')]).toEqual([
      1,
      0x0203,
      0xf4050607,
      0x8899aabbccddeeffn,
    ]);
    expect([...reader.bytes(2, 'e')]).toEqual([1, 2]);
    expect(reader.remaining).toBe(1);
    reader.skip(1, 'f');
    expect(reader.atEnd).toBe(true);
  });

  test('a read that does not fit throws a DecodeError that names area and field, and moves nothing', () => {
    const reader = new Reader(new Uint8Array(3), 'SA');
    const result = decoded(() => reader.uint32('SPI'));
    expect(result.ok).toBe(false);
    if (!result.ok) expect([result.error.area, result.error.field]).toEqual(['SA', 'SPI']);
    expect(reader.position).toBe(0);
    for (const length of [4, -1, 1.5, Number.NaN, 2 ** 53])
      expect(() => reader.bytes(length, 'x')).toThrow(DecodeError);
  });

  test('a sub-reader cannot see behind its end', () => {
    const reader = new Reader(new Uint8Array([1, 2, 3, 4]), 'outer');
    const inner = reader.sub(2, 'part', 'inner');
    inner.uint16('x');
    expect(() => inner.uint8('y')).toThrow('inner: y');
    expect(reader.uint8('z')).toBe(3);
    expect(() => {
      reader.expectEnd();
    }).toThrow(DecodeError);
  });

  test('a reader of a view with an offset stays in the view', () => {
    const reader = new Reader(new Uint8Array([9, 9, 1, 2, 9]).subarray(2, 4), 'view');
    expect(reader.uint16('x')).toBe(0x0102);
    expect(reader.remaining).toBe(0);
  });

  test('decoded lets defects pass', () => {
    expect(() =>
      decoded(() => {
        throw new TypeError('defect');
      }),
    ).toThrow(TypeError);
  });

  test('a value that does not fit its field is a RangeError', () => {
    const writer = new Writer();
    for (const write of [
      () => writer.uint8(256),
      () => writer.uint16(-1),
      () => writer.uint32(2 ** 32),
      () => writer.uint8(1.5),
      () => writer.uint64(2n ** 64n),
      () => writer.patchUint16(0, 1),
    ])
      expect(write).toThrow(RangeError);
    expect(writer.length).toBe(0);
  });

  test('a length prefix counts the body and what is asked in addition', () => {
    expect([
      ...new Writer()
        .uint8(7)
        .lengthPrefixed16(4, (writer) => writer.uint8(1).uint16(2))
        .finish(),
    ]).toEqual([7, 0, 7, 1, 0, 2]);
  });

  test('any sequence of chunks is kept in order through growth', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (chunks) => {
        const writer = new Writer(1);
        for (const chunk of chunks) writer.bytes(chunk);
        expect([...writer.finish()]).toEqual(chunks.flatMap((chunk) => [...chunk]));
      }),
    );
  });
});
