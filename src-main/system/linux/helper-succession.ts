import { VpnError, type SettingsReport, type TunnelSettings } from '../../../src-core/ports';
import { HelperError, type HelperClient, type HelperRoute, type ReachedHelper } from './helper-client';
import type { TunDevice } from './tun-device';

/** What was made and declared, as the next helper needs it. */
export interface HeldTunnel {
  readonly device: TunDevice;
  /** Of the adapter as it was opened. */
  readonly mtu: number;
  readonly offload: boolean;
  /** null: nothing was applied yet. */
  readonly settings: TunnelSettings | null;
  readonly report: SettingsReport | null;
}

/** Milliseconds before each attempt to replace a helper. */
const DELAYS: readonly number[] = [0, 100, 250, 500, 1000, 1000];
/** So many replacements in so many milliseconds: it is the settings, or the system, that end it. */
const MOST = 10;
const WITHIN = 60_000;

/**
 * Reaches a helper, and lets it take over what one left that ended. The TUN adapter of a helper that was killed stays
 * while this process holds its
 * descriptor, and with it addresses, routes, rules, DNS and firewall: nothing leaks meanwhile. A helper that was told
 * to end has put everything back;
 * the next one makes the adapter anew behind the same descriptor, so that data path and sockets go on with it either
 * way.
 */
export class Succession {
  private readonly connect: () => Promise<ReachedHelper>;
  private readonly delays: readonly number[];
  /** performance.now() of the replacements. */
  private recent: readonly number[] = [];
  private route: HelperRoute | null = null;
  private gaveUp = false;

  constructor(connect: () => Promise<ReachedHelper>, delays: readonly number[] = DELAYS) {
    this.connect = connect;
    this.delays = delays;
  }

  /**
   * `held` is asked before each attempt; null: there is nothing to take over (any more). Rejects with a HelperError or
   * VpnError. `report` null: nothing was applied.
   */
  async reach(
    held: () => HeldTunnel | null,
  ): Promise<{ readonly client: HelperClient; readonly report: SettingsReport | null }> {
    if (held() === null) {
      this.gaveUp = false;
      return { client: await this.open(), report: null };
    }
    // Where polkit may ask a person it asks once. After all was in vain, putting back is tried once more.
    const delays = this.route !== 'child' || this.gaveUp ? this.delays.slice(0, 1) : this.delays;
    let reason: unknown = null;
    for (const delay of delays) {
      const now = performance.now();
      this.recent = [...this.recent.filter((at) => now - at < WITHIN), now];
      if (this.recent.length > MOST && !this.gaveUp) break;
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      try {
        return await this.replace(held());
      } catch (error) {
        reason = error;
      }
    }
    this.gaveUp = true;
    const detail =
      reason === null
        ? 'it keeps ending'
        : reason instanceof HelperError || reason instanceof VpnError
          ? [reason.message, reason.detail ?? ''].join(' ').trim()
          : JSON.stringify(reason);
    throw new VpnError(
      'IPSEC_SERVICE_STOPPED',
      'The privileged helper ended, and none could take its place. Connect again.',
      { cause: reason, detail },
    );
  }

  private async open(): Promise<HelperClient> {
    const { client, route } = await this.connect();
    this.route = route;
    return client;
  }

  private async replace(
    held: HeldTunnel | null,
  ): Promise<{ readonly client: HelperClient; readonly report: SettingsReport | null }> {
    const client = await this.open();
    const fd = held?.device.fd ?? null;
    if (held === null || fd === null) return { client, report: null };
    try {
      await client.request(
        'adopt-tunnel',
        { name: held.device.name, mtu: held.settings?.mtu ?? held.mtu, offload: held.offload },
        { descriptors: [fd] },
      );
      if (held.settings === null) return { client, report: null };
      const { result } = await client.request('apply', { settings: held.settings });
      return { client, report: result['report'] as SettingsReport };
    } catch (error) {
      client.close();
      throw error;
    }
  }
}
