import { ipToOctets, octetsToIp } from '../bytes';
import { parseInnerPacket, protocol } from '../esp/inner-packet';
import { encodeIcmpEcho, encodeIpv4, encodeUdp, icmpType, internetChecksum } from '../gateway/ip-packets';
import type { Clock, Timer } from '../ports/clock';
import type { TunnelDevice } from '../ports/data-path';

export interface InnerProbeOptions {
  readonly clock: Clock;
  /** Inner addresses of this computer, of either family. */
  readonly addresses: readonly string[];
  /** Who is asked, by address: a ping, and name servers a question too. */
  readonly targets: readonly { readonly address: string; readonly nameServer: boolean }[];
  readonly intervalMs: number;
}

export interface InnerAnswer {
  readonly from: string;
  readonly milliseconds: number;
}

const identifier = 0x4156;
const dnsPort = 53;
const sourcePort = 49_152;

/** A question for the root's name servers (RFC 1035 section 4.1): any resolver answers it, if only with a refusal. */
const dnsQuestion = Uint8Array.of(0x41, 0x56, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1);

/** ICMPv6 or UDP in IPv6, checksum included (RFC 8200 section 8.1). */
function encodeIpv6(
  source: string,
  destination: string,
  upper: number,
  payload: Uint8Array,
  checksumAt: number,
): Uint8Array {
  const from = ipToOctets(source);
  const to = ipToOctets(destination);
  if (from?.length !== 16 || to?.length !== 16) throw new RangeError('IPv6 addresses wanted');
  const packet = new Uint8Array(40 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, payload.length);
  view.setUint8(6, upper);
  view.setUint8(7, 64);
  packet.set(from, 8);
  packet.set(to, 24);
  packet.set(payload, 40);
  view.setUint16(40 + checksumAt, 0);
  view.setUint16(40 + checksumAt, internetChecksum(packet.subarray(8), payload.length + upper) || 0xffff);
  return packet;
}

/**
 * The computer's side of a tunnel during a diagnosis: it lives in this process, so that nothing on the computer is
 * changed. It pings and asks name
 * servers through the tunnel; the first packet that comes out of the tunnel is the answer, whatever it says.
 */
export class InnerProbe implements TunnelDevice {
  readonly name = 'diagnosis';
  readonly fd = null;
  readonly #options: InnerProbeOptions;
  readonly #answered: (answer: InnerAnswer) => void;
  readonly answer: Promise<InnerAnswer>;
  #listener: ((packet: Uint8Array) => void) | null = null;
  #timer: Timer | null = null;
  #begun = 0;
  #round = 0;

  constructor(options: InnerProbeOptions) {
    this.#options = options;
    let resolve: (answer: InnerAnswer) => void = () => undefined;
    this.answer = new Promise((done) => {
      resolve = done;
    });
    this.#answered = resolve;
  }

  start(): void {
    this.#begun = this.#options.clock.now();
    this.#ask();
  }

  onPacket(listener: (packet: Uint8Array) => void): void {
    this.#listener = listener;
  }

  write(packet: Uint8Array): void {
    const parsed = parseInnerPacket(packet);
    if (parsed !== null)
      this.#answered({ from: octetsToIp(parsed.source), milliseconds: this.#options.clock.now() - this.#begun });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#listener = null;
  }

  #ask(): void {
    const { clock, targets, addresses, intervalMs } = this.#options;
    this.#timer = clock.setTimer(intervalMs, 'ask inside the tunnel', () => this.#ask());
    const sequence = this.#round++ & 0xffff;
    for (const { address, nameServer } of targets) {
      const six = address.includes(':');
      const source = addresses.find((own) => own.includes(':') === six);
      if (source === undefined) continue;
      const echo = encodeIcmpEcho({
        type: six ? 128 : icmpType.echoRequest,
        identifier,
        sequence,
        data: new Uint8Array(56),
      });
      this.#listener?.(
        six
          ? encodeIpv6(source, address, protocol.icmpv6, echo, 2)
          : encodeIpv4({
              source,
              destination: address,
              protocol: protocol.icmp,
              payload: echo,
              identification: sequence,
            }),
      );
      if (!nameServer) continue;
      const question = encodeUdp({ sourcePort, destinationPort: dnsPort, payload: dnsQuestion });
      this.#listener?.(
        six
          ? encodeIpv6(source, address, protocol.udp, question, 6)
          : encodeIpv4({
              source,
              destination: address,
              protocol: protocol.udp,
              payload: question,
              identification: sequence,
            }),
      );
    }
  }
}
