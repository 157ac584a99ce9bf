import { hexEncode } from '../bytes';
import { ntPasswordHash } from '../eap';
import { createTypeScriptDataPath } from '../esp/data-path';
import type {
  AddressRequest,
  IkePath,
  IkeSession,
  IkeSessionEvent,
  Responder,
  ResponderConfig,
  ResponderDependencies,
} from '../ikev2/session';
import { parseIdentity } from '../pki/identity';
import type { Clock } from '../ports/clock';
import type { TrafficSelector, TunnelDevice } from '../ports/data-path';
import type { DatagramSocket } from '../ports/datagrams';
import type { Random } from '../ports/random';
import type { Trace } from '../ports/trace';
import { AddressPool } from './address-pool';
import type { GatewayIdentity } from './gateway-certificates';
import { checkGatewayEap, gatewayConversation, type GatewayEap } from './gateway-eap';
import { createInnerHost } from './inner-host';
import { SpiTable } from './spi-table';

export interface EmbeddedGatewayOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly createResponder: (dependencies: ResponderDependencies, config: ResponderConfig) => Responder;
  /** What it calls itself (IDr), as its certificate does. */
  readonly name: string;
  readonly identity: GatewayIdentity | null;
  /** User names with their passwords. */
  readonly accounts: Readonly<Record<string, string>>;
  /** How people sign in; absent: by EAP-MSCHAPv2 and `accounts`. `account` defaults to `accounts`. */
  readonly eap?: Omit<GatewayEap, 'account'> & Partial<Pick<GatewayEap, 'account'>>;
  /** One pre-shared key for everybody, or null. */
  readonly presharedKey: Uint8Array | null;
  readonly certificateClients?: ResponderConfig['clients']['certificate'];
  /** First and last inner address of the clients. */
  readonly pool: readonly [string, string];
  /** The host behind the gateway. */
  readonly innerHost: string;
  /** CIDR-like range that clients may reach. */
  readonly network: readonly [string, string];
  readonly dnsServers?: readonly string[];
  readonly change?: Partial<ResponderConfig>;
  /** For tests that want another network behind it. */
  readonly createInnerDevice?: () => TunnelDevice;
  readonly onClients?: (count: number) => void;
}

export const gatewayDefaults = {
  ikeProposals: [
    'aes256gcm16-prfsha384-x25519-ecp256-ke1_mlkem768',
    'aes256gcm16-prfsha384-ecp256',
    'aes256gcm16-prfsha256-x25519',
    'aes128gcm16-prfsha256-ecp256',
    'chacha20poly1305-prfsha256-x25519',
    'aes256-sha256-modp2048',
  ],
  espProposals: ['aes128gcm16', 'aes256gcm16', 'chacha20poly1305', 'aes256-sha256'],
} as const;

const anySelector = ([startAddress, endAddress]: readonly [string, string]): TrafficSelector => ({
  family: startAddress.includes(':') ? 6 : 4,
  protocol: 0,
  startPort: 0,
  endPort: 65_535,
  startAddress,
  endAddress,
});

/** An inner address and who has it. */
interface Lease {
  /** What the client proved to be. */
  readonly client: string;
  readonly address: string;
}

/**
 * An IKEv2 gateway in this process: responder, address pool, ESP in TypeScript and a network with one host behind it.
 */
export class EmbeddedGateway {
  readonly #options: EmbeddedGatewayOptions;
  readonly #responder: Responder;
  readonly #spis = new SpiTable();
  readonly #pool: AddressPool;
  readonly #sockets: DatagramSocket[] = [];
  #clients = 0;
  /** Who has which address, to give it to the same client when it signs in anew beside its older IKE SA. */
  readonly #leases = new Map<IkeSession, Lease>();
  /** Assigned, its session not yet established. */
  #assigned: Lease | null = null;

  constructor(options: EmbeddedGatewayOptions) {
    this.#options = options;
    this.#pool = new AddressPool(...options.pool);
    this.#responder = options.createResponder(
      {
        clock: options.clock,
        random: options.random,
        trace: options.trace,
        accept: (session) => this.#accept(session),
        isSpiFree: (spi) => this.#spis.isFree(spi),
      },
      this.#config(),
    );
  }

  get sessions(): readonly IkeSession[] {
    return this.#responder.sessions;
  }

  /** Serves clients on this socket. The gateway closes it at the end. */
  listen(socket: DatagramSocket): void {
    this.#sockets.push(socket);
    socket.onDatagram((datagram, from) => {
      const path: IkePath = { socket, remote: from };
      if (!this.#responder.receive(datagram, path)) this.#spis.receive(datagram, from);
    });
  }

  /** DELETE to every client, then everything is closed. */
  async close(waitMs = 500): Promise<void> {
    await this.#responder.close(waitMs);
    for (const socket of this.#sockets) socket.close();
  }

  /** Everything is gone without a word, as when the power goes. */
  crash(): void {
    for (const socket of this.#sockets) socket.close();
    for (const session of this.#responder.sessions) session.abandon();
  }

  #config(): ResponderConfig {
    const {
      accounts,
      identity,
      name,
      network,
      presharedKey,
      certificateClients,
      change,
      dnsServers = [],
      random,
    } = this.#options;
    const eap = this.#eap(accounts);
    return {
      ...gatewayDefaults,
      localIdentity: parseIdentity(name),
      signature:
        identity === null
          ? null
          : { method: 'signature', signer: identity.signer, certificates: identity.certificates },
      clients: {
        psk: presharedKey === null ? null : () => presharedKey,
        certificate: certificateClients ?? null,
        eap: eap === null ? null : () => gatewayConversation(eap, random),
      },
      assign: (request) => {
        if (!request.ipv4) return { type: 'refused', notify: 'FAILED_CP_REQUIRED' };
        const address = this.#addressFor(request);
        if (address === null) return { type: 'refused', notify: 'INTERNAL_ADDRESS_FAILURE' };
        return {
          type: 'assigned',
          configuration: {
            ipv4Addresses: [address],
            ipv6Addresses: [],
            dnsServers,
            subnets: [],
            dnsDomains: [],
            dhcpServers: [],
          },
        };
      },
      localSelectors: [anySelector(network)],
      mobike: true,
      fragmentation: true,
      livenessSeconds: 30,
      ikeLifetimeSeconds: 28_800,
      childLifetimeSeconds: 3_600,
      // Longer than the client's longest outage but bounded: a client that never comes back is forgotten.
      retransmitBudgetMs: 28_800_000,
      cookieThreshold: 10,
      authLifetimeSeconds: null,
      additionalAddresses: [],
      ...change,
    };
  }

  /**
   * A client that authenticates anew from where its older IKE SA is keeps its address, which both have for a moment
   * (RFC 7296 section 2.8.3).
   */
  #addressFor({ identity, eapIdentity, previousAddresses, remote }: AddressRequest): string | null {
    // What was assigned and never used: the selectors did not fit.
    if (this.#assigned !== null) this.#pool.release(this.#assigned.address);
    const client = eapIdentity === null ? `${identity.type} ${hexEncode(identity.value)}` : `eap ${eapIdentity}`;
    const own = [...this.#leases].find(
      ([{ path }, lease]) =>
        lease.client === client &&
        previousAddresses.includes(lease.address) &&
        path?.remote.address === remote.address &&
        path.remote.port === remote.port,
    )?.[1];
    const address = own?.address ?? this.#pool.take(previousAddresses);
    if (own !== undefined) this.#pool.share(own.address);
    this.#assigned = address === null ? null : { client, address };
    return address;
  }

  #eap(accounts: EmbeddedGatewayOptions['accounts']): GatewayEap | null {
    const hashes = new Map(
      Object.entries(accounts).map(([user, password]) => [user.toLowerCase(), ntPasswordHash(password)]),
    );
    if (hashes.size === 0 && this.#options.eap === undefined) return null;
    const account: GatewayEap['account'] = (user) => {
      const ntHash = hashes.get(user.toLowerCase());
      return ntHash === undefined ? null : { ntHash };
    };
    const eap: GatewayEap = { account, methods: ['eap-mschapv2'], ...this.#options.eap };
    checkGatewayEap(eap);
    return eap;
  }

  #accept(session: IkeSession): {
    readonly dataPath: ReturnType<SpiTable['register']>;
    readonly onEvent: (event: IkeSessionEvent) => void;
  } {
    const { clock, trace, innerHost, createInnerDevice = () => createInnerHost(innerHost) } = this.#options;
    const dataPath = this.#spis.register(createTypeScriptDataPath({ clock, trace }));
    const device = createInnerDevice();
    if (this.#assigned !== null) this.#leases.set(session, this.#assigned);
    this.#assigned = null;
    let counted = false;
    return {
      dataPath,
      onEvent: (event) => {
        if (event.type === 'established') {
          dataPath.attachTunnel(device);
          if (session.path !== null) dataPath.setPath(session.path);
          this.#count(1);
          counted = true;
        } else if (event.type === 'ended') {
          dataPath.close();
          device.close();
          const lease = this.#leases.get(session);
          this.#leases.delete(session);
          if (lease !== undefined) this.#pool.release(lease.address);
          if (counted) this.#count(-1);
          counted = false;
        }
      },
    };
  }

  #count(change: number): void {
    this.#clients += change;
    this.#options.onClients?.(this.#clients);
  }
}
