import { type Certificate, fingerprint, parseCertificate } from '../pki/certificate';
import { clientCertificateProblem, type ClientCertificateUse } from '../pki/client-credentials';
import { PkiError } from '../pki/pki-error';
import { TokenError, type Tokens } from '../ports/tokens';
import type { TokenReference } from '../profiles/profile';
import type { CertificateChoice, Questions, Remembered } from './questions';

/** Who decides between several certificates of the person, and keeps the decision. */
export interface CertificateChooser {
  readonly connection: string;
  /** Absent: nobody can be asked. */
  readonly questions?: Questions | undefined;
  readonly remember: (what: Remembered) => void;
  /** Modules whose tokens are looked through where the profile names no certificate; absolute paths. */
  readonly tokenModules?: (() => readonly string[]) | undefined;
}

/** Certificates that fit this use (P-21): in date, for signing in. Those that do not are not shown. */
export function fitting<T>(entries: readonly T[], certificateOf: (entry: T) => Certificate, use: ClientCertificateUse, wallTime: number): readonly T[] {
  return entries.filter((entry) => clientCertificateProblem(certificateOf(entry), wallTime, use) === null);
}

/**
 * The entry to use: the one chosen before, the only one that fits, or the person's choice. undefined: none fits, or nobody can be asked.
 * null: the person cancelled.
 */
export async function chooseOne<T>(entries: readonly T[], choiceOf: (entry: T) => CertificateChoice, chosenBefore: string | null, { connection, questions }: CertificateChooser): Promise<{ readonly entry: T; readonly asked: boolean } | null | undefined> {
  const known = chosenBefore === null ? undefined : entries.find((entry) => fingerprint(choiceOf(entry).certificate) === chosenBefore);
  if (known !== undefined) return { entry: known, asked: false };
  if (entries.length === 1) return { entry: entries[0]!, asked: false };
  if (entries.length === 0 || questions === undefined) return undefined;
  const index = await questions.chooseCertificate({ connection, choices: entries.map(choiceOf) });
  const entry = index === null ? undefined : entries[index];
  return entry === undefined ? null : { entry, asked: true };
}

/** A certificate on a token that is plugged in, where the profile names none; kept in the profile once it was found. undefined: none fits. null: cancelled. */
export async function chooseOnTokens(tokens: Tokens, use: ClientCertificateUse, wallTime: number, chooser: CertificateChooser): Promise<TokenReference | null | undefined> {
  const found = fitting((chooser.tokenModules?.() ?? []).flatMap((module) => onModule(tokens, module)), ({ certificate }) => certificate, use, wallTime);
  const chosen = await chooseOne(found, (choice) => choice, null, chooser);
  if (chosen === null || chosen === undefined || chosen.entry.token === null) return chosen === null ? null : undefined;
  const reference: TokenReference = { pkcs11: chosen.entry.token };
  if (chosen.asked) chooser.remember({ type: 'client-certificate', certificate: reference, fingerprint: null });
  return reference;
}

/** What a module's tokens show without a PIN; a module that cannot be used shows nothing. */
function onModule(tokens: Tokens, module: string): readonly CertificateChoice[] {
  try {
    return tokens.list(module).flatMap(({ label }) => {
      const token = tokens.open(module, label);
      try {
        return token.certificates().flatMap(({ id, der }) => {
          const certificate = readable(der);
          return certificate === null || id === '' || certificate.basicConstraints?.ca === true ? [] : [{ certificate, token: { module, token: label, id } }];
        });
      } finally {
        token.close();
      }
    });
  } catch (error) {
    if (error instanceof TokenError) return [];
    throw error;
  }
}

function readable(der: Uint8Array): Certificate | null {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof PkiError) return null;
    throw error;
  }
}
