import { noEapSettings, type WindowsEapSettings } from './eap-settings';

/**
 * CustomAuthData of a phone book: "1DBC", the EAP type, a length, and what Windows keeps for the method (MS-GPWL
 * 2.2.3.1). Numbers are of 32 bits, the least octet first. Lengths of inner structures are not relied on: real entries
 * have them with and without padding.
 */

const magic = [0x31, 0x44, 0x42, 0x43];
const sha1Octets = 20;
const mostRoots = 64;

/** MS-GPWL 2.2.3.1.1 and 2.2.3.1.2.1 have these at the same bits. */
const tlsFlags = { registry: 0x01, noCertificateCheck: 0x02, noNameCheck: 0x04 } as const;
/** MS-GPWL 2.2.3.1.2. */
const peapFlags = { fastReconnect: 0x01, cryptobinding: 0x04, identityPrivacy: 0x10 } as const;

/** As far as it can be read. null: it is none, or not of the type that the phone book says. */
export function readCustomAuthData(octets: Uint8Array): WindowsEapSettings | null {
  if (octets.length < 12 || magic.some((octet, at) => octets[at] !== octet)) return null;
  const data = new Octets(octets.subarray(4));
  const type = data.number() ?? 0;
  data.number();
  const settings = { ...noEapSettings, type };
  switch (type) {
    case 13:
      return readTls(settings, data);
    case 25:
      return readPeap(settings, data);
    case 26:
      return readMschapv2(settings, data);
    default:
      return settings;
  }
}

/** Reads forward; null from the first value on that is not there. */
class Octets {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  number(): number | null {
    const [a, b, c, d] = this.bytes(4) ?? [];
    return a === undefined ? null : (a | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0;
  }

  get position(): number {
    return this.#at;
  }

  /** A reader of its own from `position` on, for a look at what comes. */
  from(position: number): Octets {
    return new Octets(this.#octets.subarray(position));
  }

  bytes(count: number): Uint8Array | null {
    if (this.#at + count > this.#octets.length) {
      this.#at = this.#octets.length;
      return null;
    }
    this.#at += count;
    return this.#octets.subarray(this.#at - count, this.#at);
  }

  /** UTF-16LE up to a NUL. */
  text(): string | null {
    for (let end = this.#at; end + 1 < this.#octets.length; end += 2) {
      if (this.#octets[end] !== 0 || this.#octets[end + 1] !== 0) continue;
      const text = this.#octets.subarray(this.#at, end);
      this.#at = end + 2;
      return new TextDecoder('utf-16le').decode(text);
    }
    this.#at = this.#octets.length;
    return null;
  }
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** "14 00 00 00" and 20 octets; null: none is there. An empty one has length 0 and its octets are 0. */
function readHash(data: Octets): string | null {
  const length = data.number();
  const octets = data.bytes(sha1Octets);
  return length === sha1Octets && octets !== null ? hex(octets) : null;
}

function validation(flags: number): Pick<WindowsEapSettings, 'validatesCertificate' | 'validatesName'> {
  return {
    validatesCertificate: (flags & tlsFlags.noCertificateCheck) === 0,
    validatesName: (flags & tlsFlags.noNameCheck) === 0,
  };
}

/** EAPTLS_CONN_PROPERTIES: first root, names, further roots. */
function readTls(settings: WindowsEapSettings, data: Octets): WindowsEapSettings {
  data.bytes(8);
  const flags = data.number();
  if (flags === null) return settings;
  const first = readHash(data);
  const serverNames = data.text();
  const roots = first === null ? [] : [first];
  // Behind the number stand the others, or only the first again.
  const further = Math.min(data.number() ?? 0, mostRoots);
  for (let i = 0; i < further && data.from(data.position).number() === sha1Octets; i++) {
    const root = readHash(data);
    if (root !== null) roots.push(root);
  }
  return {
    ...settings,
    ...validation(flags),
    serverNames: serverNames === '' ? null : serverNames,
    roots: [...new Set(roots)],
    smartCard: (flags & tlsFlags.registry) === 0,
  };
}

/** PEAP_CONN_PROP with the properties of the TLS channel and of the inner method. */
function readPeap(settings: WindowsEapSettings, data: Octets): WindowsEapSettings {
  data.bytes(8);
  const [methods, flags, channel] = [data.number(), data.number(), data.position];
  data.number();
  const [size, tls, count] = [data.number(), data.number(), data.number()];
  if (methods === null || flags === null || size === null || tls === null || count === null) return settings;
  const roots: string[] = [];
  for (let i = 0; i < Math.min(count, mostRoots); i++) {
    const root = readHash(data);
    if (root !== null) roots.push(root);
  }
  const serverNames = count > mostRoots ? null : data.text();
  const outer: WindowsEapSettings = {
    ...settings,
    ...validation(tls),
    serverNames: serverNames === '' ? null : serverNames,
    roots: [...new Set(roots)],
    fastReconnect: (flags & peapFlags.fastReconnect) !== 0,
    requireCryptobinding: (flags & peapFlags.cryptobinding) !== 0,
  };
  if (methods === 0) return outer;
  const inner = innerMethod(data.from(data.position)) ?? innerMethod(data.from(channel + size));
  if (inner === null) return outer;
  const { type: innerType, data: rest } = inner;
  if (innerType !== 26)
    return { ...outer, innerType, smartCard: innerType === 13 && readTls(settings, rest).smartCard };
  const { windowsLogon } = readMschapv2(settings, rest);
  const anonymousIdentity = (flags & peapFlags.identityPrivacy) === 0 ? null : rest.text();
  return { ...outer, innerType, windowsLogon, anonymousIdentity };
}

/** Version, size and type, then the data of the method; null where these cannot be it. */
function innerMethod(data: Octets): { readonly type: number; readonly data: Octets } | null {
  const [version, size, type] = [data.number(), data.number(), data.number()];
  const fits = version === 1 && size !== null && type !== null && type > 0 && type < 256;
  return fits ? { type, data } : null;
}

/** A version and flags, of which one says that the Windows logon's password is taken. */
function readMschapv2(settings: WindowsEapSettings, data: Octets): WindowsEapSettings {
  data.number();
  return { ...settings, windowsLogon: ((data.number() ?? 0) & 1) !== 0 };
}
