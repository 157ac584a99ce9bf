import { beforeEach, describe, expect, it } from 'vitest';
import type { StatusObject } from '../../src-core/connection/status';
import { VpnError } from '../../src-core/ports/vpn-error';
import { checkProfile, ProfileStore } from '../../src-core/profiles';
import { VirtualClock } from '../../src-core/simulation';
import type { ConnectionEnvironment } from './environment';
import { SessionSecretStore } from './secret-store';
import { VpnService } from './vpn-service';

/** A service on a computer where something is missing, so that each attempt fails at once and may heal. */
let clock: VirtualClock;
let service: VpnService;
let attempts: number;
let files: Map<string, Uint8Array>;

beforeEach(async () => {
  clock = new VirtualClock();
  attempts = 0;
  files = new Map();
  const profiles = new ProfileStore({
    list: () => Promise.resolve([...files.keys()]),
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write: (name, content) => Promise.resolve(void files.set(name, content)),
    remove: (name) => Promise.resolve(void files.delete(name)),
  });
  await profiles.save(
    checkProfile({
      version: 1,
      name: 'Work',
      server: 'vpn.example',
      authentication: { method: 'psk' },
      dialing: { redialSeconds: 10, redialAttempts: 3 },
    }).profile!,
    null,
  );
  const system = {
    adapters: { snapshot: () => [], watch: () => () => undefined, lookupRoute: () => null },
    unavailable: () => {
      attempts++;
      return new VpnError('PORT_NOT_AVAILABLE', 'There is no adapter.');
    },
    killSwitch: () => Promise.resolve(null),
  } satisfies Partial<ConnectionEnvironment> as unknown as ConnectionEnvironment;
  service = new VpnService({
    version: '1',
    host: 'browser',
    language: 'en',
    clock,
    profiles,
    secretStore: new SessionSecretStore(),
    system,
    demo: null,
  });
});

const status = (): StatusObject => service.statuses('Work')[0]!;
const fails = async (): Promise<void> => {
  service.connect({ name: 'Work' });
  await clock.run(0);
};

describe('a connection that is to be dialled again', () => {
  it('says when, and is, without any window, as often as it may', async () => {
    await fails();
    expect(status()).toMatchObject({ state: 'Disconnected', redial: { attempt: 1, attempts: 3 } });
    await clock.run(60_000);
    expect(attempts).toBe(4);
    expect(status().redial ?? null).toBeNull();
    expect(status().error?.symbol).toBe('PORT_NOT_AVAILABLE');
  });

  it.each([
    ['its error is closed', () => Promise.resolve(service.cancelRedial({ name: 'Work' }))],
    ['the person disconnects', () => service.disconnect({ name: 'Work' })],
    ['the command line disconnects it, and names it', async () => expect(await service.end('Work')).toEqual(['Work'])],
    ['it is removed', () => service.removeProfile({ name: 'Work' })],
    [
      'its profile is another',
      () =>
        service.saveProfile({
          profile: { ...service.getSnapshot().profiles[0]!, server: 'other.example' },
          previousName: 'Work',
        }),
    ],
    ['the program ends', () => service.close()],
  ])('is not when %s', async (_what, act) => {
    await fails();
    await act();
    await clock.run(60_000);
    expect(attempts).toBe(1);
    expect(service.statuses('Work').map(({ redial }) => redial ?? null)).not.toContainEqual(expect.anything());
  });

  it('is dialled at once when the person wants it, and counting begins anew', async () => {
    await fails();
    await clock.run(15_000);
    expect([attempts, status().redial?.attempt]).toEqual([2, 2]);
    await fails();
    expect([attempts, status().redial?.attempt]).toEqual([3, 1]);
  });
});
