import { sanitizeText } from '../../src-core/bytes';
import type { StatusObject } from '../../src-core/connection/status';
import type { DiagnosisOutcome, DiagnosisStep, DiagnosisStepName } from '../api/contract';
import { ApiError } from '../api/service';
import type { Arguments } from './arguments';
import { CommandError, exitCode } from './exit-codes';
import { logText, printJson, type Output } from './output';
import { openProfileHost } from './profile-host';
import { askAll } from './running';

const titles: Readonly<Record<DiagnosisStepName, string>> = {
  name: 'Name',
  'udp-500': 'UDP port 500',
  'udp-4500': 'UDP port 4500',
  proposals: 'Encryption settings',
  fragments: 'Large messages',
  certificate: 'Server certificate',
  authentication: 'Authentication',
  addresses: 'Addresses',
  traffic: 'Traffic',
};

const marks: Readonly<Record<DiagnosisOutcome, string>> = {
  waiting: '',
  running: '',
  passed: 'ok',
  warning: 'note',
  failed: 'FAILED',
  skipped: '-',
};

function stepText({ step, outcome, text, advice, error }: DiagnosisStep): string {
  const lines = [`${marks[outcome].padEnd(7)}${titles[step]}: ${sanitizeText(text, 1024)}`];
  if (error !== null)
    lines.push(
      `       error ${error.code}${error.detail === null || text.includes(error.detail) ? '' : ` (${sanitizeText(error.detail, 512)})`}`,
    );
  if (advice !== null) lines.push(`       ${sanitizeText(advice, 1024)}`);
  return lines.join('\n');
}

/** Its status where another host of this user has this connection up: it is asked there, and no second one made. */
async function upElsewhere(name: string): Promise<StatusObject | null> {
  const found: StatusObject[] = [];
  await askAll({ type: 'status', name, watch: false }, (reply) => {
    if (reply.type === 'status') found.push(reply.status);
  });
  return (
    found.find(({ state }) => state === 'Connected' || state === 'Dormant' || state === 'WaitingToReconnect') ?? null
  );
}

/**
 * `diagnose PROFILE`: each step as it ends. 0: nothing failed; 3: a step did; 5: something is missing on this computer.
 */
export async function diagnose(given: Arguments, output: Output): Promise<number> {
  const { host, profile } = await openProfileHost(given, output);
  const { service } = host;
  const elsewhere = await upElsewhere(profile.name);
  const stop = (): void => void service.stopDiagnosis({ name: profile.name });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (given.flags['log'] === true) {
    service.log.onEntry((entry) => {
      if (output.json) printJson(output, { type: 'log', entry });
      else output.line(logText(entry));
    });
  }
  const told = new Set<string>();
  const tell = (steps: readonly DiagnosisStep[]): void => {
    for (const step of steps) {
      if (step.outcome === 'waiting' || step.outcome === 'running' || told.has(step.step)) continue;
      told.add(step.step);
      if (output.json) printJson(output, { type: 'diagnosis', step });
      else output.line(stepText(step));
    }
  };
  const unsubscribe = service.onPush((push) => {
    if (push.type === 'diagnosis' && push.diagnosis.connection === profile.name) tell(push.diagnosis.steps);
  });
  try {
    const { steps } = await service.diagnoseWith(profile.name, elsewhere);
    tell(steps);
    return steps.some(({ outcome }) => outcome === 'failed') ? exitCode.couldNotConnect : exitCode.done;
  } catch (error) {
    if (error instanceof ApiError)
      throw new CommandError(
        error.failure.code === 'refused' ? exitCode.missing : exitCode.badInput,
        error.failure.message,
      );
    throw error;
  } finally {
    unsubscribe();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, stop);
    await host.close();
  }
}
