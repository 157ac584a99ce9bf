import {
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TracedKeys } from '../../src-core/ports/trace';
import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from '../../src-core/trace/pcapng';
import { espKeyLine, ikeKeyLine } from '../../src-core/trace/wireshark-keys';
import { ApiError } from '../api/service';
import { fileProblem, onFile } from './file-problem';

export const captureNames = {
  packets: 'capture.pcapng',
  ike: 'ikev2_decryption_table',
  esp: 'esp_sa',
  preferences: 'preferences',
} as const;

const preferences =
  '# Decrypts what agile-vpn captured: WIRESHARK_CONFIG_DIR=<this folder> wireshark capture.pcapng\nesp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n';

const outer = 0;
const inner = 1;

/** A new file of mode 0600 that consists of whole records, whatever the disk does. */
class RecordFile {
  readonly path: string;
  readonly #descriptor: number;
  #length = 0;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = onFile(path, () => openSync(path, 'wx', 0o600));
  }

  /** Throws ApiError naming the file; it then ends with the record before. */
  append(record: Uint8Array): void {
    try {
      for (let written = 0; written < record.length;) written += writeSync(this.#descriptor, record, written);
      this.#length += record.length;
    } catch (error) {
      try {
        ftruncateSync(this.#descriptor, this.#length);
      } catch {
        // A disk that fails at that too keeps part of a record; readers say so themselves.
      }
      throw fileProblem(error, this.path);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** What a capture wrote so far. */
export interface Capture {
  readonly directory: string;
  readonly packets: number;
  readonly dropped: number;
  /** Why it ended before it was told to; null: it did not. */
  readonly problem: ApiError | null;
}

/**
 * The files of one capture in a folder of mode 0700 that also serves as Wireshark's configuration
 * (WIRESHARK_CONFIG_DIR): packets, keys, and the preference
 * that lets it decrypt ESP. Each file is new and of mode 0600; whoever has the folder can read what went through the
 * tunnel. A record that cannot be written ends the capture, and nothing else.
 */
export class CaptureFiles implements Capture {
  readonly directory: string;
  /** Called once when the capture ends by itself. */
  onProblem: () => void = () => undefined;
  readonly #packets: RecordFile;
  readonly #ike: RecordFile;
  readonly #esp: RecordFile;
  #packetCount = 0;
  #problem: ApiError | null = null;
  dropped = 0;
  #closed = false;

  /** Throws ApiError naming the file, where a capture lies in the folder already, say; nothing new is left then. */
  constructor(directory: string, version: string) {
    this.directory = directory;
    const isNew = !existsSync(directory);
    const made: RecordFile[] = [];
    const create = (name: string): RecordFile => {
      const file = new RecordFile(join(directory, name));
      made.push(file);
      return file;
    };
    try {
      onFile(directory, () => {
        if (isNew) mkdirSync(directory, { recursive: true, mode: 0o700 });
        if (!lstatSync(directory).isDirectory())
          throw new ApiError('refused', 'failure.file.foreign-folder', null, { path: directory });
      });
      this.#packets = create(captureNames.packets);
      this.#ike = create(captureNames.ike);
      this.#esp = create(captureNames.esp);
      const text = create(captureNames.preferences);
      text.append(Buffer.from(preferences));
      this.#packets.append(sectionHeader(`agile-vpn ${version}`));
      this.#packets.append(interfaceDescription('outer', 'IKE and ESP in UDP between this computer and the gateway'));
      this.#packets.append(interfaceDescription('inner', 'inside the tunnel'));
      text.close();
    } catch (error) {
      for (const file of made) {
        file.close();
        rmSync(file.path, { force: true });
      }
      if (isNew && existsSync(directory)) rmdirSync(directory);
      throw error;
    }
  }

  get packets(): number {
    return this.#packetCount;
  }

  get problem(): ApiError | null {
    return this.#problem;
  }

  packet(kind: 'outer' | 'inner', wallMs: number, direction: 'sent' | 'received', bytes: Uint8Array): void {
    const record = enhancedPacket(kind === 'outer' ? outer : inner, wallMs, direction, bytes);
    if (this.#append(this.#packets, record)) this.#packetCount++;
  }

  /** Writes the keys and wipes them. */
  keys(keys: TracedKeys): void {
    const lines = keys.type === 'ike' ? [ikeKeyLine(keys)] : [espKeyLine(keys, 4), espKeyLine(keys, 6)];
    for (const line of lines) {
      const record = Buffer.from(
        line === null ? `# ${keys.encryption} ${keys.integrity}: Wireshark has no name for it\n` : `${line}\n`,
      );
      this.#append(keys.type === 'ike' ? this.#ike : this.#esp, record);
      record.fill(0);
    }
    for (const value of Object.values(keys)) if (value instanceof Uint8Array) value.fill(0);
  }

  /** Idempotent. */
  close(wallMs: number): void {
    this.#append(this.#packets, interfaceStatistics(inner, wallMs, this.dropped));
    this.#closeFiles();
  }

  /** False: the capture is over. */
  #append(file: RecordFile, record: Uint8Array): boolean {
    if (this.#closed) return false;
    try {
      file.append(record);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#problem = error;
      this.#closeFiles();
      this.onProblem();
      return false;
    }
  }

  #closeFiles(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const file of [this.#packets, this.#ike, this.#esp]) file.close();
  }
}
