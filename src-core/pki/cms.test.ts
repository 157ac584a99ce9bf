import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeValues } from './distinguished-name';
import { readCms } from './cms';
import vectors from './vectors/cms.json';

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const contents: Readonly<Record<string, Uint8Array>> = { small: octets(vectors.small), long: octets(vectors.long) };
const read = (cms: Uint8Array) => {
  const result = readCms(cms);
  if (result?.type !== 'signed') throw new Error('not signed');
  return result;
};

describe('a signed message', () => {
  test.each(vectors.signed)('$name', ({ cms, content, signer, intact }) => {
    const result = read(octets(cms));
    expect(Buffer.compare(result.content, contents[content]!)).toBe(0);
    expect(result.signer === null ? null : attributeValues(result.signer.subject, 'CN')[0]).toBe(signer);
    expect(result.intact).toBe(intact);
  });

  test.each(vectors.signed.filter(({ intact, name }) => intact === true && !name.startsWith('PEM')))(
    '$name, with another content of the same length',
    ({ cms, content }) => {
      const changed = octets(cms);
      const at = Buffer.from(changed).indexOf(Buffer.from(contents[content]!).subarray(0, 20));
      changed[at]! ^= 1;
      expect(read(changed)).toMatchObject({ intact: false });
    },
  );

  test('a line end behind it is none of it; anything else is', () => {
    const cms = Buffer.from(octets(vectors.signed[0]!.cms));
    expect(read(new Uint8Array(Buffer.concat([cms, Buffer.from('\r\n')]))).intact).toBe(true);
    expect(readCms(new Uint8Array(Buffer.concat([cms, Buffer.from('more')])))).toBeNull();
  });

  test('an encrypted one is told', () => {
    expect(readCms(octets(vectors.encrypted))).toEqual({ type: 'encrypted' });
  });

  test('anything else is null, wherever a message ends or is changed', () => {
    expect(readCms(new Uint8Array())).toBeNull();
    expect(readCms(octets('MAMCAQM='))).toBeNull();
    const whole = octets(vectors.signed[2]!.cms);
    for (let length = 0; length < whole.length; length++) expect(readCms(whole.slice(0, length))).toBeNull();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = whole.slice();
        changed[at]! ^= change;
        const result = readCms(changed);
        if (result?.type === 'signed' && result.intact === true)
          expect(Buffer.compare(result.content, contents['small']!)).toBe(0);
      }),
    );
  });
});
