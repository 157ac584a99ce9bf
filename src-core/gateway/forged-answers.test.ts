import { describe, expect, it } from 'vitest';
import { uint16Octets } from '../bytes';
import { exchangeType, notifyType, transformType } from '../ikev2/wire/constants';
import { invalidKeNotify, unsupportedCriticalNotify } from '../ikev2/wire/notify-data';
import type { InnerPayload, Payload } from '../ikev2/wire/payload';
import { notify } from '../ikev2/wire/payloads/notify';
import { type ForgedAnswer, Forger } from '../simulation/forger';
import { gatewayAddress, otherAddress, Scene, type SceneOptions } from '../simulation/scene';

const outage = 300;

/** Connected by one adapter only, as a desktop computer is. */
async function connected(options: SceneOptions = {}): Promise<Scene> {
  const scene = new Scene({ outageSeconds: outage, pingMs: 500, ...options });
  scene.host.adapter('wlan0').setUp(false);
  expect(await scene.connect()).toBeNull();
  await scene.clock.run(1_000);
  return scene;
}

/** The user sees one connection that waits, and is asked nothing. */
function expectKept(scene: Scene, before: Scene['status']): void {
  expect(scene.status).toMatchObject({
    state: 'WaitingToReconnect',
    connectedSince: before.connectedSince,
    tunnelAddresses: before.tunnelAddresses,
    tunnelAdapter: before.tunnelAdapter,
    error: null,
  });
  expect(scene.questions).toEqual([null]);
}

async function expectWell(scene: Scene, before: Scene['status'], withinMs: number): Promise<void> {
  const { length } = scene.samples;
  await scene.clock.runUntil(() => scene.status.state === 'Connected', withinMs);
  expect(scene.status).toMatchObject({
    state: 'Connected',
    connectedSince: before.connectedSince,
    tunnelAddresses: before.tunnelAddresses,
  });
  await scene.clock.run(5_000);
  expect(scene.samples.slice(length).some((sample) => sample !== null)).toBe(true);
  expect(scene.questions).toEqual([null]);
}

/** Groups of the request's offer, in its order. */
function groupsOf(request: readonly Payload[]): readonly number[] {
  const sa = request.find((payload) => payload.type === 'SA');
  return [
    ...new Set(
      (sa?.proposals ?? []).flatMap(({ transforms }) =>
        transforms.filter((one) => one.transformType === transformType.KE).map(({ id }) => id),
      ),
    ),
  ];
}

/** Wants another group than the request has. */
const another = (request: readonly Payload[]): InnerPayload => {
  const ke = request.find((payload) => payload.type === 'KE');
  return invalidKeNotify(groupsOf(request).find((group) => group !== ke?.group) ?? 19);
};

const forgeries: readonly (readonly [string, ForgedAnswer])[] = [
  ['NO_PROPOSAL_CHOSEN', () => [notify(notifyType.NO_PROPOSAL_CHOSEN)]],
  ['INVALID_SYNTAX', () => [notify(notifyType.INVALID_SYNTAX)]],
  ['UNSUPPORTED_CRITICAL_PAYLOAD', () => [unsupportedCriticalNotify(33)]],
  ['INVALID_MAJOR_VERSION', () => [notify(notifyType.INVALID_MAJOR_VERSION)]],
  ['AUTHENTICATION_FAILED', () => [notify(notifyType.AUTHENTICATION_FAILED)]],
  ['TEMPORARY_FAILURE', () => [notify(notifyType.TEMPORARY_FAILURE)]],
  ['an error nobody knows', () => [notify(8_191)]],
  ['INVALID_KE_PAYLOAD in a loop', (_asked, request) => [another(request)]],
  ['COOKIE in a loop', (asked) => [notify(notifyType.COOKIE, uint16Octets(asked))]],
  ['an SA that was not offered', (_asked, request) => request.filter((payload) => payload.type === 'SA')],
];

describe('H-80: an unauthenticated answer never ends a connection that is kept', { timeout: 120_000 }, () => {
  it.each(forgeries)('%s to every IKE_SA_INIT while the gateway is silenced', async (_what, answer) => {
    const scene = await connected();
    const before = scene.status;
    const forger = new Forger(scene.network, gatewayAddress, answer);
    await scene.clock.run((outage - 40) * 1_000);
    expect(forger.answers).toBeGreaterThan(10);
    expectKept(scene, before);
    forger.silencing = false;
    await expectWell(scene, before, 20_000);
  });

  it('the outage time is its only end: 829, once', async () => {
    const scene = await connected();
    new Forger(scene.network, gatewayAddress, () => [notify(notifyType.NO_PROPOSAL_CHOSEN)]);
    await scene.clock.run((outage + 10) * 1_000);
    expect(scene.status).toMatchObject({
      state: 'Disconnected',
      error: { code: 829, detail: expect.stringContaining('NO_PROPOSAL_CHOSEN') as string },
    });
    expect(scene.statuses.filter(({ state }) => state === 'Disconnected')).toHaveLength(1);
    await scene.clock.run(100_000);
  });

  it.each([
    ['a certificate that nobody vouches for', (scene: Scene) => ({ identity: scene.wrongIdentity })],
    ['no certificate at all', () => ({ identity: null, presharedKey: new Uint8Array(20) })],
    ['selectors and addresses, but no proof', (scene: Scene) => ({ identity: scene.wrongIdentity, accounts: {} })],
  ])('another gateway in its place with %s', async (_what, changes) => {
    const scene = await connected();
    const before = scene.status;
    scene.gateway.crash();
    scene.gateway = scene.startGateway(changes(scene));
    await scene.clock.run((outage - 40) * 1_000);
    expectKept(scene, before);
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    await expectWell(scene, before, 25_000);
  });

  it('another gateway in its place that does not know the pre-shared key', async () => {
    const scene = await connected({ psk: { client: 'Shared-Secret-7', gateway: 'Shared-Secret-7' } });
    const before = scene.status;
    scene.gateway.crash();
    scene.gateway = scene.startGateway({ presharedKey: new TextEncoder().encode('another') });
    await scene.clock.run((outage - 40) * 1_000);
    expectKept(scene, before);
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    await expectWell(scene, before, 25_000);
  });

  it('a request that is changed on its way: the right gateway refuses our AUTH, which says nothing about the user', async () => {
    const scene = await connected();
    const before = scene.status;
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    let tampering = true;
    let tampered = 0;
    scene.network.filter = ({ to, bytes }) => {
      const message = to.port === 500 ? bytes : bytes.subarray(4);
      if (tampering && to.address === gatewayAddress && message[18] === exchangeType.IKE_SA_INIT) {
        // The last octet of the last payload is one of a list of hash algorithms.
        message[message.length - 9]! ^= 1;
        tampered++;
      }
      return 'pass';
    };
    await scene.clock.run(120_000);
    expect(tampered).toBeGreaterThan(4);
    expectKept(scene, before);
    tampering = false;
    await expectWell(scene, before, 25_000);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('ENOTFOUND'))],
    ['has no address', () => Promise.resolve([])],
    ['leads to another gateway', () => Promise.resolve([otherAddress])],
    ['leads to nobody', () => Promise.resolve(['198.51.100.99'])],
    ['leads into the tunnel', () => Promise.resolve(['10.99.0.1'])],
    ['leads to this computer', () => Promise.resolve(['127.0.0.1'])],
  ])('its name %s while it restarts', async (_what, resolve) => {
    const scene = await connected();
    const before = scene.status;
    scene.gateway.crash();
    const impostor = scene.startGateway({ identity: scene.wrongIdentity }, otherAddress);
    scene.resolve = resolve;
    await scene.clock.run(60_000);
    expectKept(scene, before);
    scene.gateway = scene.startGateway();
    await expectWell(scene, before, 25_000);
    impostor.crash();
  });

  it('ICMP errors about everything that is sent', async () => {
    const scene = await connected();
    const before = scene.status;
    for (let round = 0; round < 200; round++) {
      for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPROTO'])
        scene.host.reportErrors(code);
      await scene.clock.run(50);
    }
    expect(scene.status).toMatchObject({ state: 'Connected', connectedSince: before.connectedSince });
    expect(scene.lost).toBe(0);
    scene.gateway.crash();
    for (let round = 0; round < 1_000; round++) {
      scene.host.reportErrors('ECONNREFUSED');
      await scene.clock.run(200);
    }
    expectKept(scene, before);
    scene.gateway = scene.startGateway();
    await expectWell(scene, before, 20_000);
  });

  it('a new sign-in that is due and answered falsely ends nothing while the old IKE SA works', async () => {
    const scene = await connected({ advanced: { reauthenticationSeconds: 60 } });
    const before = scene.status;
    const forger = new Forger(scene.network, gatewayAddress, () => [notify(notifyType.NO_PROPOSAL_CHOSEN)]);
    forger.silencing = false;
    scene.network.filter = ({ from, bytes }) => {
      const message = from.port === 500 ? bytes : bytes.subarray(4);
      return from.address === gatewayAddress && message[18] === exchangeType.IKE_SA_INIT && message[17] === 0x20
        ? 'drop'
        : 'pass';
    };
    const { length } = scene.samples;
    await scene.clock.run((outage + 120) * 1_000);
    expect(forger.answers).toBeGreaterThan(10);
    expect(scene.status).toMatchObject({ state: 'Connected', connectedSince: before.connectedSince });
    expect(scene.samples.slice(length).filter((sample) => sample === null)).toEqual([]);
    scene.network.filter = () => 'pass';
    await scene.clock.run(20_000);
    expect(scene.status.ike?.spiInitiator).not.toBe(before.ike?.spiInitiator);
  });
});

describe('one forged answer before the right one', { timeout: 60_000 }, () => {
  it.each(forgeries)('%s: the gateway that forgot us is found all the same', async (_what, answer) => {
    const scene = await connected({ proposals: { ike: ['aes256gcm16-prfsha384-ecp256-ecp384'] } });
    const before = scene.status;
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    const forger = new Forger(scene.network, gatewayAddress, answer);
    forger.silencing = false;
    forger.onceEach = true;
    await scene.clock.runUntil(() => scene.status.ike?.spiInitiator !== before.ike?.spiInitiator, 10_000);
    await expectWell(scene, before, 10_000);
  });
});

describe('what the right gateway says counts', { timeout: 60_000 }, () => {
  it('a password that is no longer accepted: the user is asked, and without an answer it ends with 691', async () => {
    const scene = await connected();
    scene.gateway.crash();
    scene.gateway = scene.startGateway({ accounts: { alice: 'Another-Horse-1' } });
    await scene.clock.run(60_000);
    expect(scene.status).toMatchObject({ state: 'Disconnected', error: { code: 691 } });
    expect(scene.questions).toHaveLength(2);
  });
});
