import type { WirelessNetwork, WirelessSecurity } from '../../api/contract';
import type { Wireless } from '../../service/wireless';
import { openBus, readVariants, type Bus } from './dbus';
import { octets, savedNetwork, withAutoconnect, type SavedNetwork } from './network-manager-settings';

/**
 * NetworkManager's D-Bus interface, as far as the list of wireless networks needs it (networkmanager.dev, D-Bus API).
 */
const service = 'org.freedesktop.NetworkManager';
const root = '/org/freedesktop/NetworkManager';
const settingsPath = `${root}/Settings`;
const deviceTypeWifi = 2;
const nowhere = '/';

/** NMDeviceState. */
const deviceState = { prepare: 40, activated: 100, deactivating: 110 } as const;
/** NM80211ApFlags and NM80211ApSecurityFlags. */
const privacy = 0x1;
const keyMgmt = {
  psk: 0x100,
  ieee8021x: 0x200,
  sae: 0x400,
  owe: 0x800,
  oweTransition: 0x1000,
  suiteB192: 0x2000,
} as const;

/** Changes come in swarms; the list is read once they pause, milliseconds. */
const settleMs = 400;
const mostAccessPoints = 256;

export const systemBusAddress = (env: NodeJS.ProcessEnv = process.env): string =>
  env['DBUS_SYSTEM_BUS_ADDRESS'] ?? 'unix:path=/run/dbus/system_bus_socket';

interface AccessPoint {
  readonly path: string;
  readonly ssid: Uint8Array;
  readonly strength: number;
  readonly security: WirelessSecurity;
  readonly frequency: number;
}

interface Joinable {
  readonly network: WirelessNetwork;
  readonly device: string;
  readonly accessPoint: string;
  readonly saved: SavedNetwork | null;
}

const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const paths = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value.filter((each): each is string => typeof each === 'string').slice(0, mostAccessPoints)
    : [];
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

export function securityOf(flags: number, wpa: number, rsn: number): WirelessSecurity {
  const both = wpa | rsn;
  if ((both & (keyMgmt.ieee8021x | keyMgmt.suiteB192)) !== 0) return 'enterprise';
  if ((rsn & keyMgmt.sae) !== 0 && (both & keyMgmt.psk) === 0) return 'wpa3';
  if ((rsn & keyMgmt.psk) !== 0) return 'wpa2';
  if ((wpa & keyMgmt.psk) !== 0) return 'wpa';
  if ((rsn & (keyMgmt.owe | keyMgmt.oweTransition)) !== 0) return 'owe';
  return (flags & privacy) !== 0 ? 'wep' : 'open';
}

/** An SSID is any 1 to 32 octets; most are UTF-8. */
export function ssidText(ssid: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(ssid);
  } catch {
    return new TextDecoder('latin1').decode(ssid);
  }
}

/**
 * Follows NetworkManager. Where there is no bus, no NetworkManager or no wireless adapter, `networks` is null; it comes
 * and goes with them.
 */
export class NetworkManagerWireless implements Wireless {
  #bus: Bus | null = null;
  #known = new Map<string, Joinable>();
  #devices = new Map<string, string>();
  #networks: readonly WirelessNetwork[] | null = null;
  #listener: (networks: readonly WirelessNetwork[] | null) => void = () => undefined;
  #timer: NodeJS.Timeout | null = null;
  #reading = false;
  #again = false;

  constructor(address: string = systemBusAddress()) {
    try {
      this.#bus = openBus(address);
    } catch {
      return;
    }
    const bus = this.#bus;
    bus.onEnd(() => {
      this.#bus = null;
      this.#publish(null);
    });
    bus.onSignal(() => this.#readLater());
    const rules = [
      `type='signal',sender='${service}'`,
      `type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${service}'`,
    ];
    Promise.all(rules.map((rule) => bus.match(rule))).then(
      () => this.#read(),
      () => this.#publish(null),
    );
  }

  get networks(): readonly WirelessNetwork[] | null {
    return this.#networks;
  }

  onChange(listener: (networks: readonly WirelessNetwork[] | null) => void): void {
    this.#listener = listener;
  }

  scan(): void {
    // Refused while one runs, or too soon after the last: both are fine.
    for (const device of this.#devices.values())
      this.#call(device, `${service}.Device.Wireless`, 'RequestScan', 'a{sv}', [[]]).catch(() => undefined);
  }

  async connect(id: string, automatically: boolean | null): Promise<boolean> {
    const found = this.#known.get(id);
    if (found === undefined || !found.network.joinable) return false;
    const { saved, device, accessPoint } = found;
    if (saved === null) {
      const settings = automatically === null ? [] : [['connection', [['autoconnect', ['b', automatically]]]]];
      await this.#call(root, service, 'AddAndActivateConnection', 'a{sa{sv}}oo', [settings, device, accessPoint]);
      return true;
    }
    // First: where that is refused, nothing has changed.
    if (automatically !== null && automatically !== saved.automatically)
      await this.#setAutomatically(saved.path, automatically);
    await this.#call(root, service, 'ActivateConnection', 'ooo', [saved.path, device, accessPoint]);
    return true;
  }

  async #setAutomatically(path: string, automatically: boolean): Promise<void> {
    const face = `${service}.Settings.Connection`;
    await this.#call(path, face, 'Update', 'a{sa{sv}}', [
      withAutoconnect(await this.#call(path, face, 'GetSettings'), automatically),
    ]);
  }

  async disconnect(adapter: string): Promise<boolean> {
    const device = this.#devices.get(adapter);
    if (device === undefined) return false;
    await this.#call(device, `${service}.Device`, 'Disconnect');
    return true;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listener = () => undefined;
    this.#bus?.close();
    this.#bus = null;
  }

  #call(path: string, face: string, member: string, signature?: string, body?: readonly unknown[]): Promise<unknown> {
    if (this.#bus === null) return Promise.reject(new Error('no bus'));
    return this.#bus.call({
      destination: service,
      path,
      interface: face,
      member,
      ...(signature === undefined ? {} : { signature, body: body ?? [] }),
    });
  }

  async #properties(path: string, face: string): Promise<ReadonlyMap<string, unknown>> {
    return readVariants(await this.#call(path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [face]));
  }

  #readLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#read();
    }, settleMs);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      this.#publish(await this.#list());
    } catch {
      this.#publish(null);
    } finally {
      this.#reading = false;
      if (this.#again && this.#bus !== null) {
        this.#again = false;
        this.#readLater();
      }
    }
  }

  async #list(): Promise<readonly WirelessNetwork[] | null> {
    const devices = new Map<string, string>();
    const known = new Map<string, Joinable>();
    const saved = await this.#savedNetworks();
    for (const device of paths(await this.#call(root, service, 'GetDevices'))) {
      const properties = await this.#properties(device, `${service}.Device`).catch(() => null);
      if (properties === null || number(properties.get('DeviceType')) !== deviceTypeWifi) continue;
      const adapter = text(properties.get('Interface'));
      devices.set(adapter, device);
      const wireless = await this.#properties(device, `${service}.Device.Wireless`).catch(
        () => new Map<string, unknown>(),
      );
      const active = text(wireless.get('ActiveAccessPoint'));
      for (const joinable of await this.#networksOf(device, adapter, active, number(properties.get('State')), saved))
        known.set(joinable.network.id, joinable);
    }
    this.#devices = devices;
    this.#known = known;
    if (devices.size === 0) return null;
    const rank = ({ state }: WirelessNetwork): number => (state === 'available' ? 1 : 0);
    return [...known.values()]
      .map(({ network }) => network)
      .sort((a, b) => rank(a) - rank(b) || b.signal - a.signal || a.name.localeCompare(b.name));
  }

  /** The strongest access point of each name and security. */
  async #networksOf(
    device: string,
    adapter: string,
    active: string,
    state: number,
    saved: ReadonlyMap<string, SavedNetwork>,
  ): Promise<readonly Joinable[]> {
    const found = new Map<string, AccessPoint>();
    const accessPoints = await Promise.all(
      paths(await this.#call(device, `${service}.Device.Wireless`, 'GetAllAccessPoints')).map((path) =>
        this.#accessPoint(path).catch(() => null),
      ),
    );
    for (const point of accessPoints) {
      if (point === null || point.ssid.length === 0 || point.ssid.every((octet) => octet === 0)) continue;
      const key = `${adapter} ${point.security} ${hex(point.ssid)}`;
      const before = found.get(key);
      if (before === undefined || point.path === active || (before.path !== active && point.strength > before.strength))
        found.set(key, point);
    }
    return [...found].map(([id, point]): Joinable => {
      const known = saved.get(hex(point.ssid)) ?? null;
      const joinable = known !== null || point.security === 'open' || point.security === 'owe';
      const inUse = active !== '' && active !== nowhere && point.path === active;
      const busy =
        state >= deviceState.deactivating
          ? 'disconnecting'
          : state >= deviceState.prepare && state < deviceState.activated
            ? 'connecting'
            : state === deviceState.activated
              ? 'connected'
              : 'available';
      const network: WirelessNetwork = {
        id,
        adapter,
        name: ssidText(point.ssid),
        signal: Math.max(0, Math.min(100, Math.round(point.strength))),
        security: point.security,
        frequency: point.frequency,
        state: inUse ? busy : 'available',
        joinable,
        // A network of strangers is joined by itself only where the person says so.
        automatically: joinable ? (known?.automatically ?? false) : null,
      };
      return { network, device, accessPoint: point.path, saved: known };
    });
  }

  async #accessPoint(path: string): Promise<AccessPoint> {
    const properties = await this.#properties(path, `${service}.AccessPoint`);
    return {
      path,
      ssid: octets(properties.get('Ssid')),
      strength: number(properties.get('Strength')),
      security: securityOf(
        number(properties.get('Flags')),
        number(properties.get('WpaFlags')),
        number(properties.get('RsnFlags')),
      ),
      frequency: number(properties.get('Frequency')),
    };
  }

  /** By SSID in hexadecimal. */
  async #savedNetworks(): Promise<ReadonlyMap<string, SavedNetwork>> {
    const saved = new Map<string, SavedNetwork>();
    const connections = paths(await this.#call(settingsPath, `${service}.Settings`, 'ListConnections').catch(() => []));
    await Promise.all(
      connections.map(async (path) => {
        const network = savedNetwork(
          path,
          await this.#call(path, `${service}.Settings.Connection`, 'GetSettings').catch(() => []),
        );
        if (network !== null) saved.set(hex(network.ssid), network);
      }),
    );
    return saved;
  }

  #publish(networks: readonly WirelessNetwork[] | null): void {
    if (networks === null) {
      this.#known = new Map();
      this.#devices = new Map();
    }
    if (JSON.stringify(networks) === JSON.stringify(this.#networks)) return;
    this.#networks = networks;
    this.#listener(networks);
  }
}
