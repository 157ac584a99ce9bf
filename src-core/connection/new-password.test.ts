import { expect, it } from 'vitest';
import { NewPassword } from './new-password';

it('a new password is given out in copies of UTF-16LE until it is wiped', () => {
  const password = new NewPassword('n\u00e9w');
  const first = password.copy();
  expect(first).toEqual(Uint8Array.of(0x6e, 0, 0xe9, 0, 0x77, 0));
  first?.fill(0);
  expect(password.copy()).toEqual(Uint8Array.of(0x6e, 0, 0xe9, 0, 0x77, 0));
  password.wipe();
  expect(password.copy()).toBeNull();
  password.wipe();
});
