import type { FailedRule } from '../../ports/failed-rule';
import { VpnError, vpnErrors, type VpnErrorSymbol } from '../../ports/vpn-error';
import type { AlgorithmProposal } from '../proposals/proposal';
import { formatProposal } from '../proposals/proposal';
import { notifyType, notifyTypeName } from '../wire/constants';
import { findNotify, findPayloads } from '../wire/find';
import { microsoftStatusOf } from '../wire/notify-data';
import type { Payload } from '../wire/payload';
import type { NotifyPayload } from '../wire/payloads/notify';

/** How this computer proves itself: decides what "authentication failed" means for the person. */
export type OwnMethod = 'psk' | 'signature' | 'eap';

/** RFC 7296 section 3.10.1: values below 16384 are errors (C-78). */
export function isErrorNotify(type: number): boolean {
  return type < 16384;
}

/** The first error of a message, or undefined. */
export function findError(payloads: readonly Payload[]): NotifyPayload | undefined {
  return findPayloads(payloads, 'N').find(
    (payload) => isErrorNotify(payload.notify) && payload.notify !== notifyType.MS_NOTIFY_STATUS,
  );
}

const symbolOfCode: ReadonlyMap<number, VpnErrorSymbol> = new Map(
  Object.entries(vpnErrors).map(([symbol, code]) => [code, symbol as VpnErrorSymbol]),
);

const microsoftSentences: Partial<Record<VpnErrorSymbol, string>> = {
  ACCT_LOGON_HOURS: 'Your account may not sign in at this time. Ask your administrator about your logon hours.',
  ACCT_DISABLED: 'Your account is disabled. Ask your administrator to enable it.',
  PASSWD_EXPIRED: 'Your password has expired. Change it, then connect again.',
  NO_DIALIN_PERMISSION:
    'Your account is not allowed to use this VPN. Ask your administrator for remote access permission.',
  AUTHENTICATION_FAILURE: 'The user name or password was not accepted. Check them and try again.',
  SERVER_POLICY:
    'The server does not allow the sign-in method set in this connection. Ask your administrator which one it wants.',
  IKE_AUTH_FAIL: 'The identities could not be verified. Check the certificate and the identity set in this connection.',
  IKE_POLICY_MATCH: 'The server and this connection share no encryption settings. Compare the proposals of both.',
  INTERNAL_ADDRESS_FAILURE:
    'The server could not give this computer an address. Try again later, or ask your administrator to enlarge the address pool.',
};

const microsoftRules: Partial<Record<VpnErrorSymbol, FailedRule>> = {
  ACCT_LOGON_HOURS: 'account',
  ACCT_DISABLED: 'account',
  PASSWD_EXPIRED: 'account',
  NO_DIALIN_PERMISSION: 'account',
  AUTHENTICATION_FAILURE: 'credentials',
  IKE_AUTH_FAIL: 'client-identity',
  IKE_POLICY_MATCH: 'ike-proposal',
  INTERNAL_ADDRESS_FAILURE: 'address',
};

/** MS_NOTIFY_STATUS carries the real reason of a Windows server (W-16). */
export function microsoftError(payloads: readonly Payload[]): VpnError | null {
  const payload = findNotify(payloads, notifyType.MS_NOTIFY_STATUS);
  const code = payload === undefined ? null : microsoftStatusOf(payload);
  if (code === null || code === 0) return null;
  const symbol = symbolOfCode.get(code) ?? 'IKE_ERROR';
  const sentence =
    microsoftSentences[symbol] ??
    `The server refused the connection with error ${String(code)}. Look that number up, or ask your administrator.`;
  return new VpnError(symbol, sentence, {
    detail: `MS_NOTIFY_STATUS ${String(code)}`,
    ikeNotify: 'MS_NOTIFY_STATUS',
    rule: microsoftRules[symbol] ?? 'server-policy',
  });
}

function describeOffer(proposals: readonly AlgorithmProposal[]): string {
  return proposals.map(formatProposal).join(', ').slice(0, 700);
}

export function noIkeProposal(proposals: readonly AlgorithmProposal[]): VpnError {
  return new VpnError(
    'IKE_POLICY_MATCH',
    'The server and this connection share no encryption settings. Compare the IKE proposals of both, or allow legacy Windows settings if it is an old Windows server.',
    {
      detail: `offered: ${describeOffer(proposals)}`,
      ikeNotify: 'NO_PROPOSAL_CHOSEN',
      rule: 'ike-proposal',
    },
  );
}

export function noChildProposal(proposals: readonly AlgorithmProposal[]): VpnError {
  return new VpnError(
    'IKE_POLICY_MATCH',
    'The server and this connection share no encryption settings for the tunnel. Compare the ESP proposals of both.',
    {
      detail: `offered: ${describeOffer(proposals)}`,
      ikeNotify: 'NO_PROPOSAL_CHOSEN',
      rule: 'esp-proposal',
    },
  );
}

export function noAnswer(what: string): VpnError {
  return new VpnError(
    'VPN_TIMEOUT',
    'The server did not answer. Check its name; UDP ports 500 and 4500 may be blocked on this network.',
    { detail: what },
  );
}

/** W-10: IKE_SA_INIT works and IKE_AUTH does not arrive. */
export function noAuthAnswer(): VpnError {
  return new VpnError(
    'VPN_TIMEOUT',
    'The server answered at first, then no more. This network probably drops large or fragmented packets, or blocks UDP port 4500; try another network.',
    {
      detail: 'IKE_AUTH stayed unanswered',
    },
  );
}

export function peerRejectedUs(own: OwnMethod, notifyName: string, afterEap: boolean): VpnError {
  const more = { ikeNotify: notifyName, detail: `the server answered ${notifyName}` } as const;
  if (own === 'psk')
    return new VpnError(
      'VPN_BAD_PSK',
      'The pre-shared key was not accepted. Check the key and the identity set in this connection.',
      { ...more, rule: 'pre-shared-key' },
    );
  if (own === 'eap' && afterEap)
    return new VpnError(
      'AUTHENTICATION_FAILURE',
      'The user name or password was not accepted. Check them and try again.',
      { ...more, rule: 'credentials' },
    );
  if (own === 'eap')
    return new VpnError(
      'IKE_AUTH_FAIL',
      'The server refused this connection before asking for the password. Check the server identity and the user identity set in this connection.',
      { ...more, rule: 'client-identity' },
    );
  return new VpnError(
    'IKE_AUTH_FAIL',
    'The server did not accept this computer’s certificate or identity. Check that the certificate is of an authority the server trusts and that the identity fits it.',
    { ...more, rule: 'client-certificate' },
  );
}

/** The gateway failed to prove itself; nothing secret was sent. */
export function peerNotProven(rule: FailedRule, detail: string): VpnError {
  return new VpnError('IKE_AUTH_FAIL', `The identities could not be verified: ${detail}.`, { detail, rule });
}

/** An error notify of an authentic message, in words (docs/requirements/ikev2.md). `offered`: ESP proposals. */
export function notifyError(
  payload: NotifyPayload,
  context: { readonly own: OwnMethod; readonly offered: readonly AlgorithmProposal[]; readonly afterEap: boolean },
): VpnError {
  const name = notifyTypeName(payload.notify);
  switch (payload.notify) {
    case notifyType.AUTHENTICATION_FAILED:
      return peerRejectedUs(context.own, name, context.afterEap);
    case notifyType.NO_PROPOSAL_CHOSEN:
      return noChildProposal(context.offered);
    case notifyType.INTERNAL_ADDRESS_FAILURE:
      return new VpnError(
        'INTERNAL_ADDRESS_FAILURE',
        'The server could not give this computer an address. Try again later, or ask your administrator to enlarge the address pool.',
        { ikeNotify: name, rule: 'address' },
      );
    case notifyType.FAILED_CP_REQUIRED:
      return new VpnError(
        'FAILED_CP_REQUIRED',
        'The server insists on giving this computer an address of another kind. Ask your administrator whether it offers IPv4 or IPv6.',
        { ikeNotify: name, rule: 'address' },
      );
    case notifyType.TS_UNACCEPTABLE:
    case notifyType.SINGLE_PAIR_REQUIRED:
    case notifyType.INVALID_SELECTORS:
      return new VpnError(
        'TS_UNACCEPTABLE',
        'The server rejected the requested networks. Ask your administrator which networks this connection may reach.',
        { ikeNotify: name, rule: 'selectors' },
      );
    case notifyType.NO_ADDITIONAL_SAS:
      return new VpnError(
        'SERVER_POLICY',
        'The server allows no further tunnel for this account. Disconnect other devices, or try again later.',
        { ikeNotify: name, rule: 'server-policy' },
      );
    case notifyType.TEMPORARY_FAILURE:
      return new VpnError('VPN_REFUSED', 'The server is busy at the moment. Try again in a minute.', {
        ikeNotify: name,
        rule: 'server-policy',
      });
    case notifyType.INVALID_SYNTAX:
    case notifyType.INVALID_MAJOR_VERSION:
    case notifyType.UNSUPPORTED_CRITICAL_PAYLOAD:
      return new VpnError(
        'IKE_ERROR',
        `Unexpected IKE error: the server does not understand this client (${name}). Send the log to your administrator.`,
        { ikeNotify: name, rule: 'protocol' },
      );
    default:
      return new VpnError(
        'IKE_ERROR',
        `Unexpected IKE error: the server answered ${name}. Send the log to your administrator.`,
        { ikeNotify: name, rule: 'protocol' },
      );
  }
}

export function protocolViolation(detail: string): VpnError {
  return new VpnError(
    'IKE_ERROR',
    'Unexpected IKE error: the server sent something that is not allowed. Send the log to your administrator.',
    { detail, rule: 'protocol' },
  );
}

/** The answer to our selectors or addresses cannot be used (C-50, C-55). */
const unusableRules = {
  TS_UNACCEPTABLE: 'selectors',
  INTERNAL_ADDRESS_FAILURE: 'address',
  FAILED_CP_REQUIRED: 'address',
  IKE_POLICY_MATCH: 'esp-proposal',
} as const;

export function unusableAnswer(
  symbol: 'TS_UNACCEPTABLE' | 'INTERNAL_ADDRESS_FAILURE' | 'FAILED_CP_REQUIRED' | 'IKE_POLICY_MATCH',
  message: string,
  detail: string,
): VpnError {
  return new VpnError(symbol, message, { detail, rule: unusableRules[symbol] });
}
