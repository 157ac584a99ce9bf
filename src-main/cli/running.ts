import type { StatusObject } from '../../src-core/connection/status';
import { idleStatus } from '../../src-core/connection/status-object';
import { ProfileStore } from '../../src-core/profiles';
import { connectionId } from '../../src-core/connection/connection-id';
import { askHost, findHosts } from '../service/control-client';
import type { ControlReply, ControlRequest } from '../service/control-protocol';
import { findDirectories } from '../service/directories';
import { createProfileFiles } from '../service/profile-files';
import type { Arguments } from './arguments';
import { CommandError, exitCode } from './exit-codes';
import { leftKillSwitch, liftLeft, ownerName } from './left';
import { logText, printJson, statusLine, statusText, type Output } from './output';

/** Asks every running host of this user; resolves when all have said everything. */
export async function askAll(
  request: ControlRequest,
  onReply: (reply: ControlReply) => void,
  signal?: AbortSignal,
): Promise<number> {
  const answers = await Promise.all(
    findHosts(findDirectories().runtime).map((path) => askHost(path, request, onReply, signal)),
  );
  return answers.filter((answered) => answered).length;
}

/** Ends a watch with the first signal. */
export function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** `status [NAME] [--watch]` */
export async function status({ names, flags }: Arguments, output: Output): Promise<number> {
  const name = names[0] ?? null;
  const watch = flags['watch'] === true;
  const found: StatusObject[] = [];
  const print = (entry: StatusObject): void => {
    if (output.json) printJson(output, entry);
    else output.line(watch ? statusLine(entry) : statusText(entry, Date.now()));
  };
  const onReply = (reply: ControlReply): void => {
    if (reply.type !== 'status') return;
    found.push(reply.status);
    if (watch) print(reply.status);
  };
  const hosts = await askAll({ type: 'status', name, watch }, onReply, watch ? untilSignal() : undefined);
  if (watch) {
    if (hosts === 0) throw new CommandError(exitCode.badInput, 'Nothing is running that could be watched.');
    return exitCode.done;
  }
  // A saved connection is known to every host; the one that uses it tells more.
  const live = found.filter((entry) => entry.state !== 'Disconnected');
  const shown = live.length > 0 ? live : name === null ? [] : found.slice(0, 1);
  if (shown.length > 0) shown.forEach(print);
  else if (name === null) {
    if (!output.json) output.line('Nothing is connected.');
  } else {
    const store = new ProfileStore(createProfileFiles(findDirectories().profiles));
    await store.load();
    const profile = store.find(name);
    if (profile === null) throw new CommandError(exitCode.badInput, `There is no connection named ${name}.`);
    print({
      ...idleStatus(profile.name, profile.server, Date.now()),
      trafficBlocked: (await leftKillSwitch())?.owner === connectionId(profile.name),
    });
  }
  if (name === null && live.length === 0) {
    const left = await leftKillSwitch();
    if (left !== null)
      output.note(
        `Traffic is blocked by the kill switch of ${await ownerName(left.owner)}. "agile-vpn disconnect" lifts it.`,
      );
  }
  return exitCode.done;
}

/** `disconnect [NAME]`: also lifts the kill switch that a connection left in force, whether or not a host runs. */
export async function disconnect({ names }: Arguments, output: Output): Promise<number> {
  const name = names[0] ?? null;
  const ended: string[] = [];
  const unblocked: string[] = [];
  await askAll({ type: 'disconnect', name }, (reply) => {
    if (reply.type === 'disconnected') ended.push(reply.name);
    if (reply.type === 'unblocked' && !unblocked.includes(reply.name)) unblocked.push(reply.name);
  });
  if (ended.length === 0 && unblocked.length === 0) {
    const left = await liftLeft(name);
    if (left !== null) unblocked.push(left);
  }
  for (const connection of ended) {
    if (output.json) printJson(output, { type: 'disconnected', name: connection });
    else output.line(`${connection}: Disconnected`);
  }
  for (const connection of unblocked) {
    if (output.json) printJson(output, { type: 'unblocked', name: connection });
    else output.line(`${connection}: the kill switch was lifted, traffic is no longer blocked`);
  }
  const nothing = ended.length === 0 && unblocked.length === 0;
  if (nothing && name !== null) throw new CommandError(exitCode.badInput, `${name} is not connected.`);
  if (nothing && !output.json) output.line('Nothing was connected.');
  return exitCode.done;
}

/** `log [NAME] [--follow]` */
export async function log({ names, flags }: Arguments, output: Output): Promise<number> {
  const follow = flags['follow'] === true;
  const hosts = await askAll(
    { type: 'log', name: names[0] ?? null, follow },
    (reply) => {
      if (reply.type !== 'log') return;
      if (output.json) printJson(output, { type: 'log', entry: reply.entry });
      else output.line(logText(reply.entry));
    },
    follow ? untilSignal() : undefined,
  );
  if (hosts === 0) output.note('Nothing is running, so there is no log.');
  return exitCode.done;
}
