import { utf8Encode } from '../bytes';
import type { Profile } from './profile';
import { isJsonObject, type JsonObject, schemaDefaults } from './schema';

/**
 * A profile as our own file. Keys with their default value are left out: the file says what is special about the
 * connection,
 * and a better default of a later version reaches it. A client certificate and its key go with it, secrets never.
 */
export function exportAgileVpn(profile: Profile): Uint8Array {
  return utf8Encode(
    `${JSON.stringify(withoutDefaults(profile as unknown as JsonObject, schemaDefaults()), null, 2)}\n`,
  );
}

/** The store keeps every key, so that what a person saw is what is kept. */
export function serializeProfile(profile: Profile): Uint8Array {
  return utf8Encode(`${JSON.stringify(profile, null, 2)}\n`);
}

/** "Contoso.agilevpn.json", with what file systems refuse taken out. */
export function exportFileName(profile: Pick<Profile, 'name'>): string {
  const safe = profile.name.replaceAll(/[\\/:*?"<>|.\p{Cc}]/gu, '_');
  return `${safe}.agilevpn.json`;
}

function withoutDefaults(value: JsonObject, defaults: JsonObject): JsonObject {
  const result: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(value)) {
    const standard = defaults[key];
    if (isJsonObject(content) && isJsonObject(standard)) {
      const inner = withoutDefaults(content, standard);
      if (Object.keys(inner).length > 0) result[key] = inner;
    } else if (JSON.stringify(content) !== JSON.stringify(standard)) {
      result[key] = content;
    }
  }
  return result;
}
