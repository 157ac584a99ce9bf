import { createConnection } from 'node:net';
import { octetsToIp } from '../../../src-core/bytes';

/** systemd-resolved's varlink interface io.systemd.Resolve. */
export const RESOLVED_SOCKET = '/run/systemd/resolve/io.systemd.Resolve';
const TIMEOUT_MS = 5000;
const LONGEST_REPLY = 256 * 1024;

/** Addresses of a name, asked only of the name servers of one link. Rejects when resolved has none or is not there. */
export function resolveOnLink(host: string, ifindex: number, path: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    let text = '';
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(TIMEOUT_MS, () =>
      fail(Object.assign(new Error('systemd-resolved does not answer'), { code: 'ETIMEDOUT' })),
    );
    socket.on('error', fail);
    socket.on('end', () => fail(new Error('systemd-resolved closed the connection')));
    // Messages end with a zero octet (varlink.org).
    socket.on('connect', () =>
      socket.write(
        `${JSON.stringify({ method: 'io.systemd.Resolve.ResolveHostname', parameters: { name: host, ifindex } })}\0`,
      ),
    );
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > LONGEST_REPLY) return fail(new Error('the reply of systemd-resolved is too long'));
      const end = text.indexOf('\0');
      if (end < 0) return;
      socket.destroy();
      try {
        resolve(addressesOf(text.slice(0, end)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function addressesOf(reply: string): readonly string[] {
  const parsed = JSON.parse(reply) as {
    error?: string;
    parameters?: { addresses?: readonly { address?: readonly number[] }[] };
  };
  if (parsed.error !== undefined) throw Object.assign(new Error(parsed.error), { code: 'ENOTFOUND' });
  return (parsed.parameters?.addresses ?? []).map(({ address }) => octetsToIp(Uint8Array.from(address ?? [])));
}
