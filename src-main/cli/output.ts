import type { StatusObject } from '../../src-core/connection/status';
import { sanitizeText } from '../../src-core/bytes';
import type { LogEntry } from '../api/contract';

/** Where a command writes: results on one stream, everything else on the other. */
export interface Output {
  /** One line of the result. */
  readonly line: (text: string) => void;
  /** Diagnostics. */
  readonly note: (text: string) => void;
  readonly json: boolean;
}

export function printJson(output: Output, value: unknown): void {
  output.line(JSON.stringify(value));
}

const stateText = (status: StatusObject): string => {
  switch (status.state) {
    case 'Dormant':
      return 'Dormant';
    case 'WaitingToReconnect':
      return 'Dormant: Waiting to reconnect';
    default:
      return status.state;
  }
};

/** "1 d 02:03:04" */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${days} d ` : ''}${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** One line for people. */
export function statusLine(status: StatusObject): string {
  const parts = [`${sanitizeText(status.connection)}: ${stateText(status)}`];
  if (status.adapter !== null)
    parts.push(`${status.adapter} ${status.originAddress ?? ''} > ${status.destinationAddress ?? ''}`);
  if (status.state === 'Connected' && status.tunnelAddresses.length > 0)
    parts.push(`tunnel ${status.tunnelAddresses.join(', ')}`);
  if (status.outageEndsAt !== null) parts.push(`until ${status.outageEndsAt}`);
  if (status.trafficBlocked === true) parts.push('traffic is blocked by the kill switch');
  if (status.error !== null) parts.push(`error ${status.error.code}: ${sanitizeText(status.error.message)}`);
  return parts.join(' · ');
}

/** Everything for people. */
export function statusText(status: StatusObject, now: number): string {
  const child = status.children[0];
  const rows: readonly (readonly [string, string | null])[] = [
    ['State', stateText(status)],
    ['Server', sanitizeText(status.server)],
    ['Duration', status.connectedSince === null ? null : durationText(now - Date.parse(status.connectedSince))],
    ['Network adapter used', status.adapter],
    ['Origin address', status.originAddress],
    ['Destination address', status.destinationAddress],
    ['Behind a NAT', status.state === 'Disconnected' ? null : status.natDetected ? 'Yes' : 'No'],
    ['Mobility', status.state === 'Disconnected' ? null : status.mobikeSupported ? 'Yes' : 'No'],
    ['Tunnel', status.tunnelAdapter === null ? null : `${status.tunnelAdapter} ${status.tunnelAddresses.join(', ')}`],
    ['DNS servers', status.dnsServers.length === 0 ? null : status.dnsServers.join(', ')],
    [
      'Not in force',
      (status.settings ?? [])
        .filter((setting) => !setting.inForce)
        .map(({ concern, detail }) => `${concern} (${detail})`)
        .join('; '),
    ],
    [
      'Traffic',
      status.trafficBlocked === true
        ? 'Blocked by the kill switch until this is connected again or disconnected'
        : null,
    ],
    ['Authentication', status.authentication],
    [
      'IKE SA',
      status.ike === null ? null : `${status.ike.spiInitiator} ${status.ike.spiResponder} ${status.ike.proposal}`,
    ],
    [
      'CHILD SA',
      child === undefined ? null : `${child.spiIn} ${child.spiOut} ${child.proposal}, to ${child.remote.join(', ')}`,
    ],
    [
      'Bytes',
      child === undefined
        ? null
        : `${status.children.reduce((sum, entry) => sum + entry.bytesIn, 0)} in, ${status.children.reduce((sum, entry) => sum + entry.bytesOut, 0)} out`,
    ],
    [
      'Moves',
      status.lastRoam === null
        ? null
        : `${status.roams}, the last at ${status.lastRoam.at} from ${status.lastRoam.from ?? 'nothing'} to ${status.lastRoam.to} (${status.lastRoam.reason}) in ${status.lastRoam.milliseconds} ms`,
    ],
    ['Gives up at', status.outageEndsAt],
    [
      'Error',
      status.error === null
        ? null
        : `${status.error.code} ${sanitizeText(status.error.message)}${status.error.detail === null ? '' : ` (${sanitizeText(status.error.detail)})`}`,
    ],
  ];
  return [
    sanitizeText(status.connection),
    ...rows
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `  ${name.padEnd(22)}${value ?? ''}`),
  ].join('\n');
}

/** A log entry and, for messages, its payloads, for people. */
export function logText(entry: LogEntry): string {
  const head = `${entry.at} ${entry.level.padEnd(7)} ${entry.connection === null ? '' : `${sanitizeText(entry.connection)}: `}${sanitizeText(entry.text, 1024)}`;
  if (entry.exchange === undefined) return head;
  const { from, to, payloads } = entry.exchange;
  return [
    head,
    `    ${from} > ${to}`,
    ...payloads.map(
      ({ name, fields }) =>
        `    ${name}${fields.length === 0 ? '' : `: ${fields.map((field) => `${sanitizeText(field.name)} ${sanitizeText(field.value, 512)}`).join(', ')}`}`,
    ),
  ].join('\n');
}
