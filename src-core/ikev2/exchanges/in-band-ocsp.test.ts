import { describe, expect, it, vi } from 'vitest';
import { utf8Encode } from '../../bytes';
import { EapPeer, EapServer, MschapPeer, MschapServer, mschapCredentials, ntPasswordHash } from '../../eap';
import { gatewayAcceptance } from '../../pki/acceptance';
import { keySigner } from '../../pki/client-credentials';
import { encodePem } from '../../pki/pem';
import { testCertificate, testOcsp, testRoot } from '../../pki/testing';
import { SeededRandom, TwoEnds } from '../../simulation';

vi.setConfig({ testTimeout: 30_000 });

const random = new SeededRandom(4806);
const root = testRoot();
const server = testCertificate(
  { subject: [['CN', 'vpn.contoso.test']], dnsNames: ['vpn.contoso.test'], extendedKeyUsage: ['serverAuth'] },
  root,
);
const testNow = Date.UTC(2026, 5, 1, 12);

function ends(sent: readonly Uint8Array[] | null, revocation: 'off' | 'relaxed' | 'strict'): TwoEnds {
  const { verify, certificateRequests } = gatewayAcceptance(
    {
      server: 'vpn.contoso.test',
      remoteIdentity: null,
      advanced: { legacyWindows: false },
      serverCertificate: {
        authorities: [encodePem('CERTIFICATE', root.certificate.der)],
        subjectAltName: null,
        commonName: null,
        organization: null,
        organizationalUnit: null,
        extendedKeyUsage: null,
        revocation,
        acceptedCertificates: [],
      },
    },
    { wallTime: () => testNow, systemAuthorities: () => [] },
  );
  return new TwoEnds({
    client: {
      local: {
        method: 'eap',
        createConversation: () =>
          new EapPeer({
            identity: 'alice',
            methods: [new MschapPeer({ random, credentials: mschapCredentials('alice', null, 'secret') })],
          }),
      },
      peer: {
        method: 'certificate',
        verify,
        certificateRequests,
        allowSha1Rsa: false,
        requestOcsp: revocation !== 'off',
      },
      remoteIdentity: null,
    },
    gateway: {
      localIdentity: { type: 'fqdn', value: utf8Encode('vpn.contoso.test') },
      signature: { method: 'signature', signer: keySigner(server.privateKey), certificates: [server.certificate.der] },
      ...(sent === null ? {} : { ocspResponses: () => sent }),
      clients: {
        psk: null,
        certificate: null,
        eap: () =>
          new EapServer({
            random,
            methods: [
              new MschapServer({ random, name: 'gateway', account: () => ({ ntHash: ntPasswordHash('secret') }) }),
            ],
          }),
      },
    },
  });
}

async function outcome(two: TwoEnds): Promise<string> {
  two.client.connect(two.to(two.ethernet, 500), []);
  await two.clock.runUntil(() => two.event('ended') !== undefined || two.event('established') !== undefined, 60_000);
  const error = two.event('ended')?.error;
  return error === undefined ? 'established' : `${String(error?.code)} ${String(error?.rule)}`;
}

describe('OCSP in IKE (RFC 4806, P-15)', () => {
  it('a gateway that is asked brings the answer along: strict needs no network', async () => {
    expect(await outcome(ends([testOcsp(server.certificate, root)], 'strict'))).toBe('established');
  });

  it.each(['relaxed', 'strict'] as const)('it says that it was revoked: %s refuses', async (mode) => {
    expect(await outcome(ends([testOcsp(server.certificate, root, { status: 'revoked' })], mode))).toBe(
      '13801 revoked',
    );
  });

  it.each([
    ['nothing', null],
    [
      'an answer about another certificate',
      [testOcsp(testCertificate({ subject: [['CN', 'other']] }, root).certificate, root)],
    ],
    ['an answer that it signed itself', [testOcsp(server.certificate, root, { signer: server })]],
    ['octets that are no answer', [Uint8Array.of(1, 2, 3)]],
  ])('strict refuses one that brings %s', async (_what, sent) => {
    expect(await outcome(ends(sent, 'strict'))).toBe('13801 revocation-unknown');
  });

  it('with the check off nothing is asked for, and nothing comes', async () => {
    expect(await outcome(ends([testOcsp(server.certificate, root, { status: 'revoked' })], 'off'))).toBe('established');
  });
});
