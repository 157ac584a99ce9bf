import type { VpnError } from '../../src-core/ports/vpn-error';

/** docs/contract.md: what a script branches on. */
export const exitCode = { done: 0, usage: 1, badInput: 2, couldNotConnect: 3, lost: 4, missing: 5 } as const;

/** Ends the command with a sentence on standard error. */
export class CommandError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}

/** The exit code of an attempt that failed. */
export function connectExitCode(error: VpnError): number {
  return error.symbol === 'IPSEC_SERVICE_STOPPED' || error.symbol === 'PORT_NOT_AVAILABLE'
    ? exitCode.missing
    : exitCode.couldNotConnect;
}
