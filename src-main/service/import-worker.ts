import { parentPort, workerData } from 'node:worker_threads';
import { importProfiles, type ProfileFile } from '../../src-core/profiles';
import type { ToReader, ToWorker } from './profile-reader';

/** A thread that reads one file of a stranger and ends (profile-reader.ts). A bundle of its own: out/main/import-worker.cjs. */

const port = parentPort!;
const waiting = new Map<number, (content: Uint8Array | null) => void>();
let asked = 0;

port.on('message', ({ id, content }: ToWorker) => {
  waiting.get(id)?.(content);
  waiting.delete(id);
});

const tell = (message: ToReader): void => port.postMessage(message);

function resolve(name: string): Promise<Uint8Array | null> {
  const id = asked++;
  return new Promise((found) => {
    waiting.set(id, found);
    tell({ type: 'file', id, name });
  });
}

tell({ type: 'started' });
void importProfiles(workerData as ProfileFile, resolve).then((imported) => tell({ type: 'done', imported }));
