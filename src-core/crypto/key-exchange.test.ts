import { describe, expect, it } from 'vitest';
import { createKeyExchange, keyExchangeGroups } from './key-exchange';

describe('key exchange', () => {
  for (const { group, publicValueLength, sharedSecretLength } of keyExchangeGroups.values()) {
    it(`group ${group}: both sides compute the same secret of ${sharedSecretLength} octets`, () => {
      const a = createKeyExchange(group);
      const b = createKeyExchange(group);
      expect(a.publicValue).toHaveLength(publicValueLength);
      const secret = a.computeSharedSecret(b.publicValue);
      expect(secret).toHaveLength(sharedSecretLength);
      expect(b.computeSharedSecret(a.publicValue)).toEqual(secret);
    });
  }
});
