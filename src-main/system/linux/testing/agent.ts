// Runs inside a network and mount namespace of its own (namespace.ts) and does what the test asks, one JSON line a
// request.
// Standard output carries replies only.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadAddon } from '../../../../native';
import type { RouteQuestion, TunnelDevice, TunnelSettings } from '../../../../src-core/ports';
import { LinuxAdapters } from '../adapters';
import { LinuxDatagrams, type NativeDatagramSocket } from '../datagrams';
import { HelperClient, HelperError, helperProgram, type ReachedHelper } from '../helper-client';
import { LinuxNetworkSettings } from '../network-settings';

const addon = loadAddon();
if (addon === null) throw new Error('the addon is not built: npm run build:native');

const adapters = new LinuxAdapters(addon);
const datagrams = new LinuxDatagrams(addon);
const sockets = new Map<
  number,
  {
    socket: NativeDatagramSocket;
    received: { text: string; from: string; port: number }[];
    errors: { code: string; mtu: number | null }[];
  }
>();
const reports: unknown[] = [];
const losses: unknown[] = [];
const packets: string[] = [];
let settings: LinuxNetworkSettings | null = null;
let tunnel: TunnelDevice | null = null;
let raw: HelperClient | null = null;
let helperPid = 0;
let lastSocket = 0;

/** `wrapper`: a program with arguments that becomes the helper. */
function startHelper(wrapper: readonly string[] = []): number {
  const built = helperProgram();
  if (built === null) throw new Error('the helper is not built: npm run build:native');
  const [ours, theirs] = addon!.socketPair();
  const [program, ...args] = [...wrapper, built];
  const child = spawn(program, args, { stdio: [theirs, 'ignore', 'inherit'], env: {}, detached: true, cwd: '/' });
  helperPid = child.pid ?? 0;
  child.unref();
  addon!.closeDescriptor(theirs);
  return ours;
}

/** `spoiled`: so many helpers from now on end before they say anything. */
let spoiled = 0;
async function reachHelper(): Promise<ReachedHelper> {
  const fd = startHelper();
  if (spoiled > 0) {
    spoiled--;
    process.kill(helperPid, 'SIGKILL');
  }
  return { client: await HelperClient.open(addon!, fd), route: 'child' };
}

/** A TUN descriptor that an agent in a network namespace of its own opened. */
function foreignTun(): Promise<number> {
  const [ours, theirs] = addon!.socketPair();
  const child = spawn('unshare', ['--net', process.execPath, process.argv[1]!], {
    stdio: ['pipe', 'ignore', 'inherit', theirs],
  });
  addon!.closeDescriptor(theirs);
  return new Promise((resolve, reject) => {
    const channel = addon!.openChannel(ours, (text, descriptors) => {
      if (text === null) return reject(new Error('no TUN descriptor came'));
      resolve(descriptors[0]!);
      channel.close();
      child.stdin!.end();
    });
    child.stdin!.write(`${JSON.stringify({ id: 1, operation: 'offerTun' })}\n`);
  });
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const operations: Readonly<Record<string, (input: never) => unknown>> = {
  snapshot: () => adapters.snapshot(),
  raw: () => addon.readAdapters(),
  lookup: (question: RouteQuestion) => adapters.lookupRoute(question),
  /**
   * Starts a program and resolves once `adapter` shows the wished carrier in a snapshot read from the listener.
   * Times in ms: from the start of the program to the event, and from the thread's reading of the event to the
   * listener.
   */
  awaitCarrier: ({
    adapter,
    carrier,
    up,
    program,
    args,
  }: {
    adapter: string;
    carrier: boolean;
    up: boolean;
    program: string;
    args: string[];
  }) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        stop();
        reject(new Error(`no event showed ${adapter} with carrier ${String(carrier)}`));
      }, 5000);
      let events = 0;
      const started = now();
      const stop = addon.watchNetwork((readAt) => {
        const at = now();
        events++;
        const found = adapters.snapshot().find((each) => each.name === adapter);
        if (found?.carrier !== carrier || found.up !== up) return;
        clearTimeout(limit);
        stop();
        resolve({
          sinceStart: at - started,
          delivery: at - readAt,
          events,
          addresses: found.addresses.map((each) => each.address),
          snapshot: now() - at,
        });
      });
      spawn(program, args, { stdio: 'ignore' });
    }),
  /** Counts listener calls while a program makes many changes. */
  countEvents: ({ program, args }: { program: string; args: string[] }) =>
    new Promise((resolve) => {
      let calls = 0;
      const stop = adapters.watch(() => calls++);
      spawn(program, args, { stdio: 'ignore' }).on('exit', () =>
        setTimeout(() => {
          stop();
          resolve(calls);
        }, 50),
      );
    }),
  open: async ({ adapter, address, port }: { adapter: string | null; address: string; port?: number }) => {
    const socket = await datagrams.open({ adapter, localAddress: address, localPort: port ?? 0 });
    const entry = {
      socket,
      received: [] as { text: string; from: string; port: number }[],
      errors: [] as { code: string; mtu: number | null }[],
    };
    socket.onDatagram((datagram, from) =>
      entry.received.push({ text: Buffer.from(datagram).toString(), from: from.address, port: from.port }),
    );
    socket.onError((code, mtu) => entry.errors.push({ code, mtu }));
    sockets.set(++lastSocket, entry);
    return { socket: lastSocket, ...socket.local };
  },
  /** `size` octets of what looks like ESP, or a text. */
  send: ({
    socket,
    text,
    size,
    address,
    port,
  }: {
    socket: number;
    text?: string;
    size?: number;
    address: string;
    port: number;
  }) =>
    sockets
      .get(socket)!
      .socket.send(text === undefined ? new Uint8Array(size ?? 0).fill(1) : Buffer.from(text), { address, port }),
  sendWhole: ({ socket, size, address, port }: { socket: number; size: number; address: string; port: number }) =>
    sockets.get(socket)!.socket.sendWhole(new Uint8Array(size).fill(1), { address, port }),
  allowFragments: ({ socket, allow }: { socket: number; allow: boolean }) =>
    sockets.get(socket)!.socket.allowFragments(allow),
  /** The non-ESP marker and `size` octets. */
  sendIke: ({ socket, size, address, port }: { socket: number; size: number; address: string; port: number }) =>
    sockets.get(socket)!.socket.send(new Uint8Array(4 + size), { address, port }),
  /** Messages as no client would write them, one after the other, and the replies to them. */
  rawTexts: async (texts: readonly string[]) => {
    const replies: unknown[] = [];
    let next: (() => void) | null = null;
    const channel = addon.openChannel(startHelper(), (text) => {
      replies.push(text === null ? 'gone' : JSON.parse(text));
      next?.();
    });
    for (const text of texts) {
      const answered = new Promise<void>((resolve) => (next = resolve));
      channel.send(text, []);
      await answered;
    }
    channel.close();
    return replies;
  },
  received: ({ socket }: { socket: number }) => sockets.get(socket)!.received,
  errors: ({ socket }: { socket: number }) => sockets.get(socket)!.errors,
  close: ({ socket }: { socket: number }) => {
    sockets.get(socket)!.socket.close();
    sockets.get(socket)!.socket.close();
  },
  /** Kinds of the open descriptors: "socket", "anon_inode:[eventfd]", a path. */
  descriptors: () =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')];
      } catch {
        // The one that read the folder.
        return [];
      }
    }),
  openTunnel: async ({ name, mtu }: { name: string; mtu: number }) => {
    if (settings === null) {
      settings = new LinuxNetworkSettings(addon, reachHelper, [0, 20, 20]);
      settings.onReport((report) => reports.push(report));
      settings.onLost((error) =>
        losses.push({ code: error.code, message: error.message, detail: error.detail ?? null }),
      );
    }
    tunnel = await settings.openTunnel(name, mtu);
    tunnel.onPacket((packet) => packets.push(Buffer.from(packet).toString('hex')));
    return { name: tunnel.name, fd: tunnel.fd };
  },
  apply: (wanted: TunnelSettings) => settings!.apply(wanted),
  withdraw: async (how: { keepKillSwitch: boolean } | null) => {
    try {
      await settings!.withdraw(how?.keepKillSwitch === true);
    } finally {
      tunnel?.close();
      settings = null;
    }
  },
  /** The next `openTunnel` starts a helper that way. */
  wrapHelper: ({ wrapper }: { wrapper: readonly string[] }) => {
    settings = new LinuxNetworkSettings(addon, async () => ({
      client: await HelperClient.open(addon, startHelper(wrapper)),
      route: 'child',
    }));
  },
  lift: ({ owner }: { owner: string | null }) => new LinuxNetworkSettings(addon, reachHelper).lift(owner),
  killSwitch: async () => {
    const client = await HelperClient.open(addon, startHelper());
    client.close();
    return client.killSwitch;
  },
  closeSettings: async () => {
    tunnel?.close();
    await settings!.close();
    settings = null;
  },
  reports: () => reports.splice(0),
  losses: () => losses.splice(0),
  /** The helper of the tunnel dies by this signal, and so many of its successors before they say anything. */
  killHelper: ({ signal, successors }: { signal: 'SIGKILL' | 'SIGTERM'; successors: number }) => {
    spoiled = successors;
    process.kill(helperPid, signal);
  },
  /** A descriptor as the adapter avpn7 that a helper shall take over. */
  adoptForeign: async ({
    kind,
  }: {
    kind: 'none' | 'a file' | 'an adapter of another name' | 'of another network namespace';
  }) => {
    raw ??= await HelperClient.open(addon, startHelper());
    const own =
      kind === 'a file'
        ? openSync('/dev/null', 'r')
        : kind === 'of another network namespace'
          ? await foreignTun()
          : -1;
    try {
      const descriptors = kind === 'none' ? [] : [kind === 'an adapter of another name' ? tunnel!.fd! : own];
      return {
        result: (await raw.request('adopt-tunnel', { name: 'avpn7', mtu: 1400, offload: true }, { descriptors }))
          .result,
      };
    } catch (error) {
      if (!(error instanceof HelperError)) throw error;
      return { field: error.field, detail: error.detail, code: error.code };
    } finally {
      if (own >= 0) closeSync(own);
    }
  },
  /** Hands a TUN descriptor of this network namespace to whoever has the other end of descriptor 3. */
  offerTun: () => {
    const fd = openSync('/dev/net/tun', 'r+');
    addon.openChannel(3, () => undefined).send('tun', [fd]);
    closeSync(fd);
  },
  packets: () => packets.splice(0),
  write: ({ hex }: { hex: string }) => tunnel!.write(Buffer.from(hex, 'hex')),
  helperPid: () => helperPid,
  /** A request as no client of ours would make it. */
  rawRequest: async ({ method, parameters }: { method: string; parameters: Record<string, unknown> }) => {
    raw ??= await HelperClient.open(addon, startHelper());
    try {
      return { result: (await raw.request(method, parameters)).result };
    } catch (error) {
      if (!(error instanceof HelperError)) throw error;
      return { field: error.field, detail: error.detail, code: error.code };
    }
  },
  /** A socket that this process did not mark, before and after the helper did; or something that is no UDP socket. */
  markForeign: async ({ kind, address, port }: { kind: 'udp' | 'pipe'; address: string; port: number }) => {
    raw ??= await HelperClient.open(addon, startHelper());
    try {
      if (kind === 'pipe') return await raw.request('mark', {}, { descriptors: [0] });
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, resolve));
      const fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
      const send = (): Promise<string> =>
        new Promise((resolve) =>
          socket.send('x', port, address, (error) =>
            resolve(error === null ? 'sent' : ((error as NodeJS.ErrnoException).code ?? '')),
          ),
        );
      const before = await send();
      await raw.request('mark', {}, { descriptors: [fd] });
      const after = await send();
      socket.close();
      return { before, after };
    } catch (error) {
      if (!(error instanceof HelperError)) throw error;
      return { field: error.field, detail: error.detail, code: error.code };
    }
  },
  /** A request to the helper in use that waits no longer than this. */
  impatient: async ({ limit }: { limit: number }) => {
    const client = await (settings as unknown as { client: Promise<HelperClient> }).client;
    return (await client.request('withdraw', {}, { limit })).result;
  },
  rawClose: () => {
    raw?.close();
    raw = null;
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, operation, input } = JSON.parse(line) as { id: number; operation: string; input: never };
  const answer = (reply: object): void => {
    process.stdout.write(`${JSON.stringify({ id, ...reply })}\n`);
  };
  Promise.resolve()
    .then(() => operations[operation]!(input))
    .then(
      (result) => answer({ result: result ?? null }),
      (error: unknown) =>
        answer({
          error: error instanceof Error ? error.message : String(error),
          code: (error as { code?: unknown }).code ?? null,
          detail: (error as { detail?: unknown }).detail ?? null,
        }),
    );
});
process.stdin.on('end', () => process.exit(0));
