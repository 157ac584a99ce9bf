import { clientCertificateProblem, clientCredentialsError, listClientCredentials, type ClientCertificateUse } from '../pki/client-credentials';
import { type Certificate, fingerprint } from '../pki/certificate';
import { PkiError } from '../pki/pki-error';
import type { Signer } from '../ikev2/session';
import type { TlsSigner } from '../ports/tls';
import type { Tokens } from '../ports/tokens';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { type CertificateChooser, chooseOne, chooseOnTokens, fitting } from './choose-certificate';
import type { TokenPresence } from './ports';
import type { Ask } from './questions';
import { openTokenKey } from './token-key';

/** The person's certificate with a key that can sign, wherever that lives. */
export interface ClientKey {
  readonly leaf: Certificate;
  /** DER, leaf first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** For AUTH. */
  readonly signer: Signer;
  /** For TLS: PKCS#8 DER, or who signs. */
  readonly tlsKey: Uint8Array | TlsSigner;
  /** Absent: the key is in memory. */
  readonly token?: TokenPresence;
  readonly wipe: () => void;
}

/** How often a passphrase is asked for. */
const mostPassphrases = 3;

/** null: the person cancelled. Rejects with VpnError 13806, for EAP 798 or 853 to 854, when there is none or it is not fit to be shown (P-21). */
export async function loadClientKey(profile: Profile, wallTime: number, ask: Ask, tokens: Tokens | null | undefined, chooser: CertificateChooser): Promise<ClientKey | null> {
  const { privateKey } = profile.authentication;
  const use: ClientCertificateUse = profile.authentication.method === 'machine-certificate' ? 'ike' : 'eap';
  const onTokens = profile.authentication.certificate === null && tokens != null ? await chooseOnTokens(tokens, use, wallTime, chooser) : undefined;
  if (onTokens === null) return null;
  const certificate = onTokens ?? profile.authentication.certificate;
  if (certificate === null) throw new VpnError(use === 'ike' ? 'IKE_NO_CERT' : 'NO_EAPTLS_CERTIFICATE', 'No client certificate is chosen for this connection. Choose one in its properties.', { detail: 'authentication.certificate is not set', rule: 'certificate-missing' });
  const key = typeof certificate === 'string' ? await fromFile({ certificate, privateKey, chosen: profile.authentication.chosenCertificate }, use, wallTime, ask, chooser) : await openTokenKey(certificate, tokens, ask);
  if (key === null) return null;
  const problem = clientCertificateProblem(key.leaf, wallTime, use);
  if (problem !== null) {
    key.wipe();
    throw problem;
  }
  return key;
}

async function fromFile({ certificate, privateKey, chosen }: { readonly certificate: string; readonly privateKey: string | null; readonly chosen: string | null }, use: ClientCertificateUse, wallTime: number, ask: Ask, chooser: CertificateChooser): Promise<ClientKey | null> {
  let passphrase: string | null = null;
  for (let attempt = 0; ; attempt++) {
    try {
      const all = listClientCredentials({ certificate, privateKey, passphrase });
      const chosenOne = await chooseOne(fitting(all, ({ leaf }) => leaf, use, wallTime), ({ leaf }) => ({ certificate: leaf, token: null }), chosen, chooser);
      if (chosenOne === null) return null;
      // None fits: the first one, so that the person reads what is wrong with it.
      const own = chosenOne?.entry ?? all[0]!;
      if (chosenOne?.asked === true) chooser.remember({ type: 'client-certificate', certificate, fingerprint: fingerprint(own.leaf) });
      const tlsKey = new Uint8Array(own.privateKey.export({ format: 'der', type: 'pkcs8' }));
      return { leaf: own.leaf, certificates: own.certificates, signer: own.signer, tlsKey, wipe: () => void tlsKey.fill(0) };
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (error.reason !== 'passphrase' || attempt >= mostPassphrases) throw clientCredentialsError(error, use);
      const answer = await ask('passphrase', null, passphrase === null ? null : 'The passphrase of your certificate was not accepted.');
      if (answer === null) return null;
      passphrase = answer.secret;
    }
  }
}
