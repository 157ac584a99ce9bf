import type { ClientCertificateQuestion, Questions, Remembered, ServerCertificateQuestion } from '../../src-core/connection/questions';
import type { SecretAnswer, SecretRequest, Secrets } from '../../src-core/ports/secrets';
import type { Profile } from '../../src-core/profiles/profile';
import { withAcceptedCertificate, withChosenCertificate } from '../../src-core/profiles/remember';
import type { PromptAnswer } from '../api/contract';
import { certificateView } from './certificate-view';
import type { Prompts } from './prompts';
import type { SecretStore } from './secret-store';

/** Who answers for the person where no user interface does (the command line). */
export type Person = Secrets & Questions;

export interface ConnectionPersonOptions {
  readonly prompts: Prompts;
  /** Absent: prompts of the user interface. */
  readonly other: Person | undefined;
  readonly store: SecretStore;
  /** As it is now: it may have been renamed since. */
  readonly profile: () => Profile;
}

/** The person of one connection: asked what the secret store and the profile do not say. */
export class ConnectionPerson implements Person {
  readonly #options: ConnectionPersonOptions;

  constructor(options: ConnectionPersonOptions) {
    this.#options = options;
  }

  /** The saved secret first; a saved one that was refused is forgotten. Then the person. */
  async request(request: SecretRequest): Promise<SecretAnswer | null> {
    const { store, prompts, other, profile } = this.#options;
    const { name, authentication } = profile();
    const saved = store.get(name, request.kind);
    if (saved !== null && request.reason === null) return { secret: saved.secret, save: false, ...(saved.username === null ? {} : { username: saved.username }) };
    if (saved !== null) store.forget(name, request.kind);
    if (other !== undefined) return other.request(request);
    const answer: PromptAnswer = await prompts.ask({
      type: 'credentials',
      connection: name,
      kind: request.kind,
      username: saved?.username ?? request.account,
      domain: authentication.domain,
      reason: request.reason,
      canSave: store.storage === 'available',
      hasSaved: saved !== null,
    });
    if (answer.type !== 'credentials') return null;
    if (answer.save) store.set(name, request.kind === 'new-password' ? 'password' : request.kind, { username: answer.username, secret: answer.secret });
    return { secret: answer.secret, save: answer.save, ...(answer.username === null ? {} : { username: answer.username }) };
  }

  async acceptServer(question: ServerCertificateQuestion): Promise<boolean> {
    const { prompts, other } = this.#options;
    if (other !== undefined) return other.acceptServer(question);
    const { connection, certificate, reason, server, problem, acceptedBefore, expectedName } = question;
    const answer = await prompts.ask({ type: 'server-certificate', connection, certificate: certificateView(certificate), reason, server, problem, acceptedBefore, expectedName });
    return answer.type === 'accept';
  }

  async chooseCertificate(question: ClientCertificateQuestion): Promise<number | null> {
    const { prompts, other } = this.#options;
    if (other !== undefined) return other.chooseCertificate(question);
    const choices = question.choices.map(({ certificate, token }) => ({ ...certificateView(certificate), source: token === null ? ({ type: 'profile' } as const) : { type: 'token' as const, ...token } }));
    const answer = await prompts.ask({ type: 'client-certificate', connection: question.connection, choices, noneWanted: question.noneWanted });
    return answer.type === 'choose' ? answer.index : null;
  }
}

/** The profile that keeps a decision of the person. */
export function withDecision(profile: Profile, what: Remembered): Profile {
  return what.type === 'server-certificate' ? withAcceptedCertificate(profile, what.server, what.fingerprint) : withChosenCertificate(profile, what.certificate, what.fingerprint);
}
