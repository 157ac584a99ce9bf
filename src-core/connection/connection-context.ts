import type { MobilityPolicy } from '../mobility/mobility-model';
import type { LogLevel } from '../ports/trace';
import type { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import type { ConnectionFacts } from './connection-facts';
import type { ConnectionInput, ConnectionPhase } from './connection-state';
import type { ConnectionPorts } from './ports';

/** What the parts of one connection share: the ports, the facts, and the way to say that something changed. */
export interface ConnectionContext {
  readonly profile: Profile;
  readonly ports: ConnectionPorts;
  readonly tunnelName: string;
  readonly mobilityPolicy: Partial<MobilityPolicy>;
  readonly facts: ConnectionFacts;
  readonly phase: ConnectionPhase;
  /** An input for the phase. */
  give(input: ConnectionInput): void;
  /** Something that the status object shows is different now. */
  changed(): void;
  log(level: LogLevel, text: string): void;
  /** The connection is over and nobody asked for it. `sayGoodbye`: the IKE SA is well, so the server is told. */
  lost(error: VpnError, options?: { readonly sayGoodbye: boolean }): void;
}
