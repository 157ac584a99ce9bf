import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exchangesOf, inFlight } from './exchanges';
import { figure, useLab } from './fixture';
import { stormSeconds } from './lengths';
import { lost, startPinger } from './pinger';
import { monotonic } from './monotonic';
import { sleep } from './run';
import { addresses, farEnd } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

/** Processor time of a process so far, milliseconds: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function processorTime(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

it(
  '1,000 adapter events a second: nothing breaks, one MOBIKE exchange at a time, the processor stays free',
  { timeout: 60_000 + stormSeconds * 2_000 },
  async () => {
    const client = VpnClient.by(
      lab(),
      'eap-mschapv2',
      { mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth0', 'eth1'] } },
      { log: true },
    );
    const before = await client.connected();
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    const monitor = lab().start('client', 'sh', ['-c', 'ip -o monitor link address route | wc -l']);
    let counted = '';
    monitor.stdout?.on('data', (data: Buffer) => (counted += data.toString()));
    await pinger.answered;

    // One batch every 10 ms: addresses come and go, now and then a link, and once a second one of the two cables in
    // turn.
    const storm = lab().start('client', 'ip', ['-force', '-batch', '-']);
    let refusals = '';
    storm.stderr?.on('data', (data: Buffer) => (refusals += data.toString()));
    const cables = lab().start('wires', 'ip', ['-batch', '-']);
    const began = monotonic();
    const busyBefore = processorTime(client.pid);
    let lines = 0;
    for (let tick = 0; monotonic() - began < stormSeconds * 1000; tick++) {
      const batch: string[] = [];
      for (let i = 0; i < 5; i++) {
        const address = `10.66.${String(tick % 200)}.${String(i + 1)}/32`;
        batch.push(`address add ${address} dev eth1`, `address del ${address} dev eth1`);
      }
      if (tick % 20 === 0)
        batch.push(
          `link add storm${String(tick)} type veth peer name other${String(tick)}`,
          `link set storm${String(tick)} up`,
          `link del storm${String(tick)}`,
        );
      storm.stdin?.write(`${batch.join('\n')}\n`);
      lines += batch.length;
      const cable = farEnd[tick % 200 < 100 ? 'eth0' : 'eth1'];
      if (tick % 100 === 50) cables.stdin?.write(`link set ${cable} down\n`);
      if (tick % 100 === 80) cables.stdin?.write(`link set ${cable} up\n`);
      await sleep(Math.max(0, began + (tick + 1) * 10 - monotonic()));
    }
    const lasted = monotonic() - began;
    const busy = processorTime(client.pid) - busyBefore;
    storm.stdin?.end();
    cables.stdin?.end();
    await lab().plug('eth0');
    await lab().plug('eth1');
    await lab().on('client', 'pkill', ['-P', String(monitor.pid), 'ip'], { mayFail: true });
    const echoes = await pinger.stop();
    await client.waitFor('Connected after the storm', (s) => s.state === 'Connected');
    await lab().reached();

    const flights = inFlight(exchangesOf(client));
    const events = Number(counted.trim() || NaN);
    figure(
      `${(lines / (lasted / 1000)).toFixed(0)} changes a second for ${(lasted / 1000).toFixed(0)} s (${String(events)} kernel events); the client used ${((100 * busy) / lasted).toFixed(1)} % of one processor, ${String(client.status?.roams)} roams, ${String(flights.updates)} updates, at most ${String(flights.mostUpdates)} at a time; ${String(lost(echoes))} of ${String(echoes.length)} pings lost`,
    );
    expect(refusals).toBe('');
    expect(events).toBeGreaterThan(lines);
    expect(lines / (lasted / 1000)).toBeGreaterThan(250);
    expect(flights.updates).toBeGreaterThan(stormSeconds / 2);
    expect(flights.mostUpdates).toBe(1);
    expect(flights.mostRequests).toBe(1);
    expect(client.status?.ike?.spiInitiator).toBe(before.ike?.spiInitiator);
    expect(client.status?.connectedSince).toBe(before.connectedSince);
    expect(client.changes.filter(({ status }) => status.state === 'Disconnected' && status.error !== null)).toEqual([]);
    expect(busy / lasted).toBeLessThan(0.9);
    expect(await client.stop()).toBe(0);
  },
);
