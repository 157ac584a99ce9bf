import { formatCidr, parseCidr, sanitizeText } from '../../bytes';
import { say } from '../../ports/import-message';
import type { DraftBuilder } from './draft-builder';

/** Values of foreign files: what is out of bounds is taken as the nearest that is possible, and said. */

/** "yes", "true", "on", "1" and their opposites, without case; null: neither. */
export function parseFlag(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  if (['yes', 'true', 'on', '1', 'enabled', 'y'].includes(word)) return true;
  if (['no', 'false', 'off', '0', 'disabled', 'n'].includes(word)) return false;
  return null;
}

const unitSeconds: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** "30", "30s", "5m", "1.5h", "1d" in seconds; null: none of these. */
export function parseDuration(text: string): number | null {
  const [, number, unit = 's'] = /^([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(us|ms|s|m|h|d|w)?$/i.exec(text.trim()) ?? [];
  return number === undefined ? null : Math.round(Number(number) * (unitSeconds[unit.toLowerCase()] as number));
}

/** The bounds of the profile's numbers (assets/schema). */
export const bounds = {
  'advanced.dpdSeconds': [5, 3600],
  'advanced.natKeepaliveSeconds': [5, 600],
  'advanced.ikeLifetimeSeconds': [10, 86_400],
  'advanced.childLifetimeSeconds': [10, 86_400],
  'advanced.reauthenticationSeconds': [60, 604_800],
  'dialing.idleSeconds': [60, 86_400],
  'dialing.redialAttempts': [0, 999],
  'dialing.redialSeconds': [1, 3600],
  'network.mtu': [1280, 9000],
} as const;

export function takeNumber(draft: DraftBuilder, key: string, path: keyof typeof bounds, wanted: number): void {
  const [least, most] = bounds[path];
  const taken = Math.min(Math.max(wanted, least), most);
  draft.take(key, path, taken, taken === wanted ? say('taken') : say('taken-nearest', { value: String(taken) }));
}

/** Non-empty parts. */
export function splitList(text: string, separator: string | RegExp): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Networks in their usual form ("10.1.2.3/8" is 10.0.0.0/8); what is no network stays, to be judged with the profile. */
export function canonicalNetwork(text: string): string {
  const prefix = parseCidr(text);
  return prefix === null ? text : formatCidr(prefix);
}

const longestName = 64;

/** The name of the connection: what the file says, else the file's own name without its ending. */
export function takeName(draft: DraftBuilder, key: string, said: string | undefined, fileName: string): void {
  const given = said?.trim() ?? '';
  if (given === '') return draft.take('(file)', 'name', nameOfFile(fileName), say('name-of-file'));
  const name = sanitizeText(given, longestName).trim();
  draft.take(key, 'name', name, name === given ? say('taken') : say('taken-as', { value: name }));
}

export function nameOfFile(fileName: string): string {
  const base = (fileName.split(/[/\\]/).at(-1) ?? '').replace(/\.[A-Za-z0-9]{1,16}$/, '');
  const name = sanitizeText(base, longestName).trim();
  return name === '' ? 'VPN' : name;
}
