import { hexDecode, sanitizeText } from '../../bytes';
import { VpnError } from '../../ports/vpn-error';
import type { VpnErrorSymbol } from '../../ports/vpn-error';

/** The text of an MS-CHAPv2 Failure, RFC 2759 section 6: "E=eeeeeeeeee R=r C=cccccccc V=vvvvvvvvvv M=msg". */
export interface MschapFailure {
  /** null: unknown error, the text was not in order (H-50). */
  readonly code: number | null;
  /** Another response to `challenge` may follow. */
  readonly retry: boolean;
  /** 16 octets. */
  readonly challenge: Uint8Array | null;
  /** 3: the password can be changed. */
  readonly version: number | null;
  /** Text of the server, made fit to show; may be empty. */
  readonly message: string;
}

const unknown: MschapFailure = { code: null, retry: false, challenge: null, version: null, message: '' };

/**
 * tokens in any order, each counted once; a later one of the same letter belongs to the text before it.
 * A token of the wrong form makes the whole an unknown error; the length is checked before anything is decoded
 * (CVE-2025-62291).
 */
export function parseFailureMessage(text: string): MschapFailure {
  const values = new Map<string, string>();
  const starts: { key: string; at: number; from: number }[] = [];
  for (const match of text.matchAll(/(?:^|[ ])([ERCVM])=/g)) {
    const key = match[1] as string;
    if (!starts.some((start) => start.key === key))
      starts.push({ key, at: match.index, from: match.index + match[0].length });
  }
  starts.forEach(({ key, from }, i) => values.set(key, text.slice(from, starts[i + 1]?.at).trim()));
  const message = sanitizeText(values.get('M') ?? '');
  const [code, retry, challenge, version] = [values.get('E'), values.get('R'), values.get('C'), values.get('V')];
  const inOrder =
    code !== undefined &&
    /^[0-9]{1,10}$/.test(code) &&
    (retry === undefined || /^[01]$/.test(retry)) &&
    (challenge === undefined || /^[0-9a-fA-F]{32}$/.test(challenge)) &&
    (version === undefined || /^[0-9]{1,10}$/.test(version));
  if (!inOrder) return { ...unknown, message };
  return {
    code: Number(code),
    retry: retry === '1',
    challenge: challenge === undefined ? null : hexDecode(challenge),
    version: version === undefined ? null : Number(version),
    message,
  };
}

export function formatFailureMessage(failure: {
  readonly code: number;
  readonly retry: boolean;
  readonly challenge: Uint8Array;
  readonly message: string;
}): string {
  const digits = [...failure.challenge]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  return `E=${String(failure.code)} R=${failure.retry ? '1' : '0'} C=${digits} V=3 M=${failure.message}`;
}

/** what each code means and what the person can do. */
const meanings: ReadonlyMap<number, readonly [VpnErrorSymbol, string]> = new Map<
  number,
  readonly [VpnErrorSymbol, string]
>([
  [
    646,
    ['ACCT_LOGON_HOURS', 'Your account may not sign in at this time of day. Try again later or ask the administrator.'],
  ],
  [647, ['ACCT_DISABLED', 'Your account is disabled. Ask the administrator.']],
  [648, ['PASSWD_EXPIRED', 'Your password has expired. Choose a new one.']],
  [649, ['NO_DIALIN_PERMISSION', 'Your account is not allowed to use this VPN. Ask the administrator.']],
  [691, ['AUTHENTICATION_FAILURE', 'The user name or password was not accepted. Check them and try again.']],
  [
    709,
    [
      'CHANGING_PASSWORD',
      'The password could not be changed. The new one may be too short, too simple or used before.',
    ],
  ],
]);

export function failureError(failure: MschapFailure): VpnError {
  const [symbol, message] = meanings.get(failure.code ?? -1) ?? [
    'AUTHENTICATION_FAILURE',
    'The server refused the sign-in without a reason that is known.',
  ];
  const says = failure.message === '' ? '' : `; the server says: ${failure.message}`;
  return new VpnError(symbol, message, {
    detail: `MS-CHAPv2 error ${failure.code === null ? 'unknown' : String(failure.code)}${says}`,
    rule: failure.code === 691 || failure.code === null ? 'credentials' : 'account',
  });
}
