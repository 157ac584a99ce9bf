import { describe, expect, it } from 'vitest';
import { chooseInnerMtu, largestInnerPacket } from './inner-mtu';

describe('inner MTU (docs/data-path.md 4.2)', () => {
  it.each([
    ['aes128gcm16', 1500, 4, 1438],
    ['chacha20poly1305', 1500, 6, 1418],
    ['aes256gcm16', 1492, 4, 1430],
    ['aes128gcm16', 1460, 4, 1398],
    ['aes128gcm16', 1280, 6, 1198],
    ['aes128-sha256', 1500, 4, 1422],
    ['aes256-sha256', 1500, 6, 1406],
    ['aes128-sha256', 1460, 4, 1390],
    ['aes128-sha256', 1280, 6, 1182],
    ['aes128-sha1', 1500, 4, 1422],
    ['null-sha256', 1500, 4, 1446],
    ['null-sha256', 1280, 6, 1206],
  ] as const)('%s in %i octets of IPv%i carries %i', (proposal, outer, family, inner) => {
    expect(largestInnerPacket(outer, family, proposal)).toBe(inner);
  });

  it('is 1400 unless the path takes less or the profile says otherwise', () => {
    expect(chooseInnerMtu('auto', 1500, 4, 'aes128gcm16')).toBe(1400);
    expect(chooseInnerMtu('auto', 1280, 6, 'aes128gcm16')).toBe(1198);
    expect(chooseInnerMtu(1438, 1500, 4, 'aes128gcm16')).toBe(1438);
    expect(chooseInnerMtu(9000, 1500, 4, 'aes128gcm16')).toBe(1438);
  });
});
