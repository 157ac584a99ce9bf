import { sanitizeText, utf8Decode } from '../bytes';
import { say } from '../ports/import-message';
import { finishDraft } from './draft';
import { refusedFile } from './import-report';
import type { FileResolver, ImportedProfile, ImportLine } from './import-report';
import { isJsonObject } from './schema';
import type { JsonObject } from './schema';

/** Our own format, `.agilevpn.json`. */

/** Anything with our keys, or at least JSON that claims nothing else. */
export function isAgileVpnFile(text: string): boolean {
  const value = parseJson(text);
  return isJsonObject(value) && ('authentication' in value || 'server' in value || 'version' in value);
}

/** JSON or undefined; never throws, however deep or odd the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown;
  } catch {
    return undefined;
  }
}

export async function parseAgileVpn(content: Uint8Array, resolve: FileResolver): Promise<ImportedProfile> {
  const text = utf8Decode(content);
  const value = text === null ? undefined : parseJson(text);
  if (!isJsonObject(value)) return refusedFile('agilevpn', say('must-be-json'));
  const imported = await finishDraft(
    { format: 'agilevpn', content: value, secrets: {}, lines: [], keyOf: (path) => path },
    resolve,
  );
  const reported = new Set(imported.lines.map(({ key }) => key));
  const understood = leaves(value).filter(
    (key) =>
      ![...reported].some(
        (other) =>
          other === key || other.startsWith(`${key}.`) || other.startsWith(`${key}[`) || key.startsWith(`${other}.`),
      ),
  );
  return { ...imported, lines: [...understood.map((key) => lineOf(key, value)), ...imported.lines] };
}

/** Kept for versions that can, and no promise of this one. */
const withoutEffect = 'advanced.tcpFallback';

function lineOf(key: string, file: JsonObject): ImportLine {
  const advanced = file['advanced'];
  if (key === withoutEffect && isJsonObject(advanced) && advanced['tcpFallback'] === true)
    return { key, outcome: 'understood', text: 'Kept; this version cannot carry the tunnel over TCP.' };
  return { key, outcome: 'understood', text: secretKey.test(key) ? 'Moved into the secret store.' : 'Taken.' };
}

const secretKey = /^(authentication\.)?(password|psk|pin|passphrase)$/;

/** Paths of everything that is not an object, at most as deep as our format goes. */
function leaves(value: JsonObject, path = '', depth = 0): readonly string[] {
  return Object.entries(value)
    .slice(0, 200)
    .flatMap(([key, content]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return isJsonObject(content) && depth < 4 ? leaves(content, at, depth + 1) : [sanitizeText(at)];
    });
}
