import type { NativeAddon } from '../../../native';
import {
  VpnError,
  type DatagramSocket,
  type NetworkSettings,
  type SettingsReport,
  type TunnelDevice,
  type TunnelSettings,
} from '../../../src-core/ports';
import { UdpSocket, type SocketMarker } from './datagrams';
import {
  HelperEnded,
  HelperError,
  openHelper,
  type HelperClient,
  type ReachedHelper,
  type Reply,
  type RequestOptions,
} from './helper-client';
import { Succession, type HeldTunnel } from './helper-succession';
import { TunDevice } from './tun-device';
import { otherTunnelNames } from './tunnel-names';

/** Descriptors of one request (native/helper/sockets.h). */
const MOST_SOCKETS = 8;

/**
 * The privileged helper as the NetworkSettings port. The helper is started with the first request and ends with
 * `withdraw` or `close`;
 * if this process dies it puts everything back by itself, the kill switch excepted. If the helper dies another one
 * takes over what was
 * declared (helper-succession.ts).
 */
export class LinuxNetworkSettings implements NetworkSettings, SocketMarker {
  private readonly addon: NativeAddon;
  private readonly succession: Succession;
  private client: Promise<HelperClient> | null = null;
  /** What a helper of ours made and the next one would take over. */
  private held: HeldTunnel | null = null;
  private listener: ((report: SettingsReport) => void) | null = null;
  private lostListener: ((error: VpnError) => void) | null = null;
  /** Sockets that were opened before there was a helper. */
  private unmarked: { readonly fd: number }[] = [];
  /** Requests run one after the other, in the order they were made. */
  private queue: Promise<unknown> = Promise.resolve();

  /** `delays`: milliseconds before each attempt to replace a helper that ended. */
  constructor(
    addon: NativeAddon,
    connect: () => Promise<ReachedHelper> = () => openHelper(addon),
    delays?: readonly number[],
  ) {
    this.addon = addon;
    this.succession = new Succession(connect, delays);
  }

  openTunnel(name: string, mtu: number): Promise<TunnelDevice> {
    return this.inOrder(async () => {
      // Super-packets are for the native data path; it finds by itself whether the adapter has them.
      const offload = typeof this.addon.createDataPath === 'function';
      for (const others = otherTunnelNames(name), names = [name]; ;) {
        const asked = names.pop()!;
        try {
          const { descriptors } = await this.request('open-tunnel', { name: asked, mtu, offload });
          const fd = this.one(descriptors);
          if (fd === undefined)
            throw new HelperError(633, 'The privileged helper handed over no tunnel adapter.', null, null);
          const device = new TunDevice(this.addon, asked, fd, offload);
          this.held = { device, mtu, offload, settings: null, report: null };
          return device;
        } catch (error) {
          // Another program took the name since it was chosen.
          const next =
            error instanceof HelperError && error.code === 633 && error.detail?.includes('EBUSY') === true
              ? others.shift()
              : undefined;
          if (next === undefined) throw error;
          names.push(next);
        }
      }
    });
  }

  apply(settings: TunnelSettings): Promise<SettingsReport> {
    return this.inOrder(async () => {
      const { result } = await this.request('apply', { settings });
      const report = result['report'] as SettingsReport;
      if (this.held !== null) this.held = { ...this.held, settings, report };
      return report;
    });
  }

  openDhcp(): Promise<DatagramSocket> {
    return this.inOrder(async () => {
      const fd = this.one((await this.request('open-dhcp', {})).descriptors);
      if (fd === undefined) throw new HelperError(633, 'The privileged helper handed over no socket.', null, null);
      return new UdpSocket(this.addon, null, { address: '0.0.0.0', port: 68 }, fd);
    });
  }

  mark(socket: { readonly fd: number }): Promise<void> {
    // Nothing is set yet that the mark would matter to. A kill switch that was left does hold the first messages back;
    // they are sent again.
    if (this.client === null && this.held === null) {
      this.unmarked.push(socket);
      return Promise.resolve();
    }
    return this.inOrder(async () => {
      if (socket.fd >= 0) await this.request('mark', {}, { descriptors: [socket.fd] });
    });
  }

  withdraw(keepKillSwitch = false): Promise<void> {
    // Nothing was opened: nothing to put back, and no password to ask for.
    return this.inOrder(async () => {
      if (this.client === null && this.held === null) return;
      try {
        await this.request('withdraw', { keepKillSwitch });
      } finally {
        this.held = null;
        await this.close();
      }
    });
  }

  /**
   * Lifts a kill switch that an earlier run left in force, by the person's explicit wish. Starts a helper for it.
   * `owner` null: whosever it is.
   * False: there is none of that owner. Rejects with a VpnError (633) while its connection lives.
   */
  lift(owner: string | null): Promise<boolean> {
    return this.inOrder(async () => {
      const { result } = await this.request('lift', { owner });
      await this.close();
      return result['lifted'] === true;
    });
  }

  onReport(listener: (report: SettingsReport) => void): void {
    this.listener = listener;
  }

  onLost(listener: (error: VpnError) => void): void {
    this.lostListener = listener;
  }

  /** Ends the helper without `withdraw`: it puts everything back, but a kill switch stays. Idempotent. */
  async close(): Promise<void> {
    const client = this.client;
    this.client = null;
    this.held = null;
    (await client?.catch(() => null))?.close();
  }

  private async markAll(client: HelperClient): Promise<void> {
    const descriptors = this.unmarked.splice(0).flatMap(({ fd }) => (fd < 0 ? [] : [fd]));
    for (let at = 0; at < descriptors.length; at += MOST_SOCKETS)
      await client.request('mark', {}, { descriptors: descriptors.slice(at, at + MOST_SOCKETS) });
  }

  /** The one descriptor that was asked for; more are closed. */
  private one([fd, ...rest]: readonly number[]): number | undefined {
    for (const extra of rest) this.addon.closeDescriptor(extra);
    return fd;
  }

  /** Every request may be made twice; one whose helper ended is asked of the next. */
  private async request(
    method: string,
    parameters: Readonly<Record<string, unknown>>,
    options: RequestOptions = {},
  ): Promise<Reply> {
    for (let repeated = false; ; repeated = true) {
      const current = this.helper();
      const client = await current;
      try {
        return await client.request(method, parameters, options);
      } catch (error) {
        if (repeated || !(error instanceof HelperEnded)) throw error;
        if (this.client === current) this.client = null;
      }
    }
  }

  private helper(): Promise<HelperClient> {
    if (this.client !== null) return this.client;
    const beginning = this.begin();
    this.client = beginning;
    beginning.catch(() => {
      if (this.client === beginning) this.client = null;
    });
    return beginning;
  }

  private async begin(): Promise<HelperClient> {
    const { client, report } = await this.succession.reach(() => this.held);
    client.onEvent((event) => {
      if (event['event'] === 'report') this.report(event['report'] as SettingsReport);
    });
    client.onEnd(() => this.ended());
    try {
      await this.markAll(client);
    } catch (error) {
      client.close();
      throw error;
    }
    if (report !== null) this.report(report);
    return client;
  }

  private report(report: SettingsReport): void {
    if (this.held !== null) this.held = { ...this.held, report };
    this.listener?.(report);
  }

  /**
   * The helper went away by itself. What it set stays in the kernel as long as this process has the tunnel's
   * descriptor, but nobody watches over it.
   */
  private ended(): void {
    this.client = null;
    const { held } = this;
    if (held === null) return;
    const others = (held.report?.concerns ?? []).filter(({ concern }) => concern !== 'tunnel');
    this.listener?.({
      concerns: [
        {
          concern: 'tunnel',
          inForce: false,
          detail: 'the privileged helper ended; nobody watches over these settings until another one has taken over',
        },
        ...others,
      ],
    });
    const succeeded = this.inOrder(async () => {
      // Unless a withdrawal came first.
      if (this.held !== null) await this.helper();
    });
    succeeded.catch((error: unknown) => {
      if (this.held !== null && error instanceof VpnError) this.lostListener?.(error);
    });
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work).catch((error: unknown) => {
      if (error instanceof HelperError) throw error.toVpnError();
      if (error instanceof VpnError) throw error;
      throw new VpnError('IPSEC_SERVICE_STOPPED', 'The privileged helper failed.', {
        cause: error,
        detail: error instanceof Error ? error.message : String(error),
      });
    });
    this.queue = result.catch(() => undefined);
    return result;
  }
}
