import type { EapServerConversation } from '../ikev2/session';
import type { Random } from '../ports/random';
import { decodeIdentity } from './identity';
import type { EapServerMethod } from './method';
import { decodeNak } from './nak';
import { decodeEapPacket, eapType, encodeEapPacket } from './packet';

/** The authenticator of the embedded gateway: identity, then the first method the peer accepts. */
export interface EapServerOptions {
  readonly random: Random;
  /** In order of preference, at least one. */
  readonly methods: readonly EapServerMethod[];
}

type Outcome = Awaited<ReturnType<EapServerConversation['receive']>>;

type State =
  | { readonly phase: 'identity' }
  | {
      readonly phase: 'method';
      readonly method: EapServerMethod;
      readonly identity: string;
      readonly answered: boolean;
    }
  | { readonly phase: 'done' };

const roundLimit = 50;

export class EapServer implements EapServerConversation {
  readonly #methods: readonly EapServerMethod[];
  #state: State = { phase: 'identity' };
  #identifier: number;
  #rounds = 0;
  #methodName: string | null = null;

  constructor(options: EapServerOptions) {
    this.#methods = options.methods;
    this.#identifier = options.random.bytes(1)[0] as number;
  }

  get methodName(): string | null {
    return this.#methodName;
  }

  start(): Promise<Uint8Array> {
    return Promise.resolve(
      encodeEapPacket({
        kind: 'request',
        identifier: this.#identifier,
        type: eapType.IDENTITY,
        data: new Uint8Array(0),
      }),
    );
  }

  async receive(bytes: Uint8Array): Promise<Outcome> {
    const result = decodeEapPacket(bytes);
    if (
      !result.ok ||
      result.value.kind !== 'response' ||
      result.value.identifier !== this.#identifier ||
      ++this.#rounds > roundLimit
    )
      return this.#failure();
    const { type, data } = result.value;
    switch (this.#state.phase) {
      case 'identity': {
        const identity = type === eapType.IDENTITY ? decodeIdentity(data) : null;
        const [method] = this.#methods;
        return identity === null || method === undefined ? this.#failure() : this.#begin(method, identity);
      }
      case 'method': {
        const { method, identity, answered } = this.#state;
        if (type === eapType.NAK && !answered) {
          const wanted = decodeNak(data);
          const other = this.#methods.find((candidate) => candidate !== method && wanted.includes(candidate.type));
          return other === undefined ? this.#failure() : this.#begin(other, identity);
        }
        if (type !== method.type) return this.#failure();
        this.#state = { phase: 'method', method, identity, answered: true };
        const step = await method.receive(data, (this.#identifier + 1) & 0xff);
        if (step.type === 'request') return this.#request(method.type, step.data);
        if (step.type === 'failure') return this.#failure();
        this.#state = { phase: 'done' };
        return {
          type: 'success',
          packet: encodeEapPacket({ kind: 'success', identifier: this.#identifier }),
          msk: step.msk,
          identity: step.identity,
        };
      }
      case 'done':
        return this.#failure();
    }
  }

  close(): void {
    this.#state = { phase: 'done' };
    for (const method of this.#methods) method.close();
  }

  #begin(method: EapServerMethod, identity: string): Outcome {
    this.#state = { phase: 'method', method, identity, answered: false };
    this.#methodName = method.name;
    return this.#request(method.type, method.start((this.#identifier + 1) & 0xff, identity));
  }

  #request(type: number, data: Uint8Array): Outcome {
    this.#identifier = (this.#identifier + 1) & 0xff;
    return { type: 'request', packet: encodeEapPacket({ kind: 'request', identifier: this.#identifier, type, data }) };
  }

  #failure(): Outcome {
    this.close();
    return { type: 'failure', packet: encodeEapPacket({ kind: 'failure', identifier: this.#identifier }) };
  }
}
