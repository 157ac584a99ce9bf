/** Numbers of RFC 7296 and its extensions under their RFC names (IANA "IKEv2 Parameters"). */

export const exchangeType = {
  IKE_SA_INIT: 34,
  IKE_AUTH: 35,
  CREATE_CHILD_SA: 36,
  INFORMATIONAL: 37,
  IKE_SESSION_RESUME: 38,
  /** RFC 9242 */
  IKE_INTERMEDIATE: 43,
  /** RFC 9370 */
  IKE_FOLLOWUP_KE: 44,
} as const;

/** RFC 7296 section 3.2; 53 RFC 7383. */
export const payloadType = {
  NONE: 0,
  SA: 33,
  KE: 34,
  IDi: 35,
  IDr: 36,
  CERT: 37,
  CERTREQ: 38,
  AUTH: 39,
  Nonce: 40,
  N: 41,
  D: 42,
  V: 43,
  TSi: 44,
  TSr: 45,
  SK: 46,
  CP: 47,
  EAP: 48,
  SKF: 53,
} as const;

/** RFC 7296 section 3.3.1. */
export const protocolId = { NONE: 0, IKE: 1, AH: 2, ESP: 3 } as const;

/** RFC 7296 section 3.3.2; 6..12 RFC 9370. Type 5 is "Sequence Numbers" since RFC 9827. */
export const transformType = {
  ENCR: 1,
  PRF: 2,
  INTEG: 3,
  KE: 4,
  ESN: 5,
  ADDKE1: 6,
  ADDKE2: 7,
  ADDKE3: 8,
  ADDKE4: 9,
  ADDKE5: 10,
  ADDKE6: 11,
  ADDKE7: 12,
} as const;

export const encryptionId = {
  DES_IV64: 1,
  DES: 2,
  '3DES': 3,
  NULL: 11,
  AES_CBC: 12,
  AES_CTR: 13,
  AES_CCM_8: 14,
  AES_CCM_12: 15,
  AES_CCM_16: 16,
  AES_GCM_8: 18,
  AES_GCM_12: 19,
  AES_GCM_16: 20,
  NULL_AUTH_AES_GMAC: 21,
  CHACHA20_POLY1305: 28,
} as const;

export const prfId = {
  HMAC_MD5: 1,
  HMAC_SHA1: 2,
  AES128_XCBC: 4,
  HMAC_SHA2_256: 5,
  HMAC_SHA2_384: 6,
  HMAC_SHA2_512: 7,
  AES128_CMAC: 8,
} as const;

export const integrityId = {
  NONE: 0,
  HMAC_MD5_96: 1,
  HMAC_SHA1_96: 2,
  AES_XCBC_96: 5,
  AES_CMAC_96: 8,
  HMAC_SHA2_256_128: 12,
  HMAC_SHA2_384_192: 13,
  HMAC_SHA2_512_256: 14,
} as const;

/** Key exchange methods; ML-KEM as registered for RFC 9370. */
export const keyExchangeId = {
  NONE: 0,
  MODP_768: 1,
  MODP_1024: 2,
  MODP_1536: 5,
  MODP_2048: 14,
  MODP_3072: 15,
  MODP_4096: 16,
  MODP_6144: 17,
  MODP_8192: 18,
  ECP_256: 19,
  ECP_384: 20,
  ECP_521: 21,
  CURVE25519: 31,
  CURVE448: 32,
  ML_KEM_512: 35,
  ML_KEM_768: 36,
  ML_KEM_1024: 37,
} as const;

export const esnId = { NO_ESN: 0, ESN: 1 } as const;

/** RFC 7296 section 3.3.5. */
export const transformAttributeType = { KEY_LENGTH: 14 } as const;

/** RFC 7296 section 3.5. */
export const idType = {
  ID_IPV4_ADDR: 1,
  ID_FQDN: 2,
  ID_RFC822_ADDR: 3,
  ID_IPV6_ADDR: 5,
  ID_DER_ASN1_DN: 9,
  ID_DER_ASN1_GN: 10,
  ID_KEY_ID: 11,
} as const;

/** RFC 7296 section 3.6; 14 RFC 4806. */
export const certificateEncoding = {
  PKCS7_WRAPPED_X509: 1,
  PGP: 2,
  DNS_SIGNED_KEY: 3,
  X509_SIGNATURE: 4,
  KERBEROS_TOKEN: 6,
  CRL: 7,
  ARL: 8,
  SPKI: 9,
  X509_ATTRIBUTE: 10,
  RAW_RSA_KEY: 11,
  HASH_AND_URL_X509: 12,
  HASH_AND_URL_BUNDLE: 13,
  OCSP_CONTENT: 14,
  RAW_PUBLIC_KEY: 15,
} as const;

/** RFC 7296 section 3.8; 9..11 RFC 4754, 12 RFC 6467, 13 RFC 7619, 14 RFC 7427. */
export const authMethod = {
  RSA_SIGNATURE: 1,
  SHARED_KEY: 2,
  DSS_SIGNATURE: 3,
  ECDSA_SHA256_P256: 9,
  ECDSA_SHA384_P384: 10,
  ECDSA_SHA512_P521: 11,
  GSPM: 12,
  NULL: 13,
  DIGITAL_SIGNATURE: 14,
} as const;

/** Values below 16384 are errors, the rest status (RFC 7296 section 3.10.1). */
export const notifyType = {
  UNSUPPORTED_CRITICAL_PAYLOAD: 1,
  INVALID_IKE_SPI: 4,
  INVALID_MAJOR_VERSION: 5,
  INVALID_SYNTAX: 7,
  INVALID_MESSAGE_ID: 9,
  INVALID_SPI: 11,
  NO_PROPOSAL_CHOSEN: 14,
  INVALID_KE_PAYLOAD: 17,
  AUTHENTICATION_FAILED: 24,
  SINGLE_PAIR_REQUIRED: 34,
  NO_ADDITIONAL_SAS: 35,
  INTERNAL_ADDRESS_FAILURE: 36,
  FAILED_CP_REQUIRED: 37,
  TS_UNACCEPTABLE: 38,
  INVALID_SELECTORS: 39,
  // RFC 4555
  UNACCEPTABLE_ADDRESSES: 40,
  UNEXPECTED_NAT_DETECTED: 41,
  USE_ASSIGNED_HoA: 42,
  TEMPORARY_FAILURE: 43,
  CHILD_SA_NOT_FOUND: 44,
  INVALID_GROUP_ID: 45,
  AUTHORIZATION_FAILED: 46,
  // RFC 9370
  STATE_NOT_FOUND: 47,
  // RFC 9611
  TS_MAX_QUEUE: 48,
  // Microsoft, [MS-IKEE]: a Win32 or IPsec code in 4 octets
  MS_NOTIFY_STATUS: 12345,

  INITIAL_CONTACT: 16384,
  SET_WINDOW_SIZE: 16385,
  ADDITIONAL_TS_POSSIBLE: 16386,
  IPCOMP_SUPPORTED: 16387,
  NAT_DETECTION_SOURCE_IP: 16388,
  NAT_DETECTION_DESTINATION_IP: 16389,
  COOKIE: 16390,
  USE_TRANSPORT_MODE: 16391,
  HTTP_CERT_LOOKUP_SUPPORTED: 16392,
  REKEY_SA: 16393,
  ESP_TFC_PADDING_NOT_SUPPORTED: 16394,
  NON_FIRST_FRAGMENTS_ALSO: 16395,
  // RFC 4555
  MOBIKE_SUPPORTED: 16396,
  ADDITIONAL_IP4_ADDRESS: 16397,
  ADDITIONAL_IP6_ADDRESS: 16398,
  NO_ADDITIONAL_ADDRESSES: 16399,
  UPDATE_SA_ADDRESSES: 16400,
  COOKIE2: 16401,
  NO_NATS_ALLOWED: 16402,
  // RFC 4478
  AUTH_LIFETIME: 16403,
  // RFC 4739
  MULTIPLE_AUTH_SUPPORTED: 16404,
  ANOTHER_AUTH_FOLLOWS: 16405,
  // RFC 5685
  REDIRECT_SUPPORTED: 16406,
  REDIRECT: 16407,
  REDIRECTED_FROM: 16408,
  // RFC 5723
  TICKET_LT_OPAQUE: 16409,
  TICKET_REQUEST: 16410,
  TICKET_ACK: 16411,
  TICKET_NACK: 16412,
  TICKET_OPAQUE: 16413,
  LINK_ID: 16414,
  USE_WESP_MODE: 16415,
  ROHC_SUPPORTED: 16416,
  // RFC 5998
  EAP_ONLY_AUTHENTICATION: 16417,
  // RFC 6023
  CHILDLESS_IKEV2_SUPPORTED: 16418,
  // RFC 6290
  QUICK_CRASH_DETECTION: 16419,
  IKEV2_MESSAGE_ID_SYNC_SUPPORTED: 16420,
  IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED: 16421,
  IKEV2_MESSAGE_ID_SYNC: 16422,
  IPSEC_REPLAY_COUNTER_SYNC: 16423,
  SECURE_PASSWORD_METHODS: 16424,
  PSK_PERSIST: 16425,
  PSK_CONFIRM: 16426,
  ERX_SUPPORTED: 16427,
  IFOM_CAPABILITY: 16428,
  SENDER_REQUEST_ID: 16429,
  // RFC 7383
  IKEV2_FRAGMENTATION_SUPPORTED: 16430,
  // RFC 7427
  SIGNATURE_HASH_ALGORITHMS: 16431,
  CLONE_IKE_SA_SUPPORTED: 16432,
  CLONE_IKE_SA: 16433,
  // RFC 8019
  PUZZLE: 16434,
  // RFC 8784
  USE_PPK: 16435,
  PPK_IDENTITY: 16436,
  NO_PPK_AUTH: 16437,
  // RFC 9242
  INTERMEDIATE_EXCHANGE_SUPPORTED: 16438,
  IP4_ALLOWED: 16439,
  IP6_ALLOWED: 16440,
  // RFC 9370
  ADDITIONAL_KEY_EXCHANGE: 16441,
  // RFC 9347
  USE_AGGFRAG: 16442,
  // RFC 9593
  SUPPORTED_AUTH_METHODS: 16443,
  // RFC 9611
  SA_RESOURCE_INFO: 16444,
  // RFC 9867
  USE_PPK_INT: 16445,
  PPK_IDENTITY_KEY: 16446,
  // Private use (RFC 7296 section 3.10.1): ours, without meaning, of any length. A peer ignores status types that it
  // does not know.
  PATH_MTU_PADDING: 52_103,
} as const;

/** RFC 7427 section 4; 5 RFC 8420. */
export const hashAlgorithmId = { SHA1: 1, SHA2_256: 2, SHA2_384: 3, SHA2_512: 4, IDENTITY: 5 } as const;

/** RFC 7296 section 3.13.1. */
export const trafficSelectorType = { TS_IPV4_ADDR_RANGE: 7, TS_IPV6_ADDR_RANGE: 8, TS_FC_ADDR_RANGE: 9 } as const;

/** RFC 7296 section 3.15. */
export const configurationType = { CFG_REQUEST: 1, CFG_REPLY: 2, CFG_SET: 3, CFG_ACK: 4 } as const;

/** RFC 7296 section 3.15.1; 25, 26 RFC 8598; 27, 28 RFC 9464; the others are the vendors' own (C-53). */
export const configurationAttribute = {
  INTERNAL_IP4_ADDRESS: 1,
  INTERNAL_IP4_NETMASK: 2,
  INTERNAL_IP4_DNS: 3,
  INTERNAL_IP4_NBNS: 4,
  INTERNAL_IP4_DHCP: 6,
  APPLICATION_VERSION: 7,
  INTERNAL_IP6_ADDRESS: 8,
  INTERNAL_IP6_DNS: 10,
  INTERNAL_IP6_DHCP: 12,
  INTERNAL_IP4_SUBNET: 13,
  SUPPORTED_ATTRIBUTES: 14,
  INTERNAL_IP6_SUBNET: 15,
  MIP6_HOME_PREFIX: 16,
  INTERNAL_IP6_LINK: 17,
  INTERNAL_IP6_PREFIX: 18,
  HOME_AGENT_ADDRESS: 19,
  P_CSCF_IP4_ADDRESS: 20,
  P_CSCF_IP6_ADDRESS: 21,
  FTT_KAT: 22,
  EXTERNAL_SOURCE_IP4_NAT_INFO: 23,
  TIMEOUT_PERIOD_FOR_LIVENESS_CHECK: 24,
  INTERNAL_DNS_DOMAIN: 25,
  INTERNAL_DNSSEC_TA: 26,
  ENCDNS_IP4: 27,
  ENCDNS_IP6: 28,
  INTERNAL_IP4_SERVER: 23456,
  INTERNAL_IP6_SERVER: 23457,
  UNITY_BANNER: 28672,
  UNITY_DEF_DOMAIN: 28674,
  UNITY_SPLITDNS_NAME: 28675,
  UNITY_SPLIT_INCLUDE: 28676,
  UNITY_BACKUP_SERVERS: 28682,
} as const;

/** RFC 3748 section 4. */
export const eapCode = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

const names = <T extends Record<string, number>>(table: T): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, number]) => [number, name]));

const lookUp = (table: Record<string, number>) => {
  const byNumber = names(table);
  return (number: number): string => byNumber.get(number) ?? `unknown (${String(number)})`;
};

export const exchangeTypeName = lookUp(exchangeType);
export const payloadTypeName = lookUp(payloadType);
export const protocolIdName = lookUp(protocolId);
export const transformTypeName = lookUp(transformType);
export const notifyTypeName = lookUp(notifyType);
export const idTypeName = lookUp(idType);
export const certificateEncodingName = lookUp(certificateEncoding);
export const authMethodName = lookUp(authMethod);
export const configurationTypeName = lookUp(configurationType);
export const configurationAttributeName = lookUp(configurationAttribute);
export const keyExchangeName = lookUp(keyExchangeId);
export const hashAlgorithmName = lookUp(hashAlgorithmId);
export const eapCodeName = lookUp(eapCode);

const transformNames = new Map<number, (id: number) => string>([
  [transformType.ENCR, lookUp(encryptionId)],
  [transformType.PRF, lookUp(prfId)],
  [transformType.INTEG, lookUp(integrityId)],
  [transformType.KE, keyExchangeName],
  [transformType.ESN, lookUp(esnId)],
]);

/** Name of a transform id within its type. */
export function transformName(type: number, id: number): string {
  const isAdditionalKe = type >= transformType.ADDKE1 && type <= transformType.ADDKE7;
  const name = isAdditionalKe ? keyExchangeName : transformNames.get(type);
  return name === undefined ? `unknown (${String(id)})` : name(id);
}

/** Error notifies fail the request they answer (C-78). */
export function isErrorNotify(type: number): boolean {
  return type < 16384;
}
