import { ApiError } from '../api/service';
import type { Prompt, PromptAnswer } from '../api/contract';

type PromptContent = Prompt extends infer P ? (P extends Prompt ? Omit<P, 'id'> : never) : never;

interface Waiting {
  readonly prompt: Prompt;
  readonly resolve: (answer: PromptAnswer) => void;
}

/** Questions that wait for the person. Each is answered once, or cancelled. */
export class Prompts {
  readonly #waiting = new Map<string, Waiting>();
  #next = 1;
  onOpened: (prompt: Prompt) => void = () => undefined;
  onClosed: (id: string) => void = () => undefined;

  get open(): readonly Prompt[] {
    return [...this.#waiting.values()].map((entry) => entry.prompt);
  }

  ask(content: PromptContent): Promise<PromptAnswer> {
    const prompt = { ...content, id: `prompt-${this.#next++}` } as Prompt;
    return new Promise((resolve) => {
      this.#waiting.set(prompt.id, { prompt, resolve });
      this.onOpened(prompt);
    });
  }

  /** Throws ApiError when there is no such question or the answer does not fit it. */
  answer(id: string, answer: PromptAnswer): void {
    const entry = this.#waiting.get(id);
    if (entry === undefined) throw new ApiError('not-found', 'failure.answered', 'id');
    const fits: Readonly<Record<Prompt['type'], PromptAnswer['type']>> = {
      credentials: 'credentials',
      'server-certificate': 'accept',
      'client-certificate': 'choose',
    };
    if (answer.type !== 'cancel' && answer.type !== fits[entry.prompt.type])
      throw new ApiError('invalid-argument', 'failure.answer-misfit', 'answer');
    if (
      answer.type === 'choose' &&
      entry.prompt.type === 'client-certificate' &&
      answer.index >= entry.prompt.choices.length
    )
      throw new ApiError('invalid-argument', 'failure.no-choice', 'answer');
    this.#settle(id, entry, answer);
  }

  cancelAll(connection: string): void {
    for (const [id, entry] of [...this.#waiting])
      if (entry.prompt.connection === connection) this.#settle(id, entry, { type: 'cancel' });
  }

  #settle(id: string, entry: Waiting, answer: PromptAnswer): void {
    this.#waiting.delete(id);
    this.onClosed(id);
    entry.resolve(answer);
  }
}
