import { ProfileStore } from '../../src-core/profiles';
import packageFile from '../../package.json';
import { createLinuxSystem } from '../system/linux';
import { NodeDatagrams } from '../system/linux/datagrams-dgram';
import { startControlServer, type ControlServer } from './control-server';
import { startDemo } from './demo';
import { findDirectories, type Directories } from './directories';
import type { Person } from './person';
import { createProfileFiles } from './profile-files';
import type { LoginItem } from './login-item';
import type { SecretStore } from './secret-store';
import { createSystemEnvironment } from './system-environment';
import { VpnService } from './vpn-service';
import type { Wireless } from './wireless';

export interface HostOptions {
  readonly host: 'electron' | 'browser';
  /** Where saved secrets go; given the folder for them, and who is told what is wrong with it. */
  readonly createSecretStore: (directories: Directories, onProblem: (problem: string) => void) => SecretStore;
  /** `auto`: when no connection is saved yet. */
  readonly demo: 'auto' | 'on' | 'off';
  readonly language?: string;
  readonly askPerson?: Person;
  readonly loginItem?: LoginItem;
  /** For hosts with a user interface. */
  readonly wireless?: Wireless;
  readonly env?: NodeJS.ProcessEnv;
  /** Unexpected errors that stop nothing, for the host's diagnostics. */
  readonly onProblem?: (problem: string) => void;
}

export interface RunningService {
  readonly service: VpnService;
  readonly directories: Directories;
  /** Ends connections, demo and control socket. Idempotent. */
  close(): Promise<void>;
}

export const version: string = packageFile.version;

/**
 * Puts a service together for a host: the ports of this system, the store of this user, the demo, the control socket.
 */
export async function createService(options: HostOptions): Promise<RunningService> {
  const directories = findDirectories(options.env);
  const system = createLinuxSystem();
  const profiles = new ProfileStore(createProfileFiles(directories.profiles));
  await profiles.load();
  const problems = profiles.unreadable.map(({ problem }) => problem);
  const secretStore = options.createSecretStore(directories, (problem) => problems.push(problem));
  const wantsDemo = options.demo === 'on' || (options.demo === 'auto' && profiles.profiles.length === 0);
  const demoSystem = { clock: system.clock, random: system.random, datagrams: new NodeDatagrams() };
  const demo = wantsDemo ? await startDemo(demoSystem, { log: () => undefined }) : null;
  const service = new VpnService({
    version,
    host: options.host,
    language: options.language ?? 'en',
    clock: system.clock,
    profiles,
    secretStore,
    system: createSystemEnvironment(system),
    demo,
    ...(options.askPerson === undefined ? {} : { askPerson: options.askPerson }),
    ...(options.loginItem === undefined ? {} : { loginItem: options.loginItem }),
    ...(options.wireless === undefined ? {} : { wireless: options.wireless }),
  });
  for (const problem of problems) {
    options.onProblem?.(problem);
    service.note(problem);
  }
  let control: ControlServer | null = null;
  try {
    control = await startControlServer(service, directories.runtime);
  } catch (error) {
    options.onProblem?.(
      `Other commands cannot reach this one: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  let closing: Promise<void> | null = null;
  return {
    service,
    directories,
    close: () =>
      (closing ??= (async (): Promise<void> => {
        await service.close();
        await control?.close();
      })()),
  };
}
