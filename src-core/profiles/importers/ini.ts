/** One line of a file in the manner of Windows' INI files. Blanks around names, keys and values mean nothing. */
export type IniLine =
  | { readonly type: 'section'; readonly name: string }
  | { readonly type: 'key'; readonly key: string; readonly value: string };

/** null: neither a section nor a key. A section's name may hold brackets: "[a]b [c]" is "a]b [c". */
export function iniLine(line: string): IniLine | null {
  const text = line.trim();
  if (text.startsWith('[') && text.endsWith(']')) return { type: 'section', name: text.slice(1, -1).trim() };
  const equals = text.indexOf('=');
  if (equals < 1) return null;
  return { type: 'key', key: text.slice(0, equals).trimEnd(), value: text.slice(equals + 1).trimStart() };
}

/** The lines of a text, whatever ends them. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}
