import { describe, expect, it } from 'vitest';
import { utf8Encode } from '../bytes';
import { VpnError } from '../ports/vpn-error';
import { type AcceptanceProfile, gatewayAcceptance } from './acceptance';
import { authenticationServerAcceptance } from './authentication-server';
import { fingerprint } from './certificate';
import { day, testCertificate, testNow, testRoot, type TestAuthority } from './testing';
import { UnknownServer } from './unknown-server';

const root = testRoot();
const of = (name: string, issuer: TestAuthority | null, more: object = {}) =>
  testCertificate(
    {
      subject: [
        ['O', 'Contoso'],
        ['CN', name],
      ],
      dnsNames: [name],
      extendedKeyUsage: ['serverAuth'],
      ...more,
    },
    issuer,
  );
const selfSigned = of('vpn.contoso.test', null);
const fromRoot = of('vpn.contoso.test', root);

type Rules = Partial<AcceptanceProfile['serverCertificate']>;

interface Scene {
  readonly rules?: Rules;
  /** Accepted in this run; null: nobody can be asked. */
  readonly accepted?: readonly string[] | null;
  readonly system?: readonly TestAuthority[];
}

const environment = ({ accepted = [], system = [] }: Scene) => ({
  wallTime: () => testNow,
  systemAuthorities: () => system.map(({ certificate }) => certificate),
  ...(accepted === null ? {} : { accepted: () => accepted }),
});

/** "ok", the problem a person is asked about, or the rule that refuses. */
const verdict = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (error instanceof UnknownServer) return `ask: ${error.firstUse.problem}`;
    if (error instanceof VpnError) return `${String(error.code)} ${String(error.rule)}`;
    throw error;
  }
};

function gateway(certificate: TestAuthority, scene: Scene = {}): Promise<string> {
  const profile: AcceptanceProfile = {
    server: 'vpn.contoso.test',
    remoteIdentity: null,
    advanced: { legacyWindows: false },
    serverCertificate: {
      authorities: [],
      subjectAltName: null,
      commonName: null,
      organization: null,
      organizationalUnit: null,
      extendedKeyUsage: 'serverAuth',
      revocation: 'strict',
      acceptedCertificates: [],
      ...scene.rules,
    },
  };
  const { verify } = gatewayAcceptance(profile, environment(scene));
  return verdict(() =>
    verify({
      identity: { type: 'fqdn', value: utf8Encode('vpn.contoso.test') },
      certificates: [certificate.certificate.der],
      ocspResponses: [],
      crls: [],
    }),
  );
}

describe('first use of a gateway (A-54, P-13)', () => {
  it.each([
    ['a self-signed certificate', selfSigned],
    ['one of an unknown authority', fromRoot],
  ])('%s is asked about, then taken, and only this one', async (_what, certificate) => {
    const mine = fingerprint(certificate.certificate);
    expect(await gateway(certificate)).toBe('ask: unknown-issuer');
    expect(await gateway(certificate, { rules: { acceptedCertificates: [mine] } })).toBe('ok');
    expect(await gateway(certificate, { accepted: [mine] })).toBe('ok');
    expect(await gateway(of('vpn.contoso.test', null), { accepted: [mine] })).toBe('ask: changed');
    expect(await gateway(of('vpn.contoso.test', root), { rules: { acceptedCertificates: [mine] } })).toBe(
      'ask: changed',
    );
  });

  it('an accepted server that has a certificate of a known authority by now is no question', async () => {
    expect(
      await gateway(fromRoot, {
        accepted: [fingerprint(selfSigned.certificate)],
        system: [root],
        rules: { revocation: 'off' },
      }),
    ).toBe('ok');
  });

  it.each([
    ['nobody can be asked', selfSigned, { accepted: null }, '13801 trust-anchor'],
    [
      'the profile names authorities',
      selfSigned,
      { rules: { authorities: [Buffer.from(root.certificate.der).toString('base64')] } },
      '13801 trust-anchor',
    ],
    [
      'the profile names authorities, and one was accepted before',
      selfSigned,
      {
        rules: {
          authorities: [Buffer.from(root.certificate.der).toString('base64')],
          acceptedCertificates: [fingerprint(selfSigned.certificate)],
        },
      },
      '13801 trust-anchor',
    ],
    ['the profile names an organization', selfSigned, { rules: { organization: 'Contoso' } }, '13801 trust-anchor'],
    ['the profile names a SAN', selfSigned, { rules: { subjectAltName: 'vpn.contoso.test' } }, '13801 trust-anchor'],
    ['it is for another name', of('other.contoso.test', null), {}, '13801 server-name'],
    [
      'it has expired',
      of('vpn.contoso.test', null, { notBefore: testNow - 30 * day, notAfter: testNow - day }),
      {},
      '13801 expired',
    ],
    [
      'it is for clients',
      of('vpn.contoso.test', null, { extendedKeyUsage: ['clientAuth'] }),
      {},
      '13801 extended-key-usage',
    ],
    ['it may not sign', of('vpn.contoso.test', null, { keyUsage: ['keyEncipherment'] }), {}, '13801 key-usage'],
  ] as const)('never asked about: %s', async (_what, certificate, scene, expected) => {
    expect(await gateway(certificate, scene)).toBe(expected);
  });

  it('what was accepted is judged like any other: it expires', async () => {
    const old = of('vpn.contoso.test', null, { notAfter: testNow - day });
    expect(await gateway(old, { accepted: [fingerprint(old.certificate)] })).toBe('13801 expired');
  });

  it('the question says what a person compares, and the refusal as well', async () => {
    const { verify } = gatewayAcceptance(
      {
        server: 'vpn.contoso.test',
        remoteIdentity: null,
        advanced: { legacyWindows: false },
        serverCertificate: {
          authorities: [],
          subjectAltName: null,
          commonName: null,
          organization: null,
          organizationalUnit: null,
          extendedKeyUsage: null,
          revocation: 'off',
          acceptedCertificates: ['00'],
        },
      },
      environment({}),
    );
    const error: unknown = await verify({
      identity: { type: 'fqdn', value: utf8Encode('vpn.contoso.test') },
      certificates: [selfSigned.certificate.der],
      ocspResponses: [],
      crls: [],
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 13801,
      rule: 'trust-anchor',
      firstUse: { server: 'gateway', problem: 'changed', acceptedBefore: ['00'], expectedName: 'vpn.contoso.test' },
    });
    expect((error as VpnError).detail).toContain(fingerprint(selfSigned.certificate));
    expect((error as VpnError).message).toContain('not the one that was accepted before');
  });
});

describe('first use of an authentication server', () => {
  const judge = (
    certificate: TestAuthority,
    scene: Scene & {
      readonly accepts?: readonly string[] | null;
      readonly names?: readonly string[] | null;
      readonly authorities?: readonly string[];
    } = {},
  ): Promise<string> =>
    verdict(() =>
      authenticationServerAcceptance(
        {
          authorities: scene.authorities ?? [],
          serverNames: scene.names ?? ['vpn.contoso.test'],
          revocation: 'off',
          legacy: false,
          acceptedCertificates: scene.accepts === undefined ? [] : scene.accepts,
        },
        environment(scene),
      )([certificate.certificate.der]),
    );
  const nps = of('nps.contoso.test', root);

  it('of an unknown issuer, of another name than the gateway, replaced', async () => {
    const mine = fingerprint(nps.certificate);
    expect(await judge(selfSigned)).toBe('ask: unknown-issuer');
    expect(await judge(nps)).toBe('ask: unknown-issuer');
    expect(await judge(nps, { system: [root] })).toBe('ask: unexpected-name');
    expect(await judge(nps, { system: [root], accepts: [mine] })).toBe('ok');
    expect(await judge(nps, { accepted: [mine] })).toBe('ok');
    expect(await judge(of('nps.contoso.test', root), { system: [root], accepts: [mine] })).toBe('ask: changed');
    expect(await judge(fromRoot, { system: [root], accepts: [mine] })).toBe('ok');
  });

  it.each([
    ['nobody can be asked', selfSigned, { accepted: null }, '864 trust-anchor'],
    ['the profile names the server', nps, { system: [root], accepts: null }, '801 server-name'],
    [
      'the profile names authorities',
      nps,
      { authorities: [Buffer.from(root.certificate.der).toString('base64')] },
      '801 server-name',
    ],
    [
      'it does not say that it is a server (A-55)',
      of('vpn.contoso.test', null, { extendedKeyUsage: undefined }),
      {},
      '857 extended-key-usage',
    ],
  ] as const)('never asked about: %s', async (_what, certificate, scene, expected) => {
    expect(await judge(certificate, scene)).toBe(expected);
  });
});
