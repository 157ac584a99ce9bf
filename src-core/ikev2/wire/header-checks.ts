import { isZero } from '../../bytes';
import { exchangeType } from './constants';
import { headerLength } from './header';
import type { IkeHeader } from './header';

/** Why a datagram is dropped silently; counted, never answered (C-2, C-3). */
export type HeaderRefusal =
  'length' | 'major-version' | 'exchange-type' | 'initiator-spi' | 'responder-spi' | 'message-id';

const known: ReadonlySet<number> = new Set(Object.values(exchangeType));

/**
 * C-2: what can be said about a header before any SA is looked up; null when it may go on.
 * `datagramLength` is without the non-ESP marker. The minor version and reserved flags are ignored (RFC 7296 sections
 * 2.5, 3.1).
 */
export function checkHeader(header: IkeHeader, datagramLength: number): HeaderRefusal | null {
  if (header.length < headerLength || header.length !== datagramLength) return 'length';
  if (header.majorVersion !== 2) return 'major-version';
  if (!known.has(header.exchangeType)) return 'exchange-type';
  if (isZero(header.spiInitiator)) return 'initiator-spi';
  const init = header.exchangeType === exchangeType.IKE_SA_INIT;
  // Only IKE_SA_INIT may lack the responder's SPI: in the request, and in an answer that makes no SA (COOKIE, errors;
  // RFC 7296 section 2.6).
  if (!init && isZero(header.spiResponder)) return 'responder-spi';
  if (init && header.messageId !== 0) return 'message-id';
  return null;
}

/**
 * H-5: our own message reflected. The Initiator flag says which end of the IKE SA wrote it.
 * `weInitiated`: this end is the original initiator of the IKE SA.
 */
export function isReflected(header: IkeHeader, weInitiated: boolean): boolean {
  return header.initiator === weInitiated;
}
