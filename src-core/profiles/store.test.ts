import { describe, expect, test } from 'vitest';
import { utf8Encode } from '../bytes';
import { importProfiles, profileFileName, ProfileStore } from '.';
import type { Profile } from '.';
import { MemoryFiles } from './testing/files';

async function profileNamed(name: string, server = 'vpn.test'): Promise<Profile> {
  const [imported] = await importProfiles({
    name: 'x',
    content: utf8Encode(JSON.stringify({ version: 1, name, server, authentication: { method: 'psk' } })),
  });
  if (imported?.profile == null) throw new Error('refused');
  return imported.profile;
}

async function newStore(files = new MemoryFiles()) {
  const store = new ProfileStore(files);
  await store.load();
  return { store, files };
}

describe('ProfileStore', () => {
  test('what was saved is there after a restart, sorted by name', async () => {
    const { store, files } = await newStore();
    for (const name of ['zebra', 'Alpha', 'beta'])
      expect((await store.save(await profileNamed(name), null)).ok).toBe(true);
    expect([...files.files.keys()]).toEqual(['zebra.agilevpn.json', 'Alpha.agilevpn.json', 'beta.agilevpn.json']);
    const again = (await newStore(files)).store;
    expect(again.profiles.map(({ name }) => name)).toEqual(['Alpha', 'beta', 'zebra']);
    expect(again.find('ALPHA')).toEqual(await profileNamed('Alpha'));
    expect(again.unreadable).toEqual([]);
  });

  test('a name is taken in every case and composition', async () => {
    const { store } = await newStore();
    await store.save(await profileNamed('Café'), null);
    expect(await store.save(await profileNamed('CAFE\u0301'), null)).toMatchObject({
      ok: false,
      reason: 'name-taken',
      path: 'name',
    });
  });

  test('change in place, rename, and rename by case only', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('Office'), null);
    expect((await store.save(await profileNamed('Office', 'new.test'), 'Office')).ok).toBe(true);
    expect(store.find('Office')?.server).toBe('new.test');
    expect((await store.save(await profileNamed('OFFICE'), 'Office')).ok).toBe(true);
    expect(files.files.size).toBe(1);
    expect((await store.save(await profileNamed('Work'), 'OFFICE')).ok).toBe(true);
    expect([...files.files.keys()]).toEqual(['Work.agilevpn.json']);
    expect(store.profiles.map(({ name }) => name)).toEqual(['Work']);
    expect(await store.save(await profileNamed('x'), 'Office')).toMatchObject({ ok: false, reason: 'not-found' });
  });

  test('a rename never lands on another connection, and a bad profile changes nothing', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('a'), null);
    await store.save(await profileNamed('b'), null);
    expect(await store.save(await profileNamed('b', 'other.test'), 'a')).toMatchObject({
      ok: false,
      reason: 'name-taken',
    });
    expect(await store.save({ ...(await profileNamed('a')), server: 'a b' }, 'a')).toMatchObject({
      ok: false,
      reason: 'invalid',
      path: 'server',
    });
    expect(await store.save('nonsense', null)).toMatchObject({ ok: false, reason: 'invalid' });
    expect([store.find('a')?.server, store.find('b')?.server, files.files.size]).toEqual(['vpn.test', 'vpn.test', 2]);
  });

  test('the new file is whole before the old one goes', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('a'), null);
    files.write = () => Promise.reject(new Error('disk full'));
    await expect(store.save(await profileNamed('b'), 'a')).rejects.toThrow('disk full');
    expect([...files.files.keys()]).toEqual(['a.agilevpn.json']);
    expect(store.profiles.map(({ name }) => name)).toEqual(['a']);
  });

  test('remove', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('a'), null);
    expect([await store.remove('A'), await store.remove('A'), files.files.size]).toEqual([true, false, 0]);
  });

  test('files that are no profiles are reported and never touched', async () => {
    const files = new MemoryFiles();
    files.put('broken.agilevpn.json', '{"version":1');
    files.put(
      'with-secret.agilevpn.json',
      JSON.stringify({ version: 1, name: 's', server: 'a.test', authentication: { method: 'psk', psk: 'top-secret' } }),
    );
    files.put('notes.txt', 'x');
    const { store } = await newStore(files);
    expect(store.profiles).toEqual([]);
    expect(store.unreadable.map(({ file }) => file)).toEqual(['broken.agilevpn.json', 'with-secret.agilevpn.json']);
    expect(JSON.stringify(store.unreadable)).not.toContain('top-secret');
    expect((await store.save(await profileNamed('broken'), null)).ok).toBe(true);
    expect(Buffer.from(files.files.get('broken.agilevpn.json') ?? []).toString()).toBe('{"version":1');
    expect(files.files.size).toBe(4);
    expect((await newStore(files)).store.profiles.map(({ name }) => name)).toEqual(['broken']);
  });

  test('what the host cannot read is named and skipped, whatever it is; the others are there', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('a'), null);
    files.put('cut.agilevpn.json', '{"version":1');
    files.put('list.agilevpn.json', '[]');
    files.files.set('latin.agilevpn.json', Uint8Array.of(0x7b, 0xe4, 0x7d));
    files.put('folder.agilevpn.json', '');
    const read = files.read.bind(files);
    files.read = (name) =>
      name.startsWith('folder') ? Promise.reject(new Error(`/home/x/${name} is a folder.`)) : read(name);
    const again = (await newStore(files)).store;
    expect(again.profiles.map(({ name }) => name)).toEqual(['a']);
    expect(again.unreadable.map(({ problem }) => problem)).toEqual([
      'cut.agilevpn.json is not JSON, or was cut short.',
      '/home/x/folder.agilevpn.json is a folder.',
      'latin.agilevpn.json is not UTF-8 text.',
      'list.agilevpn.json is not a connection: must be an object.',
    ]);
    files.list = () => Promise.reject(new Error('/home/x cannot be used: permission denied.'));
    await again.load();
    expect(again.profiles).toEqual([]);
    expect(again.unreadable).toEqual([{ file: '', problem: '/home/x cannot be used: permission denied.' }]);
  });

  test('two files with one name: the first counts, the other is reported', async () => {
    const { store, files } = await newStore();
    await store.save(await profileNamed('a'), null);
    files.files.set('copy.agilevpn.json', files.files.get('a.agilevpn.json') ?? new Uint8Array());
    await store.load();
    expect(store.profiles).toHaveLength(1);
    expect(store.unreadable).toHaveLength(1);
  });

  test.each(['../../etc/passwd', '.hidden', 'a/b', 'CON', 'nul', 'ü', '名前', 'x'.repeat(64), 'a.b', '😀'.repeat(64)])(
    'the file of %j is a plain base name',
    (name) => {
      const file = profileFileName(name);
      expect(file).toMatch(/^[A-Za-z0-9][A-Za-z0-9 _-]*\.agilevpn\.json$/);
      expect(file.length).toBeLessThan(100);
      expect(file).not.toMatch(/^(con|nul)\./i);
    },
  );

  test('names that differ have files that differ', () => {
    const names = ['a.b', 'a/b', 'a:b', 'ä', 'ö', '名', '前'];
    expect(new Set(names.map(profileFileName)).size).toBe(names.length);
  });
});
