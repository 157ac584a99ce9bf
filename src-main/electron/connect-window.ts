import type { StatusObject } from '../../src-core/connection/status';

/**
 * Whether a connection has something to say in a window of its own now: progress begins, where the person wants to see
 * it, or it failed. What is asked
 * opens it anyway. `before`: its state until now.
 */
export function hasNewsToShow(
  before: StatusObject['state'] | undefined,
  { state, error }: Pick<StatusObject, 'state' | 'error'>,
  showProgress: boolean,
): boolean {
  if (before === state) return false;
  return state === 'Connecting'
    ? showProgress
    : state === 'Disconnected' && error !== null && error.symbol !== 'CANCELLED';
}
