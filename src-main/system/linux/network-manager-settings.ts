import { readVariants } from './dbus';

/**
 * What NetworkManager keeps of a network: its connection settings, `a{sa{sv}}` (networkmanager.dev,
 * Settings.Connection).
 */

/** A type of D-Bus as the library parses it: `a{sv}` is an "a" around a "{" around an "s" and a "v". */
interface TypeNode {
  readonly type: string;
  readonly child: readonly TypeNode[];
}

export interface SavedNetwork {
  /** Object path of the connection. */
  readonly path: string;
  readonly ssid: Uint8Array;
  /** connection.autoconnect; NetworkManager leaves it out where it is true. */
  readonly automatically: boolean;
}

/** An SSID has at most 32 octets (IEEE 802.11-2020, 9.4.2.2). */
export const octets = (value: unknown): Uint8Array =>
  (value instanceof Uint8Array
    ? value
    : Array.isArray(value)
      ? Uint8Array.from(value.filter((each): each is number => typeof each === 'number'))
      : new Uint8Array(0)
  ).slice(0, 32);

const sectionsOf = (settings: unknown): readonly (readonly [name: string, entries: unknown])[] =>
  (Array.isArray(settings) ? (settings as readonly unknown[]) : []).flatMap((section) =>
    Array.isArray(section) && typeof section[0] === 'string' ? [[section[0], section[1]] as const] : [],
  );

/** null: not a connection to a wireless network. `settings`: what GetSettings answered. */
export function savedNetwork(path: string, settings: unknown): SavedNetwork | null {
  const sections = new Map(sectionsOf(settings));
  const ssid = octets(readVariants(sections.get('802-11-wireless')).get('ssid'));
  return ssid.length === 0
    ? null
    : { path, ssid, automatically: readVariants(sections.get('connection')).get('autoconnect') !== false };
}

function typeOf(value: unknown): TypeNode {
  const node = Array.isArray(value) && value.length === 1 ? (value[0] as Partial<TypeNode> | null) : null;
  if (typeof node?.type !== 'string' || !Array.isArray(node.child))
    throw new TypeError('NetworkManager answered a variant without a type.');
  return node as TypeNode;
}

const closing: Readonly<Record<string, string>> = { '{': '}', '(': ')' };
const signature = ({ type, child }: TypeNode): string =>
  `${type}${child.map(signature).join('')}${closing[type] ?? ''}`;

/**
 * A value as it came, in the form in which it is sent: the library reads a variant as parsed type and value, and writes
 * it from signature and value.
 */
function sendable(type: TypeNode, value: unknown): unknown {
  if (type.type === 'v') {
    const [inner, held] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    const node = typeOf(inner);
    return [signature(node), sendable(node, Array.isArray(held) ? held[0] : undefined)];
  }
  if (!Array.isArray(value)) return value;
  const items = value as readonly unknown[];
  return items.map((item, index) => {
    const child = type.child[type.type === 'a' ? 0 : index];
    if (child === undefined) throw new TypeError('NetworkManager answered a value that its type does not fit.');
    return sendable(child, item);
  });
}

const variantType: TypeNode = { type: 'v', child: [] };

/**
 * The same settings with connection.autoconnect changed, as `Update` takes them: it replaces all of them, and keeps the
 * secrets where it is sent
 * none (GetSettings shows none). Throws TypeError where they are not what GetSettings answers: then nothing is to be
 * sent.
 */
export function withAutoconnect(settings: unknown, automatically: boolean): unknown {
  const autoconnect = ['autoconnect', ['b', automatically]] as const;
  const sections = sectionsOf(settings).map(([name, entries]) => {
    const kept = (Array.isArray(entries) ? (entries as readonly unknown[]) : []).map((entry) => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string')
        throw new TypeError('NetworkManager answered settings that cannot be read.');
      return [entry[0], sendable(variantType, entry[1])] as const;
    });
    return [
      name,
      name === 'connection' ? [...kept.filter(([key]) => key !== 'autoconnect'), autoconnect] : kept,
    ] as const;
  });
  if (!sections.some(([name]) => name === 'connection'))
    throw new TypeError('NetworkManager answered settings of no connection.');
  return sections;
}
