import { describe, expect, it } from 'vitest';
import { VpnError } from '../ports/vpn-error';
import { authenticationServerAcceptance, type AuthenticationServerRules } from './authentication-server';
import { thumbprint } from './certificate';
import { encodePem } from './pem';
import { day, testCertificate, testNow, testOcsp, testRoot, type TestAuthority, type TestRequest } from './testing';

const root = testRoot();
const request: TestRequest = {
  subject: [
    ['O', 'Contoso'],
    ['CN', 'nps1.contoso.test'],
  ],
  dnsNames: ['nps1.contoso.test'],
  extendedKeyUsage: ['serverAuth'],
};
const server = testCertificate(request, root);
const pem = ({ certificate }: TestAuthority): string => encodePem('CERTIFICATE', certificate.der);

async function judge(
  rules: Partial<AuthenticationServerRules> = {},
  shown: TestAuthority = server,
  ocspResponses: readonly Uint8Array[] = [],
  system: readonly TestAuthority[] = [],
  sent: readonly TestAuthority[] = [],
): Promise<string> {
  try {
    const environment = {
      wallTime: () => testNow,
      systemAuthorities: () => system.map(({ certificate }) => certificate),
    };
    const verify = authenticationServerAcceptance(
      { authorities: [pem(root)], serverNames: ['nps1.contoso.test'], revocation: 'relaxed', legacy: false, ...rules },
      environment,
    );
    await verify(
      [shown, ...sent].map(({ certificate }) => certificate.der),
      ocspResponses,
    );
    return 'ok';
  } catch (error) {
    if (!(error instanceof VpnError)) throw error;
    return `${error.code} ${error.detail!.split(':')[0]!}`;
  }
}

describe('authentication server (A-54, A-55, H-55)', () => {
  it('the right name and authority are accepted', async () => {
    expect(await judge()).toBe('ok');
    expect(await judge({ serverNames: ['nps2.contoso.test', 'NPS1.contoso.test'] })).toBe('ok');
    expect(await judge({ serverNames: ['*.contoso.test'] })).toBe('ok');
    expect(await judge({ serverNames: null })).toBe('ok');
    expect(await judge({ authorities: [] }, server, [], [root])).toBe('ok');
  });

  it('an authority that the profile names by its SHA-1 thumbprint is looked for on this computer and in what is sent', async () => {
    const thumbprintOf = ({ certificate }: TestAuthority): string => `sha1/${thumbprint(certificate)}`;
    const other = testRoot('Other Root');
    expect(await judge({ authorities: [thumbprintOf(root)] }, server, [], [other, root])).toBe('ok');
    expect(
      await judge({ authorities: [thumbprintOf(root).toUpperCase().replace('SHA1', 'sha1')] }, server, [], [root]),
    ).toBe('ok');
    expect(await judge({ authorities: [thumbprintOf(root)] }, server, [], [other])).toBe('864 trust-anchor');
    expect(await judge({ authorities: [thumbprintOf(other)] }, server, [], [other, root])).toBe('864 trust-anchor');
    expect(await judge({ authorities: [thumbprintOf(server)] }, server, [], [other])).toBe('864 trust-anchor');
    expect(await judge({ authorities: [thumbprintOf(root)] }, server, [], [other], [root])).toBe('ok');
    expect(await judge({ authorities: ['sha1/0102'] })).toBe('801 serverCertificate.authorities');
  });

  it('another name is 801, the name of the gateway too', async () => {
    expect(await judge({ serverNames: ['vpn.contoso.test'] })).toBe('801 name');
    expect(await judge({ serverNames: ['*.fabrikam.test'] })).toBe('801 name');
    expect(await judge({ serverNames: ['*.test'] })).toBe('801 name');
    expect(await judge({ serverNames: [] })).toBe('801 name');
  });

  it('the CN stands in when there is no dNSName', async () => {
    const { dnsNames: _, ...plain } = request;
    expect(await judge({}, testCertificate(plain, root))).toBe('ok');
    expect(await judge({ serverNames: ['*.contoso.test'] }, testCertificate(plain, root))).toBe('ok');
  });

  it('expired is 858, untrusted 864, revoked 859, anything else about the certificate 857', async () => {
    expect(await judge({}, testCertificate({ ...request, notAfter: testNow - day }, root))).toBe('858 expired');
    expect(await judge({}, testCertificate(request, testRoot('Other')))).toBe('864 trust-anchor');
    expect(await judge({}, testCertificate(request, null))).toBe('864 trust-anchor');
    expect(await judge({}, server, [testOcsp(server.certificate, root, { status: 'revoked' })])).toBe('859 revocation');
    expect(await judge({}, testCertificate({ ...request, extendedKeyUsage: ['clientAuth'] }, root))).toBe(
      '857 extended-key-usage',
    );
    const { extendedKeyUsage: _, ...silent } = request;
    expect(await judge({}, testCertificate(silent, root))).toBe('857 extended-key-usage');
    expect(await judge({ revocation: 'strict' })).toBe('801 revocation');
    expect(await judge({ revocation: 'strict' }, server, [testOcsp(server.certificate, root)])).toBe('ok');
  });

  it('rules on the subject are demanded', async () => {
    expect(await judge({ organization: 'Contoso' })).toBe('ok');
    expect(await judge({ organization: 'Fabrikam' })).toBe('801 organization');
  });

  it('neither names nor authorities: any public certificate would do, so nothing does', async () => {
    expect(await judge({ authorities: [], serverNames: null }, server, [], [root])).toBe(
      '801 neither server names nor authorities are set',
    );
    expect(await judge({ authorities: ['broken'] }, server, [], [root])).toBe('801 serverCertificate.authorities');
  });
});
