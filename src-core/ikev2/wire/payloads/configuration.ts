import type { Reader, Writer } from '../../../bytes';
import { wireLimits } from '../limits';

/** RFC 7296 section 3.15.1. */
export interface ConfigurationAttribute {
  /** 15 bits. */
  readonly attributeType: number;
  readonly value: Uint8Array;
}

/** RFC 7296 section 3.15. What the attributes mean: configuration-attributes. */
export interface ConfigurationPayload {
  readonly type: 'CP';
  readonly cfgType: number;
  readonly attributes: readonly ConfigurationAttribute[];
}

export function decodeConfiguration(reader: Reader): ConfigurationPayload {
  const cfgType = reader.uint8('CFG type');
  reader.skip(3, 'reserved');
  const attributes: ConfigurationAttribute[] = [];
  while (!reader.atEnd) {
    // The high bit is reserved (C-49).
    const attributeType = reader.uint16('attribute type') & 0x7fff;
    const length = reader.uint16('attribute length');
    // H-28: a thousand duplicates are read over, not kept.
    if (attributes.length === wireLimits.configurationAttributes) reader.skip(length, 'attribute value');
    else attributes.push({ attributeType, value: reader.bytes(length, 'attribute value') });
  }
  return { type: 'CP', cfgType, attributes };
}

export function encodeConfiguration(writer: Writer, payload: ConfigurationPayload): void {
  writer.uint8(payload.cfgType).zeros(3);
  for (const { attributeType, value } of payload.attributes)
    writer
      .uint16(attributeType & 0x7fff)
      .uint16(value.length)
      .bytes(value);
}
