import { test } from 'vitest';
import { expectLinear } from '../../src-core/profiles/testing/linear';
import { createMask } from './mask';

test('a word that goes on without end is looked through once', async () => {
  const mask = createMask([]);
  await expectLinear((length) => mask('a.'.repeat(length / 2)));
});
