import {
  clientCertificateProblem,
  clientCredentialsError,
  listClientCredentials,
  type ClientCertificateUse,
  type ClientCredentials,
} from '../pki/client-credentials';
import { fingerprint } from '../pki/certificate';
import { PkiError } from '../pki/pki-error';
import type { Tokens } from '../ports/tokens';
import { VpnError } from '../ports/vpn-error';
import type { Profile, TokenReference } from '../profiles/profile';
import {
  type Candidate,
  type CertificateChooser,
  chooseAmong,
  fitting,
  onTokens,
  withoutAsking,
} from './choose-certificate';
import type { ClientKey } from './client-key';
import type { Ask } from './questions';
import { openTokenKey } from './token-key';
import { UndecidedKey } from './undecided-certificate';

/** How often a passphrase is asked for. */
const mostPassphrases = 3;

/**
 * The certificate to show, or those of which one is to be shown. null: the person cancelled. Rejects with VpnError
 * 13806, for EAP 798 or 853 to 854,
 * when there is none or it is not fit to be shown (P-21).
 */
export async function loadClientKey(
  profile: Profile,
  wallTime: number,
  ask: Ask,
  tokens: Tokens | null | undefined,
  chooser: CertificateChooser,
): Promise<ClientKey | UndecidedKey | null> {
  const { certificate, privateKey, chosenCertificate: chosen } = profile.authentication;
  const use = useOf(profile);
  const checked = (key: ClientKey | null): ClientKey | null => fitKey(key, use, wallTime);
  const fromToken = async (reference: TokenReference): Promise<ClientKey | null> =>
    checked(await openTokenKey(reference, tokens, ask));
  if (certificate === null && tokens != null) {
    const found = onTokens(tokens, use, wallTime, chooser);
    const only = withoutAsking(found, (one) => one, null);
    if (only !== undefined) return fromToken(referenceOf(only));
    if (found.length > 1 && chooser.questions !== undefined) {
      return undecided(
        found,
        (one) => one,
        chooser,
        async ({ entry, asked }) => {
          const reference = referenceOf(entry);
          if (asked) chooser.remember({ type: 'client-certificate', certificate: reference, fingerprint: null });
          return fromToken(reference);
        },
      );
    }
  }
  if (certificate === null)
    throw new VpnError(
      use === 'ike' ? 'IKE_NO_CERT' : 'NO_EAPTLS_CERTIFICATE',
      'No client certificate is chosen for this connection. Choose one in its properties.',
      { detail: 'authentication.certificate is not set', rule: 'certificate-missing' },
    );
  if (typeof certificate !== 'string') return fromToken(certificate);
  const all = await readFile({ certificate, privateKey }, use, ask);
  if (all === null) return null;
  const fit = fitting(all, ({ leaf }) => leaf, use, wallTime);
  const only = withoutAsking(fit, candidateOf, chosen);
  if (only === undefined && fit.length > 1 && chooser.questions !== undefined) {
    return undecided(fit, candidateOf, chooser, ({ entry, asked }) => {
      if (asked) chooser.remember({ type: 'client-certificate', certificate, fingerprint: fingerprint(entry.leaf) });
      return Promise.resolve(inMemory(entry));
    });
  }
  // None fits: the first one, so that the person reads what is wrong with it.
  return checked(inMemory(only ?? fit[0] ?? all[0]!));
}

export function useOf({ authentication }: Profile): ClientCertificateUse {
  return authentication.method === 'machine-certificate' ? 'ike' : 'eap';
}

function undecided<T>(
  entries: readonly T[],
  candidate: (entry: T) => Candidate,
  chooser: CertificateChooser,
  take: (chosen: { readonly entry: T; readonly asked: boolean }) => Promise<ClientKey | null>,
): UndecidedKey {
  return new UndecidedKey(
    entries.map((entry) => candidate(entry).choice.certificate),
    async (wanted) => {
      const chosen = await chooseAmong(entries, candidate, wanted, chooser);
      return chosen === null ? null : take(chosen);
    },
  );
}

/** Throws the VpnError that says what is wrong with it. */
function fitKey(key: ClientKey | null, use: ClientCertificateUse, wallTime: number): ClientKey | null {
  const problem = key === null ? null : clientCertificateProblem(key.leaf, wallTime, use);
  if (problem === null) return key;
  key?.wipe();
  throw problem;
}

const candidateOf = ({ leaf, others }: ClientCredentials): Candidate => ({
  choice: { certificate: leaf, token: null },
  issuers: others,
});

function referenceOf({ choice }: Candidate): TokenReference {
  if (choice.token === null) throw new TypeError('a certificate on a token');
  return { pkcs11: choice.token };
}

function inMemory(own: ClientCredentials): ClientKey {
  const tlsKey = new Uint8Array(own.privateKey.export({ format: 'der', type: 'pkcs8' }));
  return {
    leaf: own.leaf,
    certificates: own.certificates,
    signer: own.signer,
    tlsKey,
    wipe: () => void tlsKey.fill(0),
  };
}

/** null: the person cancelled. */
async function readFile(
  { certificate, privateKey }: { readonly certificate: string; readonly privateKey: string | null },
  use: ClientCertificateUse,
  ask: Ask,
): Promise<readonly ClientCredentials[] | null> {
  let passphrase: string | null = null;
  for (let attempt = 0; ; attempt++) {
    try {
      return listClientCredentials({ certificate, privateKey, passphrase });
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (error.reason !== 'passphrase' || attempt >= mostPassphrases) throw clientCredentialsError(error, use);
      const answer = await ask('passphrase', null, passphrase === null ? null : { type: 'passphrase-incorrect' });
      if (answer === null) return null;
      passphrase = answer.secret;
    }
  }
}
