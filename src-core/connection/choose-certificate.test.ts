import { describe, expect, it } from 'vitest';
import { type Certificate, certificateRequestHash, fingerprint } from '../pki/certificate';
import { encodePem } from '../pki/pem';
import { day, testCertificate, testNow, testRoot, type TestAuthority } from '../pki/testing';
import type { Token, Tokens } from '../ports/tokens';
import type { Profile } from '../profiles/profile';
import type { CertificateChooser } from './choose-certificate';
import type { ClientKey } from './client-key';
import { loadClientKey } from './load-client-key';
import { UndecidedKey } from './undecided-certificate';
import type { WantedAuthorities } from '../pki/wanted-authorities';
import { exampleProfile } from './example-profile';
import type { CertificateChoice, Remembered } from './questions';

const root = testRoot();
const of = (name: string, more: object = {}): TestAuthority =>
  testCertificate({ subject: [['CN', name]], extendedKeyUsage: ['clientAuth'], ...more }, root);
const work = of('alice at work');
const home = of('alice at home');
const old = of('alice of old', { notAfter: testNow - day });
const server = of('a server', { extendedKeyUsage: ['serverAuth'] });

const pem = (...own: readonly TestAuthority[]): string =>
  own
    .map(
      ({ certificate, privateKey }) =>
        encodePem('CERTIFICATE', certificate.der) + String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    )
    .join('\n');
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

const profileOf = (authentication: Partial<Profile['authentication']>): Profile =>
  exampleProfile({ authentication: { method: 'machine-certificate', ...authentication } });
const nameOf = (leaf: Certificate | undefined): string => fingerprint(leaf!);

/** As in an attempt that has learnt what the server wants, should that matter. */
async function load(
  profile: Profile,
  tokens: Tokens | null,
  { chooser }: Asked,
  wanted: WantedAuthorities | null = null,
): Promise<ClientKey | null> {
  const key = await loadClientKey(profile, testNow, nobody, tokens, chooser);
  return key instanceof UndecidedKey ? key.decide(wanted) : key;
}

describe('which of the person’s certificates (P-20, P-21)', () => {
  it('of a file with several only those that fit are shown; the choice is remembered by its fingerprint', async () => {
    const asked = person(1);
    const certificate = pem(old, work, server, home);
    const key = await load(profileOf({ certificate }), null, asked);
    expect(asked.shown.map((choices) => choices.map((choice) => nameOf(choice.certificate)))).toEqual([
      [nameOf(work.certificate), nameOf(home.certificate)],
    ]);
    expect(nameOf(key?.leaf)).toBe(nameOf(home.certificate));
    expect(asked.remembered).toEqual([
      { type: 'client-certificate', certificate, fingerprint: nameOf(home.certificate) },
    ]);
  });

  it.each([
    ['what was chosen before is used', { chosenCertificate: nameOf(home.certificate) }, pem(work, home), home],
    ['the only one that fits is used', {}, pem(old, home), home],
  ] as const)('nobody is asked: %s', async (_what, more, certificate, expected) => {
    const asked = person(null);
    const key = await load(profileOf({ certificate, ...more }), null, asked);
    expect(nameOf(key?.leaf)).toBe(nameOf(expected.certificate));
    expect([asked.shown, asked.remembered]).toEqual([[], []]);
  });

  it('cancelled: no key, nothing remembered; none fits: the reason of the first', async () => {
    const asked = person(null);
    expect(await load(profileOf({ certificate: pem(work, home) }), null, asked)).toBeNull();
    expect(asked.remembered).toEqual([]);
    await expect(load(profileOf({ certificate: pem(old, server) }), null, asked)).rejects.toMatchObject({
      code: 13806,
      rule: 'expired',
    });
  });

  const token = (entries: readonly { readonly id: string; readonly der: Uint8Array }[]): Token => ({
    pinState: 'fine',
    needsPin: false,
    isPresent: true,
    login: () => expect.unreachable('a PIN is used'),
    certificates: () => entries,
    supports: () => true,
    sign: () => expect.unreachable('nothing is signed'),
    close: () => undefined,
  });
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
    const key = await load(profileOf({ certificate: null }), tokens, asked);
    expect(asked.shown[0]?.map((choice) => choice.token?.id)).toEqual(['02', '03']);
    expect(nameOf(key?.leaf)).toBe(nameOf(work.certificate));
    expect(key?.token?.label).toBe('badge');
    expect(asked.remembered).toEqual([
      {
        type: 'client-certificate',
        certificate: { pkcs11: { module: '/usr/lib/badge.so', token: 'badge', id: '02' } },
        fingerprint: null,
      },
    ]);
  });

  it('and without tokens it says so as before', async () => {
    await expect(load(profileOf({ certificate: null }), tokens, person(0))).rejects.toMatchObject({
      code: 13806,
      rule: 'certificate-missing',
    });
  });

  describe('by what the server asks for (RFC 7296 section 3.7, RFC 8446 section 4.2.4)', () => {
    const other = testRoot('Other Root');
    const issuing = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, other);
    const below = testCertificate({ subject: [['CN', 'alice elsewhere']], extendedKeyUsage: ['clientAuth'] }, issuing);
    const bySpki = (...authorities: readonly TestAuthority[]): WantedAuthorities => ({
      by: 'key',
      hashes: authorities.map(({ certificate }) => certificateRequestHash(certificate)),
    });
    const byName = (...authorities: readonly TestAuthority[]): WantedAuthorities => ({
      by: 'name',
      names: authorities.map(({ certificate }) => certificate.subject.der),
    });
    /**
     * Two of one root, and one below an intermediate of another; the roots are known as the profile or the system knows
     * them.
     */
    const asking = async (
      wanted: WantedAuthorities | null,
      known: readonly TestAuthority[] = [root, other],
    ): Promise<{
      readonly shown: readonly string[] | undefined;
      readonly used: string;
      readonly log: readonly string[];
      readonly noneWanted: boolean | undefined;
    }> => {
      const asked = person(0);
      const log: string[] = [];
      let noneWanted: boolean | undefined;
      const chooser: CertificateChooser = {
        ...asked.chooser,
        questions: {
          acceptServer: nobody,
          chooseCertificate: (question) => (
            (noneWanted = question.noneWanted),
            asked.chooser.questions!.chooseCertificate(question)
          ),
        },
        authorities: () => known.map(({ certificate }) => certificate),
        log: (text) => void log.push(text),
      };
      const certificate = `${pem(work, home, below)}\n${encodePem('CERTIFICATE', issuing.certificate.der)}`;
      const key = await load(profileOf({ certificate }), null, { ...asked, chooser }, wanted);
      return {
        shown: asked.shown[0]?.map((choice) => nameOf(choice.certificate)),
        used: nameOf(key?.leaf),
        log,
        noneWanted,
      };
    };
    const all = [work, home, below].map(({ certificate }) => nameOf(certificate));

    it.each([
      ['the key of the root', bySpki(other), [root, other]],
      ['the key of the intermediate, and no root is known', bySpki(issuing), []],
      ['the name of the root', byName(other), [root, other]],
      ['the name of the intermediate, and no root is known', byName(issuing), []],
    ] as const)('one fits, by %s: used, nobody is asked, and the log says why', async (_what, wanted, known) => {
      const outcome = await asking(wanted, known);
      expect([outcome.used, outcome.shown]).toEqual([nameOf(below.certificate), undefined]);
      expect(outcome.log.join()).toContain(
        'Of 3 certificates that fit, one is of an authority that the server asks for',
      );
    });

    it.each([
      ['key', bySpki(root)],
      ['name', byName(root)],
    ] as const)('two fit, by %s: these two are shown', async (_what, wanted) => {
      expect(await asking(wanted)).toEqual({ shown: all.slice(0, 2), used: all[0], log: [], noneWanted: false });
    });

    const stranger = testRoot('Stranger Root');
    it.each([
      ['it asks for none of them', bySpki(stranger), true],
      ['it asks for none of them, by name', byName(stranger), true],
      ['it names nobody', bySpki(), false],
      ['it names nobody in TLS', byName(), false],
      ['it broke off before', null, false],
      ['an authority of the same name with another key', bySpki(testRoot('Other Root')), true],
    ] as const)('nobody is locked out: all are shown where %s', async (_what, wanted, noneWanted) => {
      const outcome = await asking(wanted);
      expect([outcome.shown, outcome.noneWanted]).toEqual([all, noneWanted]);
      expect(outcome.log.some((line) => line.includes('none of those that fit'))).toBe(noneWanted);
    });

    it('an authority that only calls itself by the name does not lead up', async () => {
      const impostor = testRoot('Other Root');
      expect((await asking(bySpki(impostor), [root, impostor])).noneWanted).toBe(true);
    });
  });
});
