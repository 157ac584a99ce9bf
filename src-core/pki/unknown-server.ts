import { sanitizeText } from '../bytes';
import { VpnError, type VpnErrorSymbol } from '../ports/vpn-error';
import { type Certificate, fingerprint } from './certificate';
import { formatName } from './distinguished-name';

export type ServerKind = 'gateway' | 'authentication-server';

/**
 * `unknown-issuer`: no chain leads to an authority of this computer. `unexpected-name`: one does, and nobody said that
 * a server of this name
 * may authenticate. `changed`: a person accepted another certificate before (P-13).
 */
export type UnknownServerProblem = 'unknown-issuer' | 'unexpected-name' | 'changed';

export interface FirstUse {
  readonly server: ServerKind;
  readonly problem: UnknownServerProblem;
  readonly certificate: Certificate;
  /** Fingerprints accepted before. */
  readonly acceptedBefore: readonly string[];
  /** What the person wanted to reach. */
  readonly expectedName: string;
}

/**
 * The one refusal that a person may lift: everything about the certificate is in order but that nobody known vouches
 * for it. What is
 * accepted is this very certificate, never its issuer. Nothing that proves who the person is has left, and the attempt
 * is over: a gateway
 * keeps a half-open IKE SA for some 30 seconds (A-8), a person may need longer. After the answer a new attempt is made.
 */
export class UnknownServer extends VpnError {
  readonly firstUse: FirstUse;

  constructor(symbol: VpnErrorSymbol, firstUse: FirstUse) {
    const { certificate, problem } = firstUse;
    super(symbol, sentence(firstUse), {
      detail: `${problem === 'unexpected-name' ? `name: ${sanitizeText(firstUse.expectedName)} is expected` : `trust-anchor: ${problem === 'changed' ? 'another certificate was accepted before' : 'no trusted authority issued it'}`} [certificate ${sanitizeText(formatName(certificate.subject))}, SHA-256 ${fingerprint(certificate)}]`,
      rule: problem === 'unexpected-name' ? 'server-name' : 'trust-anchor',
    });
    this.name = 'UnknownServer';
    this.firstUse = firstUse;
  }
}

function sentence({ server, problem, expectedName }: FirstUse): string {
  const whose = server === 'gateway' ? 'The server’s certificate' : 'The authentication server’s certificate';
  switch (problem) {
    case 'changed':
      return `${whose} is not the one that was accepted before. Somebody may be pretending to be the server: ask the administrator whether it was replaced.`;
    case 'unexpected-name':
      return `${whose} is for another name than ${sanitizeText(expectedName)}. Connect only if the administrator named this authentication server to you.`;
    case 'unknown-issuer':
      return `${whose} was not issued by an authority that this computer trusts. Compare its fingerprint with what the administrator gave you before you connect.`;
  }
}

/** What a person may accept, and has accepted. */
export interface FirstUseRules {
  readonly server: ServerKind;
  readonly symbol: VpnErrorSymbol;
  readonly expectedName: string;
  /** SHA-256 of certificates, hexadecimal with colons. Read at each judgement. */
  readonly accepted: () => readonly string[];
}

/** Throws UnknownServer unless this certificate was accepted. */
export function requireAccepted(
  { server, symbol, expectedName, accepted }: FirstUseRules,
  problem: Exclude<UnknownServerProblem, 'changed'>,
  certificate: Certificate,
): void {
  const acceptedBefore = accepted();
  if (acceptedBefore.includes(fingerprint(certificate))) return;
  throw new UnknownServer(symbol, {
    server,
    problem: acceptedBefore.length > 0 ? 'changed' : problem,
    certificate,
    acceptedBefore,
    expectedName,
  });
}
