import { sanitizeText } from '../bytes';
import type { Clock } from '../ports/clock';
import type { Http } from '../ports/http';
import { type CertificateRevocationList, crlStatus, largestCrl, parseCrl, type RevocationStatus } from './crl';
import { largestOcspResponse, ocspStatus, type OcspResponse, parseOcspResponse } from './ocsp';
import type { RevocationEvidence, RevocationQuestion } from './revocation';

/** P-16: for everything about one path, milliseconds. The gateway waits some 30 s for the rest of IKE_AUTH. */
export const fetchBudgetMs = 5_000;
/** The next source is asked as well when the ones before have not answered for this long. */
const nextSourceMs = 1_500;
/**
 * A source that did not answer is not asked again for so long: a roam or a new sign-in does not wait for it once more.
 */
const silentMs = 60_000;
/** Nothing is believed longer than this, whatever its issuer says; nor shorter than a sign-in takes. */
const longestMs = 7 * 24 * 3_600_000;
/** An OCSP response without nextUpdate: newer information is always available (RFC 6960 section 2.4). */
const withoutNextUpdateMs = 10 * 60_000;
const mostCached = 64;

export interface RevocationFetcherOptions {
  readonly http: Http;
  readonly clock: Clock;
}

type Note = (text: string) => void;

interface Source {
  readonly kind: 'ocsp' | 'crl';
  readonly url: string;
  readonly question: RevocationQuestion;
}

interface Cached {
  readonly der: Uint8Array;
  /** Wall-clock milliseconds. */
  readonly until: number;
}

/**
 * Gets OCSP responses and CRLs for certificates whose path reached a trusted anchor (CVE-2022-40617). What is kept was
 * checked first: signed by
 * the right one, in date, about the certificate. So a captive portal's page is no answer, and nobody on the way can
 * fill the cache.
 */
export class RevocationFetcher {
  readonly #options: RevocationFetcherOptions;
  readonly #cache = new Map<string, Cached>();
  /** Clock.now() until which a source is left alone. */
  readonly #silent = new Map<string, number>();
  /** One question at a time to a source: a second attempt takes the answer that the first one waits for. */
  readonly #asking = new Map<string, Promise<Uint8Array | null>>();

  constructor(options: RevocationFetcherOptions) {
    this.#options = options;
  }

  /** For AcceptanceEnvironment.fetchRevocation. `note`: one sentence for the log about a source that was of no use. */
  async fetch(questions: readonly RevocationQuestion[], note: Note): Promise<RevocationEvidence> {
    const found = await Promise.all(questions.map((question) => this.#answer(question, note)));
    const of = (kind: Source['kind']): Uint8Array[] =>
      found.flatMap((answer) => (answer?.kind === kind ? [answer.der] : []));
    return { ocspResponses: of('ocsp'), crls: of('crl') };
  }

  /** The first usable answer; OCSP is asked first, as it is small and fresh. null: none in time. */
  async #answer(
    question: RevocationQuestion,
    note: Note,
  ): Promise<{ readonly kind: Source['kind']; readonly der: Uint8Array } | null> {
    const sources: Source[] = [
      ...question.ocspUrls.map((url) => ({ kind: 'ocsp' as const, url, question })),
      ...question.crlUrls.map((url) => ({ kind: 'crl' as const, url, question })),
    ];
    for (const source of sources) {
      const der = this.#cached(source);
      if (der !== null) return { kind: source.kind, der };
    }
    return new Promise((resolve) => {
      let waiting = sources.length;
      let next = 0;
      let over = false;
      const finish = (answer: { readonly kind: Source['kind']; readonly der: Uint8Array } | null): void => {
        over = true;
        budget.cancel();
        later?.cancel();
        resolve(answer);
      };
      const { clock } = this.#options;
      const budget = clock.setTimer(fetchBudgetMs, 'revocation', () => finish(null));
      let later: ReturnType<Clock['setTimer']> | null = null;
      const askNext = (): void => {
        const source = sources[next++];
        if (over || source === undefined) return;
        later?.cancel();
        later = clock.setTimer(nextSourceMs, 'next revocation source', askNext);
        void this.#ask(source, note).then((der) => {
          waiting--;
          if (over) return;
          if (der !== null) finish({ kind: source.kind, der });
          else if (waiting === 0) finish(null);
          else askNext();
        });
      };
      if (waiting === 0) finish(null);
      else askNext();
    });
  }

  #cached(source: Source): Uint8Array | null {
    const key = keyOf(source);
    const entry = this.#cache.get(key);
    if (entry === undefined) return null;
    const wallTime = this.#options.clock.wallTime();
    // A CRL answers for other certificates of its issuer, too; it may not cover this one.
    if (entry.until > wallTime && statusOf(source, entry.der, wallTime).status.status !== 'unknown') return entry.der;
    if (entry.until <= wallTime) this.#cache.delete(key);
    return null;
  }

  #ask(source: Source, note: Note): Promise<Uint8Array | null> {
    const key = keyOf(source);
    const running = this.#asking.get(key);
    if (running !== undefined) return running;
    if ((this.#silent.get(key) ?? -Infinity) > this.#options.clock.now()) return Promise.resolve(null);
    const asked = this.#fetch(source, key, note).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #fetch(source: Source, key: string, note: Note): Promise<Uint8Array | null> {
    const { http, clock } = this.#options;
    const { kind, url, question } = source;
    const unusable = (why: string, leaveAlone: boolean): null => {
      note(`${kind === 'ocsp' ? 'OCSP' : 'CRL'} from ${sanitizeText(url, 200)}: ${sanitizeText(why, 200)}.`);
      if (leaveAlone) this.#silent.set(key, clock.now() + silentMs);
      if (this.#silent.size > mostCached) this.#silent.delete(this.#silent.keys().next().value!);
      return null;
    };
    let der: Uint8Array;
    try {
      der = await http.fetch(
        kind === 'ocsp'
          ? {
              url,
              body: question.ocspRequest,
              contentType: 'application/ocsp-request',
              mostOctets: largestOcspResponse,
              timeoutMs: fetchBudgetMs,
            }
          : { url, body: null, contentType: null, mostOctets: largestCrl, timeoutMs: fetchBudgetMs },
      );
    } catch (error) {
      return unusable(error instanceof Error ? error.message : 'no answer', true);
    }
    const wallTime = clock.wallTime();
    const { status, nextUpdate } = statusOf(source, der, wallTime);
    if (status.status === 'unknown') return unusable(status.why, kind === 'ocsp');
    this.#silent.delete(key);
    this.#cache.set(key, { der, until: Math.min(nextUpdate ?? wallTime + withoutNextUpdateMs, wallTime + longestMs) });
    if (this.#cache.size > mostCached) this.#cache.delete(this.#cache.keys().next().value!);
    return der;
  }
}

/** A CRL is the same for every certificate, an OCSP response is not. */
function keyOf({ kind, url, question }: Source): string {
  return kind === 'crl' ? `crl ${url}` : `ocsp ${url} ${Buffer.from(question.ocspRequest).toString('base64')}`;
}

function statusOf(
  { kind, question }: Source,
  der: Uint8Array,
  wallTime: number,
): { readonly status: RevocationStatus; readonly nextUpdate: number | null } {
  const { certificate, issuer } = question;
  let parsed: OcspResponse | CertificateRevocationList;
  try {
    parsed = kind === 'ocsp' ? parseOcspResponse(der) : parseCrl(der);
  } catch (error) {
    return {
      status: { status: 'unknown', why: error instanceof Error ? error.message : 'it cannot be read' },
      nextUpdate: null,
    };
  }
  if ('responses' in parsed) {
    // A responder may answer for several certificates: the one that runs out first limits them all.
    const updates = parsed.responses.map(({ nextUpdate }) => nextUpdate);
    return {
      status: ocspStatus(parsed, certificate, issuer, wallTime),
      nextUpdate: updates.includes(null) ? null : Math.min(...(updates as number[])),
    };
  }
  return { status: crlStatus(parsed, certificate, issuer, wallTime), nextUpdate: parsed.nextUpdate };
}
