import { expect, it } from 'vitest';
import type { SecretKind, SecretReason, SecretRequest } from '../../src-core/ports/secrets';
import { exampleProfile } from '../../src-core/connection/example-profile';
import type { Prompt } from '../api/contract';
import { ConnectionPerson } from './person';
import { Prompts } from './prompts';
import { SessionSecretStore } from './secret-store';

class KeptStore extends SessionSecretStore {
  override get storage(): 'available' {
    return 'available';
  }
}

const refused: SecretReason = {
  type: 'refused',
  error: { code: 648, symbol: 'PASSWD_EXPIRED', message: 'x', detail: null, ikeNotify: null, rule: 'account' },
};

/** A person who types "typed" and ticks the box, whether it is shown or not. */
function arrange(): {
  readonly store: KeptStore;
  readonly asked: Extract<Prompt, { type: 'credentials' }>[];
  readonly request: (change: Partial<SecretRequest>) => Promise<unknown>;
} {
  const store = new KeptStore();
  const prompts = new Prompts();
  const profile = exampleProfile({});
  const asked: Extract<Prompt, { type: 'credentials' }>[] = [];
  prompts.onOpened = (prompt) => {
    if (prompt.type !== 'credentials') throw new Error('another question');
    asked.push(prompt);
    void Promise.resolve().then(() =>
      prompts.answer(prompt.id, {
        type: 'credentials',
        username: prompt.kind === 'password' ? 'bob' : null,
        secret: 'typed',
        save: true,
      }),
    );
  };
  const person = new ConnectionPerson({
    prompts,
    other: undefined,
    store,
    profile: () => profile,
    note: () => undefined,
  });
  return {
    store,
    asked,
    request: (change) =>
      person.request({ connection: profile.name, kind: 'password', account: 'alice', reason: null, ...change }),
  };
}

it.each<[SecretKind, SecretKind | null]>([
  ['password', 'password'],
  ['new-password', 'password'],
  ['psk', 'psk'],
  ['passphrase', 'passphrase'],
  ['pin', null],
])('a %s that is typed and to be saved is kept as %s', async (kind, kept) => {
  const { store, asked, request } = arrange();
  await request({ kind, reason: kind === 'new-password' ? refused : null });
  expect(asked.map(({ canSave }) => canSave)).toEqual([kept !== null]);
  const { name } = exampleProfile({});
  for (const each of ['password', 'new-password', 'psk', 'passphrase', 'pin'] as const)
    expect(store.get(name, each)?.secret ?? null, each).toBe(each === kept ? 'typed' : null);
});

it('a new password is saved for the account of the old one, which nobody was asked for again', async () => {
  const { name } = exampleProfile({});
  const typed = arrange();
  await typed.request({ kind: 'new-password', account: 'CONTOSO\\alice', reason: refused });
  expect(typed.store.get(name, 'password')).toEqual({ username: 'CONTOSO\\alice', secret: 'typed' });
  expect(typed.asked[0]?.hasSaved).toBe(false);
  const saved = arrange();
  saved.store.set(name, 'password', { username: 'carol', secret: 'old' });
  await saved.request({ kind: 'new-password', account: 'CONTOSO\\carol', reason: refused });
  expect(saved.store.get(name, 'password')).toEqual({ username: 'carol', secret: 'typed' });
  expect(saved.asked[0]?.hasSaved).toBe(true);
});
