import { describe, expect, it } from 'vitest';
import { type Certificate, fingerprint } from '../pki/certificate';
import { encodePem } from '../pki/pem';
import { day, testCertificate, testNow, testRoot, type TestAuthority } from '../pki/testing';
import type { Token, Tokens } from '../ports/tokens';
import type { Profile } from '../profiles/profile';
import type { CertificateChooser } from './choose-certificate';
import { loadClientKey } from './client-key';
import { exampleProfile } from './example-profile';
import type { CertificateChoice, Remembered } from './questions';

const root = testRoot();
const of = (name: string, more: object = {}): TestAuthority => testCertificate({ subject: [['CN', name]], extendedKeyUsage: ['clientAuth'], ...more }, root);
const work = of('alice at work');
const home = of('alice at home');
const old = of('alice of old', { notAfter: testNow - day });
const server = of('a server', { extendedKeyUsage: ['serverAuth'] });

const pem = (...own: readonly TestAuthority[]): string => own.map(({ certificate, privateKey }) => encodePem('CERTIFICATE', certificate.der) + String(privateKey.export({ format: 'pem', type: 'pkcs8' }))).join('\n');
const nobody = (): Promise<never> => expect.unreachable('a secret is asked for');

interface Asked {
  readonly chooser: CertificateChooser;
  readonly shown: (readonly CertificateChoice[])[];
  readonly remembered: Remembered[];
}

function person(answer: number | null, modules: readonly string[] = []): Asked {
  const shown: (readonly CertificateChoice[])[] = [];
  const remembered: Remembered[] = [];
  return {
    shown,
    remembered,
    chooser: {
      connection: 'Contoso',
      questions: {
        acceptServer: nobody,
        chooseCertificate: ({ choices }) => {
          shown.push(choices);
          return Promise.resolve(answer);
        },
      },
      remember: (what) => void remembered.push(what),
      tokenModules: () => modules,
    },
  };
}

const profileOf = (authentication: Partial<Profile['authentication']>): Profile => exampleProfile({ authentication: { method: 'machine-certificate', ...authentication } });
const nameOf = (leaf: Certificate | undefined): string => fingerprint(leaf!);

describe('which of the person’s certificates (P-20, P-21)', () => {
  it('of a file with several only those that fit are shown; the choice is remembered by its fingerprint', async () => {
    const asked = person(1);
    const certificate = pem(old, work, server, home);
    const key = await loadClientKey(profileOf({ certificate }), testNow, nobody, null, asked.chooser);
    expect(asked.shown.map((choices) => choices.map((choice) => nameOf(choice.certificate)))).toEqual([[nameOf(work.certificate), nameOf(home.certificate)]]);
    expect(nameOf(key?.leaf)).toBe(nameOf(home.certificate));
    expect(asked.remembered).toEqual([{ type: 'client-certificate', certificate, fingerprint: nameOf(home.certificate) }]);
  });

  it.each([
    ['what was chosen before is used', { chosenCertificate: nameOf(home.certificate) }, pem(work, home), home],
    ['the only one that fits is used', {}, pem(old, home), home],
  ] as const)('nobody is asked: %s', async (_what, more, certificate, expected) => {
    const asked = person(null);
    const key = await loadClientKey(profileOf({ certificate, ...more }), testNow, nobody, null, asked.chooser);
    expect(nameOf(key?.leaf)).toBe(nameOf(expected.certificate));
    expect([asked.shown, asked.remembered]).toEqual([[], []]);
  });

  it('cancelled: no key, nothing remembered; none fits: the reason of the first', async () => {
    const asked = person(null);
    expect(await loadClientKey(profileOf({ certificate: pem(work, home) }), testNow, nobody, null, asked.chooser)).toBeNull();
    expect(asked.remembered).toEqual([]);
    await expect(loadClientKey(profileOf({ certificate: pem(old, server) }), testNow, nobody, null, asked.chooser)).rejects.toMatchObject({ code: 13806, rule: 'expired' });
  });

  const token = (entries: readonly { readonly id: string; readonly der: Uint8Array }[]): Token => ({ pinState: 'fine', needsPin: false, isPresent: true, login: nobody, certificates: () => entries, supports: () => true, sign: () => expect.unreachable('nothing is signed'), close: () => undefined });
  const tokens: Tokens = {
    list: () => [{ label: 'badge', manufacturer: '', model: '' }],
    open: () =>
      token([
        { id: '01', der: old.certificate.der },
        { id: '02', der: work.certificate.der },
        { id: '03', der: home.certificate.der },
        { id: '04', der: root.certificate.der },
      ]),
  };

  it('a profile without a certificate: what fits on the tokens that are plugged in; the choice goes into the profile', async () => {
    const asked = person(0, ['/usr/lib/badge.so']);
    const key = await loadClientKey(profileOf({ certificate: null }), testNow, nobody, tokens, asked.chooser);
    expect(asked.shown[0]?.map((choice) => choice.token?.id)).toEqual(['02', '03']);
    expect(nameOf(key?.leaf)).toBe(nameOf(work.certificate));
    expect(key?.token?.label).toBe('badge');
    expect(asked.remembered).toEqual([{ type: 'client-certificate', certificate: { pkcs11: { module: '/usr/lib/badge.so', token: 'badge', id: '02' } }, fingerprint: null }]);
  });

  it('and without tokens it says so as before', async () => {
    await expect(loadClientKey(profileOf({ certificate: null }), testNow, nobody, tokens, person(0).chooser)).rejects.toMatchObject({ code: 13806, rule: 'certificate-missing' });
  });
});
