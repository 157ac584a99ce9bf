import { describe, expect, it } from 'vitest';
import { connectionId } from '../../src-core/connection/connection-id';
import type { ConnectionEnvironment, KillSwitchState } from './environment';
import { LeftKillSwitch } from './left-kill-switch';

/** What the system says, and what was lifted. */
class System {
  state: KillSwitchState | null | 'unknown' = null;
  readonly lifted: (string | null)[] = [];
  changes = 0;
  readonly left = new LeftKillSwitch(
    {
      killSwitch: () => Promise.resolve(this.state),
      liftKillSwitch: (owner: string | null) => {
        this.lifted.push(owner);
        const there = this.state !== null && this.state !== 'unknown' && (owner === null || this.state.owner === owner);
        if (there) this.state = null;
        return Promise.resolve(there);
      },
    } as ConnectionEnvironment,
    () => void this.changes++,
  );
}
const of = (name: string, live = false): KillSwitchState => ({
  owner: connectionId(name),
  live,
  endpoints: [
    { address: '192.0.2.1', port: 500 },
    { address: '192.0.2.1', port: 4500 },
  ],
});

describe('a kill switch that was left', () => {
  it('is of one connection, which may go to its gateway without asking for the name', async () => {
    const system = new System();
    system.state = of('Contoso');
    expect(await system.left.addressesFor('contoso')).toEqual(['192.0.2.1']);
    expect(await system.left.addressesFor('Fabrikam')).toEqual([]);
    expect([system.left.inForce, system.left.isOf('CONTOSO'), system.left.isOf('Fabrikam'), system.changes]).toEqual([
      true,
      true,
      false,
      1,
    ]);
  });

  it('of a live connection is not left', async () => {
    const system = new System();
    system.state = of('Contoso', true);
    await system.left.refresh();
    expect(system.left.inForce).toBe(false);
  });

  it('is lifted for its own connection, or whosever it is', async () => {
    const system = new System();
    system.state = of('Contoso');
    await system.left.refresh();
    expect(await system.left.lift('Fabrikam')).toBe(false);
    expect(system.left.inForce).toBe(true);
    expect(await system.left.lift(null)).toBe(true);
    expect(system.left.inForce).toBe(false);
    expect(system.lifted).toEqual([connectionId('Fabrikam'), null]);
  });

  it('that cannot be told stays as it was known', async () => {
    const system = new System();
    system.state = of('Contoso');
    await system.left.refresh();
    system.state = 'unknown';
    await system.left.refresh();
    expect(system.left.inForce).toBe(true);
  });
});
