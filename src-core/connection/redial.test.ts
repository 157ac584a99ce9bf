import { expect, test } from 'vitest';
import { exampleProfile } from './example-profile';
import { nextRedial } from './redial';

const { dialing } = exampleProfile({});

test.each([
  ['no answer', {}, { symbol: 'VPN_TIMEOUT', wasUp: false, made: 0 }, 1],
  ['the third of three', {}, { symbol: 'VPN_TIMEOUT', wasUp: false, made: 2 }, 3],
  ['all were made', {}, { symbol: 'VPN_TIMEOUT', wasUp: false, made: 3 }, null],
  ['none is wanted', { redialAttempts: 0 }, { symbol: 'VPN_TIMEOUT', wasUp: false, made: 0 }, null],
  ['the line was dropped', {}, { symbol: 'LINK_FAILURE', wasUp: true, made: 0 }, 1],
  [
    'the line was dropped, and that is not to be redialled',
    { redialOnLinkFailure: false },
    { symbol: 'LINK_FAILURE', wasUp: true, made: 0 },
    null,
  ],
  [
    'the attempt failed, and only dropped lines are not to be redialled',
    { redialOnLinkFailure: false },
    { symbol: 'VPN_TIMEOUT', wasUp: false, made: 0 },
    1,
  ],
  // Repeating a wrong password locks the account; the rest stays wrong until somebody changes it.
  ['wrong password', {}, { symbol: 'AUTHENTICATION_FAILURE', wasUp: false, made: 0 }, null],
  ['no common proposal', {}, { symbol: 'IKE_POLICY_MATCH', wasUp: false, made: 0 }, null],
  ['untrusted server', {}, { symbol: 'IKE_AUTH_FAIL', wasUp: false, made: 0 }, null],
  ['nobody used it', {}, { symbol: 'IDLE_TIMEOUT', wasUp: true, made: 0 }, null],
  ['cancelled', {}, { symbol: 'CANCELLED', wasUp: false, made: 0 }, null],
])('%s', (_what, change, failure, attempt) => {
  const next = nextRedial({ ...dialing, ...change }, failure);
  expect(next).toEqual(attempt === null ? null : { attempt, attempts: 3, afterMs: 60_000 });
});
