import { sanitizeText } from '../bytes';
import { canonicalHost, profileProblems } from './checks';
import { inlineFile } from './file-references';
import type { FileResolver, ImportedProfile, ImportedSecrets, ImportFormat, ImportLine } from './import-report';
import type { Profile } from './profile';
import { isJsonObject, schemaDefaults, schemaProblems, withoutUnknownKeys } from './schema';
import type { JsonObject } from './schema';

/**
 * Every way in ends here: an object in the form of our own file, from whatever format, becomes a Profile or a list of
 * what
 * is wrong with it. There is one set of rules.
 */
export interface Draft {
  readonly format: ImportFormat;
  /** In the form of our own profile file; not checked in any way. */
  readonly content: JsonObject;
  readonly secrets: ImportedSecrets;
  /** What the reader of the format had to say. */
  readonly lines: readonly ImportLine[];
  /** The format's key for a path of ours, for messages. */
  readonly keyOf: (path: string) => string;
}

const secretKinds = ['password', 'psk', 'pin', 'passphrase'] as const;

export async function finishDraft(draft: Draft, resolve: FileResolver): Promise<ImportedProfile> {
  const lines: ImportLine[] = [...draft.lines];
  const name = typeof draft.content['name'] === 'string' ? sanitizeText(draft.content['name'], 64) : null;
  const report = (path: string, outcome: ImportLine['outcome'], text: string) =>
    lines.push({ key: draft.keyOf(path), outcome, text });
  const isWrong = () => lines.some(({ outcome }) => outcome === 'wrong');
  const refused = (): ImportedProfile => ({ format: draft.format, name, profile: null, secrets: {}, lines });

  const unknown: string[] = [];
  const known = withoutUnknownKeys(draft.content, unknown);
  for (const path of unknown.slice(0, 100))
    lines.push({ key: sanitizeText(draft.keyOf(path)), outcome: 'ignored', text: 'This key is not known.' });
  // A reader that refused the connection has said why; what it did not read on that account is not news.
  const refusedBefore = isWrong();
  for (const { path, missing, allowed } of schemaProblems(known))
    if (!missing || !refusedBefore)
      report(
        path === '' ? '(file)' : path,
        'wrong',
        missing ? `This key is required: ${allowed}.` : `Must be ${allowed}.`,
      );
  if (isWrong()) return refused();

  const { content, secrets: found } = takeSecrets(known);
  const complete = withDefaults(schemaDefaults(), content) as unknown as Profile;
  const { profile, problems } = await inlineFiles(withCanonicalHosts(complete), resolve);
  for (const { path, text } of [...problems, ...(problems.length > 0 ? [] : profileProblems(profile))])
    report(path, 'wrong', `${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
  if (isWrong()) return refused();

  const secrets = { ...found, ...draft.secrets };
  for (const { path, text } of missing(profile, secrets)) report(path, 'missing', text);
  return { format: draft.format, name: profile.name, profile, secrets, lines };
}

/** Secrets may stand beside the method or at the top; either way they leave the profile. */
function takeSecrets(content: JsonObject): { content: JsonObject; secrets: ImportedSecrets } {
  const authentication = isJsonObject(content['authentication']) ? content['authentication'] : {};
  const secrets: Partial<Record<(typeof secretKinds)[number], string>> = {};
  for (const kind of secretKinds) {
    const secret = authentication[kind] ?? content[kind];
    if (typeof secret === 'string') secrets[kind] = secret;
  }
  return { content: { ...withoutSecretKeys(content), authentication: withoutSecretKeys(authentication) }, secrets };
}

function withoutSecretKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => !(secretKinds as readonly string[]).includes(key)),
  );
}

/** Host names in ASCII; what is not a host stays as it is, to be refused. */
function withCanonicalHosts(profile: Profile): Profile {
  const canonical = (host: string): string => canonicalHost(host) ?? host;
  return {
    ...profile,
    server: canonical(profile.server),
    alternativeServers: profile.alternativeServers.map(canonical),
  };
}

/** `given` over `defaults`, key by key; only keys that the schema knows are there. */
function withDefaults(defaults: JsonObject, given: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    const standard = result[key];
    result[key] = isJsonObject(value) ? withDefaults(isJsonObject(standard) ? standard : {}, value) : value;
  }
  return result;
}

async function inlineFiles(
  profile: Profile,
  resolve: FileResolver,
): Promise<{ profile: Profile; problems: readonly { path: string; text: string }[] }> {
  const problems: { path: string; text: string }[] = [];
  const inline = async (path: string, value: string): Promise<string> => {
    const result = await inlineFile(value, resolve);
    if (result.ok) return result.text;
    problems.push({ path, text: result.problem });
    return value;
  };
  const { certificate, privateKey, machineCertificate, machinePrivateKey } = profile.authentication;
  const inlineAll = async (path: string, values: readonly string[]): Promise<readonly string[]> => {
    const texts: string[] = [];
    for (const [i, value] of values.entries()) texts.push(await inline(`${path}[${String(i)}]`, value));
    return texts;
  };
  const authorities = await inlineAll('serverCertificate.authorities', profile.serverCertificate.authorities);
  const serverAuthorities = await inlineAll(
    'authentication.serverAuthorities',
    profile.authentication.serverAuthorities,
  );
  return {
    profile: {
      ...profile,
      authentication: {
        ...profile.authentication,
        certificate:
          typeof certificate === 'string' ? await inline('authentication.certificate', certificate) : certificate,
        privateKey: privateKey === null ? null : await inline('authentication.privateKey', privateKey),
        machineCertificate:
          typeof machineCertificate === 'string'
            ? await inline('authentication.machineCertificate', machineCertificate)
            : machineCertificate,
        machinePrivateKey:
          machinePrivateKey === null ? null : await inline('authentication.machinePrivateKey', machinePrivateKey),
        serverAuthorities,
      },
      serverCertificate: { ...profile.serverCertificate, authorities },
    },
    problems,
  };
}

const withPassword: ReadonlySet<string> = new Set(['eap-mschapv2', 'peap-mschapv2', 'eap-ttls']);
const withCertificate: ReadonlySet<string> = new Set(['eap-tls', 'peap-tls', 'machine-certificate']);

/** What the person will be asked for; no obstacle to the import. */
function missing(profile: Profile, secrets: ImportedSecrets): readonly { path: string; text: string }[] {
  const { method, username, certificate } = profile.authentication;
  const lines: { path: string; text: string }[] = [];
  if (withPassword.has(method) && username === null)
    lines.push({ path: 'authentication.username', text: 'The user name will be asked for.' });
  if (withPassword.has(method) && secrets.password === undefined)
    lines.push({ path: 'authentication.password', text: 'The password will be asked for.' });
  if (withCertificate.has(method) && certificate === null)
    lines.push({
      path: 'authentication.certificate',
      text: 'A client certificate must be chosen in the properties before connecting.',
    });
  if (method === 'psk' && secrets.psk === undefined)
    lines.push({ path: 'authentication.psk', text: 'The pre-shared key will be asked for.' });
  return lines;
}

export interface CheckedProfile {
  readonly profile: Profile | null;
  readonly problems: readonly { readonly path: string; readonly text: string }[];
}

/** A complete profile that comes from a user interface or the store: unknown keys and secrets are wrong too. */
export function checkProfile(value: unknown): CheckedProfile {
  if (!isJsonObject(value)) return { profile: null, problems: [{ path: '', text: 'must be an object' }] };
  const unknown: string[] = [];
  const known = withoutUnknownKeys(value, unknown);
  const { content, secrets } = takeSecrets(known);
  const problems = [
    ...unknown.map((path) => ({ path, text: 'is not known' })),
    ...Object.keys(secrets).map((path) => ({ path, text: 'is a secret and is never part of a profile' })),
    ...schemaProblems(known).map(({ path, missing: absent, allowed }) => ({
      path,
      text: absent ? `is required: ${allowed}` : `must be ${allowed}`,
    })),
  ];
  if (problems.length > 0) return { profile: null, problems };
  const profile = withDefaults(schemaDefaults(), content) as unknown as Profile;
  const deeper = profileProblems(profile);
  return deeper.length > 0
    ? { profile: null, problems: deeper }
    : { profile: withCanonicalHosts(profile), problems: [] };
}
