import { wipe } from '../bytes';
import { utf16 } from '../eap';

/**
 * The password that takes the place of an expired one. It belongs to the credentials of one attempt: MS-CHAPv2
 * needs the password itself
 * for the change (RFC 2759 section 8.9), so it is kept until the server has taken it, or the credentials end.
 */
export class NewPassword {
  #octets: Uint8Array | null;

  /** Throws a RangeError over 256 characters. The text itself is its caller's, to be let go. */
  constructor(text: string) {
    this.#octets = utf16(text);
  }

  /** UTF-16LE, to be wiped by whoever asked; null once it is gone. */
  copy(): Uint8Array | null {
    return this.#octets?.slice() ?? null;
  }

  /** Idempotent. */
  wipe(): void {
    wipe(this.#octets);
    this.#octets = null;
  }
}
