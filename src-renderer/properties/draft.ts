import type { AuthenticationMethod, Profile } from '../../src-core/profiles/profile';

/** The items of Windows 7's list, seconds (windows7-ux 3.4). Another value from an import is added where it belongs. */
export const outageItems: readonly number[] = [300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800];

export function outageChoices(current: number): readonly number[] {
  return outageItems.includes(current) ? outageItems : [...outageItems, current].sort((a, b) => a - b);
}

export const eapMethods: readonly AuthenticationMethod[] = ['eap-mschapv2', 'eap-tls', 'peap-mschapv2', 'peap-tls', 'eap-ttls'];

/** Adapters in the order of preference: those the profile names first, then the others as the system lists them. */
export function adapterOrder(profile: Profile, present: readonly string[]): readonly string[] {
  const named = profile.mobility.adapterOrder;
  return [...named, ...present.filter((name) => !named.includes(name))];
}

/** The list with the entry at `index` moved by `by` places, within its ends. */
export function moved<T>(list: readonly T[], index: number, by: number): readonly T[] {
  const target = Math.max(0, Math.min(list.length - 1, index + by));
  const rest = list.filter((_, position) => position !== index);
  const entry = list[index];
  return entry === undefined ? list : [...rest.slice(0, target), entry, ...rest.slice(target)];
}

type Section = 'authentication' | 'mobility' | 'network' | 'advanced' | 'serverCertificate';

/** A copy with some keys of one section changed. */
export function change<S extends Section>(profile: Profile, section: S, values: Partial<Profile[S]>): Profile {
  return { ...profile, [section]: { ...profile[section], ...values } };
}
