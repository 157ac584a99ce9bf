import { octetsToIp } from '../bytes/ip-address';
import { parseInnerPacket, protocol } from '../esp/inner-packet';
import type { Clock, Timer } from '../ports/clock';
import type { TunnelDevice } from '../ports/data-path';
import { decodeIcmpEcho, encodeIcmpEcho, encodeIpv4, icmpType } from './ip-packets';

export interface PingDeviceOptions {
  readonly clock: Clock;
  readonly name: string;
  /** The host behind the gateway. */
  readonly target: string;
  /** Milliseconds between two requests. */
  readonly intervalMs: number;
  /** Milliseconds after which a request counts as lost. */
  readonly timeoutMs: number;
  /** `milliseconds` null: lost. `at`: wall-clock time of the request. */
  readonly onSample: (sample: { readonly at: number; readonly milliseconds: number | null }) => void;
}

/** The computer's side of a tunnel in this process: it pings the host behind the gateway and keeps the time. */
export class PingDevice implements TunnelDevice {
  readonly name: string;
  readonly fd = null;
  readonly #options: PingDeviceOptions;
  #listener: ((packet: Uint8Array) => void) | null = null;
  #address: string | null = null;
  #intervalMs: number;
  #timer: Timer | null = null;
  #sequence = 0;
  readonly #waiting = new Map<number, { readonly sentAt: number; readonly wall: number; readonly timeout: Timer }>();

  constructor(options: PingDeviceOptions) {
    this.#options = options;
    this.name = options.name;
    this.#intervalMs = options.intervalMs;
  }

  /** Milliseconds between two requests, from now on. */
  setInterval(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#ping();
  }

  /** The tunnel address: pings leave from now on. null: no more. */
  setAddress(address: string | null): void {
    if (address === this.#address) return;
    this.#address = address;
    this.#timer?.cancel();
    this.#timer = null;
    if (address !== null) this.#ping();
    else this.#forget();
  }

  onPacket(listener: (packet: Uint8Array) => void): void {
    this.#listener = listener;
  }

  write(packet: Uint8Array): void {
    const parsed = parseInnerPacket(packet);
    if (parsed === null || parsed.protocol !== protocol.icmp || octetsToIp(parsed.source) !== this.#options.target)
      return;
    const echo = decodeIcmpEcho(parsed.bytes.subarray(parsed.payloadOffset));
    if (echo === null || echo.type !== icmpType.echoReply) return;
    const request = this.#waiting.get(echo.sequence);
    if (request === undefined) return;
    this.#waiting.delete(echo.sequence);
    request.timeout.cancel();
    this.#options.onSample({ at: request.wall, milliseconds: this.#options.clock.now() - request.sentAt });
  }

  close(): void {
    this.setAddress(null);
    this.#listener = null;
  }

  #ping(): void {
    const { clock, timeoutMs, target, onSample } = this.#options;
    if (this.#address === null) return;
    this.#timer = clock.setTimer(this.#intervalMs, 'ping', () => this.#ping());
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    const wall = clock.wallTime();
    const timeout = clock.setTimer(timeoutMs, 'ping lost', () => {
      this.#waiting.delete(sequence);
      onSample({ at: wall, milliseconds: null });
    });
    this.#waiting.set(sequence, { sentAt: clock.now(), wall, timeout });
    const payload = encodeIcmpEcho({
      type: icmpType.echoRequest,
      identifier: 0x4156,
      sequence,
      data: new Uint8Array(56),
    });
    this.#listener?.(
      encodeIpv4({
        source: this.#address,
        destination: target,
        protocol: protocol.icmp,
        payload,
        identification: sequence,
      }),
    );
  }

  #forget(): void {
    for (const request of this.#waiting.values()) request.timeout.cancel();
    this.#waiting.clear();
  }
}
