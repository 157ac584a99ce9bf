import { type Certificate, fingerprint, parseCertificate } from '../pki/certificate';
import { formatName } from '../pki/distinguished-name';
import { issuedByWanted, saysWhom, type WantedAuthorities } from '../pki/wanted-authorities';
import { sanitizeText } from '../bytes';
import { clientCertificateProblem, type ClientCertificateUse } from '../pki/client-credentials';
import { PkiError } from '../pki/pki-error';
import { TokenError, type Tokens } from '../ports/tokens';
import type { CertificateChoice, Questions, Remembered } from './questions';

/** Who decides between several certificates of the person, and keeps the decision. */
export interface CertificateChooser {
  readonly connection: string;
  /** Absent: nobody can be asked. */
  readonly questions?: Questions | undefined;
  readonly remember: (what: Remembered) => void;
  /** Modules whose tokens are looked through where the profile names no certificate; absolute paths. */
  readonly tokenModules?: (() => readonly string[]) | undefined;
  /** Known here, of the profile and of the system: they lead from a certificate to what a server asks for. */
  readonly authorities?: (() => readonly Certificate[]) | undefined;
  readonly log?: ((text: string) => void) | undefined;
}

/** Certificates that fit this use (P-21): in date, for signing in. Those that do not are not shown. */
export function fitting<T>(
  entries: readonly T[],
  certificateOf: (entry: T) => Certificate,
  use: ClientCertificateUse,
  wallTime: number,
): readonly T[] {
  return entries.filter((entry) => clientCertificateProblem(certificateOf(entry), wallTime, use) === null);
}

/** A certificate of the person, and what may lead from it to an authority. */
export interface Candidate {
  readonly choice: CertificateChoice;
  readonly issuers: readonly Certificate[];
}

/** The one that needs no decision: the one chosen before, or the only one. */
export function withoutAsking<T>(
  entries: readonly T[],
  candidateOf: (entry: T) => Candidate,
  chosenBefore: string | null,
): T | undefined {
  const known =
    chosenBefore === null
      ? undefined
      : entries.find((entry) => fingerprint(candidateOf(entry).choice.certificate) === chosenBefore);
  return known ?? (entries.length === 1 ? entries[0] : undefined);
}

/**
 * The only one of the authorities that the server names, or the person's choice among those; among all where it names
 * none, or none that issued any
 * of them, since the list is a hint and may be short. null: the person cancelled.
 */
export async function chooseAmong<T>(
  entries: readonly T[],
  candidateOf: (entry: T) => Candidate,
  wanted: WantedAuthorities | null,
  { connection, questions, authorities, log }: CertificateChooser,
): Promise<{ readonly entry: T; readonly asked: boolean } | null> {
  const hint = wanted === null || !saysWhom(wanted) ? null : wanted;
  const known = authorities?.() ?? [];
  const wantedOnes =
    hint === null
      ? []
      : entries.filter((entry) =>
          issuedByWanted(candidateOf(entry).choice.certificate, [...candidateOf(entry).issuers, ...known], hint),
        );
  const [only, ...more] = wantedOnes;
  if (only !== undefined && more.length === 0) {
    log?.(
      `Of ${String(entries.length)} certificates that fit, one is of an authority that the server asks for: ${sanitizeText(formatName(candidateOf(only).choice.certificate.subject))}.`,
    );
    return { entry: only, asked: false };
  }
  if (hint !== null && only === undefined)
    log?.(
      'The server asks for certificates of certain authorities, and none of those that fit is known to be of one of them: all are shown.',
    );
  const shown = only === undefined ? entries : wantedOnes;
  const index =
    (await questions?.chooseCertificate({
      connection,
      choices: shown.map((entry) => candidateOf(entry).choice),
      noneWanted: hint !== null && only === undefined,
    })) ?? null;
  const entry = index === null ? undefined : shown[index];
  return entry === undefined ? null : { entry, asked: true };
}

/** Certificates for this use on the tokens that are plugged in, where the profile names none. */
export function onTokens(
  tokens: Tokens,
  use: ClientCertificateUse,
  wallTime: number,
  chooser: CertificateChooser,
): readonly Candidate[] {
  return fitting(
    (chooser.tokenModules?.() ?? []).flatMap((module) => onModule(tokens, module)),
    ({ choice }) => choice.certificate,
    use,
    wallTime,
  );
}

/** What a module's tokens show without a PIN; a module that cannot be used shows nothing. */
function onModule(tokens: Tokens, module: string): readonly Candidate[] {
  try {
    return tokens.list(module).flatMap(({ label }) => {
      const token = tokens.open(module, label);
      try {
        const all = token.certificates().flatMap(({ id, der }) => {
          const certificate = readable(der);
          return certificate === null ? [] : [{ id, certificate }];
        });
        const issuers = all.flatMap(({ certificate }) =>
          certificate.basicConstraints?.ca === true ? [certificate] : [],
        );
        return all.flatMap(({ id, certificate }) =>
          id === '' || issuers.includes(certificate)
            ? []
            : [{ choice: { certificate, token: { module, token: label, id } }, issuers }],
        );
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
