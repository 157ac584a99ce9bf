import type { ConnectionPorts } from '../../src-core/connection/ports';
import type { Connection } from '../../src-core/connection/connection';
import type { Questions, Remembered } from '../../src-core/connection/questions';
import type { Adapters } from '../../src-core/ports/adapters';
import type { Secrets } from '../../src-core/ports/secrets';
import type { Trace } from '../../src-core/ports/trace';
import type { VpnError } from '../../src-core/ports/vpn-error';
import type { Profile } from '../../src-core/profiles/profile';
import type { ClientCertificateList, DemoAdapter, RoundTripSample } from '../api/contract';

export interface KillSwitchState {
  /** `connectionId` of the connection it belongs to. */
  readonly owner: string;
  /** Its connection still has its tunnel: nothing was left behind. */
  readonly live: boolean;
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** Where connections live: on this computer's network, or in the demo's. */
export interface ConnectionEnvironment {
  readonly adapters: Adapters;
  /** What is missing on this machine, by its name and what installs it; null: nothing. */
  unavailable(): VpnError | null;
  createPorts(
    profile: Profile,
    given: {
      readonly secrets: Secrets;
      readonly trace: Trace;
      readonly questions: Questions;
      readonly remember: (what: Remembered) => void;
    },
  ): ConnectionPorts;
  /** Certificates on tokens; `module` null: of every module this computer knows. Absent: no tokens here. */
  listTokens?(module: string | null): ClientCertificateList;
  /** The kill switch in force, whoever left it; `unknown` where it cannot be told without asking for a password. */
  killSwitch(): Promise<KillSwitchState | null | 'unknown'>;
  /**
   * Lifts one that was left, by a person's wish; `owner` null: whosever it is. False: there is none of that owner.
   * Rejects with a VpnError.
   */
  liftKillSwitch(owner: string | null): Promise<boolean>;
  /** Who knows addresses that stand for a name while it cannot be resolved. */
  rememberAddresses(host: string, addresses: () => Promise<readonly string[]>): void;
  /** A free name for a tunnel adapter, none of `taken`. */
  nextTunnelName(taken: ReadonlySet<string>): string;
}

/** The demo: a gateway in this process, two adapters that can be unplugged, and pings through the tunnel. */
export interface DemoEnvironment extends ConnectionEnvironment {
  readonly profile: Profile;
  readonly password: string;
  readonly demoAdapters: readonly DemoAdapter[];
  /** False: there is no such adapter. */
  setPlugged(name: string, plugged: boolean): boolean;
  onAdapters(listener: (adapters: readonly DemoAdapter[]) => void): void;
  /** Whether somebody looks at the chart: otherwise it pings seldom. */
  watchRoundTrips(watched: boolean): void;
  onRoundTrip(listener: (sample: RoundTripSample) => void): void;
  /** The demo's connection came up or went down: pings follow it. */
  follow(connection: Connection): void;
  close(): Promise<void>;
}
