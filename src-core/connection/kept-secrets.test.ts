import { randomBytes } from 'node:crypto';
import { getHeapSnapshot } from 'node:v8';
import { expect, it } from 'vitest';
import { seededRandom } from '../eap/testing';
import { createCredentialsSource } from './credentials';
import { VpnError } from '../ports/vpn-error';
import { exampleProfile } from './example-profile';

/** Every string that is alive, after a garbage collection. */
async function heap(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot() as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

const text = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => String.fromCharCode(97 + (octet % 26))).join('');

it(
  'the NT hash is what is kept of a password while a connection lives: the password itself is in no string of the heap',
  { timeout: 60_000 },
  async () => {
    const [secret, control] = [randomBytes(12), randomBytes(12)];
    // Made where it is asked for, as an answer of the person is; nothing of the test holds it.
    const controlText = text(control);
    const source = createCredentialsSource({
      random: seededRandom('peer'),
      trace: { log: () => undefined },
      acceptance: { wallTime: () => Date.UTC(2026, 0, 1), systemAuthorities: () => [] },
      secrets: { request: () => Promise.resolve({ secret: text(secret), save: false }) },
    });
    const credentials = await source({
      profile: exampleProfile({
        authentication: { method: 'eap-mschapv2', username: 'alice' },
        serverCertificate: { authorities: [] },
      }),
      reason: null,
      refused: null,
    });
    const ntHash = credentials?.mschap?.ntHash;
    expect(ntHash?.length).toBe(16);
    const alive = await heap();
    expect([alive.includes(controlText), alive.includes(text(secret))]).toEqual([true, false]);
    credentials?.wipe();
    expect(ntHash).toEqual(new Uint8Array(16));
  },
);

it('a new password is in no string of the heap while its credentials live (A-19)', { timeout: 60_000 }, async () => {
  const [secret, control] = [randomBytes(12), randomBytes(12)];
  const controlText = text(control);
  const source = createCredentialsSource({
    random: seededRandom('peer'),
    trace: { log: () => undefined },
    acceptance: { wallTime: () => Date.UTC(2026, 0, 1), systemAuthorities: () => [] },
    secrets: {
      request: ({ kind }) => Promise.resolve({ secret: kind === 'new-password' ? text(secret) : 'old', save: false }),
    },
  });
  const profile = exampleProfile({
    authentication: { method: 'eap-mschapv2', username: 'alice' },
    serverCertificate: { authorities: [] },
  });
  const before = await source({ profile, reason: null, refused: null });
  if (before === null) throw new Error('no credentials');
  const after = await source({
    profile,
    reason: null,
    refused: { error: new VpnError('PASSWD_EXPIRED', 'expired'), credentials: before },
  });
  expect(after?.changesPassword).toBe(true);
  const alive = await heap();
  expect([alive.includes(controlText), alive.includes(text(secret))]).toEqual([true, false]);
  after?.wipe();
});
