import { transformType } from '../wire/constants';
import { type Algorithm, algorithmOf, isAead, keywordOf, prfForIntegrity, sameAlgorithm } from './keywords';
import { ProposalError } from './proposal-error';

export type ProposalProtocol = 'ike' | 'esp';

/** Algorithms of which one a type will be chosen. Either all ciphers are AEAD or none is (C-16). */
export interface AlgorithmProposal {
  readonly protocol: ProposalProtocol;
  readonly algorithms: readonly Algorithm[];
}

const { ENCR, PRF, INTEG, KE, ESN, ADDKE1 } = transformType;

/**
 * Reads a keyword list such as "aes256gcm16-prfsha384-ecp256", several algorithms of a type being alternatives in order
 * of preference.
 * IKE without a PRF: the PRFs of the integrity algorithms; with AEAD ciphers the hash names mean PRFs. ESP without esn
 * or noesn: noesn.
 * Throws a ProposalError that names the token.
 */
export function parseProposal(protocol: ProposalProtocol, keyword: string): AlgorithmProposal {
  const found: Algorithm[] = [];
  for (const token of keyword.trim().toLowerCase().split('-')) {
    const entry = algorithmOf(token);
    if (entry === null) throw new ProposalError(keyword, token, `"${token}" is not an algorithm this client knows`);
    if (!found.some((known) => sameAlgorithm(known, entry))) found.push(entry);
  }
  const ofType = (type: number): Algorithm[] => found.filter((entry) => entry.transformType === type);
  const encryption = ofType(ENCR);
  if (encryption.length === 0) throw new ProposalError(keyword, null, 'names no encryption algorithm');
  const aead = isAead(encryption[0]!);
  if (encryption.some((entry) => isAead(entry) !== aead))
    throw new ProposalError(
      keyword,
      null,
      'mixes AEAD and other ciphers; they go into separate proposals (RFC 5282 section 8)',
    );
  let integrity = ofType(INTEG);
  let prf = ofType(PRF);
  const additional = ofType(ADDKE1);
  if (protocol === 'esp') {
    if (prf.length > 0) throw new ProposalError(keyword, keywordOf(prf[0]!), 'ESP has no PRF');
    if (additional.length > 0)
      throw new ProposalError(keyword, keywordOf(additional[0]!), 'additional key exchanges belong to IKE');
    if (aead && integrity.length > 0)
      throw new ProposalError(keyword, keywordOf(integrity[0]!), 'an AEAD cipher takes no integrity algorithm');
    if (!aead && integrity.length === 0) throw new ProposalError(keyword, null, 'names no integrity algorithm');
    const numbers = ofType(ESN);
    return {
      protocol,
      algorithms: [
        ...encryption,
        ...integrity,
        ...ofType(KE),
        ...(numbers.length > 0 ? numbers : [algorithmOf('noesn')!]),
      ],
    };
  }
  if (ofType(ESN).length > 0) throw new ProposalError(keyword, 'esn', 'extended sequence numbers belong to ESP');
  if (encryption.some((entry) => keywordOf(entry) === 'null'))
    throw new ProposalError(keyword, 'null', 'IKE is always encrypted');
  if (prf.length === 0) prf = integrity.map(prfForIntegrity);
  if (prf.length === 0) throw new ProposalError(keyword, null, 'names no PRF, for instance prfsha256');
  if (aead) integrity = [];
  else if (integrity.length === 0) throw new ProposalError(keyword, null, 'names no integrity algorithm');
  const groups = ofType(KE);
  if (groups.length === 0) throw new ProposalError(keyword, null, 'names no key exchange group, for instance x25519');
  return { protocol, algorithms: [...encryption, ...integrity, ...prf, ...groups, ...additional] };
}

/** The keyword form; what the parser would add by itself is left out. */
export function formatProposal(proposal: AlgorithmProposal): string {
  const ofType = (type: number): readonly Algorithm[] =>
    proposal.algorithms.filter((entry) => entry.transformType === type);
  const integrity = ofType(INTEG);
  const implied = integrity.map(prfForIntegrity);
  const prf = ofType(PRF);
  const printPrf = prf.length !== implied.length || prf.some((entry, index) => !sameAlgorithm(entry, implied[index]!));
  const numbers = ofType(ESN);
  const printNumbers = numbers.some((entry) => keywordOf(entry) === 'esn');
  return [
    ...ofType(ENCR),
    ...integrity,
    ...(printPrf ? prf : []),
    ...ofType(KE),
    ...ofType(ADDKE1),
    ...(printNumbers ? numbers : []),
  ]
    .map(keywordOf)
    .join('-');
}

/** Groups a proposal list offers, in order of first appearance. */
export function offeredGroups(proposals: readonly AlgorithmProposal[]): readonly number[] {
  return [
    ...new Set(
      proposals.flatMap((proposal) =>
        proposal.algorithms.filter((entry) => entry.transformType === KE).map((entry) => entry.id),
      ),
    ),
  ];
}

/** Without its groups: the first CHILD SA has no key exchange of its own (C-60). */
export function withoutGroups(proposal: AlgorithmProposal): AlgorithmProposal {
  return { protocol: proposal.protocol, algorithms: proposal.algorithms.filter((entry) => entry.transformType !== KE) };
}

/** Whether a second key exchange follows the first (RFC 9370). */
export function hasAdditional(proposal: AlgorithmProposal): boolean {
  return proposal.algorithms.some(({ transformType: type }) => type === ADDKE1);
}

/**
 * Without additional key exchanges: a rekeyed IKE SA derives its keys from those of the old one (RFC 7296 section
 * 2.18), and so keeps what the
 * first one was made with.
 */
export function withoutAdditional(proposal: AlgorithmProposal): AlgorithmProposal {
  return {
    protocol: proposal.protocol,
    algorithms: proposal.algorithms.filter(({ transformType: type }) => type !== ADDKE1),
  };
}
