import { ApiError } from '../api/service';
import { fileProblem } from '../service/file-problem';
import { exitCode } from './exit-codes';
import { runCommand } from './run';

/** Why results did not reach their place; null: they did. */
let unwritten: ApiError | null = null;

function written(error?: NodeJS.ErrnoException | null): void {
  // A reader that goes away (`| head`) has what it wanted, and ends nothing half-way.
  if (error === undefined || error === null || error.code === 'EPIPE') return;
  const problem = fileProblem(error, 'Standard output');
  if (problem instanceof ApiError) unwritten ??= problem;
}

// What cannot be said ends nothing that runs.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const ended = runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text, written),
  error: (text) => void process.stderr.write(text),
});
// Pipes are written asynchronously: everything said reaches its reader before the end.
void ended.then((code) =>
  process.stdout.write('', () => {
    const problem = unwritten?.message ?? null;
    process.stderr.write(problem === null ? '' : `${problem}\n`, () =>
      process.exit(problem !== null && code === exitCode.done ? exitCode.missing : code),
    );
  }),
);
