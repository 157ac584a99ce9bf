import { closeSync, existsSync, lstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TracedKeys } from '../../src-core/ports/trace';
import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from '../../src-core/trace/pcapng';
import { espKeyLine, ikeKeyLine } from '../../src-core/trace/wireshark-keys';

export const captureNames = {
  packets: 'capture.pcapng',
  ike: 'ikev2_decryption_table',
  esp: 'esp_sa',
  preferences: 'preferences',
} as const;

const outer = 0;
const inner = 1;

/**
 * The files of one capture in a folder of mode 0700 that also serves as Wireshark's configuration
 * (WIRESHARK_CONFIG_DIR): packets, keys, and the preference
 * that lets it decrypt ESP. Each file is new and of mode 0600; whoever has the folder can read what went through the
 * tunnel.
 */
export class CaptureFiles {
  readonly directory: string;
  readonly #packets: number;
  readonly #ike: number;
  readonly #esp: number;
  packets = 0;
  dropped = 0;
  #closed = false;

  /** Throws what the system says, EEXIST where a capture lies in the folder already. */
  constructor(directory: string, version: string) {
    this.directory = directory;
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!lstatSync(directory).isDirectory()) throw new Error(`${directory} is no folder`);
    const opened: number[] = [];
    const create = (name: string): number => {
      const fd = openSync(join(directory, name), 'wx', 0o600);
      opened.push(fd);
      return fd;
    };
    try {
      this.#packets = create(captureNames.packets);
      this.#ike = create(captureNames.ike);
      this.#esp = create(captureNames.esp);
      const preferences = create(captureNames.preferences);
      writeSync(
        preferences,
        '# Decrypts what agile-vpn captured: WIRESHARK_CONFIG_DIR=<this folder> wireshark capture.pcapng\nesp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n',
      );
      closeSync(preferences);
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
    writeSync(this.#packets, sectionHeader(`agile-vpn ${version}`));
    writeSync(this.#packets, interfaceDescription('outer', 'IKE and ESP in UDP between this computer and the gateway'));
    writeSync(this.#packets, interfaceDescription('inner', 'inside the tunnel'));
  }

  packet(kind: 'outer' | 'inner', wallMs: number, direction: 'sent' | 'received', bytes: Uint8Array): void {
    if (this.#closed) return;
    writeSync(this.#packets, enhancedPacket(kind === 'outer' ? outer : inner, wallMs, direction, bytes));
    this.packets++;
  }

  /** Writes the keys and wipes them. */
  keys(keys: TracedKeys): void {
    if (!this.#closed) {
      const lines = keys.type === 'ike' ? [ikeKeyLine(keys)] : [espKeyLine(keys, 4), espKeyLine(keys, 6)];
      for (const line of lines)
        writeSync(
          keys.type === 'ike' ? this.#ike : this.#esp,
          line === null ? `# ${keys.encryption} ${keys.integrity}: Wireshark has no name for it\n` : `${line}\n`,
        );
    }
    for (const value of Object.values(keys)) if (value instanceof Uint8Array) value.fill(0);
  }

  /** Idempotent. */
  close(wallMs: number): void {
    if (this.#closed) return;
    this.#closed = true;
    writeSync(this.#packets, interfaceStatistics(inner, wallMs, this.dropped));
    for (const fd of [this.#packets, this.#ike, this.#esp]) closeSync(fd);
  }
}
