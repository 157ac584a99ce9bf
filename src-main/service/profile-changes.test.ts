import { describe, expect, it } from 'vitest';
import { connectionId } from '../../src-core/connection/connection-id';
import type { Remembered } from '../../src-core/connection/questions';
import { checkProfile, ProfileStore, type Profile, type ProfileFiles } from '../../src-core/profiles';
import { VirtualClock } from '../../src-core/simulation';
import { ApiError } from '../api/service';
import { Diagnoses } from './diagnoses';
import type { ConnectionEnvironment, KillSwitchState } from './environment';
import { KillSwitches } from './kill-switches';
import { LeftKillSwitch } from './left-kill-switch';
import { ManagedConnection, type ConnectionHost, type ManagedConnectionOptions } from './managed-connection';
import { ManagedConnections } from './managed-connections';
import { ProfileChanges } from './profile-changes';
import { Prompts } from './prompts';
import { SessionSecretStore } from './secret-store';

const profileOf = (name: string): Profile =>
  checkProfile({
    version: 1,
    name,
    server: 'vpn.example',
    authentication: { method: 'eap-mschapv2', username: 'anna' },
  }).profile!;

/** A host without a network: its folder can be full, and a kill switch can have been left. */
class Host {
  full = false;
  /** Writing waits for it. */
  disk: Promise<void> = Promise.resolve();
  leftBy: string | null = null;
  readonly written = new Map<string, Uint8Array>();
  readonly secrets = new SessionSecretStore();
  readonly connections = new ManagedConnections();
  readonly clock = new VirtualClock();
  readonly store: ProfileStore;
  readonly left: LeftKillSwitch;
  readonly killSwitches: KillSwitches;
  readonly changes: ProfileChanges;
  readonly #environment: ConnectionEnvironment;

  constructor() {
    const files: ProfileFiles = {
      list: () => Promise.resolve([...this.written.keys()]),
      read: (name) => Promise.resolve(this.written.get(name) ?? null),
      write: async (name, content) => {
        await this.disk;
        if (this.full) throw new Error('no space left on device');
        this.written.set(name, content);
      },
      remove: (name) => Promise.resolve(void this.written.delete(name)),
    };
    this.store = new ProfileStore(files);
    this.#environment = {
      killSwitch: () =>
        Promise.resolve<KillSwitchState | null>(
          this.leftBy === null ? null : { owner: connectionId(this.leftBy), live: false, endpoints: [] },
        ),
      liftKillSwitch: () => Promise.resolve(this.leftBy !== null).finally(() => (this.leftBy = null)),
      nextTunnelName: () => 'tun0',
    } as Partial<ConnectionEnvironment> as ConnectionEnvironment;
    this.left = new LeftKillSwitch(this.#environment, () => this.killSwitches.changed());
    this.killSwitches = new KillSwitches(this.left, this.connections);
    this.changes = new ProfileChanges({
      profiles: this.store,
      secretStore: this.secrets,
      connections: this.connections,
      diagnoses: new Diagnoses(this.clock, () => undefined),
      create: (profile) => this.make(profile, 'saved'),
    });
  }

  make(profile: Profile, kind: ManagedConnectionOptions['kind']): ManagedConnection {
    const host = {
      clock: this.clock,
      version: '1',
      prompts: new Prompts(),
      person: undefined,
      log: () => undefined,
      changed: () => undefined,
      sampled: () => undefined,
      remember: () => undefined,
      redial: () => undefined,
      freeTunnelName: () => 'tun0',
    } satisfies ConnectionHost;
    return new ManagedConnection(host, {
      profile,
      kind,
      environment: this.#environment,
      secrets: this.secrets,
      left: kind === 'demo' ? null : this.left,
      measured: false,
      redials: false,
    });
  }
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => 'nothing was refused',
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApiError)
    return `${error.failure.code} ${error.failure.text?.key ?? ''} ${error.failure.field ?? ''}`;
  return String(error);
};

describe('saved connections', () => {
  it('a new one is shown first, and its file is there', async () => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    await host.changes.save(profileOf('Home'), null);
    expect(host.connections.profiles.map(({ name }) => name)).toEqual(['Home', 'Work']);
    expect(host.written.size).toBe(2);
  });

  it('secrets follow a new name, however the old one was written', async () => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    host.secrets.set('Work', 'password', { username: 'anna', secret: 'pa55' });
    await host.changes.save(profileOf('Office'), 'WORK');
    expect([host.secrets.get('Office', 'password')?.secret, host.secrets.get('Work', 'password')]).toEqual([
      'pa55',
      null,
    ]);
    expect(host.connections.profiles.map(({ name }) => name)).toEqual(['Office']);
  });

  it('what cannot be written changes nothing', async () => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    host.secrets.set('Work', 'password', { username: 'anna', secret: 'pa55' });
    host.full = true;
    expect(await refusal(host.changes.save(profileOf('Office'), 'Work'))).toContain('no space left');
    expect(await refusal(host.changes.save(profileOf('Home'), null))).toContain('no space left');
    expect(host.connections.profiles.map(({ name }) => name)).toEqual(['Work']);
    expect(host.secrets.get('Work', 'password')?.secret).toBe('pa55');
  });

  it('refuses a name that is taken, a profile that is wrong, and a connection that is not there, by the field', async () => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    await host.changes.save(profileOf('Home'), null);
    expect(await refusal(host.changes.save(profileOf('work'), 'Home'))).toBe('refused failure.name-taken profile.name');
    expect(await refusal(host.changes.save({ ...profileOf('Home'), server: '' }, 'Home'))).toBe(
      'invalid-argument failure.profile-wrong profile.server',
    );
    expect(await refusal(host.changes.save(profileOf('New'), 'Gone'))).toBe(
      'not-found failure.connection-gone previousName',
    );
    expect(host.connections.profiles.map(({ server }) => server)).toEqual(['vpn.example', 'vpn.example']);
  });

  it('the demo is neither changed nor removed', async () => {
    const host = new Host();
    const demo = host.make(profileOf('Demo'), 'demo');
    host.connections.add(demo);
    expect(await refusal(host.changes.save(profileOf('Mine'), 'Demo'))).toBe('refused failure.demo-fixed previousName');
    expect(await refusal(host.changes.remove(demo))).toBe('refused failure.demo-belongs name');
  });

  it('removing takes the file and the secrets with it', async () => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    host.secrets.set('Work', 'password', { username: 'anna', secret: 'pa55' });
    await host.changes.remove(host.connections.require('work'));
    expect([host.written.size, host.connections.profiles.length, host.secrets.get('Work', 'password')]).toEqual([
      0,
      0,
      null,
    ]);
  });
});

describe('what a person decided while connecting', () => {
  const accepted = (server: 'gateway' | 'authentication-server', octet: string): Remembered => ({
    type: 'server-certificate',
    server,
    fingerprint: Array.from({ length: 32 }, () => octet).join(':'),
  });
  const saved = async (host: Host): Promise<Profile | null> => {
    const again = new ProfileStore({
      list: () => Promise.resolve([...host.written.keys()]),
      read: (name) => Promise.resolve(host.written.get(name) ?? null),
      write: () => expect.unreachable(),
      remove: () => expect.unreachable(),
    });
    await again.load();
    return again.find('Work');
  };
  const slow = async (): Promise<{ readonly host: Host; readonly written: () => void }> => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    let written = (): void => undefined;
    host.disk = new Promise((resolve) => (written = resolve));
    return { host, written: () => written() };
  };

  it('is on the disk before the host may end, however long the disk takes', async () => {
    const { host, written } = await slow();
    let ended = false;
    void host.changes.remember(host.connections.require('Work'), accepted('gateway', 'AA'));
    const ending = host.changes.remembered().then(() => (ended = true));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect([ended, (await saved(host))?.serverCertificate.acceptedCertificates]).toEqual([false, []]);
    written();
    await ending;
    expect((await saved(host))?.serverCertificate.acceptedCertificates).toHaveLength(1);
  });

  it('two decisions right after each other: both are kept', async () => {
    const { host, written } = await slow();
    const work = host.connections.require('Work');
    const both = [
      host.changes.remember(work, accepted('gateway', 'AA')),
      host.changes.remember(work, accepted('authentication-server', 'BB')),
    ];
    written();
    expect(await Promise.all(both)).toEqual([null, null]);
    const profile = await saved(host);
    expect([
      profile?.serverCertificate.acceptedCertificates.length,
      profile?.authentication.acceptedServerCertificates.length,
    ]).toEqual([1, 1]);
  });

  it('a disk that is full is told, and the next decision is written all the same', async () => {
    const { host, written } = await slow();
    const work = host.connections.require('Work');
    written();
    host.full = true;
    expect(await host.changes.remember(work, accepted('gateway', 'AA'))).toContain('no space left');
    host.full = false;
    expect(await host.changes.remember(work, accepted('gateway', 'BB'))).toBeNull();
    expect((await saved(host))?.serverCertificate.acceptedCertificates).toHaveLength(1);
  });
});

describe('a connection whose kill switch holds', () => {
  const blocked = async (): Promise<Host> => {
    const host = new Host();
    await host.changes.save(profileOf('Work'), null);
    await host.changes.save(profileOf('Home'), null);
    host.leftBy = 'Work';
    await host.left.refresh();
    return host;
  };

  it('says so, keeps its name, and is not removed; the rest of it can be changed', async () => {
    const host = await blocked();
    const work = host.connections.require('Work');
    expect([work.isBlocked, work.status.trafficBlocked, host.killSwitches.stray]).toEqual([true, true, false]);
    expect(await refusal(host.changes.save(profileOf('Office'), 'Work'))).toBe(
      'busy failure.unblock-first previousName',
    );
    expect(await refusal(host.changes.remove(work))).toBe('busy failure.unblock-first name');
    await host.changes.save({ ...profileOf('Work'), server: 'vpn2.example' }, 'Work');
    expect(work.profile.server).toBe('vpn2.example');
    expect(work.isBlocked).toBe(true);
  });

  it('stops the others, by its name, and not the demo', async () => {
    const host = await blocked();
    const stopped = await host.killSwitches.stops(host.connections.require('Home'));
    expect(stopped?.message).toContain('kill switch of Work');
    expect(await host.killSwitches.stops(host.connections.require('Work'))).toBeNull();
    expect(await host.killSwitches.stops(host.make(profileOf('Demo'), 'demo'))).toBeNull();
  });

  it('is free again once it was lifted', async () => {
    const host = await blocked();
    await host.killSwitches.lift('Work');
    const work = host.connections.require('Work');
    expect([work.isBlocked, work.status.trafficBlocked, host.left.inForce]).toEqual([false, false, false]);
    expect(await host.killSwitches.stops(host.connections.require('Home'))).toBeNull();
  });

  it('of a connection that is not here is stray, and anybody may lift it', async () => {
    const host = await blocked();
    host.leftBy = 'Elsewhere';
    await host.left.refresh();
    expect([host.killSwitches.stray, host.connections.require('Work').isBlocked]).toEqual([true, false]);
    await host.killSwitches.lift(null);
    expect(host.killSwitches.stray).toBe(false);
  });
});
