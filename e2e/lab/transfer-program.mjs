// A file server and its client, for transfers through the tunnel that are checked word by word.
//   node transfer-program.mjs serve PORT
//   node transfer-program.mjs download|upload ADDRESS PORT BYTES [BYTES_PER_SECOND]
// Each word of 8 octets tells its place in its stream, so that one that came from elsewhere is seen whatever checksum it
// has. The client prints {"bytes":…,"milliseconds":…,"wrongWords":…,"firstWrong":…} as its only line.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const chunk = 64 * 1024;

/** The octets of the stream `seed` from `offset` on; `offset` and `length` need not be multiples of a word. */
function words(seed, offset, length) {
  const first = Math.floor(offset / 8);
  const count = Math.ceil((offset + length) / 8) - first;
  const halves = new Uint32Array(count * 2);
  for (let i = 0; i < count; i += 1) {
    halves[2 * i] = first + i;
    halves[2 * i + 1] = Math.imul(first + i, 0x9e3779b1) ^ seed;
  }
  return Buffer.from(halves.buffer).subarray(offset - first * 8, offset - first * 8 + length);
}

/** `bytes` octets of the stream, at most `rate` a second when given. */
async function* content(seed, bytes, rate) {
  const began = performance.now();
  for (let done = 0; done < bytes;) {
    const length = Math.min(rate > 0 ? Math.min(chunk, Math.max(1024, rate / 100)) : chunk, bytes - done) | 0;
    yield words(seed, done, length);
    done += length;
    const early = rate > 0 ? (done / rate) * 1000 - (performance.now() - began) : 0;
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
  }
}

/** Compares what arrives with the stream it should be. */
class Checker {
  received = 0;
  wrongWords = 0;
  firstWrong = null;

  constructor(seed, bytes) {
    this.seed = seed;
    this.bytes = bytes;
  }

  take(data) {
    const expected = words(this.seed, this.received, data.length);
    if (!data.equals(expected)) {
      let last = -1;
      for (let i = 0; i < data.length; i += 1) {
        const word = Math.floor((this.received + i) / 8);
        if (data[i] === expected[i] || word === last) continue;
        last = word;
        this.wrongWords += 1;
        this.firstWrong ??= { at: this.received + i, is: data.subarray(i, i + 8).toString('hex') };
      }
    }
    this.received += data.length;
  }

  get result() {
    if (this.received !== this.bytes)
      throw new Error(`${String(this.received)} of ${String(this.bytes)} octets arrived`);
    return { wrongWords: this.wrongWords, firstWrong: this.firstWrong };
  }
}

/** The first line of a socket, and what came behind it. */
async function firstLine(socket) {
  let text = Buffer.alloc(0);
  for (;;) {
    const data = socket.read();
    if (data === null) {
      if (socket.readableEnded || socket.destroyed) throw new Error('the connection ended early');
      await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
      continue;
    }
    text = Buffer.concat([text, data]);
    const end = text.indexOf(10);
    if (end >= 0) return { line: JSON.parse(text.subarray(0, end).toString()), rest: text.subarray(end + 1) };
  }
}

/** Everything up to the end; the socket can still be written to afterwards. */
async function receive(socket, checker, rest) {
  checker.take(rest);
  socket.on('data', (data) => checker.take(data));
  await once(socket, 'end');
  return checker.result;
}

async function send(socket, stream) {
  await pipeline(Readable.from(stream), socket, { end: false });
  socket.end();
}

function serve(port) {
  // Whoever has sent all says so by closing half of the connection.
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => socket.destroy());
    try {
      const { line, rest } = await firstLine(socket);
      const { direction, seed, bytes, rate } = line;
      if (direction === 'download') await send(socket, content(seed, bytes, rate));
      else socket.end(`${JSON.stringify(await receive(socket, new Checker(seed, bytes), rest))}\n`);
    } catch {
      socket.destroy();
    }
  });
  server.listen(port, () => console.log('listening'));
}

async function client(direction, address, port, bytes, rate) {
  const seed = randomInt(2 ** 32);
  const socket = connect({ port, host: address, allowHalfOpen: true });
  socket.write(`${JSON.stringify({ direction, seed, bytes, rate })}\n`);
  if (direction === 'download') {
    socket.end();
    return receive(socket, new Checker(seed, bytes), Buffer.alloc(0));
  }
  await send(socket, content(seed, bytes, rate));
  return (await firstLine(socket)).line;
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') serve(Number(args[0]));
else {
  const [address, port, bytes, rate] = [args[0], Number(args[1]), Number(args[2]), Number(args[3] ?? 0)];
  const began = performance.now();
  const result = await client(verb, address, port, bytes, rate);
  console.log(JSON.stringify({ bytes, milliseconds: Math.round(performance.now() - began), ...result }));
  process.exit(0);
}
