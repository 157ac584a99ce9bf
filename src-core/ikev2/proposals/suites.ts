import { isKeyExchangeGroup, type KeyExchangeGroup } from '../../crypto/key-exchange';
import type { MessageCipherSuite, MessageEncryption } from '../../crypto/message-cipher';
import type { PrfAlgorithm } from '../../crypto/prf';
import type { IntegrityAlgorithm } from '../../crypto/integrity';
import type { EspCipher, EspSuite } from '../../ports/data-path';
import { encryptionId, esnId, integrityId, prfId, transformType } from '../wire/constants';
import type { Algorithm } from './keywords';
import { formatProposal } from './proposal';

const integrityNames: ReadonlyMap<number, IntegrityAlgorithm> = new Map([
  [integrityId.HMAC_SHA1_96, 'hmac-sha1-96'],
  [integrityId.HMAC_SHA2_256_128, 'hmac-sha2-256-128'],
  [integrityId.HMAC_SHA2_384_192, 'hmac-sha2-384-192'],
  [integrityId.HMAC_SHA2_512_256, 'hmac-sha2-512-256'],
]);

const prfNames: ReadonlyMap<number, PrfAlgorithm> = new Map([
  [prfId.HMAC_SHA1, 'hmac-sha1'],
  [prfId.HMAC_SHA2_256, 'hmac-sha2-256'],
  [prfId.HMAC_SHA2_384, 'hmac-sha2-384'],
  [prfId.HMAC_SHA2_512, 'hmac-sha2-512'],
]);

const messageCiphers: ReadonlyMap<number, { readonly encryption: MessageEncryption; readonly keyBits: number | null }> =
  new Map([
    [encryptionId.AES_GCM_16, { encryption: 'aes-gcm-16', keyBits: null }],
    [encryptionId.CHACHA20_POLY1305, { encryption: 'chacha20-poly1305', keyBits: 256 }],
    [encryptionId.AES_CBC, { encryption: 'aes-cbc', keyBits: null }],
    [encryptionId['3DES'], { encryption: '3des-cbc', keyBits: 192 }],
  ]);

const espCiphers: ReadonlyMap<number, { readonly cipher: EspCipher; readonly keyBits: number | null }> = new Map([
  [encryptionId.AES_GCM_16, { cipher: 'aes-gcm-16', keyBits: null }],
  [encryptionId.CHACHA20_POLY1305, { cipher: 'chacha20-poly1305', keyBits: 256 }],
  [encryptionId.AES_CBC, { cipher: 'aes-cbc', keyBits: null }],
  [encryptionId.NULL, { cipher: 'null', keyBits: 0 }],
]);

/** What an IKE SA computes with. */
export interface IkeSuite {
  readonly cipher: MessageCipherSuite;
  readonly prf: PrfAlgorithm;
  readonly group: KeyExchangeGroup;
  /** Of the key exchange in IKE_INTERMEDIATE (RFC 9370), null without. */
  readonly additional: KeyExchangeGroup | null;
  /** As negotiated, to propose the same again when rekeying (C-64). */
  readonly algorithms: readonly Algorithm[];
  readonly keyword: string;
}

/** What a CHILD SA computes with. */
export interface ChildSuite {
  readonly esp: EspSuite;
  /** Key exchange of its own (PFS), null without. */
  readonly group: KeyExchangeGroup | null;
  readonly algorithms: readonly Algorithm[];
  readonly keyword: string;
}

function find(algorithms: readonly Algorithm[], type: number): Algorithm | undefined {
  return algorithms.find((entry) => entry.transformType === type);
}

/** Throws a RangeError: negotiation only lets known algorithms through, so anything else is a defect. */
export function ikeSuite(algorithms: readonly Algorithm[]): IkeSuite {
  const encryption = find(algorithms, transformType.ENCR);
  const integrity = find(algorithms, transformType.INTEG);
  const cipher = messageCiphers.get(encryption?.id ?? 0);
  const prf = prfNames.get(find(algorithms, transformType.PRF)?.id ?? 0);
  const group = find(algorithms, transformType.KE)?.id ?? 0;
  const additional = find(algorithms, transformType.ADDKE1)?.id ?? null;
  if (cipher === undefined || prf === undefined || !isKeyExchangeGroup(group))
    throw new RangeError('not a complete IKE suite');
  if (additional !== null && !isKeyExchangeGroup(additional))
    throw new RangeError(`additional key exchange ${String(additional)} is not known`);
  return {
    cipher: {
      encryption: cipher.encryption,
      keyBits: cipher.keyBits ?? encryption?.keyLength ?? 0,
      integrity: integrity === undefined ? null : (integrityNames.get(integrity.id) ?? null),
    },
    prf,
    group,
    additional,
    algorithms,
    keyword: formatProposal({ protocol: 'ike', algorithms }),
  };
}

/** Throws a RangeError on an incomplete suite. */
export function childSuite(algorithms: readonly Algorithm[]): ChildSuite {
  const encryption = find(algorithms, transformType.ENCR);
  const integrity = find(algorithms, transformType.INTEG);
  const cipher = espCiphers.get(encryption?.id ?? 0);
  if (cipher === undefined) throw new RangeError('not a complete ESP suite');
  const group = find(algorithms, transformType.KE)?.id ?? null;
  if (group !== null && !isKeyExchangeGroup(group)) throw new RangeError(`group ${String(group)} is not known`);
  return {
    esp: {
      cipher: cipher.cipher,
      keyBits: cipher.keyBits ?? encryption?.keyLength ?? 0,
      integrity: integrity === undefined ? null : (integrityNames.get(integrity.id) ?? null),
      esn: find(algorithms, transformType.ESN)?.id === esnId.ESN,
    },
    group,
    algorithms,
    keyword: formatProposal({ protocol: 'esp', algorithms }),
  };
}
