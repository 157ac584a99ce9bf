// Tries everything that could leave: TCP, UDP, DNS, ICMP, bound to no adapter and, where the first argument names the
// program for it, to each one. Ends by itself.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [bound, ...targets] = process.argv.slice(2);
const adapters = bound === '' ? [] : ['eth0', 'eth1'];
for (const adapter of adapters)
  spawn(bound, [adapter, ...targets], { stdio: 'ignore' }).on('error', () => process.exit(1));
const foreign = Buffer.from('LEAK of somebody else');
const query = Buffer.from(
  '4c4b0100000100000000000004' + Buffer.from('leak').toString('hex') + '0474657374' + '0000010001',
  'hex',
);
for (const target of targets) {
  const type = target.includes(':') ? 'udp6' : 'udp4';
  // 500 and 4500: to the gateway the tunnel's own packets go there, and nobody else's may (TunnelCrack ServerIP). The
  // text tells them apart.
  for (const port of [53, 9999, 443, 500, 4500]) {
    const socket = createSocket(type);
    socket.on('error', () => undefined);
    socket.send(port === 53 ? query : foreign, port, target, () => setTimeout(() => socket.close(), 300));
  }
  for (const port of [80, 53]) {
    const socket = connect({ host: target, port });
    socket.on('error', () => undefined);
    setTimeout(() => socket.destroy(), 900);
  }
  for (const adapter of [[], ...adapters.map((name) => ['-I', name])]) {
    const ping = spawn('ping', ['-c', '1', '-W', '1', ...adapter, target], { stdio: 'ignore' });
    ping.on('error', () => undefined);
  }
}
setTimeout(() => process.exit(0), 1400);
