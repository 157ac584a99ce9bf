import { decode, encode } from 'dns-packet';
import { sameIp } from '../../../src-core/bytes';
import type { Datagrams, Random, SocketAddress } from '../../../src-core/ports';

const DNS_PORT = 53;
const RETRY_MS = 1000;
const TRIES = 3;

export interface DnsQuestion {
  readonly name: string;
  readonly server: string;
  /** Bound to this adapter and address, so that it leaves past the tunnel. */
  readonly adapter: string;
  readonly localAddress: string;
}

/**
 * A and AAAA of a name from one server over one adapter (RFC 1035, 3596). Resolves with what was found, IPv6 first;
 * empty when the server says that there
 * is nothing. Rejects when it does not answer.
 */
export async function queryAddresses(
  datagrams: Datagrams,
  random: Random,
  question: DnsQuestion,
): Promise<readonly string[]> {
  const socket = await datagrams.open({ adapter: question.adapter, localAddress: question.localAddress });
  const to: SocketAddress = { address: question.server, port: DNS_PORT };
  const questions = (['AAAA', 'A'] as const).map((type) => {
    const [high, low] = random.bytes(2);
    return { type, id: (high! << 8) | low!, answer: null as readonly string[] | null };
  });
  // Two questions with one number could not be told apart.
  if (questions[0]!.id === questions[1]!.id) questions[1]!.id ^= 1;
  let timer: NodeJS.Timeout | null = null;
  try {
    return await new Promise((resolve, reject) => {
      socket.onDatagram((datagram, from) => {
        // RFC 5452: only the server that was asked, on its port, with the number and the question of ours.
        if (from.port !== DNS_PORT || !sameIp(from.address, question.server)) return;
        const reply = parse(datagram);
        const asked = questions.find(({ id }) => id === reply?.id);
        if (reply === null || asked === undefined || asked.answer !== null) return;
        if (reply.name !== question.name.toLowerCase() || reply.type !== asked.type) return;
        asked.answer = reply.addresses;
        if (questions.every(({ answer }) => answer !== null)) resolve(questions.flatMap(({ answer }) => answer ?? []));
      });
      socket.onError((code) => reject(Object.assign(new Error(`name server ${question.server}`), { code })));
      let tries = 0;
      const send = (): void => {
        if (tries++ >= TRIES) {
          const found = questions.flatMap(({ answer }) => answer ?? []);
          if (found.length > 0) resolve(found);
          else
            reject(Object.assign(new Error(`name server ${question.server} does not answer`), { code: 'ETIMEDOUT' }));
          return;
        }
        for (const { type, id, answer } of questions) {
          if (answer !== null) continue;
          const result = socket.send(
            encode({ type: 'query', id, flags: 0x0100 /* RD */, questions: [{ type, name: question.name }] }),
            to,
          );
          if (result !== 'sent') {
            reject(Object.assign(new Error(`name server ${question.server}`), { code: result }));
            return;
          }
        }
        timer = setTimeout(send, RETRY_MS);
      };
      send();
    });
  } finally {
    if (timer !== null) clearTimeout(timer);
    socket.close();
  }
}

/** The fields that are judged; null: no DNS response. */
function parse(
  datagram: Uint8Array,
): { readonly id: number; readonly name: string; readonly type: string; readonly addresses: readonly string[] } | null {
  try {
    const packet = decode(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength));
    const [question] = packet.questions ?? [];
    if (packet.type !== 'response' || question === undefined || packet.id === undefined) return null;
    const addresses = (packet.answers ?? []).flatMap((answer) =>
      answer.type === question.type && (answer.type === 'A' || answer.type === 'AAAA') ? [answer.data] : [],
    );
    return { id: packet.id, name: question.name.toLowerCase(), type: question.type, addresses };
  } catch {
    return null;
  }
}
