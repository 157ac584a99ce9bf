/** The one channel between a page and the main process; messages are those of api/transport. */
export const apiChannel = 'agile-vpn:api';

/** Our own scheme: pages come from here and from nowhere else (Electron's security checklist: no file:). */
export const scheme = 'agile-vpn-app';
export const pageOrigin = `${scheme}://app`;
