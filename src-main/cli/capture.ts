import { resolve } from 'node:path';
import { askHost, findHosts } from '../service/control-client';
import type { ControlReply } from '../service/control-protocol';
import { findDirectories } from '../service/directories';
import type { Arguments } from './arguments';
import { CommandError, exitCode } from './exit-codes';
import { printJson, type Output } from './output';
import { untilSignal } from './running';

export const captureWarning =
  'The capture holds keys: whoever has these files can read what went through the tunnel. Delete them when they are no longer needed.';

type CaptureReply = Extract<ControlReply, { type: 'capture' }>;

/** `capture NAME --out DIR`: of a connection that any program of this user has up, until a signal. */
export async function capture({ names, values }: Arguments, output: Output): Promise<number> {
  const name = names[0]!;
  const out = values['out'];
  if (out === undefined) throw new CommandError(exitCode.usage, 'A folder is missing: --out DIR.');
  const directory = resolve(out);
  const signal = untilSignal();
  const problems: string[] = [];
  const replies: CaptureReply[] = [];
  const tell = (reply: CaptureReply): void => {
    if (output.json) printJson(output, reply);
    else if (reply.running) output.line(`Capturing ${name} to ${reply.directory}. Ctrl+C ends it.`);
    else
      output.line(
        `${reply.packets} packets${reply.dropped > 0 ? `, ${reply.dropped} lost because too many came at once` : ''}. Look at them with: WIRESHARK_CONFIG_DIR=${reply.directory} wireshark ${reply.directory}/capture.pcapng`,
      );
  };
  // One host has the connection; the others say that they have not.
  for (const path of findHosts(findDirectories().runtime)) {
    await askHost(
      path,
      { type: 'capture', name, directory },
      (reply) => {
        if (reply.type === 'error') problems.push(reply.message);
        if (reply.type !== 'capture') return;
        if (replies.length === 0) output.note(captureWarning);
        replies.push(reply);
        tell(reply);
      },
      signal,
      true,
    );
    const last = replies.at(-1);
    if (last === undefined) continue;
    if (last.problem !== null) throw new CommandError(exitCode.missing, `The capture ended: ${last.problem}`);
    if (!last.running) return exitCode.done;
    throw new CommandError(exitCode.lost, `The capture ended with the program that had ${name} connected.`);
  }
  throw new CommandError(
    exitCode.badInput,
    problems.find((problem) => !problem.includes('is not connected')) ??
      `${name} is not connected. Connect first, or use: agile-vpn connect ${name} --capture ${out}`,
  );
}
