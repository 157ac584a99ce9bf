import { sanitizeText } from '../../src-core/bytes';
import { parseCertificate } from '../../src-core/pki/certificate';
import { clientCertificateProblem } from '../../src-core/pki/client-credentials';
import { PkiError } from '../../src-core/pki/pki-error';
import { TokenError, type Tokens } from '../../src-core/ports/tokens';
import type { ClientCertificateList, TokenView } from '../api/contract';
import { certificateView } from './certificate-view';

/**
 * What the tokens behind these modules show without a PIN. A module or token that cannot be asked hides no other one.
 * `wallTime`: milliseconds.
 */
export function listTokenCertificates(
  tokens: Tokens,
  modules: readonly string[],
  wallTime: number,
): ClientCertificateList {
  const found: TokenView[] = [];
  const unusable: { module: string; reason: string }[] = [];
  for (const module of modules) {
    try {
      for (const { label, manufacturer, model } of tokens.list(module)) {
        // The same token may be reached by two modules.
        if (
          found.some(
            (other) =>
              other.token === label &&
              other.manufacturer === sanitizeText(manufacturer) &&
              other.model === sanitizeText(model),
          )
        )
          continue;
        found.push({
          module,
          token: label,
          manufacturer: sanitizeText(manufacturer),
          model: sanitizeText(model),
          ...contentOf(tokens, module, label, wallTime),
        });
      }
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      unusable.push({ module, reason: sanitizeText(error.message) });
    }
  }
  return { tokens: found, unusable };
}

function contentOf(
  tokens: Tokens,
  module: string,
  label: string,
  wallTime: number,
): Pick<TokenView, 'needsPin' | 'pinState' | 'certificates'> {
  const token = tokens.open(module, label);
  try {
    const certificates = token.certificates().flatMap(({ id, der }) => {
      try {
        const certificate = parseCertificate(der);
        // Authorities on the token are no identities of the person.
        if (id === '' || certificate.basicConstraints?.ca === true) return [];
        return [
          {
            id,
            certificate: certificateView(certificate),
            problem: clientCertificateProblem(certificate, wallTime)?.message ?? null,
          },
        ];
      } catch (error) {
        if (error instanceof PkiError) return [];
        throw error;
      }
    });
    return { needsPin: token.needsPin, pinState: token.pinState, certificates };
  } finally {
    token.close();
  }
}
