import { describe, expect, it } from 'vitest';
import { transform } from '../wire/payloads/security-association';
import { protocolId, transformType } from '../wire/constants';
import {
  acceptAnswer,
  answerPayload,
  childSuite,
  defaultEspProposals,
  defaultIkeProposals,
  formatProposal,
  ikeSuite,
  legacyWindowsEspProposals,
  legacyWindowsIkeProposals,
  offeredGroups,
  offerPayload,
  parseProposal,
  parseProposals,
  ProposalError,
  selectProposal,
} from './index';

const none = new Uint8Array(0);

describe('proposal keywords', () => {
  it.each([
    ['ike', 'aes256gcm16-prfsha384-ecp256', 'aes256gcm16-prfsha384-ecp256'],
    ['ike', 'aes128-sha256-modp2048', 'aes128-sha256-modp2048'],
    ['ike', 'aes256-sha256-curve25519', 'aes256-sha256-x25519'],
    ['ike', 'AES256GCM16-SHA384-ECP384', 'aes256gcm16-prfsha384-ecp384'],
    ['ike', 'aes256-sha256-prfsha512-x25519', 'aes256-sha256-prfsha512-x25519'],
    ['esp', 'aes128gcm16', 'aes128gcm16'],
    ['esp', 'aes256gcm16-esn', 'aes256gcm16-esn'],
    ['esp', 'aes256gcm16-noesn', 'aes256gcm16'],
    ['esp', 'chacha20poly1305', 'chacha20poly1305'],
    ['esp', 'null-sha256', 'null-sha256'],
    ['esp', 'aes128-sha256-modp2048', 'aes128-sha256-modp2048'],
  ] as const)('%s "%s" reads and prints as "%s"', (protocol, keyword, printed) => {
    expect(formatProposal(parseProposal(protocol, keyword))).toBe(printed);
    expect(formatProposal(parseProposal(protocol, printed))).toBe(printed);
  });

  it.each([
    ['ike', 'aes256gcm16-ecp256', null],
    ['ike', 'aes256-sha256', null],
    ['ike', 'aes256-modp2048', null],
    ['ike', 'aes256-aes256gcm16-sha256-modp2048', null],
    ['ike', 'null-sha256-modp2048', 'null'],
    ['ike', 'aes256-sha256-modp2048-esn', 'esn'],
    ['esp', 'aes256', null],
    ['esp', 'aes256gcm16-sha256', 'sha256'],
    ['esp', 'blowfish-sha256', 'blowfish'],
    ['esp', '', ''],
  ] as const)('%s "%s" is refused naming %j', (protocol, keyword, token) => {
    expect(() => parseProposal(protocol, keyword)).toThrow(ProposalError);
    try {
      parseProposal(protocol, keyword);
    } catch (error) {
      expect((error as ProposalError).token).toBe(token);
    }
  });

  it('X-19: defaults hold no 3DES, SHA-1, MODP-1024 or NULL; empty lists mean them', () => {
    for (const keyword of [...defaultIkeProposals, ...defaultEspProposals])
      expect(keyword).not.toMatch(/3des|sha1|modp1024|null/);
    expect(parseProposals('ike', []).map(formatProposal)).toEqual(
      parseProposals('ike', ['default']).map(formatProposal),
    );
    expect(offeredGroups(parseProposals('ike', []))).toEqual([31, 19, 20, 14, 15, 16]);
  });

  it('W-3: the legacy list begins strong and ends with what an untouched RRAS takes', () => {
    const ike = parseProposals('ike', legacyWindowsIkeProposals).map(formatProposal);
    expect(ike[0]).toBe('aes256-sha256-modp2048');
    expect(ike).toContain('aes256-sha1-modp1024');
    expect(ike.join()).not.toContain('3des');
    expect(parseProposals('esp', legacyWindowsEspProposals).map(formatProposal)).toContain('aes256-sha1');
  });
});

describe('negotiation', () => {
  const offered = parseProposals('ike', ['aes256gcm16-prfsha384-x25519-ecp256', 'aes128-sha256-modp2048']);
  const offer = offerPayload(offered, none);

  it('the responder follows its own order and saves a round trip where it can', () => {
    const own = parseProposals('ike', ['aes128-sha256-modp2048', 'aes256gcm16-prfsha384-ecp256-x25519']);
    const first = selectProposal(offer, own, 0, { preferredGroup: 31, groups: 'required' });
    expect(first?.number).toBe(2);
    const second = selectProposal(offer, own.slice(1), 0, { preferredGroup: 31, groups: 'required' });
    expect(ikeSuite(second!.algorithms)).toMatchObject({
      keyword: 'aes256gcm16-prfsha384-x25519',
      group: 31,
      prf: 'hmac-sha2-384',
      cipher: { encryption: 'aes-gcm-16', keyBits: 256, integrity: null },
    });
    expect(
      selectProposal(offer, parseProposals('ike', ['aes256-sha512-modp4096']), 0, {
        preferredGroup: null,
        groups: 'required',
      }),
    ).toBeNull();
  });

  it('C-17: a right answer is accepted', () => {
    const chosen = selectProposal(offer, parseProposals('ike', ['aes128-sha256-modp2048']), 0, {
      preferredGroup: null,
      groups: 'required',
    })!;
    const answer = acceptAnswer(answerPayload(chosen, protocolId.IKE, none), offered, 0);
    expect(typeof answer === 'string' ? answer : ikeSuite(answer.algorithms).keyword).toBe('aes128-sha256-modp2048');
  });

  const good = [transform(1, 12, 128), transform(2, 5), transform(3, 12), transform(4, 14)];
  it.each([
    ['two proposals', [2, 1], good, none],
    ['a number that was not offered', [3], good, none],
    ['a transform of another proposal', [1], good, none],
    ['a missing type', [2], good.slice(0, 3), none],
    ['a type twice', [2], [...good, transform(4, 14)], none],
    ['a key length that was not offered', [2], [transform(1, 12, 256), ...good.slice(1)], none],
    ['no key length', [2], [transform(1, 12), ...good.slice(1)], none],
    ['an SPI of a wrong size', [2], good, new Uint8Array(255)],
    [
      'an unknown attribute',
      [2],
      [{ ...good[0]!, unknownAttributes: [{ attributeType: 0x800f, value: new Uint8Array(2) }] }, ...good.slice(1)],
      none,
    ],
  ])('H-17: an answer with %s is refused', (_what, numbers, transforms, spi) => {
    const payload = {
      type: 'SA' as const,
      proposals: numbers.map((number) => ({ number, protocol: protocolId.IKE, spi, transforms })),
    };
    expect(typeof acceptAnswer(payload, offered, 0)).toBe('string');
  });

  it('H-17: an ESP proposal in an IKE slot is refused', () => {
    expect(
      typeof acceptAnswer(
        { type: 'SA', proposals: [{ number: 2, protocol: protocolId.ESP, spi: none, transforms: good }] },
        offered,
        0,
      ),
    ).toBe('string');
  });

  it('C-60, C-61: groups of a CHILD SA are ignored in IKE_AUTH and accepted in a rekey although our proposal names none', () => {
    const spi = Uint8Array.of(1, 2, 3, 4);
    const theirs = offerPayload(parseProposals('esp', ['aes128gcm16-ecp256']), spi);
    const own = parseProposals('esp', ['aes128gcm16']);
    const first = selectProposal(theirs, own, 4, { preferredGroup: null, groups: 'ignore' });
    expect(childSuite(first!.algorithms)).toMatchObject({
      group: null,
      keyword: 'aes128gcm16',
      esp: { cipher: 'aes-gcm-16', keyBits: 128, esn: false },
    });
    const rekey = selectProposal(theirs, own, 4, { preferredGroup: 19, groups: 'accept', allowedGroups: [19] });
    expect(childSuite(rekey!.algorithms).group).toBe(19);
    expect(selectProposal(theirs, own, 4, { preferredGroup: 19, groups: 'accept', allowedGroups: [14] })).toBeNull();
  });

  it('ESN is taken only when both sides name it', () => {
    const theirs = offerPayload(parseProposals('esp', ['aes256gcm16-noesn-esn']), Uint8Array.of(1, 2, 3, 4));
    const choose = (keyword: string) =>
      selectProposal(theirs, parseProposals('esp', [keyword]), 4, { preferredGroup: null, groups: 'ignore' });
    expect(childSuite(choose('aes256gcm16-esn')!.algorithms).esp.esn).toBe(true);
    expect(childSuite(choose('aes256gcm16')!.algorithms).esp.esn).toBe(false);
  });

  it('INTEG NONE beside an AEAD cipher is understood in offers and answers', () => {
    const own = parseProposals('esp', ['aes128gcm16']);
    const withNone = {
      type: 'SA' as const,
      proposals: [
        {
          number: 1,
          protocol: protocolId.ESP,
          spi: Uint8Array.of(1, 2, 3, 4),
          transforms: [transform(1, 20, 128), transform(3, 0), transform(transformType.ESN, 0)],
        },
      ],
    };
    expect(selectProposal(withNone, own, 4, { preferredGroup: null, groups: 'ignore' })).not.toBeNull();
    expect(typeof acceptAnswer(withNone, own, 4)).toBe('object');
  });
});
