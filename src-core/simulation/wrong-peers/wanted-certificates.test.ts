import { describe, expect, it } from 'vitest';
import { createTlsEngine } from '../../../native/tls';
import type { ClientCertificateQuestion } from '../../connection/questions';
import { fingerprint } from '../../pki/certificate';
import { testKeys, type TestAuthority } from '../../pki/testing';
import type { AuthenticationMethod } from '../../profiles/profile';
import { type Arrangement, attempt, type Outcome } from './scene';
import type { Sighting } from './sent-secrets';
import { TestPki } from './test-pki';

const pki = new TestPki();
const built = createTlsEngine();
if (built === null) throw new Error('the addon is not built: npm run build:native');
const engine = built;

/** Of the same person, of another authority, and in the file before the right one. */
const other = pki.client(
  { subject: [['CN', 'Laptop 7 elsewhere']], dnsNames: ['laptop7.elsewhere.test'] },
  pki.stranger,
  { keys: testKeys() },
);
const right = pki.client();

interface Asked {
  readonly outcome: Outcome;
  readonly questions: readonly ClientCertificateQuestion[];
}

async function connect(
  method: AuthenticationMethod,
  version: '1.2' | '1.3',
  wanted: readonly TestAuthority[] | undefined,
  answer: (question: ClientCertificateQuestion) => number | null,
): Promise<Asked> {
  const questions: ClientCertificateQuestion[] = [];
  const choose = (question: ClientCertificateQuestion): number | null => {
    questions.push(question);
    return answer(question);
  };
  const said = wanted === undefined ? {} : { wanted };
  const arrangement: Arrangement = {
    client: { certificate: right, others: [other], choose },
    gateway: said,
    server: { version, ...said },
  };
  return { outcome: await attempt(method, { pki, engine }, arrangement), questions };
}

const theRight = ({ choices }: ClientCertificateQuestion): number =>
  choices.findIndex(({ certificate }) => fingerprint(certificate) === fingerprint(right.certificate));

const ways: readonly (readonly [AuthenticationMethod, '1.2' | '1.3', Sighting[]])[] = [
  ['machine-certificate', '1.2', ['client certificate']],
  ['eap-tls', '1.2', ['client certificate']],
  ['eap-tls', '1.3', ['client certificate in TLS']],
  ['peap-tls', '1.2', ['client certificate in TLS', 'user name in TLS']],
];

describe('two certificates that fit, of two authorities', { timeout: 30_000 }, () => {
  describe.each(ways)('%s, TLS %s', (method, version, sent) => {
    it('the server asks for one of the authorities: its certificate is shown, nobody is asked', async () => {
      const { outcome, questions } = await connect(method, version, [pki.root], () => null);
      expect(outcome.error).toBeNull();
      expect([outcome.status.state, questions, outcome.sent]).toEqual(['Connected', [], sent]);
      expect(outcome.pendingTimers).toEqual([]);
    });

    it.each([
      ['a list that none fits', [pki.server()], true],
      ['no list', undefined, false],
    ] as const)('%s: the person chooses among all, and with that it connects', async (_what, wanted, noneWanted) => {
      const { outcome, questions } = await connect(method, version, wanted, theRight);
      expect(outcome.error).toBeNull();
      expect(questions.map((question) => [question.choices.length, question.noneWanted])).toEqual([[2, noneWanted]]);
      expect(outcome.status.state).toBe('Connected');
    });

    it('the person cancels: neither certificate has left', async () => {
      const { outcome } = await connect(method, version, undefined, () => null);
      expect(outcome.error?.symbol).toBe('CANCELLED');
      expect(outcome.sent.filter((secret) => secret.startsWith('client certificate'))).toEqual([]);
      expect(outcome.pendingTimers).toEqual([]);
    });
  });
});
