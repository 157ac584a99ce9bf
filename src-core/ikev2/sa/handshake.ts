import type { VpnError } from '../../ports/vpn-error';
import type { IkePath } from '../session';
import type { IkeSa, ReceivedRequest } from './ike-sa';

/** The exchanges before the IKE SA is established; replaced by nothing once it is. */
export interface Handshake {
  /** A message whose SPIs belong to no IKE SA of this session. False: not for us. */
  receive(message: Uint8Array, path: IkePath): boolean;
  /** A protected request on an IKE SA that is still authenticating. */
  handleRequest(sa: IkeSa, request: ReceivedRequest): void;
  /** A request of the handshake stayed unanswered. */
  unanswered(sa: IkeSa, name: string, tries: number): void;
  violation(sa: IkeSa, error: VpnError): void;
  close(): void;
}
