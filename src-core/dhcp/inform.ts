import { ipToOctets, uint32Octets, utf8Encode } from '../bytes';
import { dhcpOptions, readOptions, type DhcpOptions } from './options';

/** RFC 2131 section 3.4: a client that has its address asks for everything else. */
export interface InformRequest {
  /** 32 bits, random. */
  readonly transaction: number;
  /** The inner IPv4 address. */
  readonly address: string;
  /** 6 octets, stable for a connection, locally administered. */
  readonly hardwareAddress: Uint8Array;
}

/** RFC 951: fixed part, up to the magic cookie. */
const layout = {
  transaction: 4,
  clientAddress: 12,
  hardwareAddress: 28,
  sname: 44,
  file: 108,
  cookie: 236,
  options: 240,
} as const;
const cookie = [0x63, 0x82, 0x53, 0x63] as const;
/** BOOTP's smallest message; some relays drop shorter ones (W-22). */
const smallest = 300;
/** W-24. */
const longest = 1500;
const ethernet = 1;
const messageType = { option: 53, ack: 5, inform: 8 } as const;
/** Windows' own list: servers are set up for clients that ask for these, and match on the class (W-22). */
const parameters = [1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249] as const;
const vendorClass = 'MSFT 5.0';

/** DHCPINFORM, 300 octets (W-22). No address, lease or server option: none is wanted. */
export function encodeInform(request: InformRequest): Uint8Array {
  const { hardwareAddress } = request;
  const address = ipToOctets(request.address);
  if (address?.length !== 4 || hardwareAddress.length !== 6)
    throw new RangeError('DHCPINFORM wants an IPv4 address and a hardware address of 6 octets');
  const out = new Uint8Array(smallest);
  out.set([1, ethernet, 6, 0]);
  out.set(uint32Octets(request.transaction), layout.transaction);
  out.set(address, layout.clientAddress);
  out.set(hardwareAddress, layout.hardwareAddress);
  out.set(cookie, layout.cookie);
  const name = utf8Encode(vendorClass);
  out.set(
    [
      messageType.option,
      1,
      messageType.inform,
      61,
      7,
      ethernet,
      ...hardwareAddress,
      60,
      name.length,
      ...name,
      55,
      parameters.length,
      ...parameters,
      255,
    ],
    layout.options,
  );
  return out;
}

/**
 * The answer to `request`; null for everything else (W-24): another transaction, another client, anything but DHCPACK,
 * malformed.
 */
export function decodeAnswer(datagram: Uint8Array, request: InformRequest): DhcpOptions | null {
  if (datagram.length < layout.options || datagram.length > longest) return null;
  const same = (at: number, expected: ArrayLike<number>): boolean =>
    Array.from(expected).every((octet, index) => datagram[at + index] === octet);
  // BOOTREPLY. yiaddr is of no meaning here.
  if (
    !same(0, [2, ethernet, 6]) ||
    !same(layout.transaction, uint32Octets(request.transaction)) ||
    !same(layout.hardwareAddress, request.hardwareAddress) ||
    !same(layout.cookie, cookie)
  )
    return null;
  const values = readOptions({
    options: datagram.subarray(layout.options),
    file: datagram.subarray(layout.file, layout.cookie),
    sname: datagram.subarray(layout.sname, layout.file),
  });
  const type = values?.get(messageType.option);
  if (values == null || type?.length !== 1 || type[0] !== messageType.ack) return null;
  return dhcpOptions(values);
}
