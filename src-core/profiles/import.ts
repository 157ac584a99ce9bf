import { utf8Decode } from '../bytes';
import { say, type ImportMessage } from '../ports/import-message';
import { finishDraft } from './draft';
import type { Draft } from './draft';
import { noFiles, refusedFile } from './import-report';
import type { FileResolver, ImportedProfile, ImportLine, ProfileFile } from './import-report';
import { importLine } from './importers/draft-builder';
import { ipsecConfImporter } from './importers/ipsec-conf';
import { keyfileImporter } from './importers/keyfile';
import { decodeText } from './importers/decode-text';
import { mobileconfigPlist, readMobileconfig } from './importers/mobileconfig';
import { powershellImporter } from './importers/powershell';
import { profileXmlImporter } from './importers/profile-xml';
import { rasphoneImporter } from './importers/rasphone';
import { isSswan, readSswan } from './importers/sswan';
import { swanctlImporter } from './importers/swanctl';
import { mostConnections, type TextImporter } from './importers/text-importer';
import { isAgileVpnFile, parseAgileVpn } from './parse';

/** Larger files are refused unread. */
export const importLimit = 1024 * 1024;

/** Asked in this order; each says whether a text is its own. */
const textImporters: readonly TextImporter[] = [
  keyfileImporter,
  profileXmlImporter,
  powershellImporter,
  ipsecConfImporter,
  swanctlImporter,
  rasphoneImporter,
];

/**
 * Reads a profile file of any known format, told by its content and not by its name. At least one entry; most formats
 * hold one connection, phone books and configuration profiles several. Never throws on what the file contains; nothing
 * is saved here.
 */
export async function importProfiles(
  file: ProfileFile,
  resolve: FileResolver = noFiles,
): Promise<readonly ImportedProfile[]> {
  const { content } = file;
  if (content.length > importLimit) return [refusedFile('unknown', say('file-too-large'))];
  const plist = mobileconfigPlist(content);
  if (plist !== null) {
    const drafts = readMobileconfig(plist);
    return finishAll(drafts, 'mobileconfig', say('plist-without-vpn'));
  }
  const text = utf8Decode(content);
  if (text !== null && isSswan(text)) return finishAll([readSswan(text)], 'sswan', say('file-empty'));
  if (text !== null && isAgileVpnFile(text)) return [await parseAgileVpn(content, resolve)];
  const foreign = decodeText(content);
  const importer = textImporters.find(({ recognises }) => recognises(foreign));
  if (importer !== undefined) {
    const drafts = await importer.read(foreign, { name: file.name, files: resolve });
    return finishAll(drafts, importer.format, say('file-empty'));
  }
  return [refusedFile('unknown', say('file-unknown'))];
}

/** Of one file, all connections together. */
const mostLines = 10_000;

/** What must be known of a connection when the report is long already. */
function essential(lines: readonly ImportLine[]): readonly ImportLine[] {
  const kept = lines.filter(({ outcome }) => outcome === 'wrong' || outcome === 'missing').slice(0, 10);
  const message = say('keys-not-listed', { count: String(lines.length - kept.length) });
  return [...kept, importLine('(file)', 'ignored', message)];
}

/** Foreign formats hold everything themselves: files that they name are not looked for. */
async function finishAll(
  drafts: readonly Draft[] | null,
  format: ImportedProfile['format'],
  empty: ImportMessage,
): Promise<readonly ImportedProfile[]> {
  if (drafts === null || drafts.length === 0) return [refusedFile(format, empty)];
  const imported: ImportedProfile[] = [];
  let lines = 0;
  for (const draft of drafts.slice(0, mostConnections)) {
    const one = await finishDraft(draft, noFiles);
    lines += one.lines.length;
    imported.push(lines > mostLines ? { ...one, lines: essential(one.lines) } : one);
  }
  const left = drafts.length - mostConnections;
  return left > 0 ? [...imported, refusedFile(format, say('connections-left-out', { count: String(left) }))] : imported;
}
