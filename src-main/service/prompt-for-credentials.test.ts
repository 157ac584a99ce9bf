import { beforeEach, describe, expect, it } from 'vitest';
import { exampleProfile } from '../../src-core/connection/example-profile';
import type { SecretRequest } from '../../src-core/ports/secrets';
import { refusedFor } from '../../src-core/ports/secrets';
import { VpnError } from '../../src-core/ports/vpn-error';
import type { Profile } from '../../src-core/profiles/profile';
import type { Prompt, PromptAnswer } from '../api/contract';
import { ApiError } from '../api/service';
import { ConnectionPerson } from './person';
import { Prompts } from './prompts';
import { SessionSecretStore } from './secret-store';

class KeptStore extends SessionSecretStore {
  /** What the disk says to a change. */
  trouble: ApiError | null = null;

  protected override changed(): void {
    if (this.trouble !== null) throw this.trouble;
  }

  override get storage(): 'available' {
    return 'available';
  }
}

let prompts: Prompts;
let store: KeptStore;
let asked: Extract<Prompt, { type: 'credentials' }>[];
let answers: PromptAnswer[];
let noted: string[];

beforeEach(() => {
  prompts = new Prompts();
  store = new KeptStore();
  asked = [];
  answers = [];
  noted = [];
  prompts.onOpened = (prompt) => {
    if (prompt.type === 'credentials') asked.push(prompt);
    queueMicrotask(() => prompts.answer(prompt.id, answers.shift() ?? { type: 'cancel' }));
  };
});

const personOf = (dialing: Partial<Profile['dialing']>): ConnectionPerson => {
  const profile = exampleProfile({ name: 'Work', dialing });
  return new ConnectionPerson({
    prompts,
    other: undefined,
    store,
    profile: () => profile,
    note: (text) => noted.push(text),
  });
};
const request = (change: Partial<SecretRequest> = {}): SecretRequest => ({
  connection: 'Work',
  kind: 'password',
  account: 'anna',
  reason: null,
  ...change,
});
const typed = (secret: string, save: boolean): PromptAnswer => ({
  type: 'credentials',
  username: 'anna',
  secret,
  save,
});

describe('what is saved', () => {
  beforeEach(() => store.set('Work', 'password', { username: 'anna', secret: 'pa55' }));

  it('is taken without a question', async () => {
    expect(await personOf({}).request(request())).toMatchObject({ secret: 'pa55', username: 'anna' });
    expect(asked).toEqual([]);
  });

  it('is confirmed where the person wants to be asked: left as it is, it is used and stays; the page never sees it', async () => {
    answers = [typed('', true)];
    expect(await personOf({ promptForCredentials: true }).request(request())).toMatchObject({
      secret: 'pa55',
      username: 'anna',
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ hasSaved: true, username: 'anna' });
    expect(JSON.stringify(asked)).not.toContain('pa55');
    expect(store.get('Work', 'password')?.secret).toBe('pa55');
  });

  it('is asked for once an attempt: a redial and a new sign-in while connected take it', async () => {
    const person = personOf({ promptForCredentials: true });
    answers = [typed('', true), typed('', true)];
    await person.request(request());
    expect(await person.request(request())).toMatchObject({ secret: 'pa55' });
    expect(asked).toHaveLength(1);
    person.newAttempt();
    await person.request(request());
    expect(asked).toHaveLength(2);
  });

  it('is replaced by what is typed, and forgotten when the check box is cleared', async () => {
    const person = personOf({ promptForCredentials: true });
    answers = [typed('new', true), typed('', false)];
    expect(await person.request(request())).toMatchObject({ secret: 'new' });
    expect(store.get('Work', 'password')?.secret).toBe('new');
    person.newAttempt();
    expect(await person.request(request())).toMatchObject({ secret: 'new' });
    expect(store.get('Work', 'password')).toBeNull();
  });

  it('is forgotten when it was refused: an empty answer is empty then', async () => {
    answers = [typed('', false)];
    expect(
      await personOf({ promptForCredentials: true }).request(
        request({ reason: refusedFor(new VpnError('AUTHENTICATION_FAILURE', 'no')) }),
      ),
    ).toMatchObject({ secret: '' });
    expect(asked[0]).toMatchObject({ hasSaved: true });
    expect(store.get('Work', 'password')).toBeNull();
  });

  it.each([
    ['set', true],
    ['forgotten', false],
  ])('is %s for the session where the disk is full; the sign-in goes on and the log says it', async (_, save) => {
    const trouble = new ApiError('refused', 'failure.file.no-space', null, { path: '/home/anna/secrets.json' });
    store.trouble = trouble;
    answers = [typed('new', save)];
    expect(await personOf({ promptForCredentials: true }).request(request())).toMatchObject({ secret: 'new' });
    expect(store.get('Work', 'password')?.secret).toBe(save ? 'new' : undefined);
    expect(noted).toEqual([expect.stringContaining(trouble.message)]);
  });

  it('a question that is cancelled changes nothing', async () => {
    expect(await personOf({ promptForCredentials: true }).request(request())).toBeNull();
    expect(store.get('Work', 'password')?.secret).toBe('pa55');
  });
});

it.each([
  [{}, null],
  [{ includeDomain: true }, ''],
])('the Windows logon domain is asked for as the connection says: %j', async (dialing, domain) => {
  await personOf(dialing).request(request());
  expect(asked[0]?.domain).toBe(domain);
});
