// A file server and its client, for transfers through the tunnel that are checked octet by octet.
//   node transfer-program.mjs serve PORT
//   node transfer-program.mjs download|upload ADDRESS PORT BYTES [BYTES_PER_SECOND]
// The sender makes a pseudo-random stream and hashes it; the receiver hashes what arrives; the client prints
// {"bytes":…,"milliseconds":…,"sent":"sha256","received":"sha256"} as its only line.
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInterface } from 'node:readline';

const chunk = 64 * 1024;

/** `bytes` octets that no compressor and no repetition can hide a fault in, at most `rate` a second when given. */
async function* content(bytes, rate) {
  const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const zeros = Buffer.alloc(chunk);
  const began = performance.now();
  for (let done = 0; done < bytes;) {
    const length = Math.min(rate > 0 ? Math.min(chunk, Math.max(1024, rate / 100)) : chunk, bytes - done) | 0;
    yield stream.update(zeros.subarray(0, length));
    done += length;
    const early = rate > 0 ? (done / rate) * 1000 - (performance.now() - began) : 0;
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
  }
}

const hashing = (hash) =>
  new Transform({
    transform(data, _encoding, done) {
      hash.update(data);
      done(null, data);
    },
  });

async function sendTo(socket, bytes, rate) {
  const hash = createHash('sha256');
  await pipeline(Readable.from(content(bytes, rate)), hashing(hash), socket, { end: false });
  return hash.digest('hex');
}

/** Reads exactly `bytes` octets, then one line. */
async function receiveFrom(socket, bytes, already) {
  const hash = createHash('sha256');
  let left = bytes;
  let rest = '';
  const take = (data) => {
    const body = data.subarray(0, Math.min(left, data.length));
    hash.update(body);
    left -= body.length;
    rest += data.subarray(body.length).toString();
  };
  take(already);
  return {
    hash,
    take,
    done: () => left === 0,
    line: () => (rest.includes('\n') ? rest.slice(0, rest.indexOf('\n')) : null),
  };
}

function serve(port) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', async (first) => {
      try {
        const end = first.indexOf(10);
        const { direction, bytes, rate } = JSON.parse(first.subarray(0, end).toString());
        if (direction === 'download') {
          const sent = await sendTo(socket, bytes, rate);
          socket.end(`${sent}\n`);
        } else {
          const state = await receiveFrom(socket, bytes, first.subarray(end + 1));
          socket.on('data', (data) => {
            state.take(data);
            if (state.done()) socket.end(`${state.hash.digest('hex')}\n`);
          });
        }
      } catch {
        socket.destroy();
      }
    });
  });
  server.listen(port, () => console.log('listening'));
}

async function download(address, port, bytes, rate) {
  const socket = connect(port, address);
  socket.write(`${JSON.stringify({ direction: 'download', bytes, rate })}\n`);
  const state = await receiveFrom(socket, bytes, Buffer.alloc(0));
  for await (const data of socket) state.take(data);
  if (!state.done()) throw new Error('the connection ended early');
  return { sent: state.line(), received: state.hash.digest('hex') };
}

async function upload(address, port, bytes, rate) {
  const socket = connect(port, address);
  const answer = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write(`${JSON.stringify({ direction: 'upload', bytes, rate })}\n`);
  const sent = await sendTo(socket, bytes, rate);
  const { value } = await answer.next();
  socket.pipe(new Writable({ write: (_d, _e, done) => done() }));
  socket.end();
  return { sent, received: value ?? null };
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') serve(Number(args[0]));
else {
  const [address, port, bytes, rate] = [args[0], Number(args[1]), Number(args[2]), Number(args[3] ?? 0)];
  const began = performance.now();
  const hashes = await (verb === 'upload' ? upload : download)(address, port, bytes, rate);
  console.log(JSON.stringify({ bytes, milliseconds: Math.round(performance.now() - began), ...hashes }));
}
