import { expect, it } from 'vitest';
import type { TrafficSelector } from '../ports/data-path';
import { isBehindTunnel } from './behind-tunnel';

const selector = (family: 4 | 6, startAddress: string, endAddress: string): TrafficSelector => ({
  family,
  protocol: 0,
  startPort: 0,
  endPort: 65535,
  startAddress,
  endAddress,
});
const inside = [selector(4, '10.99.0.0', '10.99.0.255'), selector(6, 'fd99::', 'fd99::ffff')];

it.each([
  ['the inside address', inside, '10.99.0.1', true],
  ['the inside address of the other family', inside, 'fd99::1', true],
  ['another outside address', inside, '10.10.0.9', false],
  ['everything is behind the tunnel', [selector(4, '0.0.0.0', '255.255.255.255')], '10.10.0.9', false],
  ['a network that holds the address in use too', [selector(4, '10.0.0.0', '10.255.255.255')], '10.99.0.1', false],
] as const)('%s', (_, selectors, address, behind) => {
  expect(isBehindTunnel(selectors, address, '10.10.0.1')).toBe(behind);
});
