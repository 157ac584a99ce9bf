import type { TunnelDevice } from './data-path';
import type { DatagramSocket } from './datagrams';
import type { VpnError } from './vpn-error';

/** What the system shall look like while a tunnel exists. Declarative: applied, read back, repaired, put back. */
export interface TunnelSettings {
  /** The tunnel adapter's name, "avpn0" and up, at most 15 octets. */
  readonly tunnelName: string;
  /** Names the connection in what may outlive it, the kill switch: 16 to 64 hexadecimal digits. */
  readonly owner: string;
  /** Inner MTU in octets, 576..9000; with an IPv6 address 1280 at least. */
  readonly mtu: number;
  /** Inner addresses in CIDR form: "10.77.0.1/32". */
  readonly addresses: readonly string[];
  /** Destinations sent into the tunnel, CIDR. "0.0.0.0/0" and "::/0" mean the default gateway on the remote network. */
  readonly routes: readonly string[];
  /**
   * Destinations that stay outside of the tunnel, CIDR: longer than a route they except, shorter than one they do not.
   * A kill switch and blocked IPv6 let them pass.
   */
  readonly excluded: readonly string[];
  /** `block`: IPv6 that has no route into the tunnel is rejected while the tunnel exists; `leave`: not touched. */
  readonly ipv6: 'block' | 'leave';
  readonly dns: DnsSettings | null;
  /** null: no firewall table. */
  readonly killSwitch: KillSwitchSettings | null;
}

export interface DnsSettings {
  readonly servers: readonly string[];
  /** Domains searched for short names. */
  readonly searchDomains: readonly string[];
  /** Only names under these go to `servers`; empty means all names do. */
  readonly splitDomains: readonly string[];
}

export interface KillSwitchSettings {
  /** Outer endpoints that may be talked to: our own UDP to the gateway. */
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
  readonly allowLan: boolean;
}

export type SettingsConcern = 'tunnel' | 'addresses' | 'routes' | 'rules' | 'dns' | 'firewall';

/** What is really in force, read back from the system. */
export interface SettingsReport {
  readonly concerns: readonly {
    readonly concern: SettingsConcern;
    readonly inForce: boolean;
    /** How ("systemd-resolved", "resolvconf", "file") or why not; plain words. */
    readonly detail: string;
  }[];
}

export interface NetworkSettings {
  /**
   * Creates the tunnel adapter. The device may have another name than asked for: somebody else's tunnel has that one.
   */
  openTunnel(name: string, mtu: number): Promise<TunnelDevice>;
  /** Makes the system match; idempotent. Rejects with a VpnError (code 633 or 827) and leaves nothing half-applied. */
  apply(settings: TunnelSettings): Promise<SettingsReport>;
  /**
   * Puts everything back as it was. `keepKillSwitch`: but for a kill switch in force, since nobody wished for the end
   * of the connection. Idempotent.
   */
  withdraw(keepKillSwitch?: boolean): Promise<void>;
  /** A UDP socket on port 68 of the tunnel for DHCPINFORM (W-20). Rejects with a VpnError (633). */
  openDhcp(): Promise<DatagramSocket>;
  /** Something else changed what we had set; it was repaired, or the report says that it is not in force. */
  onReport(listener: (report: SettingsReport) => void): void;
  /**
   * Who applied the settings is gone, and none could take its place: nobody watches over them any more. The VpnError
   * says why.
   */
  onLost(listener: (error: VpnError) => void): void;
}
