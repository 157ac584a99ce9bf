import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../ports/http';
import { VirtualClock } from '../simulation';
import { revocationQuestions, checkRevocation, type RevocationEvidence } from './revocation';
import { fetchBudgetMs, RevocationFetcher } from './revocation-fetcher';
import { day, testCertificate, testCrl, testNow, testOcsp, testRevocationUrls, testRoot } from './testing';

const root = testRoot();
const urls = { extraExtensions: testRevocationUrls('http://ocsp.test/a', 'http://crl.test/b.crl') };
const leaf = testCertificate({ subject: [['CN', 'vpn']], ...urls }, root);
const path = [leaf.certificate, root.certificate];
const nothing: RevocationEvidence = { ocspResponses: [], crls: [] };

let clock: VirtualClock;
let asked: string[];
let notes: string[];
/** What each URL answers: octets, an error, or null for silence. */
let answers: Record<string, Uint8Array | Error | null>;
let fetcher: RevocationFetcher;

beforeEach(() => {
  clock = new VirtualClock(testNow);
  asked = [];
  notes = [];
  answers = {};
  fetcher = new RevocationFetcher({
    clock,
    http: {
      fetch: ({ url, body }: HttpRequest) => {
        asked.push(`${body === null ? 'GET' : 'POST'} ${url}`);
        const answer = answers[url] ?? null;
        if (answer === null) return new Promise(() => undefined);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
  });
});

async function fetched(): Promise<RevocationEvidence> {
  let evidence: RevocationEvidence | null = null;
  fetcher
    .fetch(revocationQuestions(path, nothing, clock.wallTime()), (text) => void notes.push(text))
    .then(
      (found) => (evidence = found),
      () => undefined,
    );
  await clock.runUntil(() => evidence !== null, fetchBudgetMs + 1);
  if (evidence === null) throw new Error('it never ended');
  return evidence;
}

const judged = (evidence: RevocationEvidence): string => {
  const failure = checkRevocation(path, evidence, { mode: 'strict', wallTime: clock.wallTime() });
  return failure === null ? 'good' : failure.revoked ? 'revoked' : 'unknown';
};

describe('fetching revocation information (P-16)', () => {
  it('OCSP is asked first, and its answer is enough', async () => {
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root) };
    expect(judged(await fetched())).toBe('good');
    expect(asked).toEqual(['POST http://ocsp.test/a']);
    expect(notes).toEqual([]);
  });

  it.each([
    ['a refused connection', new Error('connect ECONNREFUSED')],
    ["a captive portal's page", Buffer.from('<html>Please sign in</html>')],
    [
      'an answer about another certificate',
      testOcsp(testCertificate({ subject: [['CN', 'other']] }, root).certificate, root),
    ],
    ['an answer signed by somebody else', testOcsp(leaf.certificate, root, { signer: testRoot('Somebody') })],
    [
      'an answer that is out of date',
      testOcsp(leaf.certificate, root, { thisUpdate: testNow - 9 * day, nextUpdate: testNow - 8 * day }),
    ],
  ])('%s: the CRL is asked, and the log says why', async (_what, answer) => {
    answers = { 'http://ocsp.test/a': answer, 'http://crl.test/b.crl': testCrl(root, { revoked: [leaf] }) };
    expect(judged(await fetched())).toBe('revoked');
    expect(asked).toEqual(['POST http://ocsp.test/a', 'GET http://crl.test/b.crl']);
    expect(notes).toEqual([expect.stringMatching(/^OCSP from http:\/\/ocsp\.test\/a: /)]);
  });

  it('a silent responder does not keep the CRL waiting; nobody answers: unknown when the time is over', async () => {
    answers = { 'http://crl.test/b.crl': testCrl(root) };
    const began = clock.now();
    expect(judged(await fetched())).toBe('good');
    expect(clock.now() - began).toBe(1_500);
  });

  it('everybody is silent: nothing, after the budget', async () => {
    const began = clock.now();
    expect(judged(await fetched())).toBe('unknown');
    expect(clock.now() - began).toBe(fetchBudgetMs);
  });

  it('an answer is kept until its nextUpdate and no longer', async () => {
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root, { nextUpdate: testNow + 3_600_000 }) };
    await fetched();
    await clock.run(3_500_000);
    expect(judged(await fetched())).toBe('good');
    expect(asked).toHaveLength(1);
    answers = {
      'http://ocsp.test/a': testOcsp(leaf.certificate, root, {
        status: 'revoked',
        thisUpdate: testNow,
        nextUpdate: testNow + 2 * day,
      }),
    };
    await clock.run(200_000);
    expect(judged(await fetched())).toBe('revoked');
    expect(asked).toHaveLength(2);
  });

  it('without nextUpdate it is kept for ten minutes', async () => {
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root, { thisUpdate: testNow, nextUpdate: null }) };
    await fetched();
    await clock.run(9 * 60_000);
    await fetched();
    expect(asked).toHaveLength(1);
    await clock.run(2 * 60_000);
    await fetched();
    expect(asked).toHaveLength(2);
  });

  it('who could not be reached is left alone for a minute: a roam does not wait for it again', async () => {
    answers = { 'http://ocsp.test/a': new Error('no route'), 'http://crl.test/b.crl': new Error('no route') };
    expect(judged(await fetched())).toBe('unknown');
    expect(judged(await fetched())).toBe('unknown');
    expect(asked).toHaveLength(2);
    await clock.run(61_000);
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root) };
    expect(judged(await fetched())).toBe('good');
  });

  it('two attempts at a time ask once', async () => {
    const questions = revocationQuestions(path, nothing, clock.wallTime());
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root) };
    await Promise.all([fetcher.fetch(questions, () => undefined), fetcher.fetch(questions, () => undefined)]);
    expect(asked).toHaveLength(1);
  });

  it('an answer about one certificate is none about another of the same responder', async () => {
    answers = { 'http://ocsp.test/a': testOcsp(leaf.certificate, root), 'http://crl.test/b.crl': new Error('gone') };
    await fetched();
    const other = testCertificate({ subject: [['CN', 'other']], ...urls }, root);
    const evidence = await fetcher.fetch(
      revocationQuestions([other.certificate, root.certificate], nothing, testNow),
      () => undefined,
    );
    expect(evidence).toEqual(nothing);
  });
});
