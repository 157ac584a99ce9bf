import { sanitizeText } from '../bytes';
import { exportAgileVpn, exportFileName } from './export';
import { authorityDer, toBase64 } from './exporters/certificates';
import { writeMobileconfig } from './exporters/mobileconfig';
import { writeRasphone } from './exporters/rasphone';
import { writeSswan } from './exporters/sswan';
import { importProfiles } from './import';
import type { Profile } from './profile';
import { isJsonObject } from './schema';

export const exportFormats = ['agilevpn', 'sswan', 'mobileconfig', 'rasphone'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const isExportFormat = (text: string): text is ExportFormat =>
  (exportFormats as readonly string[]).includes(text);

/** One key of the profile that the format cannot say. */
export interface ExportLine {
  readonly key: string;
  readonly text: string;
}

export type ExportResult =
  | {
      readonly ok: true;
      readonly fileName: string;
      readonly content: Uint8Array;
      readonly notExpressed: readonly ExportLine[];
    }
  /** The format cannot hold this connection at all. `key` of the profile says why. */
  | { readonly ok: false; readonly key: string; readonly text: string };

const extensions: Readonly<Record<ExportFormat, string>> = {
  agilevpn: '.agilevpn.json',
  sswan: '.sswan',
  mobileconfig: '.mobileconfig',
  rasphone: '.pbk',
};
const names: Readonly<Record<ExportFormat, string>> = {
  agilevpn: 'An Agile VPN profile',
  sswan: 'A strongSwan profile',
  mobileconfig: 'An Apple configuration profile',
  rasphone: 'A Windows phone book',
};

function write(profile: Profile, format: ExportFormat): Uint8Array | null {
  switch (format) {
    case 'agilevpn':
      return exportAgileVpn(profile);
    case 'sswan':
      return writeSswan(profile);
    case 'mobileconfig':
      return writeMobileconfig(profile);
    case 'rasphone':
      return writeRasphone(profile);
  }
}

/**
 * Writes a connection in a format. What is lost is not guessed: the file is read back as whoever gets it would read it,
 * and every key that does not come
 * back as it was is named. Secrets are in none of the formats.
 */
export async function exportConnection(profile: Profile, format: ExportFormat): Promise<ExportResult> {
  const content = write(profile, format);
  if (content === null)
    return {
      ok: false,
      key: 'authentication.method',
      text: `${names[format]} cannot say ${profile.authentication.method}.`,
    };
  const [read] = await importProfiles({ name: 'export', content });
  const wrong = read?.lines.find(({ outcome }) => outcome === 'wrong');
  if (read === undefined || read.profile === null)
    return {
      ok: false,
      key: wrong?.key ?? '',
      text: `${names[format]} cannot hold this connection: ${wrong === undefined ? 'it could not be read back' : `${wrong.key}: ${wrong.text}`}`,
    };
  if (read.profile.authentication.method !== profile.authentication.method)
    return {
      ok: false,
      key: 'authentication.method',
      text: `${names[format]} cannot say ${profile.authentication.method}.`,
    };
  const fileName = exportFileName(profile).replace(/\.agilevpn\.json$/, extensions[format]);
  return { ok: true, fileName, content, notExpressed: differences('', comparable(profile), comparable(read.profile)) };
}

/** Certificates in one form: PEM and base64 of the same certificate are the same. */
function comparable(profile: Profile): unknown {
  const certificates = (list: readonly string[]): readonly string[] =>
    list.map((text) => {
      const der = authorityDer(text);
      return der === null ? text : toBase64(der);
    });
  return {
    ...profile,
    authentication: {
      ...profile.authentication,
      serverAuthorities: certificates(profile.authentication.serverAuthorities),
    },
    serverCertificate: {
      ...profile.serverCertificate,
      authorities: certificates(profile.serverCertificate.authorities),
    },
  };
}

function differences(path: string, wanted: unknown, got: unknown): readonly ExportLine[] {
  if (isJsonObject(wanted) && isJsonObject(got)) {
    return [...new Set([...Object.keys(wanted), ...Object.keys(got)])].flatMap((key) =>
      differences(path === '' ? key : `${path}.${key}`, wanted[key], got[key]),
    );
  }
  if (JSON.stringify(wanted) === JSON.stringify(got)) return [];
  return [{ key: path, text: `${describe(wanted)} cannot be said; whoever reads the file gets ${describe(got)}.` }];
}

/** Short enough for a line; certificates are counted, not shown. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value))
    return value.length === 0
      ? 'an empty list'
      : value.some((entry) => typeof entry !== 'string' || entry.length > 80)
        ? `a list of ${value.length}`
        : sanitizeText(value.join(', '), 160);
  if (typeof value === 'string')
    return value.length > 80 ? 'a certificate or key' : JSON.stringify(sanitizeText(value, 80));
  return typeof value === 'object' ? 'a token' : JSON.stringify(value);
}
