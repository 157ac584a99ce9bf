import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
    build: {
      ssr: join(here, 'agent.ts'),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return join(folder, `${name}.mjs`);
}

let bundled: Promise<string> | null = null;

/** What an agent needs to load the addon that has a sanitizer (native/testing/sanitizers.test.ts). */
const sanitizer = process.env['AGILE_VPN_SANITIZER'];
const environment = {
  PATH: process.env['PATH'],
  ...(sanitizer === undefined
    ? {}
    : {
        LD_PRELOAD: sanitizer,
        ASAN_OPTIONS: process.env['ASAN_OPTIONS'],
        AGILE_VPN_NATIVE_BUILD: process.env['AGILE_VPN_NATIVE_BUILD'],
      }),
};

/** Root makes namespaces outright; anybody else inside a user namespace of their own. */
const unprivileged = process.getuid?.() !== 0;

/** A process that does nothing but keep its namespaces. */
function hold(parent: ChildProcess | null, kinds: readonly string[], prepare: string): Promise<ChildProcess> {
  const join =
    parent === null
      ? []
      : ['nsenter', '-t', String(parent.pid), ...(unprivileged ? ['-U', '--preserve-credentials'] : [])];
  const [program, ...args] = [
    ...join,
    'unshare',
    ...(unprivileged && parent === null ? ['--user', '--map-root-user'] : []),
    ...kinds,
    '--',
    'sh',
    '-c',
    `set -e; ${prepare} echo ready; exec sleep infinity`,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child));
    child.once('exit', () =>
      reject(new Error('the namespace cannot be made: needs root, or unprivileged user namespaces')),
    );
  });
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export interface Command {
  readonly program: string;
  readonly args: string[];
}

/**
 * A network and mount namespace with an agent in it, and a second network namespace (the peer) at the other end of veth
 * pairs. /etc is a
 * small folder of its own. Nothing of it outlives the processes; the machine's own network is not touched.
 */
export class Namespace {
  private readonly holder: ChildProcess;
  private readonly peer: ChildProcess;
  private readonly script: string;
  private agent: ChildProcess | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  /** Process 1 of a `machine`. */
  private first: number | null = null;

  private constructor(holder: ChildProcess, peer: ChildProcess, script: string) {
    this.holder = holder;
    this.peer = peer;
    this.script = script;
  }

  /**
   * `resolvConf`: a shell command that prepares /etc/resolv.conf; the default writes a plain file. null: /etc stays the
   * machine's own.
   */
  static async create(
    resolvConf: string | null = 'printf "# before\\nnameserver 192.0.2.53\\nsearch lan.test\\n" > /etc/resolv.conf',
  ): Promise<Namespace> {
    if (!existsSync(join(root, 'native', 'build', 'Release', 'agile_vpn.node')))
      throw new Error('the addon is not built: npm run build:native');
    const script = await (bundled ??= bundle());
    const holder = await hold(
      null,
      ['--net', '--mount', '--propagation', 'private'],
      resolvConf === null ? '' : `mount -t tmpfs -o mode=755 etc /etc; ${resolvConf};`,
    );
    const namespace = new Namespace(holder, await hold(holder, ['--net'], ''), script);
    await namespace.ip('link', 'set', 'lo', 'up');
    await namespace.peerIp('link', 'set', 'lo', 'up');
    return namespace;
  }

  /**
   * The same with processes of its own, for programs that a whole machine has only once (systemd-resolved, resolvconf):
   * what runs in it is on the network of
   * its process 1. `prepare`: shell commands of process 1, as root, once /etc (with the machine's users) and /run are
   * small folders of its own.
   */
  static async machine(prepare: string): Promise<Namespace> {
    const script = await (bundled ??= bundle());
    const folders =
      'mount -t tmpfs -o mode=755 run /run; mkdir /run/kept; cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.cache /etc/alternatives /run/kept; mount -t tmpfs -o mode=755 etc /etc; cp -a /run/kept/. /etc; rm -r /run/kept; ip link set lo up;';
    const holder = await hold(
      null,
      ['--net', '--mount', '--propagation', 'private', '--pid', '--fork', '--mount-proc', '--kill-child'],
      `${folders} ${prepare}`,
    );
    const [first] = readFileSync(`/proc/${String(holder.pid)}/task/${String(holder.pid)}/children`, 'utf8')
      .trim()
      .split(' ');
    const namespace = new Namespace(holder, await hold(holder, ['--net'], ''), script);
    namespace.first = Number(first);
    return namespace;
  }

  /** One operation of the agent, which is started when there is none. */
  do<T>(operation: string, input: unknown = null): Promise<T> {
    this.agent ??= this.startAgent();
    const { stdin } = this.agent;
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      stdin!.write(`${JSON.stringify({ id, operation, input })}\n`);
    });
  }

  private startAgent(): ChildProcess {
    const { program, args } = this.command(process.execPath, this.script);
    const agent = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
    createInterface({ input: agent.stdout }).on('line', (line) => {
      const reply = JSON.parse(line) as {
        id: number;
        result?: unknown;
        error?: string;
        code?: unknown;
        detail?: unknown;
      };
      const waiting = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.error === undefined) waiting?.resolve(reply.result);
      else waiting?.reject(Object.assign(new Error(reply.error), { code: reply.code, detail: reply.detail }));
    });
    agent.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the agent ended'));
      this.waiting.clear();
    });
    return agent;
  }

  /** A program in the namespace. */
  command(...command: string[]): Command {
    return {
      program: 'nsenter',
      args: [
        '-t',
        String(this.first ?? this.holder.pid),
        ...(unprivileged ? ['-U', '--preserve-credentials'] : []),
        '-n',
        '-m',
        ...(this.first === null ? [] : ['-p']),
        ...command,
      ],
    };
  }

  run(...command: string[]): Promise<string> {
    return output(this.command(...command));
  }

  ip(...args: string[]): Promise<string> {
    return this.run('ip', ...args);
  }

  /** ip(8) with JSON output. */
  async ipJson<T = readonly Record<string, unknown>[]>(...args: string[]): Promise<T> {
    return JSON.parse((await this.ip('-j', '-N', ...args)) || '[]') as T;
  }

  /** A program in the peer's network namespace. */
  peerCommand(...command: string[]): Command {
    return {
      program: 'nsenter',
      args: ['-t', String(this.peer.pid), ...(unprivileged ? ['-U', '--preserve-credentials'] : []), '-n', ...command],
    };
  }

  peerRun(...command: string[]): Promise<string> {
    return output(this.peerCommand(...command));
  }

  peerIp(...args: string[]): Promise<string> {
    return this.peerRun('ip', ...args);
  }

  /** A veth pair: `name` here, `peerName` at the peer; both up, with their addresses. */
  async wire(
    name: string,
    peerName: string,
    addresses: readonly string[],
    peerAddresses: readonly string[],
  ): Promise<void> {
    await this.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', peerName, 'netns', String(this.peer.pid));
    await this.ip('link', 'set', name, 'up');
    await this.peerIp('link', 'set', peerName, 'up');
    for (const address of addresses)
      await this.ip('addr', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
    for (const address of peerAddresses)
      await this.peerIp('addr', 'add', address, 'dev', peerName, ...(address.includes(':') ? ['nodad'] : []));
  }

  /** Ends the agent at once, as a crash would. The next operation starts another. */
  async kill(): Promise<void> {
    const agent = this.agent;
    this.agent = null;
    if (agent === null) return;
    // nsenter has become the agent itself: it forks only for process namespaces.
    await new Promise<void>((resolve) => {
      agent.once('exit', () => resolve());
      agent.kill('SIGKILL');
    });
  }

  async close(): Promise<void> {
    const agent = this.agent;
    if (agent !== null && agent.exitCode === null && agent.signalCode === null) {
      await new Promise<void>((resolve) => {
        agent.once('exit', () => resolve());
        agent.stdin!.end();
      });
    }
    this.peer.kill('SIGKILL');
    this.holder.kill('SIGKILL');
  }
}

function output({ program, args }: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.slice(3).join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}
