import type { VpnError } from '../../ports/vpn-error';

/** Ends the authentication of one candidate. `tell`: the peer gets to know (C-32). */
export class Rejection extends Error {
  readonly error: VpnError;
  readonly tell: 'nothing' | 'authentication-failed' | 'delete';

  constructor(error: VpnError, tell: 'nothing' | 'authentication-failed' | 'delete') {
    super(error.message);
    this.error = error;
    this.tell = tell;
  }
}
