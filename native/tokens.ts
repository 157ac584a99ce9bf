import { TokenError } from '../src-core/ports/tokens';
import type { Token, TokenDescription, TokenErrorReason, Tokens } from '../src-core/ports/tokens';
import { loadAddon } from './index';

interface TokenAddon {
  readonly Pkcs11Token: new (module: string, label: string) => Token;
  pkcs11Tokens(module: string): TokenDescription[];
}

function typed<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'reason' in error)
      throw new TokenError(error.reason as TokenErrorReason, error.message);
    throw error;
  }
}

/** PKCS#11 tokens by the addon; null where it was not built. */
export function createTokens(): Tokens | null {
  const addon: object | null = loadAddon();
  if (addon === null || !('Pkcs11Token' in addon)) return null;
  const { Pkcs11Token, pkcs11Tokens } = addon as TokenAddon;
  return {
    list: (module) => typed(() => pkcs11Tokens(module)),
    open: (module, label) => {
      const token = typed(() => new Pkcs11Token(module, label));
      return {
        get pinState() {
          return typed(() => token.pinState);
        },
        get needsPin() {
          return typed(() => token.needsPin);
        },
        get isPresent() {
          return token.isPresent;
        },
        login: (pin) => typed(() => token.login(pin)),
        certificates: () => typed(() => token.certificates()),
        supports: (mechanism) => typed(() => token.supports(mechanism)),
        sign: (id, mechanism, input) => typed(() => token.sign(id, mechanism, input)),
        close: () => token.close(),
      };
    },
  };
}
