import { Reader } from '../../bytes';
import type { Writer } from '../../bytes';
import { payloadType } from './constants';
import { decodeAuthentication, encodeAuthentication } from './payloads/authentication';
import type { AuthenticationPayload } from './payloads/authentication';
import { decodeCertificate, encodeCertificate } from './payloads/certificate';
import type { CertificatePayload } from './payloads/certificate';
import { decodeCertificateRequest, encodeCertificateRequest } from './payloads/certificate-request';
import type { CertificateRequestPayload } from './payloads/certificate-request';
import { decodeConfiguration, encodeConfiguration } from './payloads/configuration';
import type { ConfigurationPayload } from './payloads/configuration';
import { decodeDelete, encodeDelete } from './payloads/delete';
import type { DeletePayload } from './payloads/delete';
import { decodeEap, encodeEap } from './payloads/eap-message';
import type { EapPayload } from './payloads/eap-message';
import type { EncryptedFragmentPayload, EncryptedPayload } from './payloads/encrypted';
import { decodeIdentification, encodeIdentification } from './payloads/identification';
import type { IdentificationPayload } from './payloads/identification';
import { decodeKeyExchange, encodeKeyExchange } from './payloads/key-exchange';
import type { KeyExchangePayload } from './payloads/key-exchange';
import { decodeNonce, encodeNonce } from './payloads/nonce';
import type { NoncePayload } from './payloads/nonce';
import { decodeNotify, encodeNotify } from './payloads/notify';
import type { NotifyPayload } from './payloads/notify';
import { decodeSecurityAssociation, encodeSecurityAssociation } from './payloads/security-association';
import type { SecurityAssociationPayload } from './payloads/security-association';
import { decodeTrafficSelectors, encodeTrafficSelectors } from './payloads/traffic-selectors';
import type { TrafficSelectorsPayload } from './payloads/traffic-selectors';
import type { UnknownPayload } from './payloads/unknown';
import { decodeVendorId, encodeVendorId } from './payloads/vendor-id';
import type { VendorIdPayload } from './payloads/vendor-id';

/** Payloads that can stand inside SK or in the clear. */
export type InnerPayload =
  | SecurityAssociationPayload
  | KeyExchangePayload
  | IdentificationPayload
  | CertificatePayload
  | CertificateRequestPayload
  | AuthenticationPayload
  | NoncePayload
  | NotifyPayload
  | DeletePayload
  | VendorIdPayload
  | TrafficSelectorsPayload
  | ConfigurationPayload
  | EapPayload
  | UnknownPayload;

export type Payload = InnerPayload | EncryptedPayload | EncryptedFragmentPayload;

/** Decodes one payload's body. Throws a DecodeError. SK and SKF are not for here: they end a chain (chain). */
export function decodePayload(type: number, critical: boolean, body: Uint8Array): InnerPayload {
  switch (type) {
    case payloadType.SA:
      return decodeSecurityAssociation(new Reader(body, 'SA'));
    case payloadType.KE:
      return decodeKeyExchange(new Reader(body, 'KE'));
    case payloadType.IDi:
      return decodeIdentification(new Reader(body, 'IDi'), 'IDi');
    case payloadType.IDr:
      return decodeIdentification(new Reader(body, 'IDr'), 'IDr');
    case payloadType.CERT:
      return decodeCertificate(new Reader(body, 'CERT'));
    case payloadType.CERTREQ:
      return decodeCertificateRequest(new Reader(body, 'CERTREQ'));
    case payloadType.AUTH:
      return decodeAuthentication(new Reader(body, 'AUTH'));
    case payloadType.Nonce:
      return decodeNonce(new Reader(body, 'Nonce'));
    case payloadType.N:
      return decodeNotify(new Reader(body, 'N'));
    case payloadType.D:
      return decodeDelete(new Reader(body, 'D'));
    case payloadType.V:
      return decodeVendorId(new Reader(body, 'V'));
    case payloadType.TSi:
      return decodeTrafficSelectors(new Reader(body, 'TSi'), 'TSi');
    case payloadType.TSr:
      return decodeTrafficSelectors(new Reader(body, 'TSr'), 'TSr');
    case payloadType.CP:
      return decodeConfiguration(new Reader(body, 'CP'));
    case payloadType.EAP:
      return decodeEap(new Reader(body, 'EAP'));
    default:
      return { type: 'unknown', payloadType: type, critical, data: body };
  }
}

/** Writes one payload's body. */
export function encodePayload(writer: Writer, payload: InnerPayload): void {
  switch (payload.type) {
    case 'SA':
      return encodeSecurityAssociation(writer, payload);
    case 'KE':
      return encodeKeyExchange(writer, payload);
    case 'IDi':
    case 'IDr':
      return encodeIdentification(writer, payload);
    case 'CERT':
      return encodeCertificate(writer, payload);
    case 'CERTREQ':
      return encodeCertificateRequest(writer, payload);
    case 'AUTH':
      return encodeAuthentication(writer, payload);
    case 'Nonce':
      return encodeNonce(writer, payload);
    case 'N':
      return encodeNotify(writer, payload);
    case 'D':
      return encodeDelete(writer, payload);
    case 'V':
      return encodeVendorId(writer, payload);
    case 'TSi':
    case 'TSr':
      return encodeTrafficSelectors(writer, payload);
    case 'CP':
      return encodeConfiguration(writer, payload);
    case 'EAP':
      return encodeEap(writer, payload);
    case 'unknown':
      writer.bytes(payload.data);
  }
}

export function payloadNumber(payload: InnerPayload): number {
  return payload.type === 'unknown' ? payload.payloadType : payloadType[payload.type];
}
