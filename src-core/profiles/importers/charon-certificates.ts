import { utf8Decode } from '../../bytes';
import { say } from '../../ports/import-message';
import type { FileResolver } from '../import-report';
import { baseName, findBeside, takeFile } from './beside';
import type { LocalRound, SignIn } from './charon';
import { takeSecret } from './charon-secrets';

const keyNames = (certificate: string): readonly string[] => {
  const stem = baseName(certificate).replace(/\.[A-Za-z0-9]+$/, '');
  return [
    `${stem}.key`,
    `${stem}.pem`,
    `${stem}.der`,
    `${stem.replace(/Cert$/i, '')}Key.pem`,
    `${stem.replace(/[-_.]?cert$/i, '')}-key.pem`,
  ];
};

/** The certificate that a round names with its key, or a PKCS#12 that a secret names. */
export async function takeClientCertificate(
  signIn: SignIn,
  round: LocalRound,
  certificate: 'certificate' | 'machineCertificate',
  privateKey: 'privateKey' | 'machinePrivateKey',
): Promise<void> {
  const { draft, secrets, files, folders } = signIn;
  const pins = secrets.filter(({ kind }) => kind === 'pin');
  if (round.token !== null || (round.certificates.value === '' && pins.length > 0)) {
    draft.missing(round.token ?? pins[0]?.key ?? round.certificates.key, say('smart-card-choose'));
    if (pins[0] !== undefined) takeSecret(signIn, pins[0], 'pin');
    return;
  }
  const [path, ...others] = round.certificates.value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (path === undefined) {
    const container = secrets.find(({ kind }) => kind === 'pkcs12');
    if (container === undefined) return;
    await takeFile(draft, container.key, `authentication.${certificate}`, container.file, files, folders.pkcs12);
    return takeSecret(signIn, container, 'passphrase');
  }
  if (others.length > 0) draft.ignore(round.certificates.key, say('first-certificate', { file: baseName(path) }));
  const found = await takeFile(draft, round.certificates.key, `authentication.${certificate}`, path, files, [
    ...folders.certificates,
    ...folders.pkcs12,
  ]);
  const container = secrets.find(({ kind, file }) => kind === 'pkcs12' && baseName(file) === baseName(path));
  if (container !== undefined) return takeSecret(signIn, container, 'passphrase');
  const keys = secrets.filter(({ kind }) => kind === 'private-key');
  const names = keyNames(path).map((name) => name.toLowerCase());
  const own =
    keys.find(({ file }) => names.includes(baseName(file).toLowerCase())) ?? (keys.length === 1 ? keys[0] : undefined);
  if (own !== undefined) {
    await takeFile(draft, own.key, `authentication.${privateKey}`, own.file, files, folders.keys);
    return takeSecret(signIn, own, 'passphrase');
  }
  if (!found || (await containsKey(path, files, folders.certificates))) return;
  for (const name of keyNames(path)) {
    const file = await findBeside(name, files, folders.keys);
    const text = file === null ? '' : (utf8Decode(file.content) ?? '');
    if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) continue;
    await takeFile(draft, round.certificates.key, `authentication.${privateKey}`, name, files, folders.keys);
    return;
  }
  draft.missing(round.certificates.key, say('key-missing', { file: baseName(path) }), keyNames(path)[0]);
}

async function containsKey(path: string, files: FileResolver, folders: readonly string[]): Promise<boolean> {
  const found = await findBeside(path, files, folders);
  const text = found === null ? null : utf8Decode(found.content);
  // DER that is not text may be PKCS#12.
  return text === null ? !/\.(crt|cer|der)$/i.test(path) : text.includes('PRIVATE KEY-----');
}
