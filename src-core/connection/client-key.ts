import type { Signer } from '../ikev2/session';
import type { Certificate } from '../pki/certificate';
import type { TlsSigner } from '../ports/tls';
import type { TokenPresence } from './ports';

/** The user's certificate with a key that can sign, wherever that lives. */
export interface ClientKey {
  readonly leaf: Certificate;
  /** DER, leaf first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** For AUTH. */
  readonly signer: Signer;
  /** For TLS: PKCS#8 DER, or who signs. */
  readonly tlsKey: Uint8Array | TlsSigner;
  /** Absent: the key is in memory. */
  readonly token?: TokenPresence;
  readonly wipe: () => void;
}
