import { utf8Encode } from '../bytes';

/**
 * pcapng (draft-ietf-opsawg-pcapng), as far as a capture of ours needs it: one section, interfaces of raw IP packets,
 * one block a packet.
 */

const block = { section: 0x0a0d0d0a, interface: 1, packet: 6, statistics: 5 } as const;
const byteOrderMagic = 0x1a2b3c4d;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const linkTypeRaw = 101;
const option = {
  end: 0,
  comment: 1,
  interfaceName: 2,
  interfaceDescription: 3,
  timestampResolution: 9,
  userApplication: 4,
  flags: 2,
  droppedByInterface: 5,
} as const;
const microseconds = 6;

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

const padded = (length: number): number => (length + 3) & ~3;

function encodeOptions(options: readonly Option[]): Uint8Array {
  if (options.length === 0) return new Uint8Array(0);
  const result = new Uint8Array(options.reduce((sum, { value }) => sum + 4 + padded(value.length), 4));
  const view = new DataView(result.buffer);
  let at = 0;
  for (const { code, value } of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    result.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  return result;
}

function encodeBlock(type: number, fixed: Uint8Array, data: Uint8Array, options: readonly Option[]): Uint8Array {
  const trailing = encodeOptions(options);
  const length = 12 + fixed.length + padded(data.length) + trailing.length;
  const result = new Uint8Array(length);
  const view = new DataView(result.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  result.set(fixed, 8);
  result.set(data, 8 + fixed.length);
  result.set(trailing, 8 + fixed.length + padded(data.length));
  view.setUint32(length - 4, length, true);
  return result;
}

const nothing = new Uint8Array(0);

function uint32s(...values: readonly number[]): Uint8Array {
  const result = new Uint8Array(values.length * 4);
  const view = new DataView(result.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return result;
}

/** Begins a file. `application` names who wrote it. */
export function sectionHeader(application: string): Uint8Array {
  const fixed = new Uint8Array(16);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, byteOrderMagic, true);
  view.setUint16(4, 1, true);
  // The length of the section is not known: all ones.
  view.setBigInt64(8, -1n, true);
  return encodeBlock(block.section, fixed, nothing, [{ code: option.userApplication, value: utf8Encode(application) }]);
}

/** Interfaces are numbered in the order of their descriptions, from 0. */
export function interfaceDescription(name: string, description: string): Uint8Array {
  const fixed = new Uint8Array(8);
  new DataView(fixed.buffer).setUint16(0, linkTypeRaw, true);
  return encodeBlock(block.interface, fixed, nothing, [
    { code: option.interfaceName, value: utf8Encode(name) },
    { code: option.interfaceDescription, value: utf8Encode(description) },
    { code: option.timestampResolution, value: Uint8Array.of(microseconds) },
  ]);
}

function timestamp(wallMs: number): readonly [number, number] {
  const time = BigInt(Math.round(wallMs * 1000));
  return [Number(time >> 32n), Number(time & 0xffff_ffffn)];
}

/** One packet. `wallMs`: milliseconds since the epoch, fractional. */
export function enhancedPacket(
  interfaceId: number,
  wallMs: number,
  direction: 'sent' | 'received',
  packet: Uint8Array,
): Uint8Array {
  const [high, low] = timestamp(wallMs);
  return encodeBlock(block.packet, uint32s(interfaceId, high, low, packet.length, packet.length), packet, [
    { code: option.flags, value: uint32s(direction === 'received' ? 1 : 2) },
  ]);
}

/** How many packets an interface lost; at the end of a file. */
export function interfaceStatistics(interfaceId: number, wallMs: number, dropped: number): Uint8Array {
  const [high, low] = timestamp(wallMs);
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, BigInt(dropped), true);
  return encodeBlock(block.statistics, uint32s(interfaceId, high, low), nothing, [
    { code: option.droppedByInterface, value },
  ]);
}
