import { pageOrigin } from './channel';

/** What a window shows. The page names one with window.open('#status/NAME'); anything else is refused. */
export type Surface =
  | { readonly kind: 'panel' | 'connections' }
  | { readonly kind: 'connect' | 'status' | 'properties' | 'diagnosis'; readonly name: string }
  | { readonly kind: 'log'; readonly name: string | null };

const named: ReadonlySet<string> = new Set(['connect', 'status', 'properties', 'diagnosis']);

/** Pixels, frame included; those of the browser host's windows. */
export const surfaceSize: Readonly<Record<Surface['kind'], { readonly width: number; readonly height: number }>> = {
  panel: { width: 306, height: 440 },
  connections: { width: 620, height: 440 },
  connect: { width: 400, height: 320 },
  status: { width: 380, height: 520 },
  properties: { width: 380, height: 470 },
  diagnosis: { width: 460, height: 440 },
  log: { width: 760, height: 500 },
};

export function surfaceUrl(surface: Surface): string {
  const name = 'name' in surface && surface.name !== null ? `/${encodeURIComponent(surface.name)}` : '';
  return `${pageOrigin}/index.html#${surface.kind}${name}`;
}

/** The surface of an address, or null for every address that is not one of ours. */
export function parseSurfaceUrl(address: string): Surface | null {
  let url: URL;
  let name: string | null;
  try {
    url = new URL(address);
    const [, raw] = /^#[a-z]+\/(.+)$/.exec(url.hash) ?? [];
    name = raw === undefined ? null : decodeURIComponent(raw);
  } catch {
    return null;
  }
  if (`${url.protocol}//${url.host}` !== pageOrigin || url.pathname !== '/index.html' || url.search !== '') return null;
  if (name !== null && name.length > 256) return null;
  const kind = /^#([a-z]+)/.exec(url.hash)?.[1] ?? '';
  if (kind === 'panel' || kind === 'connections') return name === null ? { kind } : null;
  if (kind === 'log') return { kind, name };
  return named.has(kind) && name !== null
    ? { kind: kind as 'connect' | 'status' | 'properties' | 'diagnosis', name }
    : null;
}
