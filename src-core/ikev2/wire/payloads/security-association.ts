import type { Reader, Writer } from '../../../bytes';
import { transformAttributeType } from '../constants';
import { wireLimits } from '../limits';

/** RFC 7296 section 3.3.2. */
export interface Transform {
  readonly transformType: number;
  readonly id: number;
  /** Key Length attribute in bits, null when absent. */
  readonly keyLength: number | null;
  /** Attributes that we do not know: a transform with any must not be chosen (RFC 7296 section 3.3.6). */
  readonly unknownAttributes: readonly { readonly attributeType: number; readonly value: Uint8Array }[];
}

/** RFC 7296 section 3.3.1. */
export interface Proposal {
  readonly number: number;
  readonly protocol: number;
  /** 0, 4 or 8 octets in what we send. */
  readonly spi: Uint8Array;
  readonly transforms: readonly Transform[];
}

export interface SecurityAssociationPayload {
  readonly type: 'SA';
  readonly proposals: readonly Proposal[];
}

const moreProposals = 2;
const moreTransforms = 3;
const fixedFormat = 0x8000;

export function decodeSecurityAssociation(reader: Reader): SecurityAssociationPayload {
  const proposals: Proposal[] = [];
  for (let more = true; more;) {
    if (proposals.length === wireLimits.proposals) reader.fail('proposals', 'too many');
    const last = reader.uint8('proposal: last substructure');
    if (last !== 0 && last !== moreProposals) reader.fail('proposal: last substructure', 'is 0 or 2');
    more = last === moreProposals;
    reader.skip(1, 'proposal: reserved');
    const length = reader.uint16('proposal length');
    if (length < 8) reader.fail('proposal length', 'is at least 8');
    proposals.push(decodeProposal(reader.sub(length - 4, 'proposal')));
  }
  reader.expectEnd('proposals');
  return { type: 'SA', proposals };
}

function decodeProposal(reader: Reader): Proposal {
  const number = reader.uint8('proposal number');
  const protocol = reader.uint8('protocol ID');
  const spiSize = reader.uint8('SPI size');
  const count = reader.uint8('number of transforms');
  const spi = reader.bytes(spiSize, 'SPI');
  const transforms: Transform[] = [];
  for (let i = 0; i < count; i++) {
    const last = reader.uint8('transform: last substructure');
    if (last !== (i === count - 1 ? 0 : moreTransforms))
      reader.fail('transform: last substructure', 'contradicts the number of transforms');
    reader.skip(1, 'transform: reserved');
    const length = reader.uint16('transform length');
    if (length < 8) reader.fail('transform length', 'is at least 8');
    transforms.push(decodeTransform(reader.sub(length - 4, 'transform')));
  }
  reader.expectEnd('transforms');
  return { number, protocol, spi, transforms };
}

function decodeTransform(reader: Reader): Transform {
  const transformType = reader.uint8('transform type');
  reader.skip(1, 'transform: reserved');
  const id = reader.uint16('transform ID');
  let keyLength: number | null = null;
  const unknownAttributes: { attributeType: number; value: Uint8Array }[] = [];
  while (!reader.atEnd) {
    const word = reader.uint16('attribute type');
    const attributeType = word & 0x7fff;
    const fixed = (word & fixedFormat) !== 0;
    if (attributeType === transformAttributeType.KEY_LENGTH) {
      // RFC 7296 section 3.3.5: Key Length is of the fixed format only.
      if (!fixed || keyLength !== null)
        reader.fail('key length', fixed ? 'is there twice' : 'is not in the fixed format');
      keyLength = reader.uint16('key length');
    } else {
      const length = fixed ? 2 : reader.uint16('attribute length');
      unknownAttributes.push({ attributeType: word, value: reader.bytes(length, 'attribute value') });
    }
  }
  return { transformType, id, keyLength, unknownAttributes };
}

export function encodeSecurityAssociation(writer: Writer, payload: SecurityAssociationPayload): void {
  if (payload.proposals.length === 0) throw new RangeError('an SA payload has at least one proposal');
  payload.proposals.forEach((proposal, i) => {
    writer.uint8(i === payload.proposals.length - 1 ? 0 : moreProposals).uint8(0);
    writer.lengthPrefixed16(4, () => {
      writer
        .uint8(proposal.number)
        .uint8(proposal.protocol)
        .uint8(proposal.spi.length)
        .uint8(proposal.transforms.length)
        .bytes(proposal.spi);
      proposal.transforms.forEach((transform, j) => {
        encodeTransform(writer, transform, j === proposal.transforms.length - 1);
      });
    });
  });
}

function encodeTransform(writer: Writer, transform: Transform, last: boolean): void {
  writer.uint8(last ? 0 : moreTransforms).uint8(0);
  writer.lengthPrefixed16(4, () => {
    writer.uint8(transform.transformType).uint8(0).uint16(transform.id);
    if (transform.keyLength !== null)
      writer.uint16(fixedFormat | transformAttributeType.KEY_LENGTH).uint16(transform.keyLength);
    for (const { attributeType, value } of transform.unknownAttributes) {
      writer.uint16(attributeType);
      if ((attributeType & fixedFormat) === 0) writer.uint16(value.length);
      writer.bytes(value);
    }
  });
}

/** A transform as we send them. `keyLength` in bits. */
export function transform(transformType: number, id: number, keyLength: number | null = null): Transform {
  return { transformType, id, keyLength, unknownAttributes: [] };
}
