/**
 * The default of this client, of libipsec and of Windows' own client: safe on PPPoE and IPv4 over IPv6 (docs/data-path.md
 * 4.3).
 */
export const defaultInnerMtu = 1400;
/** Octets. RFC 8200 section 5: no IPv6 below the first; RFC 791: every IPv4 host takes the second. */
export const smallestTunnelMtu = { 6: 1280, 4: 576 } as const;

interface Framing {
  readonly iv: number;
  readonly icv: number;
  /** Payload, padding, pad length and next header fill a multiple of it. */
  readonly block: number;
}

/** ESP framing of a proposal in keyword form ("aes128gcm16", "aes256-sha256"), octets. */
export function espFraming(proposal: string): Framing {
  const keyword = proposal.toLowerCase();
  const icv = keyword.includes('sha512') ? 32 : keyword.includes('sha384') ? 24 : keyword.includes('sha256') ? 16 : 12;
  if (keyword.includes('gcm') || keyword.includes('chacha')) return { iv: 8, icv: 16, block: 4 };
  if (keyword.includes('null')) return { iv: 0, icv, block: 4 };
  return { iv: 16, icv, block: 16 };
}

/**
 * The largest inner packet, in octets, that fits one outer datagram of `outerMtu` octets as ESP in UDP (RFC 3948):
 * outer header, UDP 8, SPI and sequence number 8, IV, padding, trailer 2, ICV.
 */
export function largestInnerPacket(outerMtu: number, outerFamily: 4 | 6, proposal: string): number {
  const { iv, icv, block } = espFraming(proposal);
  const room = outerMtu - (outerFamily === 4 ? 20 : 40) - 8 - 8 - iv - icv;
  return Math.floor(room / block) * block - 2;
}

/** The inner MTU of a connection: the profile's number, else the default, and never more than the path takes. */
export function chooseInnerMtu(
  wanted: 'auto' | number,
  outerMtu: number,
  outerFamily: 4 | 6,
  proposal: string,
): number {
  return Math.min(wanted === 'auto' ? defaultInnerMtu : wanted, largestInnerPacket(outerMtu, outerFamily, proposal));
}
