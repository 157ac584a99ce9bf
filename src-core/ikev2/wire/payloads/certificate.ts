import type { Reader, Writer } from '../../../bytes';

/** RFC 7296 section 3.6. The content is DER of a stranger: src-core/pki reads it. */
export interface CertificatePayload {
  readonly type: 'CERT';
  readonly encoding: number;
  readonly data: Uint8Array;
}

export function decodeCertificate(reader: Reader): CertificatePayload {
  const encoding = reader.uint8('encoding');
  if (reader.atEnd) reader.fail('certificate data', 'is empty');
  return { type: 'CERT', encoding, data: reader.rest() };
}

export function encodeCertificate(writer: Writer, payload: CertificatePayload): void {
  writer.uint8(payload.encoding).bytes(payload.data);
}
