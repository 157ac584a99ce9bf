/** A window that the person opened. Dialogs that the service asks for are derived from its state instead. */
export type Surface =
  | { readonly kind: 'status'; readonly name: string }
  | { readonly kind: 'properties'; readonly name: string }
  | { readonly kind: 'diagnosis'; readonly name: string }
  | { readonly kind: 'log'; readonly name: string | null }
  | { readonly kind: 'connections' };

export const surfaceId = (surface: Surface): string =>
  'name' in surface ? `${surface.kind}:${surface.name ?? ''}` : surface.kind;

/** The address of a surface under Electron; src-main/electron/surfaces.ts reads it. */
export const hashOf = (surface: Surface): string =>
  `#${surface.kind}${'name' in surface && surface.name !== null ? `/${encodeURIComponent(surface.name)}` : ''}`;

/** What a desktop window was opened for. */
export type WindowContent = Surface | { readonly kind: 'panel' } | { readonly kind: 'connect'; readonly name: string };

/** Null for the whole desktop of the browser host. */
export function contentOfHash(hash: string): WindowContent | null {
  const [, kind, rawName] = /^#([a-z]+)(?:\/(.+))?$/.exec(hash) ?? [];
  const name = rawName === undefined ? null : decodeURIComponent(rawName);
  switch (kind) {
    case 'panel':
    case 'connections':
      return { kind };
    case 'log':
      return { kind, name };
    case 'connect':
    case 'status':
    case 'properties':
    case 'diagnosis':
      return name === null ? null : { kind, name };
    default:
      return null;
  }
}
