import type {
  ClientCertificateQuestion,
  Questions,
  Remembered,
  ServerCertificateQuestion,
} from '../../src-core/connection/questions';
import type { SecretAnswer, SecretKind, SecretRequest, Secrets } from '../../src-core/ports/secrets';
import type { Profile } from '../../src-core/profiles/profile';
import { withAcceptedCertificate, withChosenCertificate } from '../../src-core/profiles/remember';
import type { PromptAnswer } from '../api/contract';
import { ApiError } from '../api/service';
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
  /** Something could not be kept, which stops nothing. */
  readonly note: (problem: string) => void;
}

/**
 * What is only ever typed: a PIN kept beside its card is no second proof. Importing a profile that brings one is the
 * person's own doing.
 */
const neverSaved: ReadonlySet<SecretRequest['kind']> = new Set(['pin']);

/** The person of one connection: asked what the secret store and the profile do not say. */
export class ConnectionPerson implements Person {
  readonly #options: ConnectionPersonOptions;
  /** What the person was asked for, or need not be, in this attempt: a redial and a new sign-in take what is saved. */
  #settled = new Set<SecretKind>();

  constructor(options: ConnectionPersonOptions) {
    this.#options = options;
  }

  /** The person begins an attempt. */
  newAttempt(): void {
    this.#settled = new Set();
  }

  /**
   * The saved secret first, unless the person wants to be asked; a saved one that was refused is forgotten. Then the
   * person.
   */
  async request(request: SecretRequest): Promise<SecretAnswer | null> {
    const { store, prompts, other, profile } = this.#options;
    const { name, authentication, dialing } = profile();
    const saved = store.get(name, request.kind);
    const isShown =
      dialing.promptForCredentials &&
      other === undefined &&
      request.kind !== 'new-password' &&
      !this.#settled.has(request.kind);
    this.#settled.add(request.kind);
    if (saved !== null && request.reason === null && !isShown)
      return { secret: saved.secret, save: false, ...(saved.username === null ? {} : { username: saved.username }) };
    if (saved !== null && request.reason !== null) this.#keep(() => store.forget(name, request.kind));
    if (other !== undefined) return other.request(request);
    const canSave = store.storage === 'available' && !neverSaved.has(request.kind);
    const answer: PromptAnswer = await prompts.ask({
      type: 'credentials',
      connection: name,
      kind: request.kind,
      username: saved?.username ?? request.account,
      domain:
        request.kind === 'password' && dialing.includeDomain ? (authentication.domain ?? '') : authentication.domain,
      reason: request.reason,
      canSave,
      // The one that a new password takes the place of.
      hasSaved: saved !== null || (request.kind === 'new-password' && store.get(name, 'password') !== null),
    });
    if (answer.type !== 'credentials') return null;
    // Left as it is: the saved one, which the page never saw.
    const secret = answer.secret === '' && saved !== null && request.reason === null ? saved.secret : answer.secret;
    if (canSave && answer.save) this.#keep(() => this.#save(name, request, { ...answer, secret }));
    else if (canSave) this.#keep(() => store.forget(name, request.kind));
    return { secret, save: answer.save, ...(answer.username === null ? {} : { username: answer.username }) };
  }

  /** The answer counts for this session, whether or not the disk takes it. */
  #keep(change: () => void): void {
    try {
      change();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#options.note(`What is saved of the password was not changed: ${error.message}`);
    }
  }

  /** A new password is for the account that the old one was for: that was not asked again. */
  #save(
    name: string,
    { kind, account }: SecretRequest,
    { username, secret }: Extract<PromptAnswer, { type: 'credentials' }>,
  ): void {
    const { store } = this.#options;
    if (kind === 'new-password')
      store.set(name, 'password', { username: store.get(name, 'password')?.username ?? account, secret });
    else store.set(name, kind, { username, secret });
  }

  async acceptServer(question: ServerCertificateQuestion): Promise<boolean> {
    const { prompts, other } = this.#options;
    if (other !== undefined) return other.acceptServer(question);
    const { connection, certificate, reason, server, problem, acceptedBefore, expectedName } = question;
    const answer = await prompts.ask({
      type: 'server-certificate',
      connection,
      certificate: certificateView(certificate),
      reason,
      server,
      problem,
      acceptedBefore,
      expectedName,
    });
    return answer.type === 'accept';
  }

  async chooseCertificate(question: ClientCertificateQuestion): Promise<number | null> {
    const { prompts, other } = this.#options;
    if (other !== undefined) return other.chooseCertificate(question);
    const choices = question.choices.map(({ certificate, token }) => ({
      ...certificateView(certificate),
      source: token === null ? ({ type: 'profile' } as const) : { type: 'token' as const, ...token },
    }));
    const answer = await prompts.ask({
      type: 'client-certificate',
      connection: question.connection,
      choices,
      noneWanted: question.noneWanted,
    });
    return answer.type === 'choose' ? answer.index : null;
  }
}

/** The profile that keeps a decision of the person. */
export function withDecision(profile: Profile, what: Remembered): Profile {
  return what.type === 'server-certificate'
    ? withAcceptedCertificate(profile, what.server, what.fingerprint)
    : withChosenCertificate(profile, what.certificate, what.fingerprint);
}
