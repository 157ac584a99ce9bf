import { createIvSource, createMessageCipher, type IvSource, type MessageCipher } from '../../crypto/message-cipher';
import { wipe } from '../../crypto/wipe';
import type { Random } from '../../ports/random';
import type { IkeSuite } from '../proposals/suites';
import { encodePayloads } from '../wire/chain';
import { headerLength } from '../wire/header';
import { notifyType } from '../wire/constants';
import { frameEncryptedMessage, type OutgoingHeader } from '../wire/message';
import type { InnerPayload } from '../wire/payload';
import type { EncryptedFragmentPayload, EncryptedPayload } from '../wire/payloads/encrypted';
import { notify } from '../wire/payloads/notify';
import type { IkeKeys } from './keying-material';

/** Octets around the IKE message in an IP datagram: UDP header and non-ESP marker; the IP header comes on top. */
const udpAndMarker = 8 + 4;
const skfHeaderLength = 8;
/** RFC 7383 section 2.5.1 has 16 bits; we send no message that would need more than this. */
const maxFragments = 64;

/**
 * The Encrypted payload of one IKE SA, both directions. Everything that is sent is sealed in `#sealOne`, everything
 * that is received is
 * opened in `open`; neither has a way around the ICV.
 */
export class MessageProtection {
  readonly #out: MessageCipher;
  readonly #in: MessageCipher;
  readonly #iv: IvSource;
  readonly #random: Random;

  /** `initiator`: this end is the initiator of the IKE SA. Copies the keys it needs. */
  constructor(suite: IkeSuite, keys: IkeKeys, initiator: boolean, random: Random) {
    const fromInitiator = createMessageCipher(suite.cipher, keys.skEi, keys.skAi);
    const fromResponder = createMessageCipher(suite.cipher, keys.skEr, keys.skAr);
    this.#out = initiator ? fromInitiator : fromResponder;
    this.#in = initiator ? fromResponder : fromInitiator;
    this.#iv = createIvSource(this.#out, random);
    this.#random = random;
  }

  /**
   * One message, or its fragments when it would make an IP datagram larger than `datagramLimit` octets (RFC 7383).
   * null: never fragments.
   * `ipHeaderLength` is 20 or 40.
   */
  seal(
    header: OutgoingHeader,
    payloads: readonly InnerPayload[],
    datagramLimit: number | null,
    ipHeaderLength: number,
  ): readonly Uint8Array[] {
    const { firstType, body } = encodePayloads(payloads);
    try {
      const outside = ipHeaderLength + udpAndMarker;
      if (datagramLimit === null || outside + headerLength + 4 + this.#sealedLength(body.length) <= datagramLimit) {
        return [this.#sealOne(header, firstType, body, null)];
      }
      const room = datagramLimit - outside - headerLength - skfHeaderLength;
      const pieceLength = Math.max(this.#plaintextRoom(room), Math.ceil(body.length / maxFragments), 64);
      const total = Math.ceil(body.length / pieceLength);
      const messages: Uint8Array[] = [];
      for (let number = 1; number <= total; number++) {
        messages.push(
          this.#sealOne(header, firstType, body.subarray((number - 1) * pieceLength, number * pieceLength), {
            number,
            total,
          }),
        );
      }
      return messages;
    } finally {
      wipe(body);
    }
  }

  /**
   * One message that a notify of no meaning makes `atLeast` octets long, or the next size that the cipher can make; at
   * most `atMost`. null: the payloads alone are longer.
   */
  sealPadded(
    header: OutgoingHeader,
    payloads: readonly InnerPayload[],
    atLeast: number,
    atMost: number,
  ): { readonly message: Uint8Array; readonly payloads: readonly InnerPayload[] } | null {
    const { blockSize, ivLength, icvLength } = this.#out;
    const outside = headerLength + 4 + ivLength + icvLength;
    const blocks = Math.min(Math.ceil((atLeast - outside) / blockSize), Math.floor((atMost - outside) / blockSize));
    const bare = encodePayloads([...payloads, notify(notifyType.PATH_MTU_PADDING)]).body.length;
    const padding = blocks * blockSize - 1 - bare;
    if (padding < 0) return null;
    const padded = [...payloads, notify(notifyType.PATH_MTU_PADDING, new Uint8Array(padding))];
    const { firstType, body } = encodePayloads(padded);
    return { message: this.#sealOne(header, firstType, body, null), payloads: padded };
  }

  /** The inner octets, padding removed; null unless the ICV is right. `message` is the whole message without marker. */
  open(message: Uint8Array, payload: EncryptedPayload | EncryptedFragmentPayload): Uint8Array | null {
    const plaintext = this.#in.open(message.subarray(0, payload.bodyOffset), payload.body);
    if (plaintext === null) return null;
    const padding = plaintext.at(-1);
    // RFC 7296 section 3.14: the content of the padding is not checked, its length is.
    if (padding === undefined || padding + 1 > plaintext.length) return null;
    return plaintext.subarray(0, plaintext.length - 1 - padding);
  }

  /** The keys are gone; nothing can be sealed or opened any more. */
  wipe(): void {
    this.#out.wipe();
    this.#in.wipe();
  }

  #sealOne(
    header: OutgoingHeader,
    firstType: number,
    inner: Uint8Array,
    fragment: { readonly number: number; readonly total: number } | null,
  ): Uint8Array {
    const padding = this.#padding(inner.length);
    const plaintext = new Uint8Array(inner.length + padding + 1);
    plaintext.set(inner);
    if (padding > 0) plaintext.set(this.#random.bytes(padding), inner.length);
    plaintext[plaintext.length - 1] = padding;
    const { message, bodyOffset } = frameEncryptedMessage(
      header,
      firstType,
      this.#sealedLength(inner.length),
      fragment,
    );
    message.set(this.#out.seal(message.subarray(0, bodyOffset), plaintext, this.#iv.next()), bodyOffset);
    wipe(plaintext);
    return message;
  }

  #padding(innerLength: number): number {
    const { blockSize } = this.#out;
    return (blockSize - ((innerLength + 1) % blockSize)) % blockSize;
  }

  /** IV, ciphertext with padding and pad length, ICV. */
  #sealedLength(innerLength: number): number {
    return this.#out.ivLength + innerLength + this.#padding(innerLength) + 1 + this.#out.icvLength;
  }

  /** How many inner octets fit when `room` octets are there for IV, ciphertext and ICV. */
  #plaintextRoom(room: number): number {
    const ciphertext = room - this.#out.ivLength - this.#out.icvLength;
    return ciphertext - (ciphertext % this.#out.blockSize) - 1;
  }
}
