/**
 * The check of path validation that failed; each has one meaning and one section of RFC 5280 or one requirement of ours
 * behind it.
 */
export type PathRule =
  /** No chain leads to an authority that is trusted here. */
  | 'trust-anchor'
  | 'not-yet-valid'
  | 'expired'
  | 'signature'
  /** Signature algorithm that is too weak or unknown (P-3). */
  | 'algorithm'
  /** Key that is too weak or unknown (P-3). */
  | 'key'
  /** An issuer that is no CA. */
  | 'basic-constraints'
  | 'path-length'
  | 'key-usage'
  | 'extended-key-usage'
  | 'name-constraints'
  | 'critical-extension'
  /** More than 8 certificates deep (P-1). */
  | 'depth';

/**
 * The one check that ended an attempt to connect, for programs; `detail` says the same in names and values. Names are
 * part of the contract:
 * they are added to, never renamed. Certificates: whose it was says the error code, 13801 the gateway's, 801 and 857 to
 * 864 the
 * authentication server's, 853 to 855 and 13806 this computer's own.
 */
export type FailedRule =
  // Certificates.
  | PathRule
  | 'certificate-unreadable'
  | 'certificate-missing'
  | 'revoked'
  | 'revocation-unknown'
  // Certificates: the rules of the profile.
  | 'server-name'
  | 'server-identity'
  | 'subject-alt-name'
  | 'common-name'
  | 'organization'
  | 'organizational-unit'
  | 'demanded-key-usage'
  | 'profile'
  // IKE_AUTH: the gateway's proof.
  | 'auth-missing'
  | 'auth-method'
  | 'auth-sha1'
  | 'auth-signature'
  | 'second-auth-missing'
  | 'second-auth'
  | 'identity-type'
  | 'pre-shared-key'
  // EAP and what it carries.
  | 'eap-packet'
  | 'eap-order'
  | 'eap-early-success'
  | 'eap-rounds'
  | 'eap-method'
  | 'eap-stopped'
  | 'tls-handshake'
  | 'tls-framing'
  | 'tls-data'
  | 'mschapv2-order'
  | 'mschapv2-message'
  | 'mschapv2-proof'
  | 'peap-result'
  | 'peap-tlv'
  | 'cryptobinding'
  | 'cryptobinding-missing'
  | 'ttls-avp'
  // What the server did not accept of ours.
  | 'credentials'
  | 'account'
  | 'client-certificate'
  | 'client-identity'
  | 'client-key'
  | 'server-policy'
  // What both ends could not agree on.
  | 'ike-proposal'
  | 'esp-proposal'
  | 'selectors'
  | 'address'
  | 'protocol';
