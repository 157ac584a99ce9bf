import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayConfiguration, radiusOfGateway, strongswanClientConfiguration } from './gateway-config';
import { makePki } from './pki';
import type { Pki } from './pki';
import { Radius } from './radius';
import type { RadiusOptions } from './radius';
import { end, run, until, whenGone } from './run';
import { takeSnapshot } from './snapshot';
import { Charon } from './strongswan';
import type { IkeSa } from './strongswan';
import {
  addresses,
  batch,
  buildTopology,
  defaultRoutes,
  farEnd,
  inNamespace,
  removeAbandoned,
  topologyNames,
} from './topology';
import type { AdapterName, Machine, Topology } from './topology';

let labsOfThisProcess = 0;

/** Resolves once tcpdump records. */
export function listening(tcpdump: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    tcpdump.once('exit', () => reject(new Error('tcpdump ended')));
    tcpdump.stderr?.on('data', (text: Buffer) => {
      if (text.includes('listening')) resolve();
    });
  });
}

/**
 * The laboratory: namespaces, a PKI, strongSwan as gateway. `down` and the end of this process, however it ends, remove
 * it.
 */
export class Lab {
  readonly directory: string;
  readonly pki: Pki;
  readonly gateway: Charon;
  readonly #topology: Topology;
  readonly #remove: () => Promise<void>;
  #radiusServers = 0;

  private constructor(directory: string, pki: Pki, gateway: Charon, topology: Topology, remove: () => Promise<void>) {
    this.directory = directory;
    this.pki = pki;
    this.gateway = gateway;
    this.#topology = topology;
    this.#remove = remove;
  }

  static async up(): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error('The lab makes network namespaces: run it as root');
    await removeAbandoned();
    const id = `${String(process.pid)}-${String(labsOfThisProcess++)}`;
    const topology = topologyNames(id);
    const directory = `${tmpdir()}/agile-vpn-lab-${id}`;
    const remove = whenGone(`${topology.removal}; rm -rf ${directory}`);
    try {
      mkdirSync(directory, { recursive: true });
      const [pki] = await Promise.all([makePki(join(directory, 'pki')), buildTopology(topology)]);
      const gateway = new Charon({
        namespace: topology.name('gateway'),
        directory: join(directory, 'gateway'),
        swanctl: gatewayConfiguration(pki),
        keys: ['rsa', 'ecdsa', 'expired', 'untrusted'].map((k) => pki.path(`server-${k}.key`)),
        charon: radiusOfGateway,
      });
      await gateway.start();
      return new Lab(directory, pki, gateway, topology, remove);
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async down(): Promise<void> {
    await this.gateway.stop('SIGKILL');
    await this.#remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** SHA-256 of a certificate of the PKI, as profiles and dialogs write it. */
  async fingerprint(certificate: string): Promise<string> {
    const { stdout } = await run('openssl', [
      'x509',
      '-in',
      this.pki.path(`${certificate}.pem`),
      '-noout',
      '-fingerprint',
      '-sha256',
    ]);
    return stdout.trim().split('=')[1] ?? '';
  }

  namespace(machine: Machine): string {
    return this.#topology.name(machine);
  }

  /** Runs a program to its end on one of the machines. */
  on(
    machine: Machine,
    command: string,
    args: readonly string[],
    options: Parameters<typeof run>[2] = {},
  ): ReturnType<typeof run> {
    return inNamespace(this.namespace(machine), command, args, options);
  }

  /** Starts a program on one of the machines; it dies with the lab. */
  start(
    machine: Machine,
    command: string,
    args: readonly string[],
    options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
  ): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.namespace(machine), command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      cwd: options.cwd,
    });
  }

  /** The adapter is switched off: addresses stay, its routes go. */
  linkDown(adapter: AdapterName): Promise<void> {
    return batch(this.namespace('client'), [`link set ${adapter} down`]);
  }

  /** The cable is pulled at its far end: carrier lost, address and routes still there. */
  cablePull(adapter: AdapterName): Promise<void> {
    return batch(this.namespace('wires'), [`link set ${farEnd[adapter]} down`]);
  }

  /** Undoes `linkDown` and `cablePull`, and gives the adapter its default route back as a DHCP client would. */
  async plug(adapter: AdapterName): Promise<void> {
    await batch(this.namespace('wires'), [`link set ${farEnd[adapter]} up`]);
    const { via, metric } = defaultRoutes[adapter];
    await batch(this.namespace('client'), [
      `link set ${adapter} up`,
      `route replace default via ${via} dev ${adapter} metric ${String(metric)}`,
    ]);
    const works = async (machine: Machine, name: string): Promise<boolean> =>
      (await this.on(machine, 'cat', [`/sys/class/net/${name}/operstate`], { mayFail: true })).stdout.trim() === 'up';
    await until(`${adapter} to work again`, 5_000, async () =>
      (await works('client', adapter)) && (await works('wires', farEnd[adapter])) ? true : undefined,
    );
  }

  /** Addresses, routes, rules, firewall and resolver of the client as text: equal texts, equal settings. */
  snapshot(): Promise<string> {
    return takeSnapshot(this.namespace('client'));
  }

  gatewaySas(): Promise<IkeSa[]> {
    return this.gateway.sas();
  }

  /** The gateway rekeys every CHILD SA and IKE SA it has; resolves when it has asked for it, not when it is done. */
  async gatewayRekey(): Promise<void> {
    for (const sa of await this.gatewaySas()) {
      for (const child of sa.children.filter((c) => c.state === 'INSTALLED'))
        await this.gateway.vici.command('rekey', { 'child-id': child.uniqueId });
      await this.gateway.vici.command('rekey', { 'ike-id': sa.uniqueId });
    }
  }

  /** `clean`: its clients are told; otherwise the gateway loses all state as in a crash. */
  async restartGateway(clean: boolean): Promise<void> {
    await this.gateway.stop(clean ? 'SIGTERM' : 'SIGKILL');
    await this.gateway.start();
  }

  /**
   * Records an adapter of the client; resolves once packets are being recorded. The result stops it and gives the file.
   */
  async capture(adapter: AdapterName): Promise<() => Promise<string>> {
    const file = join(this.directory, `${adapter}-${String(Date.now())}.pcap`);
    const tcpdump = this.start('client', 'tcpdump', ['-i', adapter, '-U', '-w', file]);
    await listening(tcpdump);
    return async () => {
      await end(tcpdump, 'SIGINT');
      return file;
    };
  }

  /** FreeRADIUS beside the gateway; it ends with the lab, or by its `stop`. */
  async radius(options: RadiusOptions = {}): Promise<Radius> {
    const radius = new Radius(
      this.namespace('gateway'),
      join(this.directory, `radius-${String(this.#radiusServers++)}`),
      this.pki,
      options,
    );
    await radius.start();
    return radius;
  }

  /** strongSwan's own client on the client machine, for proof of the lab and for comparison. */
  async strongswanClient(): Promise<Charon> {
    const client = new Charon({
      namespace: this.namespace('client'),
      directory: join(this.directory, 'client'),
      swanctl: strongswanClientConfiguration(this.pki),
      keys: ['rsa', 'ecdsa'].map((k) => this.pki.path(`client-${k}.key`)),
    });
    await client.start();
    return client;
  }

  /** Asks the server behind the gateway until it answers once; by `adapter` where routes lead elsewhere. */
  async reached(adapter?: string): Promise<void> {
    const by = adapter === undefined ? [] : ['-I', adapter];
    await this.on('client', 'ping', ['-q', '-c', '1', '-w', '30', '-i', '0.1', ...by, addresses.server], {
      timeout: 40_000,
    });
  }

  /** Rejects unless the server behind the gateway answers through the tunnel. */
  async ping(count = 3): Promise<void> {
    await this.on('client', 'ping', ['-c', String(count), '-i', '0.05', '-W', '2', addresses.server]);
  }
}
