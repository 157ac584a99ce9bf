import { protocol, type Session } from 'electron';
import { pageHeaders, readPage } from '../web/page';
import { pageOrigin, scheme } from './channel';

/** Before `ready`: the scheme is standard and secure, so that origins, CSP and storage work as for https. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, codeCache: true } }]);
}

/** Serves the built renderer from memory and cancels every request that goes anywhere else: the page has no network. */
export function servePage(session: Session, rendererDirectory: string): void {
  const files = readPage(rendererDirectory);
  const headers = pageHeaders([]);
  session.protocol.handle(scheme, (request) => {
    const url = new URL(request.url);
    const file = request.method === 'GET' && url.host === 'app' ? files.get(url.pathname) : undefined;
    if (file === undefined)
      return new Response('Not found.', { status: 404, headers: { ...headers, 'Content-Type': 'text/plain' } });
    return new Response(new Uint8Array(file.content), { headers: { ...headers, 'Content-Type': file.type } });
  });
  session.webRequest.onBeforeRequest((details, callback) => {
    // A file that the page made itself, to be saved, has an address of its own origin as well.
    callback({ cancel: !details.url.startsWith(`${pageOrigin}/`) && !details.url.startsWith(`blob:${pageOrigin}/`) });
  });
}
