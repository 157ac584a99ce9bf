import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dbus from '@homebridge/dbus-native';

/** A private bus daemon with nobody on it. */
export class PrivateBus {
  readonly address: string;
  readonly #directory: string;
  readonly #daemon: ChildProcess;

  private constructor(address: string, directory: string, daemon: ChildProcess) {
    this.address = address;
    this.#directory = directory;
    this.#daemon = daemon;
  }

  static async start(): Promise<PrivateBus> {
    const directory = mkdtempSync(join(tmpdir(), 'agile-vpn-bus-'));
    const config = join(directory, 'bus.conf');
    writeFileSync(
      config,
      `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${directory}/socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    );
    const daemon = spawn('dbus-daemon', ['--config-file', config, '--nofork', '--print-address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const address = await new Promise<string>((resolve, reject) => {
      daemon.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
      daemon.once('exit', () => reject(new Error('dbus-daemon ended')));
      daemon.once('error', reject);
    });
    return new PrivateBus(address, directory, daemon);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#daemon.once('exit', resolve));
    if (this.#daemon.exitCode === null) {
      this.#daemon.kill();
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

type Variant = readonly [signature: string, value: unknown];
type Properties = Readonly<Record<string, Variant>>;
interface Message {
  readonly type: number;
  readonly serial: number;
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body?: readonly unknown[];
}
/** A connection below the library's bus, which answers every call of an unknown object with an error. */
interface RawConnection {
  on(event: 'message', listener: (message: Message & { readonly replySerial?: number }) => void): void;
  message(message: object): void;
  readonly stream: { end(): void };
}

export interface FakeAccessPoint {
  readonly path: string;
  readonly ssid: Uint8Array;
  readonly strength: number;
  readonly flags?: number;
  readonly wpa?: number;
  readonly rsn?: number;
}

const service = 'org.freedesktop.NetworkManager';
const root = '/org/freedesktop/NetworkManager';

/** What NetworkManager answers to what the app asks; calls that change something are recorded. */
export class FakeNetworkManager {
  accessPoints: readonly FakeAccessPoint[] = [];
  /** Path of the access point in use, "/" for none. */
  active = '/';
  state = 30;
  hasWifi = true;
  saved: Readonly<Record<string, Uint8Array>> = {};
  /** Further settings of saved connections: sections of entries of variants, as they are sent. */
  settings: Readonly<
    Record<
      string,
      readonly (readonly [section: string, entries: readonly (readonly [key: string, value: Variant])[]])[]
    >
  > = {};
  /** What was sent to Update and AddAndActivateConnection, as the library reads it. */
  readonly sent: unknown[] = [];
  readonly calls: string[] = [];
  refuse: string | null = null;
  readonly #connection: RawConnection;
  readonly #waiting = new Map<number, () => void>();
  #serial = 1;

  private constructor(connection: RawConnection) {
    this.#connection = connection;
    connection.on('message', (message) => {
      if (message.type === 1) this.#answer(message);
      else if (message.replySerial !== undefined) this.#waiting.get(message.replySerial)?.();
    });
  }

  static async start(address: string): Promise<FakeNetworkManager> {
    const fake = new FakeNetworkManager(
      (dbus as unknown as { createConnection(options: { busAddress: string }): RawConnection }).createConnection({
        busAddress: address,
      }),
    );
    await fake.#ask({ member: 'Hello' });
    await fake.#ask({ member: 'RequestName', signature: 'su', body: [service, 0] });
    return fake;
  }

  #ask(message: object): Promise<void> {
    const serial = this.#serial++;
    return new Promise((resolve) => {
      this.#waiting.set(serial, resolve);
      this.#connection.message({
        type: 1,
        serial,
        path: '/org/freedesktop/DBus',
        destination: 'org.freedesktop.DBus',
        interface: 'org.freedesktop.DBus',
        ...message,
      });
    });
  }

  changed(): void {
    this.#connection.message({
      type: 4,
      serial: this.#serial++,
      path: `${root}/Devices/2`,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'PropertiesChanged',
      signature: 'sa{sv}as',
      body: [`${service}.Device.Wireless`, [], []],
    });
  }

  stop(): void {
    this.#connection.stream.end();
  }

  #reply(message: Message, signature: string, body: readonly unknown[]): void {
    this.#connection.message({
      type: 2,
      serial: this.#serial++,
      replySerial: message.serial,
      destination: message.sender,
      ...(signature === '' ? {} : { signature, body }),
    });
  }

  #fail(message: Message, errorName: string): void {
    this.#connection.message({
      type: 3,
      serial: this.#serial++,
      replySerial: message.serial,
      destination: message.sender,
      errorName,
      signature: 's',
      body: ['no'],
    });
  }

  #answer(message: Message): void {
    const { path, member, body = [] } = message;
    switch (member) {
      case 'GetDevices':
        return this.#reply(message, 'ao', [[`${root}/Devices/1`, ...(this.hasWifi ? [`${root}/Devices/2`] : [])]]);
      case 'GetAllAccessPoints':
        return this.#reply(message, 'ao', [this.accessPoints.map((point) => point.path)]);
      case 'ListConnections':
        return this.#reply(message, 'ao', [Object.keys(this.saved)]);
      case 'GetSettings':
        return this.#reply(message, 'a{sa{sv}}', [
          [
            ...(this.settings[path] ?? []),
            ['802-11-wireless', [['ssid', ['ay', Buffer.from(this.saved[path] ?? [])]]]],
          ],
        ]);
      case 'GetAll': {
        const properties = this.#properties(path, String(body[0]));
        return properties === null
          ? this.#fail(message, 'org.freedesktop.DBus.Error.UnknownObject')
          : this.#reply(message, 'a{sv}', [Object.entries(properties)]);
      }
      case 'RequestScan':
      case 'Disconnect':
      case 'Update':
      case 'ActivateConnection':
      case 'AddAndActivateConnection': {
        if (member === 'Update' || member === 'AddAndActivateConnection') this.sent.push(body[0]);
        this.calls.push(
          `${member} ${member === 'Disconnect' || member === 'Update' ? path : body.filter((each) => typeof each === 'string').join(' ')}`.trim(),
        );
        if (this.refuse !== null) return this.#fail(message, this.refuse);
        const results: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
          ActivateConnection: ['o', [`${root}/ActiveConnection/1`]],
          AddAndActivateConnection: ['oo', [`${root}/Settings/9`, `${root}/ActiveConnection/1`]],
        };
        return this.#reply(message, ...(results[member] ?? ['', []]));
      }
      default:
        return this.#fail(message, 'org.freedesktop.DBus.Error.UnknownMethod');
    }
  }

  #properties(path: string, face: string): Properties | null {
    if (face === `${service}.Device`)
      return path.endsWith('/1')
        ? { DeviceType: ['u', 1], Interface: ['s', 'eth0'], State: ['u', 100] }
        : { DeviceType: ['u', 2], Interface: ['s', 'wlan0'], State: ['u', this.state] };
    if (face === `${service}.Device.Wireless`) return { ActiveAccessPoint: ['o', this.active] };
    const point = this.accessPoints.find((each) => each.path === path);
    if (point === undefined) return null;
    return {
      Ssid: ['ay', Buffer.from(point.ssid)],
      Strength: ['y', point.strength],
      Flags: ['u', point.flags ?? 0],
      WpaFlags: ['u', point.wpa ?? 0],
      RsnFlags: ['u', point.rsn ?? 0],
      Frequency: ['u', 2437],
    };
  }
}
