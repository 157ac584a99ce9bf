import type { VpnError } from '../ports/vpn-error';

/** One request as a method sees it. */
export interface EapMethodRequest {
  readonly identifier: number;
  /** What follows the type octet. A view: copy what is kept. */
  readonly data: Uint8Array;
}

export type EapMethodStep =
  | { readonly type: 'respond'; /** What follows the type octet. */ readonly data: Uint8Array }
  | { readonly type: 'failure'; readonly error: VpnError };

/** The peer side of one method. A method that threw or failed is never asked again. */
export interface EapPeerMethod {
  /** EAP type number. */
  readonly type: number;
  /** "EAP-MSCHAPv2" */
  readonly name: string;
  receive(request: EapMethodRequest): Promise<EapMethodStep>;
  /**
   * Only when the method went through its own success state: MSK of 64 octets, or null for a method without key.
   * undefined: not (yet).
   */
  result(): { readonly msk: Uint8Array | null } | undefined;
  /** What EAP-Failure means now, where the method knows better than that name or password are wrong. */
  failureMeaning?(): VpnError | null;
  /** Wipes what it knows. Idempotent. */
  close(): void;
}

export type EapServerStep =
  | { readonly type: 'request'; readonly data: Uint8Array }
  | { readonly type: 'success'; readonly msk: Uint8Array | null; readonly identity: string }
  | { readonly type: 'failure' };

/** The server side of one method, for the embedded gateway. */
export interface EapServerMethod {
  readonly type: number;
  readonly name: string;
  /**
   * Data of the first request. `identifier` is that of the EAP packet it goes into, `identity` what EAP-Identity said.
   */
  start(identifier: number, identity: string): Uint8Array;
  /** `nextIdentifier` is that of the request the step may lead to. */
  receive(data: Uint8Array, nextIdentifier: number): Promise<EapServerStep>;
  close(): void;
}
