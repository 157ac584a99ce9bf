import type { CertificateSummary, ClientCertificateChoice, Diagnosis, ServerCertificatePrompt } from '../../src-main/api/contract';

/** What a certificate says, for tests and pictures of the user interface. */
export function sampleCertificate(change: Partial<CertificateSummary> = {}): CertificateSummary {
  return {
    subject: 'CN=vpn.contoso.test, O=Contoso',
    issuer: 'CN=Contoso CA',
    serial: '3f:01:9a:77:c4:20:11:5e',
    notBefore: '2026-01-10T00:00:00.000Z',
    notAfter: '2028-01-10T00:00:00.000Z',
    names: ['dns:vpn.contoso.test'],
    fingerprintSha256: Array.from({ length: 32 }, (_, index) => ((index * 37 + 11) % 256).toString(16).padStart(2, '0')).join(':').toUpperCase(),
    commonName: 'vpn.contoso.test',
    organization: 'Contoso',
    organizationalUnit: null,
    issuerName: 'Contoso CA',
    extendedKeyUsage: ['serverAuth'],
    publicKey: 'ECDSA P-256',
    signature: 'ecdsa with sha256',
    selfSigned: false,
    ...change,
  };
}

export function sampleServerPrompt(change: Partial<ServerCertificatePrompt> = {}): ServerCertificatePrompt {
  return { id: 'server', type: 'server-certificate', connection: 'Demo', certificate: sampleCertificate(), reason: 'x', server: 'gateway', problem: 'unknown-issuer', acceptedBefore: [], expectedName: 'vpn.contoso.test', ...change };
}

export const sampleChoices: readonly ClientCertificateChoice[] = [
  { ...sampleCertificate({ commonName: 'Alice Adams', issuerName: 'Contoso Users CA', extendedKeyUsage: ['clientAuth'] }), source: { type: 'profile' } },
  { ...sampleCertificate({ commonName: 'Alice Adams (card)', issuerName: 'Contoso Card CA', fingerprintSha256: 'AA:BB' }), source: { type: 'token', module: '/usr/lib/pkcs11.so', token: 'Contoso badge', id: '01' } },
];

export function sampleDiagnosis(connection: string): Diagnosis {
  const step = (name: Diagnosis['steps'][number]['step'], outcome: Diagnosis['steps'][number]['outcome'], text = '', advice: string | null = null): Diagnosis['steps'][number] => ({ step: name, outcome, text, advice, error: null, milliseconds: outcome === 'passed' ? 4 : null });
  return {
    connection,
    running: false,
    startedAt: '2026-11-23T12:00:00.000Z',
    steps: [
      step('name', 'passed', 'vpn.contoso.test is 198.51.100.7.'),
      step('udp-500', 'passed', 'The server answers on UDP port 500.'),
      step('udp-4500', 'failed', 'The server does not answer on UDP port 4500.', 'Ask the owner of this network to let UDP port 4500 through, or try another network.'),
      ...(['proposals', 'fragments', 'certificate', 'authentication', 'addresses', 'traffic'] as const).map((name) => step(name, 'skipped', 'An earlier step failed.')),
    ],
  };
}

/** What a hostile issuer, gateway or file might say: control and bidi characters, markup, no end. */
export const hostileText = `<img src=x onerror="document.title='owned'">\u202e\u2066drowssap\u0007\u0000\u200b${'A'.repeat(10_000)}`;
/** None of it may reach the page. */
export const hostileCharacters = ['\u202e', '\u2066', '\u0007', '\u0000', '\u200b'];
