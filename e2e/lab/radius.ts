import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { account } from './gateway-config';
import type { Pki } from './pki';
import { end, until } from './run';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

export interface RadiusOptions {
  /** Name of the server's certificate and key in the PKI. */
  readonly certificate?: 'aaa' | 'aaa-other-name' | 'aaa-untrusted' | 'aaa-ocsp';
  readonly tls?: '1.2' | '1.3';
  /** No other method is known to it. */
  readonly only?: 'mschapv2' | 'all';
  /** Inside PEAP. */
  readonly peapInner?: 'mschapv2' | 'tls';
  /** TLS sessions may be resumed. */
  readonly cache?: boolean;
}

export type Authentication = Readonly<
  Record<string, string | boolean | readonly string[] | Readonly<Record<string, Readonly<Record<string, string>>>>>
>;

export const withPassword = { username: account.username, serverNames: ['aaa.lab.test'] } as const;
export const withCertificate = {
  certificate: 'client-rsa.pem',
  privateKey: 'client-rsa.key',
  serverNames: ['aaa.lab.test'],
} as const;

/** A profile for the gateway that passes EAP on to FreeRADIUS. */
export function radiusProfile(name: string, authentication: Authentication): ProfileText {
  return {
    ...profiles['eap-mschapv2'],
    name,
    server: 'radius.lab.test',
    remoteIdentity: 'radius.lab.test',
    authentication,
  };
}

/** FreeRADIUS with everything of its own in one folder, in the namespace of the gateway. */
export class Radius {
  readonly #namespace: string;
  readonly #directory: string;
  readonly #configuration: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;

  constructor(namespace: string, directory: string, pki: Pki, options: RadiusOptions) {
    this.#namespace = namespace;
    this.#directory = directory;
    this.#configuration = radiusConfiguration(directory, pki, {
      certificate: 'aaa',
      tls: '1.2',
      peapInner: 'mschapv2',
      only: 'all',
      cache: false,
      ...options,
    });
  }

  async start(): Promise<void> {
    mkdirSync(join(this.#directory, 'sessions'), { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(this.#configuration)) writeFileSync(join(this.#directory, name), text);
    const output = openSync(join(this.#directory, 'debug.log'), 'a');
    this.#process = spawn('ip', ['netns', 'exec', this.#namespace, 'freeradius', '-X', '-d', this.#directory], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const { pid, exitCode } = this.#process;
    await until('FreeRADIUS', 15_000, () => {
      if (pid === undefined || this.#process?.exitCode !== exitCode)
        throw new Error(`FreeRADIUS ended: ${this.log.slice(-1500)}`);
      return this.log.includes('Ready to process requests') ? true : undefined;
    });
  }

  /** What it said so far: every attribute of every packet, identities inside of tunnels too. */
  get log(): string {
    return readFileSync(join(this.#directory, 'debug.log'), 'utf8');
  }

  async stop(): Promise<void> {
    if (this.#process !== null) await end(this.#process, 'SIGTERM', 3_000);
    this.#process = null;
  }
}

function radiusConfiguration(
  directory: string,
  pki: Pki,
  options: Required<RadiusOptions>,
): Readonly<Record<string, string>> {
  const authorities = join(directory, 'authorities.pem');
  const tls = (name: string): string => `tls-config ${name} {
      private_key_file = ${pki.path(`${options.certificate}.key`)}
      certificate_file = ${pki.path(`${options.certificate}.pem`)}
      ca_file = ${authorities}
      tls_min_version = "${options.tls}"
      tls_max_version = "${options.tls}"
      ecdh_curve = ""
      cipher_list = "DEFAULT"
      cache { enable = ${options.cache ? 'yes' : 'no'}
 lifetime = 1
 persist_dir = ${directory}/sessions
 name = "lab" }
    }`;
  const inside = 'copy_request_to_tunnel = no\n use_tunneled_reply = no\n virtual_server = inner';
  const tunnels = `${tls('common')}
      tls { tls = common }
      peap { tls = common\n default_eap_type = ${options.peapInner}\n ${inside} }
      ttls { tls = common\n default_eap_type = mschapv2\n ${inside} }`;
  const eap = (name: string, first: string): string => `eap ${name} {
      default_eap_type = ${first}
      timer_expire = 60
      ignore_unknown_eap_types = no
      max_sessions = 64
      mschapv2 { send_error = yes }
      ${options.only === 'mschapv2' ? '' : tunnels}
    }`;
  const checks = (module: string): string => `
    authorize { mschap\n ${module} { ok = return }\n files\n pap }
    authenticate { Auth-Type PAP { pap }\n Auth-Type MS-CHAP { mschap }\n ${module} }
    post-auth { ${options.cache ? 'update outer.session-state { User-Name := &User-Name }' : ''} }`;
  const outerChecks = (module: string): string => checks(module).replace(/post-auth \{.*\}/, 'post-auth { }');
  return {
    dictionary: '',
    users: `${account.username} Cleartext-Password := "${account.password}"\n`,
    'authorities.pem': ['ca-rsa', 'ca-ecdsa'].map((name) => readFileSync(pki.path(`${name}.pem`), 'utf8')).join(''),
    // Its parser wants every item and every brace on a line of its own.
    'radiusd.conf': `
      prefix = /usr
      name = lab
      libdir = /usr/lib/freeradius
      logdir = ${directory}
      run_dir = ${directory}
      max_request_time = 30
      security { max_attributes = 200\n reject_delay = 0\n status_server = no\n allow_vulnerable_openssl = yes }
      proxy_requests = no
      client gateway { ipaddr = 127.0.0.1\n secret = "${account.radiusSecret}"\n nas_type = other }
      thread pool { start_servers = 1\n max_servers = 4\n min_spare_servers = 1\n max_spare_servers = 2 }
      modules {
        pap { }
        mschap { }
        files { usersfile = ${directory}/users }
        ${eap('eap', 'mschapv2')}
        ${eap('inner-eap', options.peapInner)}
      }
      server lab {
        listen { type = auth\n ipaddr = 127.0.0.1\n port = 1812 }
        ${outerChecks('eap')}
      }
      server inner { ${checks('inner-eap')} }
    `
      .replaceAll('{', '{\n')
      .replaceAll('}', '\n}\n'),
  };
}
