import { type AlgorithmProposal, parseProposal, type ProposalProtocol } from './proposal';

/** what a profile without proposals offers. No 3DES, no SHA-1, no group below 2048 bits. */
export const defaultIkeProposals: readonly string[] = [
  'aes256gcm16-aes128gcm16-chacha20poly1305-prfsha384-prfsha256-prfsha512-x25519-ecp256-ecp384-modp2048-modp3072-modp4096',
  'aes256-aes128-sha256-sha384-sha512-prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-modp2048-modp3072-modp4096',
];

/** E-6: extended sequence numbers are offered second, the peer decides. */
export const defaultEspProposals: readonly string[] = [
  'aes256gcm16-aes128gcm16-chacha20poly1305-noesn-esn',
  'aes256-aes128-sha256-sha384-sha512-noesn-esn',
];

/**
 * W-3: for Windows servers nobody hardened; 3DES stays out. The weak tail is why this is a choice of the profile and
 * never a default.
 */
export const legacyWindowsIkeProposals: readonly string[] = [
  'aes256-sha256-modp2048',
  'aes256-sha384-modp2048',
  'aes256gcm16-aes128gcm16-prfsha384-prfsha256-modp2048',
  'aes128-sha256-modp2048',
  'aes256-sha256-modp1024',
  'aes256-sha1-modp1024',
  'aes128-sha1-modp1024',
];

export const legacyWindowsEspProposals: readonly string[] = [
  'aes256gcm16-aes128gcm16',
  'aes256-sha256',
  'aes128-sha256',
  'aes256-sha1',
  'aes128-sha1',
];

const defaults: Readonly<Record<ProposalProtocol, readonly string[]>> = {
  ike: defaultIkeProposals,
  esp: defaultEspProposals,
};

/**
 * A profile's list as proposals; an empty list, and the word "default" in one, mean the defaults. Throws a
 * ProposalError.
 */
export function parseProposals(protocol: ProposalProtocol, keywords: readonly string[]): readonly AlgorithmProposal[] {
  const expanded =
    keywords.length === 0
      ? defaults[protocol]
      : keywords.flatMap((keyword) => (keyword.trim() === 'default' ? defaults[protocol] : [keyword]));
  return expanded.map((keyword) => parseProposal(protocol, keyword));
}
