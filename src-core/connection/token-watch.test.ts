import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../simulation';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { newFacts } from './connection-facts';
import { TokenWatch } from './token-watch';

let clock: VirtualClock;
let present: boolean;
let said: string[];
let changes: number;
let context: ConnectionContext;
let attempt: Attempt;
let watch: TokenWatch;

beforeEach(() => {
  clock = new VirtualClock();
  present = true;
  said = [];
  changes = 0;
  context = {
    ports: { clock },
    facts: newFacts([]),
    log: (level: string, text: string) => void said.push(`${level}: ${text}`),
    changed: () => void changes++,
  } as unknown as ConnectionContext;
  attempt = {
    ended: false,
    credentials: { token: { label: 'badge', isPresent: () => present } },
  } as unknown as Attempt;
  watch = new TokenWatch(context, attempt);
});

describe('a token that is taken out while connected (P-25)', () => {
  it('is said once, in status and log, and so is its return', async () => {
    watch.start();
    expect(context.facts.token).toEqual({ label: 'badge', present: true });
    expect(said).toEqual([]);
    await clock.run(10_000);
    expect(changes).toBe(1);
    present = false;
    await clock.run(10_000);
    expect(context.facts.token).toEqual({ label: 'badge', present: false });
    expect(said).toEqual([
      'warning: The token badge was taken out. The connection stays up; the next sign-in will ask for it.',
    ]);
    present = true;
    await clock.run(2_000);
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('is back');
    expect(changes).toBe(3);
    watch.stop();
    expect(clock.pendingTimers()).toEqual([]);
  });

  it('a key in memory is nothing to look for', async () => {
    attempt = { ended: false, credentials: {} } as unknown as Attempt;
    watch = new TokenWatch(context, attempt);
    watch.start();
    await clock.run(10_000);
    expect([context.facts.token, changes]).toEqual([null, 0]);
    watch.stop();
  });
});
