import { internetPath } from '../../src-core/mobility/internet-paths';
import type { Adapters } from '../../src-core/ports/adapters';
import type { AdapterView } from '../api/contract';

/** The adapters as a person is shown them: those a tunnel can run on. */
export function adapterViews(adapters: Adapters): readonly AdapterView[] {
  return adapters
    .snapshot()
    .filter((adapter) => adapter.kind !== 'loopback')
    .map((adapter) => ({
      name: adapter.name,
      label: adapter.label,
      kind: adapter.kind,
      connected:
        adapter.up &&
        adapter.carrier &&
        adapter.addresses.some((address) => address.usable && address.scope === 'global'),
      addresses: adapter.addresses.filter((address) => address.scope !== 'link').map((address) => address.address),
      signal: null,
      network: null,
      internet: internetPath(adapters, adapter) !== null,
    }));
}
