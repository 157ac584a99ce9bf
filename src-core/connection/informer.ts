import { rangeContainsAddress } from '../bytes/ip-address';
import { hexDecode } from '../bytes';
import { decodeAnswer, encodeInform, type InformRequest } from '../dhcp/inform';
import type { DhcpOptions } from '../dhcp/options';
import type { Timer } from '../ports/clock';
import type { DatagramSocket } from '../ports/datagrams';
import { applySettings } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { connectionId } from './connection-id';

/** W-23. */
const sendAtMs = [0, 2_000, 4_000, 8_000] as const;
/** After the last one. */
const lastWaitMs = 4_000;
const serverPort = 67;
const udp = 17;

const words = (error: unknown): string => (error instanceof Error ? error.message : 'unknown reason');

/**
 * Asks a DHCP server behind the tunnel for routes, name servers and the domain (W-20 to W-27), once for each IKE SA
 * that begins anew, not after a move.
 */
export class Informer {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  #socket: DatagramSocket | null = null;
  #timers: Timer[] = [];
  /** Counts questions: an answer to an earlier one finds nobody. */
  #runs = 0;

  constructor(context: ConnectionContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  start(): void {
    this.stop();
    const { profile, facts, log } = this.#context;
    const address = facts.configuration?.ipv4Addresses[0];
    if (!profile.network.dhcpInform || address === undefined) return;
    const server = facts.configuration?.dhcpServers[0] ?? '255.255.255.255';
    if (!this.#carries(server))
      return log('info', `DHCP options are not asked for: the tunnel carries no packets to ${server}.`);
    this.#ask(address, server, ++this.#runs).catch((error: unknown) =>
      log('warning', `DHCP options cannot be asked for through the tunnel: ${words(error)}.`),
    );
  }

  stop(): void {
    this.#runs++;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#socket?.close();
    this.#socket = null;
  }

  /** W-21. */
  #carries(server: string): boolean {
    return (this.#attempt.session?.children ?? []).some((child) =>
      child.remoteSelectors.some(
        ({ family, startAddress, endAddress, protocol, startPort, endPort }) =>
          rangeContainsAddress({ family, start: startAddress, end: endAddress }, server) &&
          (protocol === 0 || (protocol === udp && startPort <= serverPort && serverPort <= endPort)),
      ),
    );
  }

  async #ask(address: string, server: string, run: number): Promise<void> {
    const { ports, profile, log } = this.#context;
    const socket = await ports.networkSettings.openDhcp();
    if (this.#runs !== run) return socket.close();
    this.#socket = socket;
    // Locally administered and unicast; the same for every connection of this profile (W-22).
    const hardwareAddress = hexDecode(connectionId(profile.name))!.slice(0, 6);
    hardwareAddress[0] = (hardwareAddress[0]! & 0xfc) | 0x02;
    const transaction = new DataView(ports.random.bytes(4).slice().buffer).getUint32(0);
    const request: InformRequest = { transaction, address, hardwareAddress };
    const message = encodeInform(request);
    socket.onDatagram((datagram, from) => {
      if (from.port !== serverPort || this.#runs !== run) return;
      const options = decodeAnswer(datagram, request);
      if (options === null) return;
      this.stop();
      this.#answered(options).catch((error: unknown) =>
        log('error', `The DHCP options of the tunnel could not be set: ${words(error)}.`),
      );
    });
    const send = (): void => void socket.send(message, { address: server, port: serverPort });
    this.#timers = [
      ...sendAtMs.map((delay) => ports.clock.setTimer(delay, 'DHCPINFORM', send)),
      ports.clock.setTimer(sendAtMs.at(-1)! + lastWaitMs, 'no DHCP answer', () => {
        this.stop();
        log('info', `No DHCP server behind the tunnel answered (${server}).`);
      }),
    ];
  }

  async #answered(options: DhcpOptions): Promise<void> {
    const attempt = this.#attempt;
    const { log } = this.#context;
    const said = [
      ...options.routes,
      ...options.dnsServers.map((server) => `DNS ${server}`),
      ...options.domains.map((domain) => `domain ${domain}`),
    ];
    log(
      'info',
      `DHCP options came through the tunnel: ${said.length === 0 ? 'nothing that is used' : said.join(', ')}.`,
    );
    attempt.dhcp = options;
    if (attempt.device !== null && !attempt.ended) await applySettings(this.#context, attempt, attempt.device);
  }
}
