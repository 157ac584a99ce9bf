import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A decoded message of strongSwan's control protocol: sections, lists and values. */
export interface ViciSection {
  [key: string]: string | string[] | ViciSection;
}

const packet = {
  request: 0,
  response: 1,
  unknownCommand: 2,
  register: 3,
  unregister: 4,
  confirm: 5,
  unknownEvent: 6,
  event: 7,
} as const;
const element = { sectionStart: 1, sectionEnd: 2, keyValue: 3, listStart: 4, listItem: 5, listEnd: 6 } as const;

const named = (type: number, name: string): Buffer =>
  Buffer.concat([Buffer.from([type, name.length]), Buffer.from(name)]);

const sized = (value: string): Buffer => {
  const octets = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(octets.length);
  return Buffer.concat([length, octets]);
};

export function encodeVici(section: ViciSection): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of Object.entries(section)) {
    if (typeof value === 'string') parts.push(named(element.keyValue, key), sized(value));
    else if (Array.isArray(value)) {
      parts.push(named(element.listStart, key));
      for (const item of value) parts.push(Buffer.from([element.listItem]), sized(item));
      parts.push(Buffer.from([element.listEnd]));
    } else parts.push(named(element.sectionStart, key), encodeVici(value), Buffer.from([element.sectionEnd]));
  }
  return Buffer.concat(parts);
}

export function decodeVici(octets: Buffer): ViciSection {
  const root: ViciSection = {};
  const stack: ViciSection[] = [root];
  let list: string[] | null = null;
  let at = 0;
  const name = (): string => {
    const length = octets.readUInt8(at);
    at += 1 + length;
    return octets.toString('utf8', at - length, at);
  };
  const value = (): string => {
    const length = octets.readUInt16BE(at);
    at += 2 + length;
    return octets.toString('utf8', at - length, at);
  };
  while (at < octets.length) {
    const top = stack.at(-1) ?? root;
    switch (octets.readUInt8(at++)) {
      case element.sectionStart: {
        const section: ViciSection = {};
        top[name()] = section;
        stack.push(section);
        break;
      }
      case element.sectionEnd:
        stack.pop();
        break;
      case element.keyValue: {
        const key = name();
        top[key] = value();
        break;
      }
      case element.listStart:
        list = [];
        top[name()] = list;
        break;
      case element.listItem:
        list?.push(value());
        break;
      case element.listEnd:
        list = null;
        break;
      default:
        throw new Error('vici: unknown element');
    }
  }
  return root;
}

/** One connection to a charon. One command at a time; events of a streaming command are collected. */
export class Vici {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #waiting: ((type: number, body: Buffer) => void) | null = null;
  #events: ((name: string, message: ViciSection) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.#read(data));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('vici: charon closed the connection')));
  }

  static open(path: string): Promise<Vici> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Vici(socket));
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Rejects when charon answers `success = no`. */
  async command(name: string, message: ViciSection = {}, timeout = 20_000): Promise<ViciSection> {
    const answer = await this.#inTurn(() => this.#exchange(packet.request, name, message, timeout));
    if (answer['success'] === 'no') throw new Error(`vici ${name}: ${JSON.stringify(answer['errmsg'])}`);
    return answer;
  }

  /** A command whose answer arrives as a stream of events. */
  streamed(name: string, event: string, message: ViciSection = {}): Promise<ViciSection[]> {
    return this.#inTurn(async () => {
      const seen: ViciSection[] = [];
      await this.#exchange(packet.register, event, {}, 5_000);
      this.#events = (got, body) => {
        if (got === event) seen.push(body);
      };
      try {
        await this.#exchange(packet.request, name, message, 20_000);
        await this.#exchange(packet.unregister, event, {}, 5_000);
      } finally {
        this.#events = null;
      }
      return seen;
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(task, task);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  #exchange(type: number, name: string, message: ViciSection, timeout: number): Promise<ViciSection> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting = null;
        this.#failed = null;
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`vici ${name}: no answer within ${String(timeout)} ms`));
      }, timeout);
      this.#failed = (error) => {
        done();
        reject(error);
      };
      this.#waiting = (answer, body) => {
        done();
        if (answer === packet.response) resolve(decodeVici(body));
        else if (answer === packet.confirm) resolve({});
        else reject(new Error(`vici ${name}: not known to this charon`));
      };
      const body = Buffer.concat([named(type, name), encodeVici(message)]);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      this.#socket.write(Buffer.concat([length, body]));
    });
  }

  #read(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    while (this.#buffer.length >= 4) {
      const length = this.#buffer.readUInt32BE(0);
      if (this.#buffer.length < 4 + length) return;
      const body = this.#buffer.subarray(4, 4 + length);
      this.#buffer = this.#buffer.subarray(4 + length);
      const type = body.readUInt8(0);
      if (type === packet.event) {
        const nameLength = body.readUInt8(1);
        this.#events?.(body.toString('utf8', 2, 2 + nameLength), decodeVici(body.subarray(2 + nameLength)));
      } else this.#waiting?.(type, body.subarray(1));
    }
  }
}
