import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..', '..');
const folder = join(root, 'native', 'build', 'test-agent');

/** The agent as one JavaScript file beside the built addon. */
async function bundle(): Promise<string> {
  const name = `agent-${process.pid}`;
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: { ssr: join(here, 'agent.ts'), outDir: folder, emptyOutDir: false, minify: false, rollupOptions: { output: { entryFileNames: `${name}.mjs` } } },
  });
  return join(folder, `${name}.mjs`);
}

let bundled: Promise<string> | null = null;

/** unshare(1) as root; where the user is not, as root of a user namespace. */
function unshare(...kinds: string[]): string[] {
  return ['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), ...kinds];
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * A process in a network and a mount namespace of its own, and a second network namespace (the peer) at the other end of veth pairs.
 * Nothing of it outlives the processes; the machine's own network is not touched.
 */
export class Namespace {
  private readonly agent: ChildProcess;
  private readonly peer: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  private constructor(agent: ChildProcess, peer: ChildProcess) {
    this.agent = agent;
    this.peer = peer;
    createInterface({ input: agent.stdout! }).on('line', (line) => {
      const reply = JSON.parse(line) as { id: number; result?: unknown; error?: string; code?: unknown; detail?: unknown };
      const waiting = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.error === undefined) waiting?.resolve(reply.result);
      else waiting?.reject(Object.assign(new Error(reply.error), { code: reply.code, detail: reply.detail }));
    });
    agent.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the agent ended'));
      this.waiting.clear();
    });
  }

  static async create(): Promise<Namespace> {
    if (!existsSync(join(root, 'native', 'build', 'Release', 'agile_vpn.node'))) throw new Error('the addon is not built: npm run build:native');
    const script = await (bundled ??= bundle());
    const [program, ...args] = unshare('--net', '--mount', '--propagation', 'private', process.execPath, script);
    const agent = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const namespace = new Namespace(agent, await Namespace.startPeer(agent));
    await namespace.ip('link', 'set', 'lo', 'up');
    await namespace.peerIp('link', 'set', 'lo', 'up');
    return namespace;
  }

  /** The peer is a child namespace of the agent's own, so that veth ends can be moved there by its process id. */
  private static startPeer(agent: ChildProcess): Promise<ChildProcess> {
    // The agent is in its namespaces once it answers its first request; the peer needs only a process of its own.
    const [program, ...args] = unshare('--net', 'sh', '-c', 'echo ready; exec sleep infinity');
    const peer = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      peer.stdout!.once('data', () => resolve(peer));
      peer.once('exit', () => reject(new Error('the peer namespace cannot be made')));
      agent.once('exit', () => reject(new Error('the namespace cannot be made: needs root, or unprivileged user namespaces')));
    });
  }

  /** One operation of the agent. */
  do<T>(operation: string, input: unknown = null): Promise<T> {
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.agent.stdin!.write(`${JSON.stringify({ id, operation, input })}\n`);
    });
  }

  run(program: string, ...args: string[]): Promise<string> {
    return this.do('run', { program, args });
  }

  ip(...args: string[]): Promise<string> {
    return this.run('ip', ...args);
  }

  /** ip(8) with JSON output. */
  async ipJson<T = readonly Record<string, unknown>[]>(...args: string[]): Promise<T> {
    return JSON.parse((await this.ip('-j', '-N', ...args)) || '[]') as T;
  }

  /** A program in the peer's network namespace. */
  peerCommand(...command: string[]): { program: string; args: string[] } {
    return { program: 'nsenter', args: ['-t', String(this.peer.pid), '-n', ...command] };
  }

  peerIp(...args: string[]): Promise<string> {
    return this.do('run', this.peerCommand('ip', ...args));
  }

  /** A veth pair: `name` here, `peerName` at the peer; both up, with their addresses. */
  async wire(name: string, peerName: string, addresses: readonly string[], peerAddresses: readonly string[]): Promise<void> {
    await this.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', peerName, 'netns', String(this.peer.pid));
    await this.ip('link', 'set', name, 'up');
    await this.peerIp('link', 'set', peerName, 'up');
    for (const address of addresses) await this.ip('addr', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
    for (const address of peerAddresses) await this.peerIp('addr', 'add', address, 'dev', peerName, ...(address.includes(':') ? ['nodad'] : []));
  }

  /** Ends the agent's process at once, as a crash would. */
  kill(): Promise<void> {
    return new Promise((resolve) => {
      this.agent.once('exit', () => resolve());
      this.agent.kill('SIGKILL');
    });
  }

  get pid(): number {
    return this.agent.pid ?? 0;
  }

  async close(): Promise<void> {
    const ended = this.agent.exitCode !== null || this.agent.signalCode !== null ? Promise.resolve() : new Promise<void>((resolve) => this.agent.once('exit', () => resolve()));
    this.agent.stdin!.end();
    await ended;
    this.peer.kill('SIGKILL');
  }
}
