import type { SecretReason } from '../src-core/ports/secrets';
import { errorText, t } from './index';

/** Why a secret is asked for again, in the language in force. `name` and `server`: of the connection. */
export function secretReasonText(
  reason: SecretReason,
  values: { readonly name: string; readonly server: string },
): string {
  switch (reason.type) {
    case 'pin-incorrect':
      return t(`secret.pin-incorrect.${reason.pinState}`, { wrong: reason.wrong, most: reason.most });
    case 'pin-final-try':
      return t('secret.pin-final-try');
    case 'passphrase-incorrect':
      return t('secret.passphrase-incorrect');
    case 'refused':
      return errorText(reason.error, values);
  }
}
