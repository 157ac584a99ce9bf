import { runCommand } from './run';

/** A reader that goes away (`| head`) ends nothing half-way. */
process.stdout.on('error', () => undefined);

const ended = runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
// Pipes are written asynchronously: everything said reaches its reader before the end.
void ended.then((code) => process.stdout.write('', () => process.stderr.write('', () => process.exit(code))));
