import type { Adapter, AdapterAddress, AdapterKind, Adapters } from '../ports/adapters';

/** Why a path cannot carry the tunnel now. `null` in a candidate: it can. */
export type UnusableReason =
  | 'adapter-down'
  | 'no-carrier'
  | 'no-address'
  | 'address-not-ready'
  | 'link-local-only'
  | 'no-route'
  | 'socket-opening'
  | 'socket-failed'
  | 'gateway-withdrew-address'
  /** It would work, but the profile does not let the connection move. */
  | 'mobility-off';

/** One (adapter, origin address, gateway address) pair and what is known about it before anything is sent. */
export interface PathCandidate {
  /** Stable name of the pair: "eth0 10.10.0.2 > 10.10.0.1". */
  readonly id: string;
  readonly adapter: string;
  readonly adapterIndex: number;
  readonly label: string;
  /** Origin address; empty where the adapter has none to offer. */
  readonly source: string;
  /** Gateway address. */
  readonly destination: string;
  readonly family: 4 | 6;
  /** 0 is the most wanted adapter. Only a strictly smaller number is worth a planned move. */
  readonly preference: number;
  /** Outer MTU in octets: that of the route where the kernel knows it, otherwise that of the adapter. */
  readonly mtu: number;
  readonly usable: boolean;
  readonly reason: UnusableReason | null;
}

/** The pair in use, as far as it influences the choice. */
export interface CurrentPair {
  readonly adapter: string;
  readonly source: string;
  readonly destination: string;
}

export interface CandidateQuestion {
  readonly adapters: readonly Adapter[];
  readonly lookupRoute: Adapters['lookupRoute'];
  /** Addresses the gateway can be reached at, most wanted first (M-5, M-9). */
  readonly gatewayAddresses: readonly string[];
  /** Kernel names or labels, most wanted first (profile `mobility.adapterOrder`). */
  readonly adapterOrder: readonly string[];
  readonly current: CurrentPair | null;
}

/** Wired before wireless before metered, where the profile states no order. */
const kindPreference: Readonly<Record<AdapterKind, number>> = {
  ethernet: 0,
  other: 0,
  wifi: 1,
  mobile: 2,
  virtual: 3,
  loopback: 9,
};

export function addressFamily(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

export function pathId(adapter: string, source: string, destination: string): string {
  return `${adapter} ${source || '-'} > ${destination}`;
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

/** Position in the profile's order by kernel name or label; without an order by kind. */
export function adapterPreference(adapter: Adapter, order: readonly string[]): number {
  if (order.length === 0) return kindPreference[adapter.kind];
  const wanted = order.findIndex(
    (entry) => entry === adapter.name || entry.toLowerCase() === adapter.label.toLowerCase(),
  );
  return wanted >= 0 ? wanted : order.length + kindPreference[adapter.kind];
}

interface SourceChoice {
  readonly source: string;
  readonly mtu: number | null;
  readonly reason: UnusableReason | null;
}

/**
 * The origin address on this adapter for this destination. The kernel's own answer is the truth; it is overruled in two
 * cases only:
 * the address already in use stays while it works (no needless update), and a permanent IPv6 address is taken
 * before a temporary one, which would go away under us.
 */
function chooseSource(question: CandidateQuestion, adapter: Adapter, destination: string): SourceChoice {
  const family = addressFamily(destination);
  const ofFamily = adapter.addresses.filter((address) => address.family === family);
  if (ofFamily.length === 0) return { source: '', mtu: null, reason: 'no-address' };
  const ready = ofFamily.filter((address) => address.usable);
  if (ready.length === 0) return { source: ofFamily[0]!.address, mtu: null, reason: 'address-not-ready' };
  const routable = ready.filter((address) => address.scope !== 'link' || isLinkLocal(destination));
  if (routable.length === 0) return { source: ready[0]!.address, mtu: null, reason: 'link-local-only' };

  const reach = (source?: string) => {
    const answer = question.lookupRoute(
      source === undefined ? { destination, adapter: adapter.name } : { destination, adapter: adapter.name, source },
    );
    return answer !== null && answer.adapter === adapter.name ? answer : null;
  };
  const { current } = question;
  if (
    current !== null &&
    current.adapter === adapter.name &&
    routable.some((address) => address.address === current.source)
  ) {
    const answer = reach(current.source);
    if (answer !== null) return { source: current.source, mtu: answer.mtu, reason: null };
  }
  const kernelChoice = reach();
  if (kernelChoice === null) return { source: routable[0]!.address, mtu: null, reason: 'no-route' };
  const known = (address: string): AdapterAddress | undefined => routable.find((entry) => entry.address === address);
  const chosen = known(kernelChoice.source);
  if (chosen !== undefined && !chosen.temporary) return { source: chosen.address, mtu: kernelChoice.mtu, reason: null };
  for (const address of routable) {
    if (address.temporary || address.address === chosen?.address) continue;
    const answer = reach(address.address);
    if (answer !== null) return { source: address.address, mtu: answer.mtu, reason: null };
  }
  // A preferred source of another adapter (a weak host model answer) cannot be used on a bound socket.
  return chosen === undefined
    ? { source: routable[0]!.address, mtu: null, reason: 'no-route' }
    : { source: chosen.address, mtu: kernelChoice.mtu, reason: null };
}

function candidate(question: CandidateQuestion, adapter: Adapter, destination: string): PathCandidate {
  const common = {
    adapter: adapter.name,
    adapterIndex: adapter.index,
    label: adapter.label,
    destination,
    family: addressFamily(destination),
    preference: adapterPreference(adapter, question.adapterOrder),
  };
  const family = common.family;
  const shown =
    adapter.addresses.find((address) => address.family === family && address.scope === 'global')?.address ?? '';
  const broken = (reason: UnusableReason, source: string): PathCandidate => ({
    ...common,
    id: pathId(adapter.name, source, destination),
    source,
    mtu: adapter.mtu,
    usable: false,
    reason,
  });
  // A pulled cable leaves address and routes in place, so the kernel would still answer: carrier is asked first.
  if (!adapter.up) return broken('adapter-down', shown);
  if (!adapter.carrier) return broken('no-carrier', shown);
  const choice = chooseSource(question, adapter, destination);
  if (choice.reason !== null) return broken(choice.reason, choice.source);
  return {
    ...common,
    id: pathId(adapter.name, choice.source, destination),
    source: choice.source,
    mtu: choice.mtu ?? adapter.mtu,
    usable: true,
    reason: null,
  };
}

/**
 * Every (adapter, gateway address) pair in order of preference, usable ones first: adapter order of the profile, then
 * the family in use (M-5),
 * then the order of the gateway addresses, then the adapter that the kernel itself would take.
 */
export function findPathCandidates(question: CandidateQuestion): readonly PathCandidate[] {
  const candidates: PathCandidate[] = [];
  for (const adapter of question.adapters) {
    for (const destination of question.gatewayAddresses) {
      if (adapter.kind === 'loopback' && !isLoopbackAddress(destination)) continue;
      candidates.push(candidate(question, adapter, destination));
    }
  }
  const kernelAdapter = new Map(
    question.gatewayAddresses.map((destination) => [
      destination,
      question.lookupRoute({ destination })?.adapter ?? null,
    ]),
  );
  const family = question.current === null ? null : addressFamily(question.current.destination);
  const rank = (entry: PathCandidate): readonly number[] => [
    entry.usable ? 0 : 1,
    entry.preference,
    family === null || entry.family === family ? 0 : 1,
    entry.destination === question.current?.destination ? -1 : question.gatewayAddresses.indexOf(entry.destination),
    kernelAdapter.get(entry.destination) === entry.adapter ? 0 : 1,
    entry.adapterIndex,
  ];
  return candidates
    .map((entry) => ({ entry, rank: rank(entry) }))
    .sort((left, right) => {
      for (let position = 0; position < left.rank.length; position++) {
        const difference = left.rank[position]! - right.rank[position]!;
        if (difference !== 0) return difference;
      }
      return left.entry.id < right.entry.id ? -1 : 1;
    })
    .map(({ entry }) => entry);
}

/** Plain words for the Mobility tab. */
export function unusableText(reason: UnusableReason): string {
  switch (reason) {
    case 'adapter-down':
      return 'adapter is off';
    case 'no-carrier':
      return 'no carrier';
    case 'no-address':
      return 'no address';
    case 'address-not-ready':
      return 'address not ready';
    case 'link-local-only':
      return 'link-local address only';
    case 'no-route':
      return 'no route to the server';
    case 'socket-opening':
      return 'getting ready';
    case 'socket-failed':
      return 'no socket could be opened';
    case 'gateway-withdrew-address':
      return 'the server withdrew this address';
    case 'mobility-off':
      return 'mobility is turned off';
  }
}
