/** What a stranger can make us hold (docs/requirements/hostile-input.md). */
export const wireLimits = {
  /** Largest UDP payload, octets. */
  datagramOctets: 65535,
  /** Payloads in one chain (H-15). */
  payloads: 64,
  /** CERT payloads in one message (H-22). */
  certificates: 20,
  /** Octets of an identity (H-21). */
  identityOctets: 4096,
  /** Octets of a CERTREQ that is looked at (P-22). */
  certificateRequestOctets: 4096,
  /** Selectors in one TS payload (C-55). */
  trafficSelectors: 64,
  /** Proposals in one SA payload. */
  proposals: 64,
  /** Attributes of one configuration payload (H-28). */
  configurationAttributes: 256,
} as const;
