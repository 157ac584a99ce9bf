import { afterEach, expect, test } from 'vitest';
import type {
  DiagnosisFinding,
  DiagnosisFindingKey,
  DiagnosisPhraseKey,
  DiagnosisPlaces,
} from '../src-core/ports/diagnosis';
import { VpnError } from '../src-core/ports/vpn-error';
import { englishDiagnosis } from './diagnosis';
import { diagnosisDe } from './diagnosis-de';
import { diagnosisEn } from './diagnosis-en';
import { adviceText, findingText, setLanguage } from './index';

afterEach(() => void setLanguage('en'));

const where = { name: 'Contoso', server: 'vpn.contoso.test' };
const said = (finding: DiagnosisFinding | null, error: VpnError | null = null) => {
  const data = { finding, adviceKey: null, error: error?.info() ?? null };
  return { ...data, ...englishDiagnosis(data) };
};

type PlacesIn<S extends string> = S extends `${string}{${infer Place}}${infer Rest}` ? Place | PlacesIn<Rest> : never;
type OfError<K> = K extends 'error' ? 'error' : K extends 'error-detail' ? 'error' | 'detail' : never;
/** Keys whose English sentence fills in something else than what the finding brings. */
type Misfit<
  Texts extends Readonly<Record<string, string>>,
  K extends keyof Texts & (DiagnosisFindingKey | DiagnosisPhraseKey),
> = {
  [One in K]: [PlacesIn<Texts[One]>, DiagnosisPlaces<One> | OfError<One>] extends [
    DiagnosisPlaces<One> | OfError<One>,
    PlacesIn<Texts[One]>,
  ]
    ? never
    : One;
}[K];
const fits: readonly [
  [Misfit<typeof diagnosisEn.findings, DiagnosisFindingKey>] extends [never]
    ? true
    : Misfit<typeof diagnosisEn.findings, DiagnosisFindingKey>,
  [Misfit<typeof diagnosisEn.phrases, DiagnosisPhraseKey>] extends [never]
    ? true
    : Misfit<typeof diagnosisEn.phrases, DiagnosisPhraseKey>,
] = [true, true];

test('every finding, phrase and piece of advice has a German sentence that fills in the same things, and those are the values it comes with', () => {
  const places = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const part of ['findings', 'phrases', 'advice'] as const) {
    const german: Readonly<Record<string, string>> = diagnosisDe[part];
    expect(Object.keys(german).sort()).toEqual(Object.keys(diagnosisEn[part]).sort());
    for (const [key, english] of Object.entries(diagnosisEn[part])) {
      expect(german[key], key).not.toBe('');
      expect(places(german[key] ?? ''), key).toEqual(places(english));
    }
  }
  expect(fits).toEqual([true, true]);
});

test('a finding is said in the language in force; its English is that of the command line', () => {
  const ways: DiagnosisFinding = {
    key: 'port-answers-partly',
    values: {
      port: 4500,
      ways: [
        { key: 'way-answered', values: { label: 'Ethernet', address: '203.0.113.5', milliseconds: 3 } },
        { key: 'way-answered', values: { label: 'Wi-Fi', address: '203.0.113.9', milliseconds: 1234.4 } },
      ],
      silent: [{ key: 'way-failed', values: { label: 'LTE', address: '203.0.113.7', code: 'ENETUNREACH' } }],
    },
  };
  const english =
    'The server answers on UDP port 4500 by Ethernet (203.0.113.5) in 3.0 ms, Wi-Fi (203.0.113.9) in 1234 ms. It does not by LTE (203.0.113.7): ENETUNREACH.';
  expect(said(ways).text).toBe(english);
  expect(findingText(said(ways), where)).toBe(english);
  const away: DiagnosisFinding = {
    key: 'no-way',
    values: {
      reasons: [
        { key: 'adapter-why', values: { label: 'Ethernet', why: { key: 'no-carrier', values: {} } } },
        { key: 'adapter-why', values: { label: 'Wi-Fi', why: { key: 'adapter-down', values: {} } } },
      ],
    },
  };
  expect(said(away).text).toBe('No network adapter reaches the server: Ethernet: no carrier; Wi-Fi: adapter is off.');
  setLanguage('de');
  expect(findingText(said(ways), where)).toBe(
    'Der Server antwortet auf UDP-Port 4500 über Ethernet (203.0.113.5) in 3,0 ms, Wi-Fi (203.0.113.9) in 1234 ms. Nicht über LTE (203.0.113.7): ENETUNREACH.',
  );
  expect(findingText(said(away), where)).toBe(
    'Kein Netzwerkadapter erreicht den Server: Ethernet: kein Kabel oder Signal; Wi-Fi: Adapter ist aus.',
  );
  expect(adviceText({ ...said(null), adviceKey: 'send-log', advice: 'x' })).toBe(diagnosisDe.advice['send-log']);
});

test('an error inside is said by its symbol and rule', () => {
  const error = new VpnError(
    'IKE_AUTH_FAIL',
    'The identities could not be verified: the name is not in the certificate.',
    { rule: 'server-name', detail: 'name: vpn.contoso.test' },
  );
  const step = said({ key: 'error-detail', values: {} }, error);
  expect(step.text).toBe(
    'The identities could not be verified: the name is not in the certificate. (name: vpn.contoso.test)',
  );
  setLanguage('de');
  expect(findingText(step, where)).toBe(
    'Die Identitäten konnten nicht geprüft werden. Der Name des Servers steht nicht im Zertifikat. (name: vpn.contoso.test)',
  );
});

test("what the catalogue does not know is the service's English, made safe; a step that waits says nothing", () => {
  setLanguage('de');
  for (const key of ['newer', 'constructor', '__proto__']) {
    const step = {
      ...said(null),
      finding: { key, values: {} } as unknown as DiagnosisFinding,
      text: 'plain\u202e words',
      adviceKey: key,
      advice: 'do\u0007 this',
    };
    expect(findingText(step, where)).toBe('plain words');
    expect(adviceText(step)).toBe('do\ufffd this');
  }
  expect(findingText(said(null), where)).toBe('');
  expect(adviceText(said(null))).toBeNull();
});
