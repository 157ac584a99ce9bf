import type {
  CertificateSummary,
  ClientCertificateChoice,
  Diagnosis,
  ServerCertificatePrompt,
  TokenView,
  WirelessNetwork,
} from '../../src-main/api/contract';
import { englishDiagnosis } from '../../src-text/diagnosis';

/** What a certificate says, for tests and pictures of the user interface. */
export function sampleCertificate(change: Partial<CertificateSummary> = {}): CertificateSummary {
  return {
    subject: 'CN=vpn.contoso.test, O=Contoso',
    issuer: 'CN=Contoso CA',
    serial: '3f:01:9a:77:c4:20:11:5e',
    notBefore: '2026-01-10T00:00:00.000Z',
    notAfter: '2028-01-10T00:00:00.000Z',
    names: ['dns:vpn.contoso.test'],
    fingerprintSha256: Array.from({ length: 32 }, (_, index) => ((index * 37 + 11) % 256).toString(16).padStart(2, '0'))
      .join(':')
      .toUpperCase(),
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
  return {
    id: 'server',
    type: 'server-certificate',
    connection: 'Demo',
    certificate: sampleCertificate(),
    reason: 'x',
    server: 'gateway',
    problem: 'unknown-issuer',
    acceptedBefore: [],
    expectedName: 'vpn.contoso.test',
    ...change,
  };
}

export const sampleChoices: readonly ClientCertificateChoice[] = [
  {
    ...sampleCertificate({
      commonName: 'Alice Adams',
      issuerName: 'Contoso Users CA',
      extendedKeyUsage: ['clientAuth'],
    }),
    source: { type: 'profile' },
  },
  {
    ...sampleCertificate({
      commonName: 'Alice Adams (card)',
      issuerName: 'Contoso Card CA',
      fingerprintSha256: 'AA:BB',
    }),
    source: { type: 'token', module: '/usr/lib/pkcs11.so', token: 'Contoso badge', id: '01' },
  },
];

/** A card with one certificate that fits and one that does not. */
export const sampleToken: TokenView = {
  module: '/usr/lib/pkcs11.so',
  token: 'Contoso badge',
  manufacturer: 'Contoso',
  model: 'Card 7',
  needsPin: true,
  pinState: 'fine',
  certificates: [
    {
      id: '01',
      certificate: sampleCertificate({
        commonName: 'Alice Adams (card)',
        issuerName: 'Contoso Card CA',
        extendedKeyUsage: ['clientAuth'],
      }),
      problem: null,
    },
    {
      id: '02',
      certificate: sampleCertificate({
        commonName: 'Alice Adams (2024)',
        issuerName: 'Contoso Card CA',
        fingerprintSha256: 'CC:DD',
      }),
      problem: 'Your certificate has expired. Get a new one from the administrator.',
    },
  ],
};

type Step = Diagnosis['steps'][number];

/** A step with its English words, as the service tells it. */
export function sampleStep(
  step: Step['step'],
  outcome: Step['outcome'],
  finding: Step['finding'] = null,
  adviceKey: Step['adviceKey'] = null,
  error: Step['error'] = null,
): Step {
  return {
    step,
    outcome,
    finding,
    adviceKey,
    error,
    milliseconds: outcome === 'passed' ? 4 : null,
    ...englishDiagnosis({ finding, adviceKey, error }),
  };
}

export function sampleDiagnosis(connection: string): Diagnosis {
  const way = { label: 'Ethernet', address: '203.0.113.5' };
  return {
    connection,
    running: false,
    startedAt: '2026-11-23T12:00:00.000Z',
    steps: [
      sampleStep('name', 'passed', {
        key: 'name-found',
        values: { server: 'vpn.contoso.test', addresses: ['198.51.100.7'] },
      }),
      sampleStep('udp-500', 'passed', {
        key: 'port-answers',
        values: { port: 500, ways: [{ key: 'way-answered', values: { ...way, milliseconds: 3.14 } }] },
      }),
      sampleStep(
        'udp-4500',
        'failed',
        { key: 'port-silent', values: { port: 4500, silent: [{ key: 'way', values: way }] } },
        'let-4500-through',
      ),
      ...(['proposals', 'fragments', 'certificate', 'authentication', 'addresses', 'traffic'] as const).map((name) =>
        sampleStep(name, 'skipped', { key: 'not-reached', values: {} }),
      ),
    ],
  };
}

/** What a hostile issuer, gateway or file might say: control and bidi characters, markup, no end. */
export const hostileText = `<img src=x onerror="document.title='owned'">\u202e\u2066drowssap\u0007\u0000\u200b${'A'.repeat(10_000)}`;
/** None of it may reach the page. */
export const hostileCharacters = ['\u202e', '\u2066', '\u0007', '\u0000', '\u200b'];

export const sampleNetwork = (id: string, change: Partial<WirelessNetwork> = {}): WirelessNetwork => ({
  id,
  adapter: 'wlan0',
  name: id,
  signal: 80,
  security: 'wpa2',
  frequency: 2437,
  state: 'available',
  joinable: true,
  automatically: true,
  ...change,
});

/** What two wireless adapters reach: one in use, one of strangers, one whose key is not known. */
export const sampleNetworks: readonly WirelessNetwork[] = [
  sampleNetwork('Corp-WLAN', { state: 'connected' }),
  sampleNetwork('CoffeeShop', {
    adapter: 'wlan1',
    security: 'open',
    signal: 50,
    frequency: 5180,
    automatically: false,
  }),
  sampleNetwork('Neighbour', { adapter: 'wlan1', security: 'wpa3', signal: 20, joinable: false, automatically: null }),
];
