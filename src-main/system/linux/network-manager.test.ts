import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WirelessNetwork } from '../../api/contract';
import { openBus } from './dbus';
import { NetworkManagerWireless, securityOf, ssidText } from './network-manager';
import { FakeNetworkManager, PrivateBus } from './testing/fake-network-manager';

const root = '/org/freedesktop/NetworkManager';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const wpa2 = { flags: 1, rsn: 0x188 };

describe('wireless networks of NetworkManager', () => {
  let bus: PrivateBus;
  let manager: FakeNetworkManager | null;
  let wireless: NetworkManagerWireless | null;

  beforeEach(async () => {
    bus = await PrivateBus.start();
    manager = null;
    wireless = null;
  });
  afterEach(async () => {
    wireless?.close();
    manager?.stop();
    await bus.stop();
  });

  /** Waits for a list that `wanted` accepts; real time, because the bus is real. */
  function until(
    wanted: (networks: readonly WirelessNetwork[] | null) => boolean,
  ): Promise<readonly WirelessNetwork[] | null> {
    return new Promise((resolve, reject) => {
      const watched = wireless!;
      const timer = setTimeout(() => reject(new Error(`not in time: ${JSON.stringify(watched.networks)}`)), 10_000);
      const look = (networks: readonly WirelessNetwork[] | null): void => {
        if (!wanted(networks)) return;
        clearTimeout(timer);
        resolve(networks);
      };
      watched.onChange(look);
      look(watched.networks);
    });
  }

  const scene = async (): Promise<FakeNetworkManager> => {
    manager = await FakeNetworkManager.start(bus.address);
    manager.accessPoints = [
      { path: `${root}/AccessPoint/1`, ssid: bytes('Corp-WLAN'), strength: 40, ...wpa2 },
      { path: `${root}/AccessPoint/2`, ssid: bytes('Corp-WLAN'), strength: 80, ...wpa2 },
      { path: `${root}/AccessPoint/3`, ssid: bytes('CoffeeShop'), strength: 90 },
      { path: `${root}/AccessPoint/4`, ssid: bytes('Neighbour'), strength: 20, ...wpa2 },
      { path: `${root}/AccessPoint/5`, ssid: new Uint8Array(0), strength: 99 },
      { path: `${root}/AccessPoint/6`, ssid: bytes('Evil\u202e\u0007<b>'), strength: 1 },
    ];
    manager.saved = { [`${root}/Settings/7`]: bytes('Corp-WLAN') };
    return manager;
  };

  it('are listed with the strongest access point of each, the one in use first; hidden ones are not', async () => {
    const fake = await scene();
    fake.active = `${root}/AccessPoint/1`;
    fake.state = 100;
    wireless = new NetworkManagerWireless(bus.address);
    const networks = await until((list) => list !== null);
    expect(
      networks?.map(({ name, signal, security, state, joinable, adapter }) => [
        name,
        signal,
        security,
        state,
        joinable,
        adapter,
      ]),
    ).toEqual([
      ['Corp-WLAN', 40, 'wpa2', 'connected', true, 'wlan0'],
      ['CoffeeShop', 90, 'open', 'available', true, 'wlan0'],
      ['Neighbour', 20, 'wpa2', 'available', false, 'wlan0'],
      ['Evil\u202e\u0007<b>', 1, 'open', 'available', true, 'wlan0'],
    ]);
  });

  it('known ones are joined by their saved connection, open ones by a new one, others not at all', async () => {
    const fake = await scene();
    wireless = new NetworkManagerWireless(bus.address);
    const networks = await until((list) => list !== null);
    const id = (name: string): string => networks?.find((network) => network.name === name)?.id ?? '';
    expect(await wireless.connect(id('Corp-WLAN'), null)).toBe(true);
    expect(await wireless.connect(id('CoffeeShop'), null)).toBe(true);
    expect(await wireless.connect(id('Neighbour'), null)).toBe(false);
    expect(await wireless.connect('/etc/passwd', true)).toBe(false);
    expect(await wireless.disconnect('wlan0')).toBe(true);
    expect(await wireless.disconnect('eth0')).toBe(false);
    expect(fake.calls).toEqual([
      `ActivateConnection ${root}/Settings/7 ${root}/Devices/2 ${root}/AccessPoint/2`,
      `AddAndActivateConnection ${root}/Devices/2 ${root}/AccessPoint/3`,
      `Disconnect ${root}/Devices/2`,
    ]);
    fake.refuse = 'org.freedesktop.NetworkManager.Device.NotActive';
    await expect(wireless.disconnect('wlan0')).rejects.toThrow('NotActive');
  });

  it('say whether they are joined by themselves: saved ones what is saved, open ones not, others nothing', async () => {
    const fake = await scene();
    fake.saved = { [`${root}/Settings/7`]: bytes('Corp-WLAN'), [`${root}/Settings/8`]: bytes('CoffeeShop') };
    fake.settings = { [`${root}/Settings/8`]: [['connection', [['autoconnect', ['b', false]]]]] };
    wireless = new NetworkManagerWireless(bus.address);
    const networks = await until((list) => list !== null);
    expect(Object.fromEntries((networks ?? []).map(({ name, automatically }) => [name, automatically]))).toMatchObject({
      'Corp-WLAN': true,
      CoffeeShop: false,
      Neighbour: null,
      'Evil\u202e\u0007<b>': false,
    });
  });

  it('Connect automatically changes connection.autoconnect and nothing else, before the network is joined; a refusal changes nothing', async () => {
    const fake = await scene();
    const path = `${root}/Settings/7`;
    // One of each type that NetworkManager's settings have: kept as they are, byte for byte.
    fake.settings = {
      [path]: [
        [
          'connection',
          [
            ['id', ['s', 'Corp-WLAN']],
            ['autoconnect', ['b', true]],
            ['timestamp', ['t', 1_763_900_000]],
            ['permissions', ['as', ['user:alice:']]],
            ['autoconnect-priority', ['i', -3]],
          ],
        ],
        [
          'ipv4',
          [
            ['method', ['s', 'auto']],
            ['addresses', ['aau', [[1, 2, 3]]]],
            [
              'address-data',
              [
                'aa{sv}',
                [
                  [
                    ['address', ['s', '10.0.0.2']],
                    ['prefix', ['u', 24]],
                  ],
                ],
              ],
            ],
          ],
        ],
        [
          'ipv6',
          [
            ['dns', ['aay', [Buffer.from([0xfd, 0, 1])]]],
            ['routes', ['a(ayuayu)', [[Buffer.from([1]), 64, Buffer.from([2]), 5]]]],
          ],
        ],
        ['vpn', [['data', ['a{ss}', [['key', 'value']]]]]],
      ],
    };
    wireless = new NetworkManagerWireless(bus.address);
    const networks = await until((list) => list !== null);
    const id = (name: string): string => networks?.find((network) => network.name === name)?.id ?? '';

    expect(await wireless.connect(id('Corp-WLAN'), true)).toBe(true);
    expect(fake.calls).toEqual([expect.stringMatching(/^ActivateConnection /)]);
    expect(await wireless.connect(id('Corp-WLAN'), false)).toBe(true);
    expect(fake.calls.slice(1)).toEqual([`Update ${path}`, expect.stringMatching(/^ActivateConnection /)]);
    const variant = (value: unknown): unknown => [expect.anything(), [value]];
    expect(fake.sent).toEqual([
      [
        [
          'connection',
          [
            ['id', variant('Corp-WLAN')],
            ['timestamp', variant(1_763_900_000)],
            ['permissions', variant(['user:alice:'])],
            ['autoconnect-priority', variant(-3)],
            ['autoconnect', variant(false)],
          ],
        ],
        [
          'ipv4',
          [
            ['method', variant('auto')],
            ['addresses', variant([[1, 2, 3]])],
            [
              'address-data',
              variant([
                [
                  ['address', variant('10.0.0.2')],
                  ['prefix', variant(24)],
                ],
              ]),
            ],
          ],
        ],
        [
          'ipv6',
          [
            ['dns', variant([Buffer.from([0xfd, 0, 1])])],
            ['routes', variant([[Buffer.from([1]), 64, Buffer.from([2]), 5]])],
          ],
        ],
        ['vpn', [['data', variant([['key', 'value']])]]],
        ['802-11-wireless', [['ssid', variant(Buffer.from(bytes('Corp-WLAN')))]]],
      ],
    ]);

    expect(await wireless.connect(id('CoffeeShop'), true)).toBe(true);
    expect(fake.sent[1]).toEqual([['connection', [['autoconnect', variant(true)]]]]);

    const before = fake.calls.length;
    fake.refuse = 'org.freedesktop.NetworkManager.Settings.PermissionDenied';
    await expect(wireless.connect(id('Corp-WLAN'), false)).rejects.toThrow('PermissionDenied');
    expect(fake.calls.slice(before)).toEqual([`Update ${path}`]);
  });

  it('follow what NetworkManager says, and its coming and going', async () => {
    wireless = new NetworkManagerWireless(bus.address);
    expect(wireless.networks).toBeNull();
    const fake = await scene();
    await until((list) => list !== null);
    fake.active = `${root}/AccessPoint/3`;
    fake.state = 50;
    fake.changed();
    const busy = await until((list) => list?.[0]?.state === 'connecting');
    expect(busy?.[0]?.name).toBe('CoffeeShop');
    fake.hasWifi = false;
    fake.changed();
    await until((list) => list === null);
    fake.hasWifi = true;
    fake.changed();
    await until((list) => list !== null);
    fake.stop();
    await until((list) => list === null);
    manager = null;
  });

  it('without a bus there are none, and nothing is thrown', async () => {
    const nowhere = 'unix:path=/nonexistent/bus';
    wireless = new NetworkManagerWireless(nowhere);
    // One that was opened after it has failed: so has its own.
    await new Promise<void>((resolve) => openBus(nowhere).onEnd(resolve));
    expect(wireless.networks).toBeNull();
    expect(await wireless.connect('x', null)).toBe(false);
  });
});

describe('what an access point says', () => {
  it.each([
    [0, 0, 0, 'open'],
    [1, 0, 0, 'wep'],
    [1, 0x108, 0, 'wpa'],
    [1, 0, 0x188, 'wpa2'],
    [1, 0, 0x588, 'wpa2'],
    [1, 0, 0x488, 'wpa3'],
    [1, 0, 0x288, 'enterprise'],
    [1, 0x200, 0x100, 'enterprise'],
    [0, 0, 0x800, 'owe'],
  ] as const)('flags %d, WPA %d, RSN %d are %s', (flags, wpa, rsn, security) => {
    expect(securityOf(flags, wpa, rsn)).toBe(security);
  });
  it('a name is UTF-8, or octets', () => {
    expect(ssidText(bytes('Büro'))).toBe('Büro');
    expect(ssidText(Uint8Array.of(0x42, 0xfc))).toBe('Bü');
  });
});
