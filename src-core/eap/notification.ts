import { sanitizeText, utf8DecodeLossy } from '../bytes';

/** EAP-Notification, RFC 3748 section 5.2: text of the server, made fit to show. The answer is empty. */
export function notificationText(data: Uint8Array): string {
  return sanitizeText(utf8DecodeLossy(data.subarray(0, 1020)));
}
