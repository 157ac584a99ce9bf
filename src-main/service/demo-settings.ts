import { PingDevice } from '../../src-core/gateway/ping-device';
import type { Clock } from '../../src-core/ports/clock';
import type { TunnelDevice } from '../../src-core/ports/data-path';
import type { DatagramSocket } from '../../src-core/ports/datagrams';
import type { NetworkSettings, SettingsReport, TunnelSettings } from '../../src-core/ports/network-settings';
import { VpnError } from '../../src-core/ports/vpn-error';

/** Pings through the demo tunnel, milliseconds apart: while somebody looks at the chart, and otherwise. */
const watchedPingMs = 250;
const unwatchedPingMs = 1_000;

/** The end of the demo tunnel on this side: it changes nothing on the computer. */
export class DemoSettings implements NetworkSettings {
  readonly #clock: Clock;
  readonly #target: string;
  readonly #onSample: (sample: { readonly at: number; readonly milliseconds: number | null }) => void;
  #device: PingDevice | null = null;
  #intervalMs = unwatchedPingMs;

  /** `target`: the host behind the gateway that answers pings. */
  constructor(
    clock: Clock,
    target: string,
    onSample: (sample: { readonly at: number; readonly milliseconds: number | null }) => void,
  ) {
    this.#clock = clock;
    this.#target = target;
    this.#onSample = onSample;
  }

  /** Whether somebody looks at the round trips. */
  watch(watched: boolean): void {
    this.#intervalMs = watched ? watchedPingMs : unwatchedPingMs;
    this.#device?.setInterval(this.#intervalMs);
  }

  openTunnel(name: string): Promise<TunnelDevice> {
    this.#device = new PingDevice({
      clock: this.#clock,
      name,
      target: this.#target,
      intervalMs: this.#intervalMs,
      timeoutMs: 1000,
      onSample: this.#onSample,
    });
    return Promise.resolve(this.#device);
  }

  apply(settings: TunnelSettings): Promise<SettingsReport> {
    this.#device?.setAddress(settings.addresses[0]?.split('/')[0] ?? null);
    return Promise.resolve({ concerns: [{ concern: 'tunnel', inForce: true, detail: 'inside this program' }] });
  }

  withdraw(): Promise<void> {
    this.#device?.setAddress(null);
    this.#device = null;
    return Promise.resolve();
  }

  openDhcp(): Promise<DatagramSocket> {
    return Promise.reject(new VpnError('PORT_NOT_AVAILABLE', 'The demo has no DHCP.'));
  }

  onReport(): void {}

  onLost(): void {}
}
