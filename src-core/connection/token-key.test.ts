import { describe, expect, it } from 'vitest';
import type { SecretReason } from '../ports/secrets';
import { type PinState, TokenError, type Tokens } from '../ports/tokens';
import { openTokenKey } from './token-key';

const reference = { pkcs11: { module: '/usr/lib/token.so', token: 'badge', id: '01' } };

/** A token that takes no PIN; its flags before each question. */
function unwilling(states: readonly PinState[], logins: string[]): Tokens {
  return {
    list: () => [],
    open: () => ({
      get pinState() {
        return states[Math.min(logins.length, states.length - 1)] ?? 'fine';
      },
      needsPin: true,
      login: (pin) => {
        logins.push(pin);
        throw new TokenError('pin-incorrect', 'C_Login: 0xa0');
      },
      certificates: () => [],
      supports: () => false,
      sign: () => new Uint8Array(0),
      isPresent: true,
      close: () => undefined,
    }),
  };
}

async function askedOf(states: readonly PinState[]): Promise<{
  readonly reasons: readonly (SecretReason | null)[];
  readonly logins: readonly string[];
  readonly detail: unknown;
}> {
  const reasons: (SecretReason | null)[] = [];
  const logins: string[] = [];
  const end = openTokenKey(reference, unwilling(states, logins), (_kind, _account, reason) => {
    reasons.push(reason);
    return Promise.resolve({ secret: '000000', save: false });
  });
  const detail = await end.catch((error: unknown) => (error as { detail?: unknown }).detail);
  return { reasons, logins, detail };
}

describe('why a PIN is asked for', () => {
  it('is counted, with what the token says is left, at most three times', async () => {
    const { reasons, logins, detail } = await askedOf(['fine', 'low', 'final-try', 'final-try']);
    expect(reasons).toEqual([
      null,
      { type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'low' },
      { type: 'pin-incorrect', wrong: 2, most: 3, pinState: 'final-try' },
    ]);
    expect(logins).toHaveLength(3);
    expect(detail).toBe('token badge: C_Login: 3 wrong PINs');
  });

  it('warns of the final try before the first', async () => {
    const { reasons } = await askedOf(['final-try', 'locked']);
    expect(reasons).toEqual([{ type: 'pin-final-try' }]);
  });

  it('is not asked of a token that has locked itself', async () => {
    expect(await askedOf(['locked'])).toEqual({ reasons: [], logins: [], detail: 'token badge: CKF_USER_PIN_LOCKED' });
  });
});
