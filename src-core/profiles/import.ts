import { utf8Decode } from '../bytes';
import { say, type ImportMessage } from '../ports/import-message';
import { finishDraft } from './draft';
import type { Draft } from './draft';
import { noFiles, refusedFile } from './import-report';
import type { FileResolver, ImportedProfile, ProfileFile } from './import-report';
import { ipsecConfImporter } from './importers/ipsec-conf';
import { keyfileImporter } from './importers/keyfile';
import { decodeText } from './importers/decode-text';
import { mobileconfigPlist, readMobileconfig } from './importers/mobileconfig';
import { decodeRasphone, isRasphone, readRasphone } from './importers/rasphone';
import { isSswan, readSswan } from './importers/sswan';
import { swanctlImporter } from './importers/swanctl';
import type { TextImporter } from './importers/text-importer';
import { isAgileVpnFile, parseAgileVpn } from './parse';

/** Larger files are refused unread. */
export const importLimit = 1024 * 1024;

/** Asked in this order; each says whether a text is its own. */
const textImporters: readonly TextImporter[] = [keyfileImporter, ipsecConfImporter, swanctlImporter];

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
  const phoneBook = decodeRasphone(content);
  if (isRasphone(phoneBook)) return finishAll(readRasphone(phoneBook), 'rasphone', say('file-empty'));
  return [refusedFile('unknown', say('file-unknown'))];
}

/** Foreign formats hold everything themselves: files that they name are not looked for. */
async function finishAll(
  drafts: readonly Draft[] | null,
  format: ImportedProfile['format'],
  empty: ImportMessage,
): Promise<readonly ImportedProfile[]> {
  if (drafts === null || drafts.length === 0) return [refusedFile(format, empty)];
  const imported: ImportedProfile[] = [];
  for (const draft of drafts) imported.push(await finishDraft(draft, noFiles));
  return imported;
}
