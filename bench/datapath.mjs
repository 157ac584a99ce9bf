// What the native data path alone carries: two ends in two network namespaces joined by a veth pair, each a TUN, a UDP
// socket and
// fixed keys, no IKE. iperf3 over TCP through the tunnel, CPU seconds of each end a gigabyte, ping times idle.
//
//   node bench/datapath.mjs [--seconds 5] [--cipher aes-gcm-16|chacha20-poly1305|aes-cbc|null] [--no-segmentation]
// [--offload] [--plain-nic] [--json]
//
// Needs root, iproute2, iperf3 and python3 (which opens the TUN and hands its descriptor over).
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    cipher: { type: 'string', default: 'aes-gcm-16' },
    mtu: { type: 'string', default: '1400' },
    'no-segmentation': { type: 'boolean', default: false },
    offload: { type: 'boolean', default: false },
    'plain-nic': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    end: { type: 'string' },
    folder: { type: 'string' },
  },
});

const ends = {
  a: { inner: '10.77.0.1', outer: '192.0.2.1', spiIn: 0x1001, spiOut: 0x1002 },
  b: { inner: '10.77.0.2', outer: '192.0.2.2', spiIn: 0x1002, spiOut: 0x1001 },
};
const suites = {
  'aes-gcm-16': { cipher: 0, keyBits: 128, integrity: 0, encryption: 20, integrityKey: 0 },
  'chacha20-poly1305': { cipher: 1, keyBits: 256, integrity: 0, encryption: 36, integrityKey: 0 },
  'aes-cbc': { cipher: 2, keyBits: 128, integrity: 2, encryption: 16, integrityKey: 32 },
  null: { cipher: 3, keyBits: 0, integrity: 2, encryption: 0, integrityKey: 32 },
};

/** Opens a TUN and sends its descriptor as the first message on a Unix socket. */
const tunOpener = `
import fcntl, os, socket, struct, sys
path, name, flags = sys.argv[1], sys.argv[2], int(sys.argv[3])
fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name.encode(), flags))
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(path)
server.listen(1)
print('ready', flush=True)
peer, _ = server.accept()
socket.send_fds(peer, [b'{}'], [fd])
peer.recv(1)
`;

if (values.end !== undefined) await runEnd(values.end, values.folder);
else await runBench();

/** One end of the tunnel, in its namespace, until its standard input closes. */
async function runEnd(name, folder) {
  const addon = createRequire(import.meta.url)(join(here, '..', 'native', 'build', 'Release', 'agile_vpn.node'));
  const own = ends[name];
  const other = ends[name === 'a' ? 'b' : 'a'];
  const unixPath = join(folder, `${name}.sock`);
  // IFF_TUN | IFF_NO_PI (| IFF_VNET_HDR)
  const opener = spawn('python3', ['-c', tunOpener, unixPath, 'tun0', String(0x1001 | (values.offload ? 0x4000 : 0))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => opener.stdout.once('data', resolve));
  const tun = await new Promise((resolve) => {
    const channel = addon.openChannel(addon.connectUnix(unixPath), (text, descriptors) => {
      if (text === null) return;
      resolve(descriptors[0]);
      channel.close();
    });
  });
  const udp = addon.openUdp(null, own.outer, 4500);
  addon.readUdp(udp.fd, () => {});
  const path = addon.createDataPath((...event) => console.error(name, ...event));
  const suite = suites[values.cipher];
  const everything = [
    {
      family: 4,
      protocol: 0,
      startPort: 0,
      endPort: 65535,
      start: new Uint8Array(4),
      end: new Uint8Array(4).fill(255),
    },
  ];
  const sa = (spi) => ({
    ...suite,
    spi,
    esn: false,
    encryptionKey: new Uint8Array(suite.encryption).fill(spi & 0xff),
    integrityKey: new Uint8Array(suite.integrityKey).fill(spi & 0xff),
    local: everything,
    remote: everything,
  });
  path.installInbound(sa(own.spiIn));
  path.installOutbound(sa(own.spiOut));
  path.setInnerMtu(Number(values.mtu));
  path.attachTunnel(tun);
  path.setPath(udp.fd, other.outer, 4500, !values['no-segmentation']);
  execFileSync('ip', ['addr', 'add', `${own.inner}/24`, 'dev', 'tun0']);
  execFileSync('ip', ['link', 'set', 'tun0', 'mtu', values.mtu, 'up']);
  console.log('up');
  process.stdin.on('end', () => {
    console.error(
      name,
      JSON.stringify(path.statistics()),
      JSON.stringify(path.inboundCounters(own.spiIn), (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    );
    path.close();
    process.exit(0);
  });
  process.stdin.resume();
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function runBench() {
  const folder = mkdtempSync(join(tmpdir(), 'datapath-bench-'));
  const names = { a: `dpbench-a-${process.pid}`, b: `dpbench-b-${process.pid}` };
  const ip = (...words) => execFileSync('ip', words);
  const running = [];
  try {
    for (const name of Object.values(names)) ip('netns', 'add', name);
    ip('link', 'add', 'veth0', 'netns', names.a, 'type', 'veth', 'peer', 'name', 'veth0', 'netns', names.b);
    for (const end of ['a', 'b']) {
      ip('-n', names[end], 'addr', 'add', `${ends[end].outer}/24`, 'dev', 'veth0');
      ip('-n', names[end], 'link', 'set', 'lo', 'up');
      ip('-n', names[end], 'link', 'set', 'veth0', 'up');
      if (values['plain-nic'])
        ip(
          'netns',
          'exec',
          names[end],
          'ethtool',
          '-K',
          'veth0',
          'tso',
          'off',
          'tx-udp-segmentation',
          'off',
          'gro',
          'on',
        );
    }
    const pids = {};
    for (const end of ['a', 'b']) {
      const child = spawn(
        'ip',
        [
          'netns',
          'exec',
          names[end],
          process.execPath,
          fileURLToPath(import.meta.url),
          ...process.argv.slice(2),
          '--end',
          end,
          '--folder',
          folder,
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      running.push(child);
      pids[end] = child.pid;
      await new Promise((resolve, reject) => {
        child.stdout.once('data', resolve);
        child.once('exit', (code) => reject(new Error(`end ${end} left with ${code}`)));
      });
    }
    const ping = spawnSync('ip', ['netns', 'exec', names.a, 'ping', '-q', '-i', '0.01', '-c', '300', ends.b.inner], {
      encoding: 'utf8',
    }).stdout;
    const server = spawn('ip', ['netns', 'exec', names.b, 'iperf3', '-s'], { stdio: 'ignore' });
    running.push(server);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const results = [];
    for (const direction of ['sending', 'receiving']) {
      const before = { a: cpuSeconds(pids.a), b: cpuSeconds(pids.b) };
      const report = JSON.parse(
        execFileSync(
          'ip',
          [
            'netns',
            'exec',
            names.a,
            'iperf3',
            '-c',
            ends.b.inner,
            '-t',
            values.seconds,
            '-C',
            'cubic',
            '-J',
            ...(direction === 'receiving' ? ['-R'] : []),
          ],
          { encoding: 'utf8', maxBuffer: 1 << 26 },
        ),
      );
      const bytes = report.end.sum_received.bytes;
      results.push({
        direction,
        gigabitsPerSecond: report.end.sum_received.bits_per_second / 1e9,
        retransmits: report.end.sum_sent.retransmits,
        cpuSecondsPerGigabyte: {
          a: ((cpuSeconds(pids.a) - before.a) / bytes) * 1e9,
          b: ((cpuSeconds(pids.b) - before.b) / bytes) * 1e9,
        },
      });
    }
    const summary = {
      cipher: values.cipher,
      segmentation: !values['no-segmentation'],
      tunOffload: values.offload,
      ping: ping.trim().split('\n').slice(-2),
      results,
    };
    if (values.json) console.log(JSON.stringify(summary));
    else {
      console.log(summary.ping.join('\n'));
      for (const r of results) {
        console.log(
          `${r.direction.padEnd(10)} ${r.gigabitsPerSecond.toFixed(2)} Gbit/s, CPU s/GB: a ${r.cpuSecondsPerGigabyte.a.toFixed(2)}, b ${r.cpuSecondsPerGigabyte.b.toFixed(2)}, ${r.retransmits} retransmits`,
        );
      }
    }
  } finally {
    for (const child of running.reverse()) {
      child.stdin?.end();
      if (child.stdin === null) child.kill();
      await new Promise((resolve) =>
        child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(),
      );
    }
    for (const name of Object.values(names)) spawnSync('ip', ['netns', 'del', name]);
    rmSync(folder, { recursive: true, force: true });
  }
}
