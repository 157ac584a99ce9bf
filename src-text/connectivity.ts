import { safeText, t, tOr, type TextKey } from './index';

/** What is said of a connection, of its status object. */
export interface SaidConnection {
  readonly connection: string;
  /** One of the states of the contract. */
  readonly state: string;
  readonly tunnelAddresses: readonly string[];
  readonly adapter: string | null;
  readonly adapterLabel: string | null;
}

/** How far a network leads, in the words of Windows (windows7-ux 1.1 row 2 and 2.1). */
export type Reach = 'internet' | 'no-internet' | 'none' | 'not-connected';

/**
 * How far a tunnel leads. Dormant is a sub-state of Connected in which nothing gets through. `everything`: all traffic
 * goes through it
 * (`network.useDefaultGateway`). `family`: only by IPv4 or IPv6; by either when absent.
 */
export function tunnelReach(
  { state, tunnelAddresses }: Pick<SaidConnection, 'state' | 'tunnelAddresses'>,
  everything: boolean,
  family?: 4 | 6,
): Reach {
  if (state === 'Dormant' || state === 'WaitingToReconnect') return 'none';
  if (state !== 'Connected') return 'not-connected';
  if (!tunnelAddresses.some((address) => family === undefined || address.includes(':') === (family === 6)))
    return 'none';
  return everything ? 'internet' : 'no-internet';
}

const panelKeys: Readonly<Record<Reach, TextKey>> = {
  internet: 'panel.internet',
  'no-internet': 'panel.no-internet',
  none: 'panel.no-network',
  'not-connected': 'panel.not-connected',
};

/** `Internet access`, as the panel and the tray say it. */
export const reachText = (reach: Reach): string => t(panelKeys[reach]);

/** Which adapter carries a connection, as people know it. */
const carrier = ({ adapter, adapterLabel }: SaidConnection): string => adapterLabel ?? adapter ?? '';

/**
 * What stands under the name of a connection that is up or on its way: how far it leads and through what, or why it
 * does not.
 */
export function connectionLines(status: SaidConnection, everything: boolean): readonly string[] {
  if (status.state !== 'Connected') return [tOr(`state.${status.state}`, status.state)];
  return [reachText(tunnelReach(status, everything)), t('panel.through', { adapter: carrier(status) })];
}

/**
 * The tooltip of the icon in the notification area (windows7-ux 1.2): the name of each connection with what there is to
 * say of it, or that there
 * is none. No full stop, no instructions. `everything`: the connections that take all traffic. `available`: a network
 * is there to connect through.
 */
export function trayText(
  statuses: readonly SaidConnection[],
  everything: ReadonlySet<string>,
  available: boolean,
): string {
  const shown = statuses.filter(({ state }) => state !== 'Disconnected');
  if (shown.length === 0)
    return `${t('panel.not-connected')} - ${t(available ? 'panel.available' : 'panel.none-available')}`;
  return shown
    .flatMap((status) => [
      safeText(status.connection, 64),
      ...connectionLines(status, everything.has(status.connection)),
    ])
    .join('\n');
}
