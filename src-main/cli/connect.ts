import { resolve as resolvePath } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import { VpnError } from '../../src-core/ports/vpn-error';
import { ApiError } from '../api/service';
import type { Arguments } from './arguments';
import { captureWarning } from './capture';
import { CommandError, connectExitCode, exitCode } from './exit-codes';
import { logText, printJson, statusLine, type Output } from './output';
import { openProfileHost } from './profile-host';

/** `connect PROFILE`: connects and stays until a signal or the end of the connection. Returns the exit code. */
export async function connect(given: Arguments, output: Output): Promise<number> {
  const { host, profile } = await openProfileHost(given, output);
  const { service } = host;
  const captureTo = given.values['capture'];
  let captured = true;
  if (captureTo !== undefined) {
    try {
      service.capture(profile.name, resolvePath(captureTo), ({ problem }) => {
        captured = false;
        output.note(`The capture ended: ${problem?.message ?? ''}`);
      });
    } catch (error) {
      await host.close();
      throw error instanceof ApiError ? new CommandError(exitCode.badInput, error.message) : error;
    }
    output.note(captureWarning);
  }

  return new Promise<number>((resolve) => {
    let failure: VpnError | null = null;
    let wasConnected = false;
    let stopping = false;
    let shown = '';
    const finish = (code: number): void => {
      // Not all was done that was asked for.
      const result = (): void => resolve(code === exitCode.done && !captured ? exitCode.missing : code);
      host.close().then(result, result);
    };
    const stop = (): void => {
      // A second signal does not hurry: what was set is put back first.
      if (stopping) return;
      stopping = true;
      service.end(null).then(
        () => finish(exitCode.done),
        () => finish(exitCode.done),
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
    if (given.flags['log'] === true) {
      service.log.onEntry((entry) => {
        if (output.json) printJson(output, { type: 'log', entry });
        else output.line(logText(entry));
      });
    }
    service.onStatus((status: StatusObject) => {
      if (status.connection !== profile.name) return;
      if (status.state === 'Connected') wasConnected = true;
      const line = output.json ? JSON.stringify({ type: 'status', status }) : statusLine(status);
      if (line !== shown) output.line(line);
      shown = line;
      if (status.state === 'Disconnected' && wasConnected && !stopping) {
        stopping = true;
        finish(status.error === null ? exitCode.done : exitCode.lost);
      }
    });
    service.connectNow(profile.name).catch((error: unknown) => {
      if (stopping) return;
      stopping = true;
      failure = error instanceof VpnError ? error : null;
      if (!output.json) output.note(failure === null ? String(error) : failure.message);
      // The last status, with the error in it, is told in the next turn.
      setImmediate(() => finish(failure === null ? exitCode.couldNotConnect : connectExitCode(failure)));
    });
  });
}
