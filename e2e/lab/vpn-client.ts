import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StatusObject } from '../../src-core/connection/status';
import { account } from './gateway-config';
import type { Lab } from './lab';
import { monotonic } from './monotonic';
import { profiles } from './profiles';
import type { Method, ProfileText } from './profiles';
import { end } from './run';

export const program = fileURLToPath(new URL('../../bin/agile-vpn', import.meta.url));

export interface ClientOptions {
  readonly password?: string;
  readonly args?: readonly string[];
  /** `connect --log` too. */
  readonly log?: boolean;
}

/** `bin/agile-vpn connect` on the client machine, seen through its JSON lines. */
export class VpnClient {
  static readonly #running = new Set<VpnClient>();
  readonly #process: ChildProcess;
  readonly #changes: { readonly at: number; readonly status: StatusObject }[] = [];
  readonly #listeners = new Set<() => void>();
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** The profile's file. */
  readonly file: string;
  stdout = '';
  stderr = '';
  #ended = false;

  private constructor(child: ChildProcess, file: string) {
    this.#process = child;
    this.file = file;
    VpnClient.#running.add(this);
    let partial = '';
    child.stdout?.on('data', (data: Buffer) => {
      const text = data.toString();
      this.stdout += text;
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) this.#read(line);
    });
    child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended = true;
        VpnClient.#running.delete(this);
        resolve({ code, signal });
        for (const listener of this.#listeners) listener();
      });
    });
  }

  static connect(lab: Lab, profile: ProfileText, options: ClientOptions = {}): VpnClient {
    const file = profileFile(lab, profile);
    const args = ['connect', file, '--json', ...(options.log === true ? ['--log'] : []), ...(options.args ?? [])];
    if (options.password !== undefined) {
      const passwordFile = `${file}.password`;
      writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
      args.push('--password-file', passwordFile);
    }
    return new VpnClient(lab.start('client', program, args, { env: clientEnvironment(lab) }), file);
  }

  /** With the right password for EAP. */
  static by(lab: Lab, method: Method, changes: ProfileText = {}, options: ClientOptions = {}): VpnClient {
    return VpnClient.connect(
      lab,
      { ...profiles[method], ...changes },
      method === 'eap-mschapv2' ? { password: account.password, ...options } : options,
    );
  }

  /** Ends what a failed test left connected. */
  static async stopAll(): Promise<void> {
    await Promise.all([...VpnClient.#running].map((client) => client.stop()));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get changes(): readonly { readonly at: number; readonly status: StatusObject }[] {
    return this.#changes;
  }

  get status(): StatusObject | null {
    return this.#changes.at(-1)?.status ?? null;
  }

  /**
   * The first status from now on, or the present one, that `wanted` accepts. Rejects when the client ends or time is
   * up.
   */
  waitFor(what: string, wanted: (status: StatusObject) => boolean, timeout = 30_000): Promise<StatusObject> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(check);
      };
      const check = (): void => {
        const status = this.status;
        if (status !== null && wanted(status)) {
          finish();
          resolve(status);
        } else if (this.#ended) {
          finish();
          reject(new Error(`The client ended before ${what}.\n${this.#tail()}`));
        }
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`Not within ${String(timeout)} ms: ${what}.\n${this.#tail()}`));
      }, timeout);
      this.#listeners.add(check);
      check();
    });
  }

  connected(timeout = 30_000): Promise<StatusObject> {
    return this.waitFor('Connected', (s) => s.state === 'Connected', timeout);
  }

  /** Milliseconds from the first Connecting to Connected, as its lines arrived. */
  get connectMilliseconds(): number {
    const at = (state: string): number => this.#changes.find((c) => c.status.state === state)?.at ?? NaN;
    return at('Connected') - at('Connecting');
  }

  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM', patience = 10_000): Promise<number | null> {
    await end(this.#process, signal, patience);
    return (await this.exit).code;
  }

  #read(line: string): void {
    let message: { readonly type?: string; readonly status?: StatusObject };
    try {
      message = JSON.parse(line) as typeof message;
    } catch {
      return;
    }
    if (message.type !== 'status' || message.status === undefined) return;
    this.#changes.push({ at: monotonic(), status: message.status });
    for (const listener of this.#listeners) listener();
  }

  #tail(): string {
    return `stdout: ${this.stdout.slice(-1500)}\nstderr: ${this.stderr.slice(-1500)}`;
  }
}

/** A file of its own, beside what it names. */
export function profileFile(lab: Lab, profile: ProfileText): string {
  const name = typeof profile['name'] === 'string' ? profile['name'] : 'unnamed';
  const file = lab.pki.path(
    `${name.toLowerCase().replace(/\W+/g, '-')}-${String(Math.floor(monotonic()))}.agilevpn.json`,
  );
  writeFileSync(file, JSON.stringify(profile, null, 2));
  return file;
}

/** Its own configuration and run-time folders: the lab touches nothing of the person who runs it. */
export function clientEnvironment(lab: Lab): NodeJS.ProcessEnv {
  const home = join(lab.directory, 'home');
  const folder = (name: string): string => {
    const path = join(home, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  return {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: folder('config'),
    XDG_STATE_HOME: folder('state'),
    XDG_DATA_HOME: folder('data'),
    XDG_CACHE_HOME: folder('cache'),
    XDG_RUNTIME_DIR: folder('run'),
  };
}
