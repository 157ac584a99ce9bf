import { algorithmOf, isAead, keywordOf, type Algorithm } from '../../ikev2/proposals/keywords';
import { parseProposal, type ProposalProtocol } from '../../ikev2/proposals/proposal';
import { ProposalError } from '../../ikev2/proposals/proposal-error';
import { transformType } from '../../ikev2/wire/constants';
import { say } from '../../ports/import-message';
import type { DraftBuilder } from './draft-builder';

/**
 * Algorithms of foreign files as keywords of our profile. What this client does not offer is left out of a proposal,
 * not a reason to refuse the connection; a proposal that is not whole without it is left out.
 */

const { ENCR, PRF, INTEG, KE, ESN, ADDKE1 } = transformType;

export interface ConvertedProposals {
  readonly proposals: readonly string[];
  /** Words for algorithms that are not offered here. */
  readonly dropped: readonly string[];
}

/** Not offered, though the keyword can be read. */
const weak: ReadonlySet<string> = new Set(['3des', 'null']);

/** One proposal is a list of words. `assume`: what the other client adds where a proposal names none of a type. */
function convert(
  protocol: ProposalProtocol,
  proposals: readonly (readonly string[])[],
  assume: Assumed,
): ConvertedProposals {
  const dropped = new Set<string>();
  const converted = proposals.flatMap((words) => {
    const algorithms = words.flatMap((word) => {
      const algorithm = weak.has(word) ? null : algorithmOf(word);
      if (algorithm === null) dropped.add(word);
      return algorithm === null ? [] : [algorithm];
    });
    // AEAD ciphers and others go into separate proposals (RFC 5282 section 8).
    return [true, false].flatMap((aead) => {
      const keyword = assemble(protocol, algorithms, aead, assume);
      return keyword === null ? [] : [keyword];
    });
  });
  return { proposals: [...new Set(converted)], dropped: [...dropped] };
}

interface Assumed {
  readonly prf: readonly string[];
  readonly integrity: readonly string[];
  readonly groups: readonly string[];
}

function assemble(
  protocol: ProposalProtocol,
  algorithms: readonly Algorithm[],
  aead: boolean,
  assume: Assumed,
): string | null {
  const words = (...types: readonly number[]): readonly string[] =>
    algorithms.filter(({ transformType: type }) => types.includes(type)).map(keywordOf);
  const encryption = algorithms
    .filter((entry) => entry.transformType === ENCR && isAead(entry) === aead)
    .map(keywordOf);
  if (encryption.length === 0) return null;
  const or = (found: readonly string[], otherwise: readonly string[]) => (found.length > 0 ? found : otherwise);
  const [integrity, prf] = [words(INTEG), words(PRF)];
  const parts =
    protocol === 'esp'
      ? [...(aead ? [] : or(integrity, assume.integrity)), ...words(KE), ...words(ESN)]
      : [
          // With AEAD ciphers the names of hashes mean PRFs.
          ...(aead ? or(prf, or(integrity, assume.prf)) : [...or(integrity, assume.integrity), ...prf]),
          ...or(words(KE), assume.groups),
          ...words(ADDKE1),
        ];
  const keyword = [...new Set([...encryption, ...parts])].join('-');
  try {
    parseProposal(protocol, keyword);
    return keyword;
  } catch (error) {
    if (error instanceof ProposalError) return null;
    throw error;
  }
}

/** strongSwan adds these PRFs to an IKE proposal of AEAD ciphers that names none; a group must be named. */
const strongswanAssumes: Assumed = { prf: ['prfsha256', 'prfsha384', 'prfsha512'], integrity: [], groups: [] };

/** strongSwan: proposals at `separator`, algorithms at "-"; "default" adds its own, a final "!" means only these. */
export function strongswanProposals(
  protocol: ProposalProtocol,
  text: string,
  separator: RegExp = /,/,
): ConvertedProposals {
  const listed = text
    .toLowerCase()
    .split(separator)
    .map((proposal) => proposal.trim().replace(/!$/, ''))
    .filter((proposal) => proposal !== '');
  const named = listed.filter((proposal) => proposal !== 'default');
  const result = convert(
    protocol,
    named.map((proposal) => proposal.split('-').filter((word) => word !== '' && word !== 'modpnone')),
    strongswanAssumes,
  );
  // "default" alone is the same as no proposal at all.
  return listed.length > named.length && result.proposals.length > 0
    ? { ...result, proposals: [...result.proposals, 'default'] }
    : result;
}

/** What libreswan proposes where a proposal names no hash or group. */
const libreswanAssumes: Assumed = {
  prf: ['prfsha512', 'prfsha256'],
  integrity: ['sha512', 'sha256'],
  groups: ['modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521', 'x25519'],
};

const groupNumbers: Readonly<Record<string, string>> = {
  '2': 'modp1024',
  '14': 'modp2048',
  '15': 'modp3072',
  '16': 'modp4096',
  '19': 'ecp256',
  '20': 'ecp384',
  '21': 'ecp521',
  '31': 'x25519',
};

/** libreswan: "aes_gcm256-sha2;dh20, aes256+aes128-sha2_256;modp2048"; "+" lists alternatives. */
export function libreswanProposals(protocol: ProposalProtocol, text: string): ConvertedProposals {
  return convert(
    protocol,
    text
      .toLowerCase()
      .split(',')
      .map((proposal) => proposal.trim().replace(/!$/, ''))
      .filter((proposal) => proposal !== '')
      .map((proposal) => proposal.split(/[-;+]/).flatMap((word) => libreswanWords(word.trim()))),
    libreswanAssumes,
  );
}

function libreswanWords(word: string): readonly string[] {
  const plain = word.replace(/^hmac_/, '').replace(/^(aes|sha2?|ecp)_?cbc_?/, '$1');
  // A placeholder for "no integrity algorithm" beside an AEAD cipher, and an empty slot.
  if (plain === '' || plain === 'null' || plain === 'none') return [];
  const gcm = /^aes_?gcm(?:_?(?:c|16|128_?icv|16_icv))?(?:_?(128|192|256))?$/.exec(plain);
  if (gcm !== null) return gcm[1] === undefined ? ['aes256gcm16', 'aes128gcm16'] : [`aes${gcm[1]}gcm16`];
  const aes = /^aes_?(128|192|256)?$/.exec(plain);
  if (aes !== null) return aes[1] === undefined ? ['aes256', 'aes128'] : [`aes${aes[1]}`];
  if (/^chacha20_?poly1305$/.test(plain)) return ['chacha20poly1305'];
  const sha2 = /^sha2?_?(256|384|512)?$/.exec(plain);
  if (sha2 !== null && plain !== 'sha') return [`sha${sha2[1] ?? '256'}`];
  const group = /^(?:dh|modp_?group)([0-9]{1,2})$/.exec(plain);
  if (group !== null) return [groupNumbers[group[1] as string] ?? plain];
  const ecp = /^ecp_?(256|384|521)$/.exec(plain);
  return [ecp !== null ? `ecp${ecp[1] as string}` : plain === 'curve25519' ? 'x25519' : plain];
}

/** Takes what was converted and says what was left out. */
export function takeProposals(
  draft: DraftBuilder,
  key: string,
  protocol: ProposalProtocol,
  { proposals, dropped }: ConvertedProposals,
): void {
  const left = dropped.join(', ');
  if (proposals.length > 0)
    return draft.take(
      key,
      protocol === 'ike' ? 'proposals.ike' : 'proposals.esp',
      proposals,
      left === ''
        ? say('taken-as', { value: proposals.join(', ') })
        : say('proposals-without', { value: proposals.join(', '), left }),
    );
  draft.ignore(key, left === '' ? say('proposals-default') : say('proposals-none', { left }));
}
