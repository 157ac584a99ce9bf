import { fingerprint } from '../pki/certificate';
import type { ServerKind, UnknownServer } from '../pki/unknown-server';
import type { Questions, Remembered } from './questions';

/** Servers that the person accepted since the profile was read; the profile holds those of before. */
export class AcceptedServers {
  readonly #accepted: Readonly<Record<ServerKind, string[]>> = { gateway: [], 'authentication-server': [] };
  readonly #questions: Questions;
  readonly #remember: (what: Remembered) => void;

  constructor(questions: Questions, remember: (what: Remembered) => void) {
    this.#questions = questions;
    this.#remember = remember;
  }

  of(server: ServerKind): readonly string[] {
    return this.#accepted[server];
  }

  /** Asks the person about the server that was refused. False: it stays refused. */
  async ask(connection: string, refusal: UnknownServer): Promise<boolean> {
    const { firstUse } = refusal;
    if (!(await this.#questions.acceptServer({ ...firstUse, connection, reason: refusal.message }))) return false;
    const accepted = fingerprint(firstUse.certificate);
    this.#accepted[firstUse.server].push(accepted);
    this.#remember({ type: 'server-certificate', server: firstUse.server, fingerprint: accepted });
    return true;
  }
}
