import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Milliseconds, 20 s when absent; then the program is killed and the run rejects. */
  readonly timeout?: number;
  /** A non-zero exit resolves instead of rejecting. */
  readonly mayFail?: boolean;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. Rejects with its standard error when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      {
        timeout: options.timeout ?? 20_000,
        killSignal: 'SIGKILL',
        maxBuffer: 64 << 20,
        cwd: options.cwd,
        env: options.env ?? process.env,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        if (error !== null && (code === -1 || options.mayFail !== true)) {
          reject(new Error(`${command} ${args.join(' ')}: ${stderr.trim() || stdout.trim() || error.message}`));
          return;
        }
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Ends a process: `signal` first, SIGKILL after `patience` milliseconds. Resolves when it is gone. */
export function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM', patience = 3_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill(signal);
  });
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks `probe` until it gives a value. Rejects with what was waited for after `timeout` milliseconds. */
export async function until<T>(
  what: string,
  timeout: number,
  probe: () => Promise<T | undefined> | T | undefined,
  every = 20,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${String(timeout)} ms in vain for ${what}`);
    await sleep(every);
  }
}

/**
 * Runs `command` in a shell when this process is gone, however it went: the shell waits for the end of a pipe that
 * only this process holds. Returns the way to run it now.
 */
export function whenGone(command: string): () => Promise<void> {
  const child = spawn('sh', ['-c', `read -r _; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  const closed = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return async () => {
    child.ref();
    child.stdin.end();
    await closed;
  };
}
