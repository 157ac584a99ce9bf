import { utf8Decode } from '../../bytes';

/**
 * The text of a foreign file, whatever wrote it: UTF-16 of either order (with a byte order mark, or told by the NUL in
 * every second octet), UTF-8, or what old Windows programs wrote, CP-1252. Never fails; octets that are no text at all
 * give text that no format is recognised in.
 */
export function decodeText(content: Uint8Array): string {
  const [first, second, third] = content;
  if (first === 0xff && second === 0xfe) return decode('utf-16le', content.subarray(2));
  if (first === 0xfe && second === 0xff) return decode('utf-16be', content.subarray(2));
  if (first === 0xef && second === 0xbb && third === 0xbf) return decode('utf-8', content.subarray(3));
  const utf16 = utf16Order(content);
  if (utf16 !== null) return decode(utf16, content);
  return utf8Decode(content) ?? decode('windows-1252', content);
}

const decode = (encoding: string, content: Uint8Array): string => new TextDecoder(encoding).decode(content);

/** Configuration files are mostly ASCII: in UTF-16 nearly every second octet of them is 0, and always the same one. */
function utf16Order(content: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const sample = content.subarray(0, 1024);
  let [even, odd] = [0, 0];
  for (let at = 0; at + 1 < sample.length; at += 2) {
    if (sample[at] === 0) even++;
    if (sample[at + 1] === 0) odd++;
  }
  const most = (sample.length >> 1) * 0.6;
  if (most < 2) return null;
  return odd > most && even === 0 ? 'utf-16le' : even > most && odd === 0 ? 'utf-16be' : null;
}
