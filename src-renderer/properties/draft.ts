import type { AdapterView } from '../../src-main/api/contract';
import type { AuthenticationMethod, Profile } from '../../src-core/profiles/profile';

/** The items of Windows 7's list, seconds (windows7-ux 3.4). Another value from an import is added where it belongs. */
export const outageItems: readonly number[] = [300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800];

export function outageChoices(current: number): readonly number[] {
  return withCurrent(outageItems, current);
}

export const eapMethods: readonly AuthenticationMethod[] = [
  'eap-mschapv2',
  'eap-tls',
  'peap-mschapv2',
  'peap-tls',
  'eap-ttls',
];

/**
 * Kinds that can lead to a gateway. Tunnels, traffic shapers, bridges of virtual machines and the like are no ways out
 * of this computer.
 */
const outerKinds: ReadonlySet<string> = new Set(['ethernet', 'wifi', 'mobile']);

/**
 * Adapters in the order of preference: those the profile names first, then the others as the system lists them. Only
 * what can carry the tunnel's
 * own packets; and the demo's adapters are the demo's alone (`demo`: their names), as this computer's are everybody
 * else's.
 */
export function adapterOrder(
  profile: Profile,
  present: readonly Pick<AdapterView, 'name' | 'kind'>[],
  demo: readonly string[] = [],
): readonly string[] {
  const named = profile.mobility.adapterOrder;
  const isDemo = named.some((name) => demo.includes(name));
  const fitting = present.filter(({ name, kind }) => outerKinds.has(kind) && demo.includes(name) === isDemo);
  return [...new Set([...named, ...fitting.map(({ name }) => name)])];
}

/** `a.example; *.b.example` as Windows has them in one line. */
export const serverNamesText = (names: readonly string[]): string => names.join('; ');
export const serverNamesOf = (text: string): readonly string[] => [
  ...new Set(text.split(/[;,\s]+/).filter((name) => name !== '')),
];

/** The list with the entry at `index` moved by `by` places, within its ends. */
export function moved<T>(list: readonly T[], index: number, by: number): readonly T[] {
  const target = Math.max(0, Math.min(list.length - 1, index + by));
  const rest = list.filter((_, position) => position !== index);
  const entry = list[index];
  return entry === undefined ? list : [...rest.slice(0, target), entry, ...rest.slice(target)];
}

/**
 * Seconds between redials, and of idle time (null: never), as Windows 7 lists them. Another value from an import is
 * added where it belongs.
 */
const redialItems: readonly number[] = [1, 3, 5, 10, 30, 60, 120, 300, 600];
const idleItems: readonly number[] = [60, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400];

const withCurrent = (items: readonly number[], current: number): readonly number[] =>
  items.includes(current) ? items : [...items, current].sort((a, b) => a - b);

export const redialChoices = (current: number): readonly number[] => withCurrent(redialItems, current);
export const idleChoices = (current: number | null): readonly (number | null)[] => [
  null,
  ...(current === null ? idleItems : withCurrent(idleItems, current)),
];

type Section = 'authentication' | 'dialing' | 'mobility' | 'network' | 'advanced' | 'serverCertificate';

/** A copy with some keys of one section changed. */
export function change<S extends Section>(profile: Profile, section: S, values: Partial<Profile[S]>): Profile {
  return { ...profile, [section]: { ...profile[section], ...values } };
}
