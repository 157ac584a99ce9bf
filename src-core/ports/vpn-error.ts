import type { FailedRule } from './failed-rule';

/** Error codes people search for; numbers and symbols are those of Windows RAS and IPsec. */
export const vpnErrors = {
  SERVER_DISCONNECTED: 629,
  PORT_NOT_AVAILABLE: 633,
  ACCT_LOGON_HOURS: 646,
  ACCT_DISABLED: 647,
  PASSWD_EXPIRED: 648,
  NO_DIALIN_PERMISSION: 649,
  AUTHENTICATION_FAILURE: 691,
  CHANGING_PASSWORD: 709,
  NO_EAPTLS_CERTIFICATE: 798,
  VALIDATING_SERVER_CERT: 801,
  VPN_DISCONNECT: 807,
  VPN_REFUSED: 808,
  VPN_TIMEOUT: 809,
  VPN_BAD_CERT: 810,
  VPN_BAD_PSK: 811,
  SERVER_POLICY: 812,
  PEAP_CRYPTOBINDING_INVALID: 823,
  PEAP_CRYPTOBINDING_MISSING: 824,
  IPSEC_SERVICE_STOPPED: 827,
  IDLE_TIMEOUT: 828,
  LINK_FAILURE: 829,
  INVALID_TLV: 845,
  INTERNAL_ADDRESS_FAILURE: 840,
  FAILED_CP_REQUIRED: 841,
  TS_UNACCEPTABLE: 842,
  MOBIKE_DISABLED: 843,
  CANNOT_INITIATE_MOBIKE_UPDATE: 844,
  USER_CERT_INVALID: 853,
  USER_CERT_EXPIRED: 854,
  USER_CERT_REVOKED: 855,
  SERVER_CERT_INVALID: 857,
  SERVER_CERT_EXPIRED: 858,
  SERVER_CERT_REVOKED: 859,
  SERVER_ROOT_CERT_NOT_FOUND: 864,
  PEAP_IDENTITY_MISMATCH: 867,
  DNSNAME_NOT_RESOLVABLE: 868,
  IKE_AUTH_FAIL: 13801,
  IKE_NO_CERT: 13806,
  IKE_ERROR: 13816,
  IKE_POLICY_MATCH: 13868,
  PEER_DOESNT_SUPPORT_MOBIKE: 13904,
  CANCELLED: 1223,
} as const;

export type VpnErrorSymbol = keyof typeof vpnErrors;

/** The error of the status object (docs/contract.md). */
export interface VpnErrorInfo {
  readonly code: number;
  readonly symbol: string;
  /** One sentence that says what to do. */
  readonly message: string;
  /** The exact check that failed, names and values; never a secret. */
  readonly detail: string | null;
  /** RFC name of the notify behind it: "NO_PROPOSAL_CHOSEN". */
  readonly ikeNotify: string | null;
  /** The check by its name, to branch on; null where none failed. */
  readonly rule: FailedRule | null;
}

/** Why a connection ended or could not begin. Branch on `symbol`, never on text. */
export class VpnError extends Error {
  readonly symbol: VpnErrorSymbol;
  readonly code: number;
  readonly detail: string | null;
  readonly ikeNotify: string | null;
  readonly rule: FailedRule | null;

  constructor(
    symbol: VpnErrorSymbol,
    message: string,
    more: { detail?: string; ikeNotify?: string; rule?: FailedRule; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'VpnError';
    this.symbol = symbol;
    this.code = vpnErrors[symbol];
    this.detail = more.detail ?? null;
    this.ikeNotify = more.ikeNotify ?? null;
    this.rule = more.rule ?? null;
  }

  info(): VpnErrorInfo {
    return {
      code: this.code,
      symbol: this.symbol,
      message: this.message,
      detail: this.detail,
      ikeNotify: this.ikeNotify,
      rule: this.rule,
    };
  }
}
