import type { AdapterView } from '../src-main/api/contract';
import type { ConnectionState, StatusObject } from '../src-core/connection/status';
import type { Profile } from '../src-core/profiles/profile';
import type { TrayState } from './icons/icons';
import { tOr } from '../src-text';

/** What people see of a state; decided in one place so that tray, panel and status agree. */

/** Up in the sense of Windows: Dormant is a sub-state of Connected. */
export const isUp = (state: ConnectionState): boolean =>
  state === 'Connected' || state === 'Dormant' || state === 'WaitingToReconnect';

/** A Disconnect button rather than a Connect button. */
export const isActive = (state: ConnectionState): boolean => isUp(state) || state === 'Connecting';

export const stateText = (state: ConnectionState): string => tOr(`state.${state}`, state);

export function trayState(statuses: readonly StatusObject[], adapters: readonly AdapterView[]): TrayState {
  if (statuses.some(({ state }) => state === 'Connecting' || state === 'Disconnecting')) return 'busy';
  if (statuses.some(({ state }) => state === 'Dormant' || state === 'WaitingToReconnect')) return 'dormant';
  if (statuses.some(({ state }) => state === 'Connected')) return 'connected';
  return adapters.some((adapter) => adapter.connected) ? 'idle' : 'offline';
}

/** The connections that take all traffic, for `trayText`. */
export const takingEverything = (profiles: readonly Profile[]): ReadonlySet<string> =>
  new Set(profiles.filter(({ network }) => network.useDefaultGateway).map(({ name }) => name));

/** Adapters that a person knows: tunnels of others, traffic shapers and the like only while they carry something. */
export const isWorthShowing = (adapter: AdapterView): boolean =>
  adapter.connected || ['ethernet', 'wifi', 'mobile'].includes(adapter.kind);
