import type { VpnError } from '../../ports/vpn-error';

/** Ends the authentication of one candidate. `tell`: the peer gets to know (C-32). */
export class Rejection extends Error {
  readonly error: VpnError;
  readonly tell: 'nothing' | 'authentication-failed' | 'delete';
  /**
   * True: an attacker can cause it although the peer has proved itself, for example by silence or by changing an
   * IKE_SA_INIT request on its way.
   */
  readonly forgeable: boolean;

  constructor(error: VpnError, tell: 'nothing' | 'authentication-failed' | 'delete', forgeable = false) {
    super(error.message);
    this.error = error;
    this.tell = tell;
    this.forgeable = forgeable;
  }
}
