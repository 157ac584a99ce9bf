import { create } from 'zustand';
import type {
  AdapterView,
  ApiClient,
  ApiFailure,
  ApiPush,
  ApiRequests,
  ApiResult,
  DemoAdapter,
  Diagnosis,
  LogEntry,
  OfferedImport,
  Prompt,
  RoundTripSample,
  Snapshot,
  WirelessNetwork,
} from '../src-main/api/contract';
import { addToHistory, addToRecent, fromColumns, type RoundTripBucket } from '../src-main/api/round-trip-history';
import type { StatusObject } from '../src-core/connection/status';
import type { Profile } from '../src-core/profiles/profile';
import type { Theme } from './theme-name';
import { isDesktopWindow } from './connection';
import { setLanguage } from '../src-text';
import { hashOf, surfaceId, type Surface } from './surfaces';

export { surfaceId, type Surface } from './surfaces';

/** At most this many log entries are kept; the service keeps the rest. */
const logLimit = 100_000;

export interface AppState {
  readonly client: ApiClient | null;
  readonly attached: boolean;
  readonly version: string;
  readonly host: Snapshot['host'];
  readonly language: string;
  readonly profiles: readonly Profile[];
  readonly statuses: Readonly<Record<string, StatusObject>>;
  readonly adapters: readonly AdapterView[];
  readonly demo: readonly DemoAdapter[] | null;
  /** A kill switch is in force that no connection of the list left. */
  readonly strayKillSwitch: boolean;
  readonly prompts: readonly Prompt[];
  readonly log: readonly LogEntry[];
  /** The last ten minutes. */
  readonly roundTrips: Readonly<Record<string, readonly RoundTripSample[]>>;
  /** The last 24 hours, by the minute. */
  readonly roundTripHistory: Readonly<Record<string, readonly RoundTripBucket[]>>;
  /** The last diagnosis of each connection. */
  readonly diagnoses: Readonly<Record<string, Diagnosis>>;
  readonly wireless: readonly WirelessNetwork[] | null;
  readonly offeredImports: readonly OfferedImport[];
  readonly startAtLogin: boolean | null;
  readonly panelOpen: boolean;
  /** Bottom to top. */
  readonly windows: readonly Surface[];
  readonly minimized: readonly string[];
  /** Errors whose dialog was closed, by connection; a new error has another `since`. */
  readonly dismissed: Readonly<Record<string, string>>;
  readonly failure: ApiFailure | null;
  readonly theme: Theme;
}

export const useApp = create<AppState>(() => ({
  client: null,
  attached: false,
  version: '',
  host: 'browser',
  language: 'en',
  profiles: [],
  statuses: {},
  adapters: [],
  demo: null,
  strayKillSwitch: false,
  prompts: [],
  log: [],
  roundTrips: {},
  roundTripHistory: {},
  diagnoses: {},
  wireless: null,
  offeredImports: [],
  startAtLogin: null,
  panelOpen: false,
  windows: [],
  minimized: [],
  dismissed: {},
  failure: null,
  theme: 'system',
}));

const { getState: get, setState: set } = useApp;

const byName = (statuses: readonly StatusObject[]): Record<string, StatusObject> =>
  Object.fromEntries(statuses.map((status) => [status.connection, status]));

function append<T>(list: readonly T[], more: readonly T[], limit: number): readonly T[] {
  const all = [...list, ...more];
  return all.length > limit ? all.slice(all.length - limit) : all;
}

/** Deltas on the snapshot, one case a push. */
export function reduce(state: AppState, push: ApiPush): Partial<AppState> {
  switch (push.type) {
    case 'status':
      return { statuses: { ...state.statuses, [push.status.connection]: push.status } };
    case 'profiles': {
      const names = new Set(push.profiles.map((profile) => profile.name));
      return {
        profiles: push.profiles,
        statuses: byName(push.statuses),
        windows: state.windows.filter(
          (surface) => !('name' in surface) || surface.name === null || names.has(surface.name),
        ),
      };
    }
    case 'adapters':
      return { adapters: push.adapters };
    case 'prompt':
      return { prompts: [...state.prompts.filter((prompt) => prompt.id !== push.prompt.id), push.prompt] };
    case 'prompt-closed':
      return { prompts: state.prompts.filter((prompt) => prompt.id !== push.id) };
    case 'log':
      return { log: append(state.log, push.entries, logLimit) };
    case 'round-trip':
      return {
        roundTrips: {
          ...state.roundTrips,
          [push.connection]: addToRecent(state.roundTrips[push.connection] ?? [], push.sample),
        },
        roundTripHistory: {
          ...state.roundTripHistory,
          [push.connection]: addToHistory(state.roundTripHistory[push.connection] ?? [], push.sample),
        },
      };
    case 'kill-switch':
      return { strayKillSwitch: push.stray };
    case 'demo':
      return { demo: push.adapters };
    case 'diagnosis':
      return { diagnoses: { ...state.diagnoses, [push.diagnosis.connection]: push.diagnosis } };
    case 'wireless':
      return { wireless: push.networks };
    case 'offered-imports':
      return { offeredImports: push.offered };
    case 'start-at-login':
      return { startAtLogin: push.enabled };
  }
}

const languageKey = 'agile-vpn.language';

/** Storage may be refused to a page; then the choice lasts until it is closed. */
function savedLanguage(): string | null {
  try {
    return window.localStorage.getItem(languageKey);
  } catch {
    return null;
  }
}

export function chooseLanguage(language: string): void {
  try {
    window.localStorage.setItem(languageKey, language);
  } catch {
    // Nothing to do: see savedLanguage.
  }
  set({ language: setLanguage(language) });
}

function applySnapshot(snapshot: Snapshot): void {
  const language = setLanguage(savedLanguage() ?? snapshot.language);
  const { statuses, demo, ...rest } = snapshot;
  set({
    attached: true,
    version: rest.version,
    host: rest.host,
    language,
    profiles: rest.profiles,
    statuses: byName(statuses),
    adapters: rest.adapters,
    demo: demo?.adapters ?? null,
    strayKillSwitch: rest.strayKillSwitch === true,
    prompts: rest.prompts,
    log: rest.log,
    roundTrips: rest.roundTrips,
    roundTripHistory: Object.fromEntries(
      Object.entries(rest.roundTripHistory).map(([name, columns]) => [name, fromColumns(columns)]),
    ),
    diagnoses: Object.fromEntries(rest.diagnoses.map((diagnosis) => [diagnosis.connection, diagnosis])),
    wireless: rest.wireless,
    offeredImports: rest.offeredImports,
    startAtLogin: rest.startAtLogin,
  });
}

async function loadSnapshot(client: ApiClient): Promise<void> {
  const result = await client.request('getSnapshot', null);
  if (get().client !== client) return;
  if (result.ok) applySnapshot(result.value);
  else set({ failure: result.failure });
}

/** Boot, and again after the host came back: one snapshot, then deltas. */
export function attach(client: ApiClient): void {
  set({ client });
  client.onPush((push) => {
    if (get().client === client) set((state) => reduce(state, push));
  });
  if (watched.size > 0) void client.request('watchRoundTrips', { names: [...watched] });
  void loadSnapshot(client);
}

export function detach(): void {
  set({ attached: false });
}

const notAttached: ApiFailure = {
  code: 'internal',
  message: 'The Agile VPN service is not there.',
  field: null,
  text: { key: 'failure.no-service', values: {} },
};

const watched = new Set<string>();

/** Says which charts are on the screen: what is not seen is measured seldom. */
export function watchRoundTrips(name: string, shown: boolean): void {
  if (shown) watched.add(name);
  else watched.delete(name);
  void get().client?.request('watchRoundTrips', { names: [...watched] });
}

/** A request whose refusal is shown to the person; the caller sees it as well. */
export async function request<K extends keyof ApiRequests>(
  name: K,
  args: ApiRequests[K]['args'],
): Promise<ApiResult<ApiRequests[K]['result']>> {
  const { client } = get();
  const result = client === null ? { ok: false as const, failure: notAttached } : await client.request(name, args);
  if (!result.ok) set({ failure: result.failure });
  return result;
}

/** Nothing is drawn for a hidden page; when it is seen again it starts from a fresh snapshot. */
export function setVisible(visible: boolean): void {
  const { client, attached } = get();
  if (client === null || !attached) return;
  void client.request('setVisible', { visible });
  if (visible) void loadSnapshot(client);
}

/** The main process opens a window for it, or brings the one it has to the front. */
function openWindow(surface: Surface): void {
  window.open(hashOf(surface), '_blank', 'noopener');
}

export const actions = {
  togglePanel: (open?: boolean): void => set((state) => ({ panelOpen: open ?? !state.panelOpen })),
  open: (surface: Surface): void => {
    if (isDesktopWindow()) {
      openWindow(surface);
      set({ panelOpen: false });
      return;
    }
    set((state) => ({
      windows: [...state.windows.filter((other) => surfaceId(other) !== surfaceId(surface)), surface],
      minimized: state.minimized.filter((id) => id !== surfaceId(surface)),
      panelOpen: false,
    }));
  },
  close: (id: string): void =>
    set((state) => ({ windows: state.windows.filter((surface) => surfaceId(surface) !== id) })),
  minimize: (id: string): void =>
    set((state) => ({ minimized: [...state.minimized.filter((other) => other !== id), id] })),
  restore: (id: string): void => set((state) => ({ minimized: state.minimized.filter((other) => other !== id) })),
  minimizeAll: (): void => set((state) => ({ minimized: state.windows.map(surfaceId), panelOpen: false })),
  connect: (name: string): void => {
    set((state) => ({
      panelOpen: false,
      dismissed: { ...state.dismissed, [name]: state.statuses[name]?.since ?? '' },
    }));
    void request('connect', { name });
  },
  disconnect: (name: string): void => void request('disconnect', { name }),
  /** The error of a connection has been read; what was to be dialled again is not. */
  dismiss: (name: string): void => {
    set((state) => ({ dismissed: { ...state.dismissed, [name]: state.statuses[name]?.since ?? '' } }));
    if ((useApp.getState().statuses[name]?.redial ?? null) !== null) void request('cancelRedial', { name });
  },
  clearFailure: (): void => set({ failure: null }),
};
