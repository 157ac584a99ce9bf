import { expect, test } from 'vitest';
import { decodeText } from './decode-text';

const text = '[Büro]\r\nVpnStrategy=7\r\n';
const utf16le = Buffer.from(text, 'utf16le');
const utf16be = Buffer.from(utf16le).swap16();

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a byte order mark', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(text)])],
  ['UTF-16LE with a byte order mark', Buffer.concat([Buffer.of(0xff, 0xfe), utf16le])],
  ['UTF-16BE with a byte order mark', Buffer.concat([Buffer.of(0xfe, 0xff), utf16be])],
  ['UTF-16LE without one', utf16le],
  ['UTF-16BE without one', utf16be],
  ['CP-1252', Buffer.from(text, 'latin1')],
])('%s', (_name, octets) => {
  expect(decodeText(new Uint8Array(octets))).toBe(text);
});

test.each([[[]], [[0]], [[0xff]], [[0xff, 0xfe, 0]], [[0, 0, 0, 0, 0, 0, 0, 0]], [[0xc3, 0x28, 0x81]]])(
  'octets that are no text do no harm: %j',
  (octets) => {
    expect(typeof decodeText(Uint8Array.from(octets))).toBe('string');
  },
);
