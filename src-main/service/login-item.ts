import { existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { writeAtomically } from './atomic-file';
import { onFile } from './file-problem';
import { readSmallFile } from './small-file';

/** Whether the program is started when this person signs in to the desktop. */
export interface LoginItem {
  readonly enabled: boolean;
  /** Throws ApiError naming the file. */
  set(enabled: boolean): void;
}

/** What a start at login is told: no window opens by itself. */
export const backgroundSwitch = '--background';

/**
 * One argument of an Exec line (Desktop Entry Specification 1.5, "The Exec key"): quoted, with what the quotes keep
 * special escaped twice.
 */
function execArgument(text: string): string {
  if (/[\n\r\0]/.test(text)) throw new RangeError('a path with a line end cannot be started at login');
  const quoted = `"${text.replaceAll(/["`$\\]/g, '\\$&')}"`;
  return quoted.replaceAll('\\', '\\\\').replaceAll('%', '%%');
}

export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Agile VPN',
    'Comment=IKEv2 VPN that survives the loss of a network adapter',
    `Exec=${[...command, backgroundSwitch].map(execArgument).join(' ')}`,
    'Icon=agile-vpn',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/** null: there is no entry that a desktop could read. */
function readEntry(path: string): string | null {
  try {
    return Buffer.from(readSmallFile(path)).toString('utf8');
  } catch {
    return null;
  }
}

/**
 * A file in the autostart folder (Desktop Application Autostart Specification 0.5). `command`: program and arguments,
 * absolute.
 */
export function createAutostartFile(command: readonly string[], env: NodeJS.ProcessEnv = process.env): LoginItem {
  const config = env['XDG_CONFIG_HOME'];
  const home = env['HOME'] ?? homedir();
  const path = join(
    config !== undefined && isAbsolute(config) ? config : join(home, '.config'),
    'autostart',
    'agile-vpn.desktop',
  );
  return {
    get enabled() {
      // A desktop's own settings switch an entry off by one of these keys.
      const entry = readEntry(path);
      return entry !== null && !/^(Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(entry);
    },
    set: (enabled) => {
      if (enabled) {
        onFile(dirname(path), () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }));
        writeAtomically(path, autostartEntry(command));
      } else if (existsSync(path)) onFile(path, () => unlinkSync(path));
    },
  };
}
