import { hexEncode, utf8Encode } from '../bytes';
import { hash } from '../crypto/hash';
import { foldName } from '../profiles/checks';

/**
 * What names a connection where its name as people read it has no business: 32 hexadecimal digits, equal for equal
 * names of profiles. The kill
 * switch that a connection leaves in the kernel carries it, so that the next start of a host knows whose it is.
 */
export function connectionId(name: string): string {
  return hexEncode(hash('sha256', utf8Encode(foldName(name))).subarray(0, 16));
}
