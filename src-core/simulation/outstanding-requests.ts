import type { SimulatedDatagram, SimulatedNetwork } from './simulated-network';

const ikeSaInit = 34;
const responseFlag = 0x20;

/** The fields of the IKE header (RFC 7296 section 3.1) that are readable without keys; null: not IKE. */
function header({ from, to, bytes }: SimulatedDatagram): {
  readonly spis: string;
  readonly exchange: number;
  readonly response: boolean;
  readonly messageId: number;
} | null {
  const marked = from.port !== 500 && to.port !== 500;
  if (marked && (bytes.length < 4 || bytes.subarray(0, 4).some((octet) => octet !== 0))) return null;
  const message = marked ? bytes.subarray(4) : bytes;
  if (message.length < 28) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return {
    spis: Buffer.from(message.subarray(0, 16)).toString('hex'),
    exchange: message[18]!,
    response: (message[19]! & responseFlag) !== 0,
    messageId: view.getUint32(20),
  };
}

/**
 * Watches what crosses the Internet for C-5: on one IKE SA the client sends a new request only after the one before was
 * answered. Violations are kept as
 * sentences.
 */
export function watchOutstandingRequests(
  network: SimulatedNetwork,
  gatewayAddress: string,
): { readonly violations: readonly string[] } {
  const violations: string[] = [];
  const newest = new Map<string, number>();
  const answered = new Set<string>();
  network.tap((datagram) => {
    const found = header(datagram);
    if (found === null || found.exchange === ikeSaInit) return;
    const { spis, messageId, response } = found;
    if (datagram.from.address === gatewayAddress) {
      if (response) answered.add(`${spis} ${String(messageId)}`);
      return;
    }
    if (response) return;
    const before = newest.get(spis);
    if (before !== undefined && messageId > before && !answered.has(`${spis} ${String(before)}`))
      violations.push(`request ${String(messageId)} left while ${String(before)} was unanswered`);
    if (before === undefined || messageId > before) newest.set(spis, messageId);
  });
  return { violations };
}
