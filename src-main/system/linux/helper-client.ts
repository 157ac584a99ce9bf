import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nativeFolder, type HelperChannel, type NativeAddon } from '../../../native';
import { VpnError } from '../../../src-core/ports';

/** Where the packages put things; root owns all of them. */
const SOCKET = '/run/agile-vpn/helper.sock';
const INSTALLED = '/usr/libexec/agile-vpn-helper';
const PKEXEC = '/usr/bin/pkexec';
const PROTOCOL_VERSION = 2;

/**
 * Milliseconds. The slowest honest answer: resolvconf's scripts and systemd-resolved's calls, each with limits of their
 * own (native/helper/dns.cc).
 */
const ANSWER_LIMIT = 30_000;
/** Where polkit may be asking the person for a password (native/helper/privilege.cc: two minutes). */
const PERSON_LIMIT = 150_000;

/** How the helper was reached. */
export type HelperRoute = 'child' | 'service' | 'pkexec';

/** A helper that answered. */
export interface ReachedHelper {
  readonly client: HelperClient;
  readonly route: HelperRoute;
}

/** The helper refused or failed. `field` names what it did not accept ("settings.routes[3]"). */
export class HelperError extends Error {
  readonly code: number;
  readonly detail: string | null;
  readonly field: string | null;

  constructor(code: number, message: string, detail: string | null, field: string | null) {
    super(message);
    this.name = 'HelperError';
    this.code = code;
    this.detail = detail;
    this.field = field;
  }

  toVpnError(): VpnError {
    const more = { cause: this, ...(this.detail === null ? {} : { detail: this.detail }) };
    return new VpnError(this.code === 633 ? 'PORT_NOT_AVAILABLE' : 'IPSEC_SERVICE_STOPPED', this.message, more);
  }
}

/** The helper ended, or was ended, while it was asked. Another one can be asked the same. */
export class HelperEnded extends HelperError {
  constructor() {
    super(827, 'The privileged helper ended. Connect again.', null, null);
    this.name = 'HelperEnded';
  }
}

export interface Reply {
  readonly result: Readonly<Record<string, unknown>>;
  readonly descriptors: readonly number[];
}

/** A kill switch in force, as the helper reads it back. */
export interface KillSwitchInForce {
  /** The connection it belongs to (`connectionId`); empty where it cannot be told. */
  readonly owner: string;
  /** Its connection still has its tunnel adapter: nothing was left behind. */
  readonly live: boolean;
  /** Where it lets our own packets go. */
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

export interface RequestOptions {
  /** Sent along; they stay the caller's. */
  readonly descriptors?: readonly number[];
  /** Milliseconds until the conversation is given up. */
  readonly limit?: number;
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HelperError) => void;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const silent = (seconds: number): HelperError =>
  new HelperError(827, 'The privileged helper does not answer. Connect again.', `no answer within ${seconds} s`, null);

/**
 * One conversation with agile-vpn-helper: numbered requests, their replies in any order, reports in between.
 * When the conversation ends, by whichever side, the helper puts the network back (a kill switch stays until
 * `withdraw`).
 */
export class HelperClient {
  /** A kill switch that was in force when the conversation began. */
  readonly killSwitch: KillSwitchInForce | null;
  private readonly state: ClientState;
  private authorized = false;

  private constructor(state: ClientState, killSwitch: KillSwitchInForce | null) {
    this.state = state;
    this.killSwitch = killSwitch;
  }

  /**
   * Rejects with a HelperError (827) when the helper is missing, silent or speaks another version. `limit` in
   * milliseconds.
   */
  static async open(addon: NativeAddon, fd: number, limit = ANSWER_LIMIT): Promise<HelperClient> {
    const state = new ClientState(addon, fd);
    try {
      const { result } = await state.request('hello', { version: PROTOCOL_VERSION }, { limit });
      return new HelperClient(state, readKillSwitch(result['killSwitch']));
    } catch (error) {
      state.close();
      throw error;
    }
  }

  /** Rejects with a HelperError: a refusal, the helper's end, or its silence, which ends the conversation. */
  request(method: string, parameters: Readonly<Record<string, unknown>>, options: RequestOptions = {}): Promise<Reply> {
    // polkit may ask the person before the first request; until then nobody knows that it has not.
    const limit = options.limit ?? (this.authorized ? ANSWER_LIMIT : PERSON_LIMIT);
    return this.state.request(method, parameters, { ...options, limit }).then((reply) => {
      this.authorized = true;
      return reply;
    });
  }

  onEvent(listener: (event: Readonly<Record<string, unknown>>) => void): void {
    this.state.eventListener = listener;
  }

  /** Calls `listener` once if the helper goes away by itself. */
  onEnd(listener: () => void): void {
    this.state.endListener = listener;
  }

  close(): void {
    this.state.close();
  }
}

class ClientState {
  eventListener: ((event: Readonly<Record<string, unknown>>) => void) | null = null;
  endListener: (() => void) | null = null;
  private readonly addon: NativeAddon;
  private readonly channel: HelperChannel;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private open = true;

  constructor(addon: NativeAddon, fd: number) {
    this.addon = addon;
    this.channel = addon.openChannel(fd, (text, descriptors) => this.receive(text, descriptors));
  }

  request(
    method: string,
    parameters: Readonly<Record<string, unknown>>,
    { descriptors = [], limit = ANSWER_LIMIT }: RequestOptions,
  ): Promise<Reply> {
    if (!this.open) return Promise.reject(new HelperEnded());
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      // Who hangs is not waited for a second time: with the conversation the helper's settings end too, should it come
      // back.
      const timer = setTimeout(() => {
        const listener = this.endListener;
        this.close(silent(limit / 1000));
        listener?.();
      }, limit);
      this.waiting.set(id, { timer, resolve, reject });
      try {
        this.channel.send(JSON.stringify({ id, method, ...parameters }), descriptors);
      } catch {
        this.take(id);
        reject(new HelperEnded());
      }
    });
  }

  close(reason: HelperError = new HelperEnded()): void {
    if (!this.open) return;
    this.open = false;
    this.channel.close();
    for (const id of [...this.waiting.keys()]) this.take(id)?.reject(reason);
  }

  private take(id: unknown): Waiting | undefined {
    const waiting = typeof id === 'number' ? this.waiting.get(id) : undefined;
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.waiting.delete(id as number);
    return waiting;
  }

  private receive(text: string | null, descriptors: readonly number[]): void {
    if (text === null) {
      const listener = this.endListener;
      this.close();
      listener?.();
      return;
    }
    let taken = false;
    try {
      const message: unknown = JSON.parse(text);
      if (!isRecord(message)) return;
      if (typeof message['event'] === 'string') {
        this.eventListener?.(message);
        return;
      }
      const waiting = this.take(message['id']);
      if (waiting === undefined) return;
      const { result, error } = message;
      if (isRecord(result)) {
        taken = true;
        waiting.resolve({ result, descriptors });
      } else {
        waiting.reject(errorOf(error));
      }
    } finally {
      // A descriptor nobody takes must not stay open.
      if (!taken) for (const fd of descriptors) this.addon.closeDescriptor(fd);
    }
  }
}

function readKillSwitch(value: unknown): KillSwitchInForce | null {
  if (!isRecord(value)) return null;
  const { owner, live, endpoints } = value;
  const known = Array.isArray(endpoints) ? endpoints.filter(isRecord) : [];
  return {
    owner: typeof owner === 'string' ? owner : '',
    live: live === true,
    endpoints: known.flatMap(({ address, port }) =>
      typeof address === 'string' && typeof port === 'number' ? [{ address, port }] : [],
    ),
  };
}

function errorOf(error: unknown): HelperError {
  const { code, message, detail, field } = isRecord(error) ? error : {};
  return new HelperError(
    typeof code === 'number' ? code : 827,
    typeof message === 'string' ? message : 'The privileged helper failed.',
    typeof detail === 'string' ? detail : null,
    typeof field === 'string' ? field : null,
  );
}

/** The helper program of this installation: installed, or built beside the sources. null: neither. */
export function helperProgram(): string | null {
  const folder = nativeFolder();
  const built = folder === null ? null : join(folder, 'agile-vpn-helper');
  return [INSTALLED, built].find((path) => path !== null && existsSync(path)) ?? null;
}

/**
 * Reaches the helper the way that fits: a root host starts it itself; else the system's socket; else pkexec asks the
 * person.
 * Rejects with a VpnError (827) that says what is missing.
 */
export async function openHelper(addon: NativeAddon): Promise<ReachedHelper> {
  try {
    if (process.getuid?.() !== 0 && existsSync(SOCKET))
      return { client: await HelperClient.open(addon, connectService(addon)), route: 'service' };
    const program = process.getuid?.() === 0 ? helperProgram() : ([INSTALLED].find((path) => existsSync(path)) ?? null);
    if (program === null) {
      throw new HelperError(
        827,
        'The privileged helper of Agile VPN is not installed. Install the package, or run "npm run build:native" and connect as root.',
        null,
        null,
      );
    }
    if (process.getuid?.() === 0)
      return { client: await HelperClient.open(addon, startHelper(addon, program, [])), route: 'child' };
    if (!existsSync(PKEXEC))
      throw new HelperError(
        827,
        'The privileged helper cannot be started: polkit (pkexec) is not installed.',
        PKEXEC,
        null,
      );
    return {
      client: await HelperClient.open(
        addon,
        startHelper(addon, PKEXEC, ['--disable-internal-agent', program]),
        PERSON_LIMIT,
      ),
      route: 'pkexec',
    };
  } catch (error) {
    if (error instanceof HelperError) throw error.toVpnError();
    throw new VpnError('IPSEC_SERVICE_STOPPED', 'The privileged helper of Agile VPN cannot be reached.', {
      cause: error,
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}

/**
 * The kill switch in force, if any, asked of a helper of its own that is told nothing else: nobody is asked for a
 * password.
 * `unknown`: there is no way to know without one.
 */
export async function readKillSwitchInForce(addon: NativeAddon): Promise<KillSwitchInForce | null | 'unknown'> {
  const root = process.getuid?.() === 0;
  const program = helperProgram();
  if (root ? program === null : !existsSync(SOCKET)) return 'unknown';
  try {
    const client = await HelperClient.open(
      addon,
      root && program !== null ? startHelper(addon, program, []) : connectService(addon),
    );
    client.close();
    return client.killSwitch;
  } catch {
    return 'unknown';
  }
}

function connectService(addon: NativeAddon): number {
  const fd = addon.connectUnix(SOCKET);
  // Whoever listens there must be root: anybody else could hand us a tunnel of theirs.
  if (addon.peerCredentials(fd).uid === 0) return fd;
  addon.closeDescriptor(fd);
  throw new HelperError(
    827,
    'The privileged helper is not what it should be.',
    `${SOCKET} is not served by root`,
    null,
  );
}

/**
 * Starts the program with one end of a socket pair as its standard input and an empty environment. Returns the other
 * end.
 */
function startHelper(addon: NativeAddon, program: string, programArguments: readonly string[]): number {
  const [ours, theirs] = addon.socketPair();
  try {
    const child = spawn(program, [...programArguments], {
      stdio: [theirs, 'ignore', 'inherit'],
      env: {},
      detached: true,
      cwd: '/',
    });
    // Its end shows on the channel; a start that fails closes the pair as well.
    child.on('error', () => undefined);
    child.unref();
  } catch (error) {
    addon.closeDescriptor(ours);
    throw error;
  } finally {
    addon.closeDescriptor(theirs);
  }
  return ours;
}
