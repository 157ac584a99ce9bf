import { expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { medianAndLargest, median } from './statistics';
import { VpnClient } from './vpn-client';

const lab = useLab();

it('connects by EAP-MSCHAPv2 twenty times in a row; prints the time from Connecting to Connected', async () => {
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    await client.connected();
    times.push(client.connectMilliseconds);
    expect(await client.stop()).toBe(0);
  }
  figure(
    `Connecting to Connected, median / largest of 20: ${medianAndLargest(times)} (to be at most 60 ms in the median)`,
  );
  // The figure is judged by the benchmark; here only what no busy machine explains is a failure.
  expect(median(times)).toBeLessThan(300);
});
