import { expect, it } from 'vitest';
import { refusedFor } from '../../src-core/ports/secrets';
import { VpnError } from '../../src-core/ports/vpn-error';
import { secretReasonLine } from './person';

it('why a secret is asked for again is one line of English', () => {
  expect(secretReasonLine({ type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'final-try' }, 'Contoso')).toBe(
    'The PIN was not accepted (1 of 3 tries). One try is left before the token locks itself.',
  );
  expect(
    secretReasonLine(
      refusedFor(new VpnError('VPN_BAD_PSK', 'The pre-shared key was not accepted.\u001b[2J\nCheck it.')),
      'Contoso',
    ),
  ).toBe('The pre-shared key was not accepted.\ufffd[2J\ufffdCheck it.');
  expect(
    secretReasonLine(refusedFor(new VpnError('VPN_BAD_PSK', 'The pre-shared key was not accepted.')), 'Contoso'),
  ).toBe('The pre-shared key was not accepted.');
});
