import type { NativeAddon } from '../../../native';
import { VpnError, type DatagramSocket, type NetworkSettings, type SettingsReport, type TunnelDevice, type TunnelSettings } from '../../../src-core/ports';
import { UdpSocket, type SocketMarker } from './datagrams';
import { HelperError, openHelper, type HelperClient } from './helper-client';
import { TunDevice } from './tun-device';
import { otherTunnelNames } from './tunnel-names';

/** Descriptors of one request (native/helper/sockets.h). */
const MOST_SOCKETS = 8;

/**
 * The privileged helper as the NetworkSettings port. The helper is started with the first request and ends with `withdraw` or `close`;
 * if this process dies it puts everything back by itself, the kill switch excepted.
 */
export class LinuxNetworkSettings implements NetworkSettings, SocketMarker {
  private readonly addon: NativeAddon;
  private readonly connect: () => Promise<HelperClient>;
  private client: Promise<HelperClient> | null = null;
  private listener: ((report: SettingsReport) => void) | null = null;
  /** Sockets that were opened before there was a helper. */
  private unmarked: { readonly fd: number }[] = [];
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
      for (const others = otherTunnelNames(name), names = [name]; ; ) {
        const asked = names.pop()!;
        try {
          const { descriptors } = await client.request('open-tunnel', { name: asked, mtu, offload });
          const fd = this.one(descriptors);
          if (fd === undefined) throw new HelperError(633, 'The privileged helper handed over no tunnel adapter.', null, null);
          return new TunDevice(this.addon, asked, fd, offload);
        } catch (error) {
          // Another program took the name since it was chosen.
          const next = error instanceof HelperError && error.code === 633 && error.detail?.includes('EBUSY') === true ? others.shift() : undefined;
          if (next === undefined) throw error;
          names.push(next);
        }
      }
    });
  }

  apply(settings: TunnelSettings): Promise<SettingsReport> {
    return this.inOrder(async () => {
      const client = await this.helper();
      const { result } = await client.request('apply', { settings });
      return result['report'] as SettingsReport;
    });
  }

  openDhcp(): Promise<DatagramSocket> {
    return this.inOrder(async () => {
      const client = await this.helper();
      const fd = this.one((await client.request('open-dhcp', {})).descriptors);
      if (fd === undefined) throw new HelperError(633, 'The privileged helper handed over no socket.', null, null);
      return new UdpSocket(this.addon, null, { address: '0.0.0.0', port: 68 }, fd);
    });
  }

  mark(socket: { readonly fd: number }): Promise<void> {
    // Nothing is set yet that the mark would matter to. A kill switch that was left does hold the first messages back; they are sent again.
    if (this.client === null) {
      this.unmarked.push(socket);
      return Promise.resolve();
    }
    return this.inOrder(async () => {
      const client = await this.helper();
      if (socket.fd >= 0) await client.request('mark', {}, { descriptors: [socket.fd] });
    });
  }

  withdraw(keepKillSwitch = false): Promise<void> {
    // Nothing was opened: nothing to put back, and no password to ask for.
    return this.inOrder(async () => {
      const client = await this.client;
      if (client === null) return;
      await client.request('withdraw', { keepKillSwitch });
      this.client = null;
      client.close();
    });
  }

  /**
   * Lifts a kill switch that an earlier run left in force, by the person's explicit wish. Starts a helper for it. `owner` null: whosever it is.
   * False: there is none of that owner. Rejects with a VpnError (633) while its connection lives.
   */
  lift(owner: string | null): Promise<boolean> {
    return this.inOrder(async () => {
      const client = await this.helper();
      const { result } = await client.request('lift', { owner });
      this.client = null;
      client.close();
      return result['lifted'] === true;
    });
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

  private async markAll(client: HelperClient): Promise<void> {
    const descriptors = this.unmarked.splice(0).flatMap(({ fd }) => (fd < 0 ? [] : [fd]));
    for (let at = 0; at < descriptors.length; at += MOST_SOCKETS) await client.request('mark', {}, { descriptors: descriptors.slice(at, at + MOST_SOCKETS) });
  }

  /** The one descriptor that was asked for; more are closed. */
  private one([fd, ...rest]: readonly number[]): number | undefined {
    for (const extra of rest) this.addon.closeDescriptor(extra);
    return fd;
  }

  private helper(): Promise<HelperClient> {
    this.client ??= this.begin().catch((error: unknown) => {
      this.client = null;
      throw error;
    });
    return this.client;
  }

  private async begin(): Promise<HelperClient> {
    const client = await this.connect();
    client.onEvent((event) => {
      if (event['event'] === 'report') this.listener?.(event['report'] as SettingsReport);
    });
    client.onEnd(() => {
      this.client = null;
      this.listener?.({ concerns: [{ concern: 'tunnel', inForce: false, detail: 'the privileged helper ended' }] });
    });
    try {
      await this.markAll(client);
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
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
