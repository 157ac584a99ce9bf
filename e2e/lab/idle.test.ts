import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { monotonic } from './monotonic';
import { sleep } from './run';
import { difference } from './snapshot';
import { VpnClient } from './vpn-client';

/** The shortest idle time there is, seconds. */
const idleSeconds = 60;

describe('idle time before hanging up', () => {
  const lab = useLab();

  it(
    'nobody uses the connection: 828 once, the gateway is told, every setting is as before; a ping on the way begins the time anew',
    { timeout: 150_000 },
    async () => {
      const before = await lab().snapshot();
      const client = VpnClient.by(lab(), 'eap-mschapv2', { dialing: { idleSeconds } });
      await client.connected();
      // Unused for a part of it; what counts is the time from the ping on.
      await sleep(5_000);
      await lab().ping(1);
      const used = monotonic();
      const { code } = await client.exit;
      const idle = (monotonic() - used) / 1000;
      expect(code).toBe(4);
      const errors = client.changes.flatMap(({ status: { state, error } }) =>
        state === 'Disconnected' && error !== null ? [error.code] : [],
      );
      expect(errors).toEqual([828]);
      expect(idle).toBeGreaterThan(idleSeconds - 1);
      expect(await lab().gatewaySas()).toEqual([]);
      expect(difference(before, await lab().snapshot())).toBe('');
    },
  );
});
