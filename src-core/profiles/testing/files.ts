import { utf8Encode } from '../../bytes';
import type { ProfileFiles } from '../store';

/** A folder in memory. */
export class MemoryFiles implements ProfileFiles {
  readonly files = new Map<string, Uint8Array>();

  put(name: string, content: string): void {
    this.files.set(name, utf8Encode(content));
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()]);
  }

  read(name: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.files.get(name) ?? null);
  }

  write(name: string, content: Uint8Array): Promise<void> {
    this.files.set(name, content.slice());
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.files.delete(name);
    return Promise.resolve();
  }
}
