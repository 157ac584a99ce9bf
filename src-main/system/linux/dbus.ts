import dbus from '@homebridge/dbus-native';

/**
 * The little of D-Bus that is used here: calls, properties, signals. Everything that comes back is unknown until it was
 * looked at.
 */
export interface Bus {
  /** Rejects with the error's D-Bus name, after `limitMs` with "timeout". */
  call(call: {
    readonly destination: string;
    readonly path: string;
    readonly interface: string;
    readonly member: string;
    readonly signature?: string;
    readonly body?: readonly unknown[];
  }): Promise<unknown>;
  /** Signals of the rule arrive at `onSignal`. */
  match(rule: string): Promise<void>;
  onSignal(
    listener: (signal: {
      readonly path: string;
      readonly interface: string;
      readonly member: string;
      readonly body: readonly unknown[];
    }) => void,
  ): void;
  /** Called once when the bus is gone. */
  onEnd(listener: () => void): void;
  close(): void;
}

const limitMs = 5_000;
const signalType = 4;

interface RawMessage {
  readonly type?: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly body?: readonly unknown[];
}

/** Throws when there is no such bus; a bus that refuses ends at once. */
export function openBus(address: string): Bus {
  // The package's types lack what takes an address; it is there (index.js).
  const client = (
    dbus as unknown as { createClient(options: { busAddress: string }): ReturnType<typeof dbus.systemBus> }
  ).createClient({ busAddress: address });
  let ended = false;
  let onEnd: () => void = () => undefined;
  let onSignal: (signal: { path: string; interface: string; member: string; body: readonly unknown[] }) => void = () =>
    undefined;
  const end = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  client.connection.on('error', end);
  client.connection.on('end', end);
  client.connection.on('message', (message: RawMessage) => {
    if (
      message.type === signalType &&
      message.path !== undefined &&
      message.interface !== undefined &&
      message.member !== undefined
    )
      onSignal({ path: message.path, interface: message.interface, member: message.member, body: message.body ?? [] });
  });
  const call: Bus['call'] = (wanted) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new Error('the bus is gone'));
      const timer = setTimeout(() => reject(new Error('timeout')), limitMs);
      timer.unref();
      client.invoke(wanted, (error: unknown, value: unknown) => {
        clearTimeout(timer);
        if (error === null || error === undefined) resolve(value);
        else
          reject(
            new Error(
              typeof (error as { name?: unknown }).name === 'string' ? (error as { name: string }).name : 'error',
            ),
          );
      });
    });
  return {
    call,
    match: async (rule) => {
      await call({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member: 'AddMatch',
        signature: 's',
        body: [rule],
      });
    },
    onSignal: (listener) => {
      onSignal = listener;
    },
    onEnd: (listener) => {
      onEnd = listener;
      if (ended) listener();
    },
    close: () => {
      ended = true;
      client.connection.stream.end();
      client.connection.stream.unref();
    },
  };
}

/**
 * A dictionary of variants, "a{sv}", as the library hands it over: pairs of name and [signature, [value]]. Names are
 * own keys only.
 */
export function readVariants(value: unknown): ReadonlyMap<string, unknown> {
  const result = new Map<string, unknown>();
  for (const entry of Array.isArray(value) ? (value as readonly unknown[]) : []) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Array.isArray(entry[1])) continue;
    const inner: unknown = entry[1][1];
    result.set(entry[0], Array.isArray(inner) ? inner[0] : undefined);
  }
  return result;
}
