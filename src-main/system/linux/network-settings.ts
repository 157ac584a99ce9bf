import type { NativeAddon } from '../../../native';
import { VpnError, type NetworkSettings, type SettingsReport, type TunnelDevice, type TunnelSettings } from '../../../src-core/ports';
import { HelperError, openHelper, type HelperClient } from './helper-client';
import { TunDevice } from './tun-device';

/**
 * The privileged helper as the NetworkSettings port. The helper is started with the first request and ends with `withdraw` or `close`;
 * if this process dies it puts everything back by itself, the kill switch excepted.
 */
export class LinuxNetworkSettings implements NetworkSettings {
  private readonly addon: NativeAddon;
  private readonly connect: () => Promise<HelperClient>;
  private client: Promise<HelperClient> | null = null;
  private listener: ((report: SettingsReport) => void) | null = null;
  /** Requests run one after the other, in the order they were made. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(addon: NativeAddon, connect: () => Promise<HelperClient> = async () => (await openHelper(addon)).client) {
    this.addon = addon;
    this.connect = connect;
  }

  openTunnel(name: string, mtu: number): Promise<TunnelDevice> {
    return this.inOrder(async () => {
      const client = await this.helper();
      // Super-packets are for the native data path; it finds by itself whether the adapter has them.
      const offload = typeof this.addon.createDataPath === 'function';
      const { descriptors } = await client.request('open-tunnel', { name, mtu, offload });
      const [fd, ...rest] = descriptors;
      for (const extra of rest) this.addon.closeDescriptor(extra);
      if (fd === undefined) throw new HelperError(633, 'The privileged helper handed over no tunnel adapter.', null, null);
      return new TunDevice(this.addon, name, fd, offload);
    });
  }

  apply(settings: TunnelSettings): Promise<SettingsReport> {
    return this.inOrder(async () => {
      const client = await this.helper();
      const { result } = await client.request('apply', { settings });
      return result['report'] as SettingsReport;
    });
  }

  withdraw(): Promise<void> {
    // Nothing was opened: nothing to put back, and no password to ask for.
    return this.inOrder(async () => {
      if (this.client !== null) await this.withdrawNow();
    });
  }

  /** Lifts a kill switch that an earlier run left in force, by the person's explicit wish. Starts a helper for it. */
  lift(): Promise<void> {
    return this.inOrder(() => this.withdrawNow());
  }

  onReport(listener: (report: SettingsReport) => void): void {
    this.listener = listener;
  }

  /** Ends the helper without `withdraw`: it puts everything back, but a kill switch stays. Idempotent. */
  async close(): Promise<void> {
    const client = this.client;
    this.client = null;
    (await client?.catch(() => null))?.close();
  }

  private async withdrawNow(): Promise<void> {
    const client = await this.helper();
    await client.request('withdraw', {});
    this.client = null;
    client.close();
  }

  private helper(): Promise<HelperClient> {
    this.client ??= this.connect().then(
      (client) => {
        client.onEvent((event) => {
          if (event['event'] === 'report') this.listener?.(event['report'] as SettingsReport);
        });
        client.onEnd(() => {
          this.client = null;
          this.listener?.({ concerns: [{ concern: 'tunnel', inForce: false, detail: 'the privileged helper ended' }] });
        });
        return client;
      },
      (error: unknown) => {
        this.client = null;
        throw error;
      },
    );
    return this.client;
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work).catch((error: unknown) => {
      if (error instanceof HelperError) throw error.toVpnError();
      if (error instanceof VpnError) throw error;
      throw new VpnError('IPSEC_SERVICE_STOPPED', 'The privileged helper failed.', { cause: error, detail: error instanceof Error ? error.message : String(error) });
    });
    this.queue = result.catch(() => undefined);
    return result;
  }
}
