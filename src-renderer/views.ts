import type { AdapterView } from '../src-main/api/contract';
import type { ConnectionState, StatusObject } from '../src-core/connection/status';
import type { TrayState } from './icons/icons';
import { t, tOr } from '../src-text';

/** What people see of a state; decided in one place so that tray, panel and status agree. */

/** Up in the sense of Windows: Dormant is a sub-state of Connected. */
export const isUp = (state: ConnectionState): boolean => state === 'Connected' || state === 'Dormant' || state === 'WaitingToReconnect';

/** A Disconnect button rather than a Connect button. */
export const isActive = (state: ConnectionState): boolean => isUp(state) || state === 'Connecting';

export const stateText = (state: ConnectionState): string => tOr(`state.${state}`, state);

export const adapterLabel = (status: StatusObject): string => status.adapterLabel ?? status.adapter ?? '';

export function trayState(statuses: readonly StatusObject[], adapters: readonly AdapterView[]): TrayState {
  if (statuses.some(({ state }) => state === 'Connecting' || state === 'Disconnecting')) return 'busy';
  if (statuses.some(({ state }) => state === 'Dormant' || state === 'WaitingToReconnect')) return 'dormant';
  if (statuses.some(({ state }) => state === 'Connected')) return 'connected';
  return adapters.some((adapter) => adapter.connected) ? 'idle' : 'offline';
}

/** The second line of a connected VPN in the summary. */
export function upText(status: StatusObject): string {
  return status.state === 'Connected' ? t('panel.through', { adapter: adapterLabel(status) }) : stateText(status.state);
}

/** The tray's tooltip: pairs of network and state, no full stop. */
export function trayText(statuses: readonly StatusObject[], adapters: readonly AdapterView[]): string {
  const up = statuses.filter(({ state }) => isActive(state) || state === 'Disconnecting');
  if (up.length > 0) return up.map((status) => `${status.connection}\n${status.state === 'Connected' ? upText(status) : stateText(status.state)}`).join('\n');
  return `${t('panel.not-connected')} - ${t(adapters.some((adapter) => adapter.connected) ? 'panel.available' : 'panel.none-available')}`;
}

/** Adapters that a person knows: tunnels of others, traffic shapers and the like only while they carry something. */
export const isWorthShowing = (adapter: AdapterView): boolean => adapter.connected || ['ethernet', 'wifi', 'mobile'].includes(adapter.kind);
