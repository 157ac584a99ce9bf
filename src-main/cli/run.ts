import { ApiError } from '../api/service';
import { version } from '../service/create-service';
import { parseArguments, usage, type Accepted, type Arguments } from './arguments';
import { capture } from './capture';
import { connect } from './connect';
import { diagnose } from './diagnose';
import { CommandError, exitCode } from './exit-codes';
import { gateway, ui } from './hosts';
import type { Output } from './output';
import { disconnect, log, status } from './running';
import { exportOne, importFiles, list, remove } from './store';

interface Command {
  readonly accepts: Accepted;
  readonly run: (given: Arguments, output: Output) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  connect: {
    accepts: {
      names: [1, 1],
      flags: ['password-stdin', 'log'],
      values: ['username', 'password-file', 'pin-file', 'capture'],
    },
    run: connect,
  },
  disconnect: { accepts: { names: [0, 1] }, run: disconnect },
  status: { accepts: { names: [0, 1], flags: ['watch'] }, run: status },
  list: { accepts: { names: [0, 0] }, run: list },
  import: { accepts: { names: [1, 1000], flags: ['replace'] }, run: importFiles },
  export: { accepts: { names: [1, 1], values: ['format'] }, run: exportOne },
  remove: { accepts: { names: [1, 1] }, run: remove },
  log: { accepts: { names: [0, 1], flags: ['follow'] }, run: log },
  diagnose: {
    accepts: { names: [1, 1], flags: ['password-stdin', 'log'], values: ['username', 'password-file', 'pin-file'] },
    run: diagnose,
  },
  capture: { accepts: { names: [1, 1], values: ['out'] }, run: capture },
  gateway: { accepts: { names: [0, 0], values: ['listen', 'port'] }, run: gateway },
  ui: { accepts: { names: [0, 0], flags: ['no-open', 'demo', 'keep-secrets'], values: ['port'] }, run: ui },
};

export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Runs one command line. Returns the exit code; never throws. */
export async function runCommand(argv: readonly string[], streams: Streams): Promise<number> {
  const [name, ...rest] = argv;
  const output = (json: boolean): Output => ({
    json,
    line: (text) => streams.out(`${text}\n`),
    note: (text) => streams.error(`${text}\n`),
  });
  if (name === undefined || name === 'help' || argv.includes('--help') || argv.includes('-h')) {
    (name === undefined ? streams.error : streams.out)(usage);
    return name === undefined ? exitCode.usage : exitCode.done;
  }
  if (name === '--version') {
    streams.out(`${version}\n`);
    return exitCode.done;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    streams.error(`There is no command ${name}.\n\n${usage}`);
    return exitCode.usage;
  }
  try {
    const given = parseArguments(rest, command.accepts);
    return await command.run(given, output(given.flags['json'] === true));
  } catch (error) {
    if (error instanceof CommandError) {
      streams.error(`${error.message}\n`);
      return error.code;
    }
    if (error instanceof ApiError) {
      streams.error(`${error.message}\n`);
      return exitCode.missing;
    }
    streams.error(
      `Something unexpected went wrong: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return exitCode.missing;
  }
}
