import { basename, isAbsolute, resolve } from 'node:path';

/**
 * What the desktop hands over when a person opens one of our links or files with the app. Both only ever lead to the
 * import page, where nothing is saved
 * or connected before a click. A link carries the whole profile: nothing is fetched for it.
 */
export type Opened =
  | { readonly type: 'content'; readonly fileName: string; readonly content: Uint8Array }
  | { readonly type: 'file'; readonly fileName: string; readonly path: string }
  /** A link that is none of ours, or wants more than an import. */
  | { readonly type: 'refused'; readonly reason: string };

export const linkScheme = 'agilevpn';
/** Longer links are cut off by desktops and mail programs anyway. */
const longestLink = 64 * 1024;
const mostOpened = 8;

/** `agilevpn:import?profile=<base64url of the file>`, and nothing else. */
export function readLink(text: string): Opened {
  if (text.length > longestLink) return { type: 'refused', reason: 'the link is too long' };
  const [, action, query] = /^agilevpn:(?:\/\/)?([a-z-]*)\/?(?:\?([^#]*))?$/i.exec(text) ?? [];
  if (action?.toLowerCase() !== 'import')
    return { type: 'refused', reason: 'a link can only offer a connection for import' };
  const parameters = [...new URLSearchParams(query ?? '')];
  const [first] = parameters;
  if (parameters.length !== 1 || first?.[0] !== 'profile')
    return { type: 'refused', reason: 'the link must have one parameter, profile' };
  if (!/^[A-Za-z0-9_-]+$/.test(first[1])) return { type: 'refused', reason: 'profile is not base64url' };
  return {
    type: 'content',
    fileName: `${linkScheme} link`,
    content: new Uint8Array(Buffer.from(first[1], 'base64url')),
  };
}

/**
 * Links and files among the arguments of a start; switches are Chromium's and ours, and are never files. `folder`: what
 * relative names are relative to.
 * `skip`: the arguments that name the program.
 */
export function readArguments(argv: readonly string[], folder: string, skip: number): readonly Opened[] {
  const opened: Opened[] = [];
  for (const argument of argv.slice(skip)) {
    if (argument === '' || argument.startsWith('-') || opened.length >= mostOpened) continue;
    if (/^agilevpn:/i.test(argument)) opened.push(readLink(argument));
    else if (/^[a-z][a-z0-9+.-]+:/i.test(argument))
      opened.push({ type: 'refused', reason: 'only links of our own scheme and files are opened' });
    else
      opened.push({
        type: 'file',
        fileName: basename(argument),
        path: isAbsolute(argument) ? argument : resolve(folder, argument),
      });
  }
  return opened;
}
