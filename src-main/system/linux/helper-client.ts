import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nativeFolder, type HelperChannel, type NativeAddon } from '../../../native';
import { VpnError } from '../../../src-core/ports';

/** Where the packages put things; root owns all of them. */
const SOCKET = '/run/agile-vpn/helper.sock';
const INSTALLED = '/usr/libexec/agile-vpn-helper';
const PKEXEC = '/usr/bin/pkexec';
const PROTOCOL_VERSION = 1;

/** How the helper was reached. */
export type HelperRoute = 'child' | 'service' | 'pkexec';

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

interface Reply {
  readonly result: Readonly<Record<string, unknown>>;
  readonly descriptors: readonly number[];
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HelperError) => void;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const gone = (): HelperError => new HelperError(827, 'The privileged helper ended. Connect again.', null, null);

/**
 * One conversation with agile-vpn-helper: numbered requests, their replies in any order, reports in between.
 * When the conversation ends, by whichever side, the helper puts the network back (a kill switch stays until `withdraw`).
 */
export class HelperClient {
  /** What the helper said about itself: `blocking` is true when a kill switch of an earlier run is still in force. */
  readonly blocking: boolean;
  private readonly state: ClientState;

  private constructor(state: ClientState, blocking: boolean) {
    this.state = state;
    this.blocking = blocking;
  }

  /** Rejects with a HelperError (827) when the helper is missing, refuses this user or speaks another version. */
  static async open(addon: NativeAddon, fd: number): Promise<HelperClient> {
    const state = new ClientState(addon, fd);
    try {
      const { result } = await state.request('hello', { version: PROTOCOL_VERSION });
      return new HelperClient(state, result['blocking'] === true);
    } catch (error) {
      state.close();
      throw error;
    }
  }

  request(method: string, parameters: Readonly<Record<string, unknown>>): Promise<Reply> {
    return this.state.request(method, parameters);
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

  request(method: string, parameters: Readonly<Record<string, unknown>>): Promise<Reply> {
    if (!this.open) return Promise.reject(gone());
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      try {
        this.channel.send(JSON.stringify({ id, method, ...parameters }));
      } catch {
        this.waiting.delete(id);
        reject(gone());
      }
    });
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.channel.close();
    for (const { reject } of this.waiting.values()) reject(gone());
    this.waiting.clear();
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
      const id = message['id'];
      const waiting = typeof id === 'number' ? this.waiting.get(id) : undefined;
      if (waiting === undefined || typeof id !== 'number') return;
      this.waiting.delete(id);
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
 * Reaches the helper the way that fits: a root host starts it itself; else the system's socket; else pkexec asks the person.
 * Rejects with a VpnError (827) that says what is missing.
 */
export async function openHelper(addon: NativeAddon): Promise<{ readonly client: HelperClient; readonly route: HelperRoute }> {
  try {
    if (process.getuid?.() !== 0 && existsSync(SOCKET)) return { client: await HelperClient.open(addon, connectService(addon)), route: 'service' };
    const program = process.getuid?.() === 0 ? helperProgram() : [INSTALLED].find((path) => existsSync(path)) ?? null;
    if (program === null) {
      throw new HelperError(827, 'The privileged helper of Agile VPN is not installed. Install the package, or run "npm run build:native" and connect as root.', null, null);
    }
    if (process.getuid?.() === 0) return { client: await HelperClient.open(addon, startHelper(addon, program, [])), route: 'child' };
    if (!existsSync(PKEXEC)) throw new HelperError(827, 'The privileged helper cannot be started: polkit (pkexec) is not installed.', PKEXEC, null);
    return { client: await HelperClient.open(addon, startHelper(addon, PKEXEC, ['--disable-internal-agent', program])), route: 'pkexec' };
  } catch (error) {
    if (error instanceof HelperError) throw error.toVpnError();
    throw new VpnError('IPSEC_SERVICE_STOPPED', 'The privileged helper of Agile VPN cannot be reached.', { cause: error, detail: error instanceof Error ? error.message : String(error) });
  }
}

function connectService(addon: NativeAddon): number {
  const fd = addon.connectUnix(SOCKET);
  // Whoever listens there must be root: anybody else could hand us a tunnel of theirs.
  if (addon.peerCredentials(fd).uid === 0) return fd;
  addon.closeDescriptor(fd);
  throw new HelperError(827, 'The privileged helper is not what it should be.', `${SOCKET} is not served by root`, null);
}

/** Starts the program with one end of a socket pair as its standard input and an empty environment. Returns the other end. */
function startHelper(addon: NativeAddon, program: string, programArguments: readonly string[]): number {
  const [ours, theirs] = addon.socketPair();
  try {
    const child = spawn(program, [...programArguments], { stdio: [theirs, 'ignore', 'inherit'], env: {}, detached: true, cwd: '/' });
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
