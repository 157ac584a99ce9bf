/**
 * Why a secret is asked for again. What a server refuses is said by its error; these are what this computer finds by
 * itself.
 */
export const secretReasonTexts = {
  'secret.pin-incorrect.fine': 'The PIN was not accepted ({wrong} of {most} tries).',
  'secret.pin-incorrect.low':
    'The PIN was not accepted ({wrong} of {most} tries). Few tries are left before the token locks itself.',
  'secret.pin-incorrect.final-try':
    'The PIN was not accepted ({wrong} of {most} tries). One try is left before the token locks itself.',
  'secret.pin-final-try': 'One try is left before the token locks itself.',
  'secret.passphrase-incorrect': 'The passphrase of your certificate was not accepted.',
} as const;

export const secretReasonTextsDe: Readonly<Record<keyof typeof secretReasonTexts, string>> = {
  'secret.pin-incorrect.fine': 'Die PIN wurde nicht angenommen ({wrong} von {most} Versuchen).',
  'secret.pin-incorrect.low':
    'Die PIN wurde nicht angenommen ({wrong} von {most} Versuchen). Nach wenigen weiteren Fehlversuchen sperrt sich die Smartcard.',
  'secret.pin-incorrect.final-try':
    'Die PIN wurde nicht angenommen ({wrong} von {most} Versuchen). Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.',
  'secret.pin-final-try': 'Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.',
  'secret.passphrase-incorrect': 'Die Passphrase Ihres Zertifikats wurde nicht angenommen.',
};
