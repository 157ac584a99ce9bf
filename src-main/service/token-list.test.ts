import { expect, it } from 'vitest';
import { testCertificate, testNow, testRoot } from '../../src-core/pki/testing';
import { TokenError, type Token, type Tokens } from '../../src-core/ports/tokens';
import { listTokenCertificates } from './token-list';

const root = testRoot();
const alice = testCertificate({ subject: [['CN', 'alice']], extendedKeyUsage: ['clientAuth'] }, root).certificate.der;
const old = testCertificate(
  { subject: [['CN', 'old']], extendedKeyUsage: ['clientAuth'], notAfter: testNow - 86_400_000 },
  root,
).certificate.der;

const closed: string[] = [];
const token = (label: string): Token => ({
  pinState: 'low',
  needsPin: true,
  isPresent: true,
  login: () => expect.unreachable('a PIN'),
  certificates: () => [
    { id: '01', der: alice },
    { id: '02', der: old },
    { id: '', der: alice },
    { id: '03', der: root.certificate.der },
    { id: '04', der: Uint8Array.of(1, 2, 3) },
  ],
  supports: () => true,
  sign: () => expect.unreachable('a signature'),
  close: () => void closed.push(label),
});
const tokens: Tokens = {
  list: (module) => {
    if (module === '/broken.so') throw new TokenError('module', 'C_Initialize: 0x5');
    return [{ label: 'badge', manufacturer: 'Maker\n', model: 'X1' }];
  },
  open: (_module, label) => token(label),
};

it('shows the certificates of the person with what is wrong with them; no PIN, no key; a broken module hides no other one', () => {
  const list = listTokenCertificates(tokens, ['/broken.so', '/one.so', '/same-token.so'], testNow);
  expect(list.unusable).toEqual([{ module: '/broken.so', reason: 'C_Initialize: 0x5' }]);
  expect(list.tokens).toHaveLength(1);
  expect(list.tokens[0]).toMatchObject({
    module: '/one.so',
    token: 'badge',
    model: 'X1',
    needsPin: true,
    pinState: 'low',
  });
  expect(list.tokens[0]?.manufacturer).not.toContain('\n');
  expect(
    list.tokens[0]?.certificates.map(({ id, certificate, problem }) => [
      id,
      certificate.commonName,
      problem?.slice(0, 28) ?? null,
    ]),
  ).toEqual([
    ['01', 'alice', null],
    ['02', 'old', 'Your certificate has expired'],
  ]);
  expect(closed).toEqual(['badge']);
});
