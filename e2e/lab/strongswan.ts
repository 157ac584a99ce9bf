import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { end, run, until } from './run';
import { Vici } from './vici';
import type { ViciSection } from './vici';

const charonPath = '/usr/lib/ipsec/charon';

/** Plugins named one by one, so that what else is installed on the machine does not change the lab. */
const plugins = [
  'random nonce openssl aes sha1 sha2 md5 hmac kdf gcm chapoly curve25519 mgf1',
  'x509 constraints pubkey pkcs1 pkcs7 pkcs8 pkcs12 pem revocation',
  'kernel-libipsec kernel-netlink socket-default vici',
  'eap-identity eap-mschapv2 eap-tls eap-ttls eap-radius updown',
].join(' ');

export interface CharonOptions {
  readonly namespace: string;
  /** For sockets, logs and configuration; each charon needs its own. */
  readonly directory: string;
  /** Text of swanctl.conf. */
  readonly swanctl: string;
  /** Files of private keys it may use. */
  readonly keys: readonly string[];
  /** Extra lines of strongswan.conf inside `charon { }`. */
  readonly charon?: string;
}

/** One strongSwan daemon with a user-space ESP (kernel-libipsec), in a namespace, with its own /run. */
export class Charon {
  readonly #options: CharonOptions;
  #process: ChildProcess | null = null;
  #vici: Vici | null = null;

  constructor(options: CharonOptions) {
    this.#options = options;
  }

  get #socket(): string {
    return join(this.#options.directory, 'vici');
  }

  get logFile(): string {
    return join(this.#options.directory, 'charon.log');
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  async start(): Promise<void> {
    const { directory, namespace } = this.#options;
    mkdirSync(directory, { recursive: true });
    const privateKeys = join(directory, 'private');
    mkdirSync(privateKeys, { recursive: true });
    for (const key of this.#options.keys) copyFileSync(key, join(privateKeys, basename(key)));
    const configuration = join(directory, 'strongswan.conf');
    writeFileSync(
      configuration,
      `charon {
         load = ${plugins}
         install_routes = yes
         interfaces_use = eth0, eth1
         retry_initiate_interval = 0
         # What a client refuses stays half open for 30 s. From the fourth on charon asks for cookies, as it should; it must not block.
         block_threshold = 1000
         plugins {
           kernel-libipsec { load = yes }
           vici { socket = unix://${this.#socket} }
         }
         filelog { lab { path = ${this.logFile}
           default = 1
           flush_line = yes
           time_format = %H:%M:%S
           time_add_ms = yes
         } }
         ${this.#options.charon ?? ''}
       }
       swanctl { load = random openssl x509 pubkey pem pkcs1 pkcs8 }
      `,
    );
    const output = openSync(join(directory, 'charon.out'), 'a');
    // `ip netns exec` gives the process its own mount namespace: a private /run keeps pid files apart.
    this.#process = spawn(
      'ip',
      ['netns', 'exec', namespace, 'sh', '-c', `mount -t tmpfs tmpfs /run && exec ${charonPath}`],
      {
        env: { ...process.env, STRONGSWAN_CONF: configuration },
        stdio: ['ignore', output, output],
      },
    );
    closeSync(output);
    this.#vici = await until('charon', 10_000, () => Vici.open(this.#socket).catch(() => undefined));
    await this.load(this.#options.swanctl);
  }

  /** Replaces connections, secrets and pools; `keys` are files of more private keys. */
  async load(swanctl: string, keys: readonly string[] = []): Promise<void> {
    for (const key of keys) copyFileSync(key, join(this.#options.directory, 'private', basename(key)));
    const file = join(this.#options.directory, 'swanctl.conf');
    writeFileSync(file, swanctl);
    await run('swanctl', ['--load-all', '--clear', '--noprompt', '--file', file, '--uri', `unix://${this.#socket}`], {
      env: {
        ...process.env,
        STRONGSWAN_CONF: join(this.#options.directory, 'strongswan.conf'),
        SWANCTL_DIR: this.#options.directory,
      },
    });
  }

  get vici(): Vici {
    if (this.#vici === null) throw new Error('charon is not running');
    return this.#vici;
  }

  async sas(): Promise<IkeSa[]> {
    const messages = await this.vici.streamed('list-sas', 'list-sa');
    return messages.flatMap((m) => Object.entries(m).map(([name, section]) => readIkeSa(name, section as ViciSection)));
  }

  /** SIGTERM makes charon send its deletes, SIGKILL makes it vanish. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#vici?.close();
    this.#vici = null;
    if (this.#process !== null) await end(this.#process, signal, 5_000);
    this.#process = null;
  }
}

export interface ChildSa {
  readonly name: string;
  readonly uniqueId: string;
  readonly state: string;
  readonly spiIn: string;
  readonly spiOut: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly raw: ViciSection;
}

export interface IkeSa {
  readonly connection: string;
  readonly uniqueId: string;
  readonly state: string;
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly virtualIps: readonly string[];
  readonly children: readonly ChildSa[];
  readonly raw: ViciSection;
}

const text = (value: ViciSection[string] | undefined): string => (typeof value === 'string' ? value : '');

function readIkeSa(connection: string, raw: ViciSection): IkeSa {
  const children = raw['child-sas'];
  const vips = raw['remote-vips'];
  return {
    connection,
    uniqueId: text(raw['uniqueid']),
    state: text(raw['state']),
    initiatorSpi: text(raw['initiator-spi']),
    responderSpi: text(raw['responder-spi']),
    remoteHost: text(raw['remote-host']),
    remotePort: Number(text(raw['remote-port'])),
    virtualIps: Array.isArray(vips) ? vips : [],
    children:
      typeof children === 'object' && !Array.isArray(children)
        ? Object.values(children).map((c) => readChildSa(c as ViciSection))
        : [],
    raw,
  };
}

const readChildSa = (raw: ViciSection): ChildSa => ({
  name: text(raw['name']),
  uniqueId: text(raw['uniqueid']),
  state: text(raw['state']),
  spiIn: text(raw['spi-in']),
  spiOut: text(raw['spi-out']),
  packetsIn: Number(text(raw['packets-in'])),
  packetsOut: Number(text(raw['packets-out'])),
  raw,
});
