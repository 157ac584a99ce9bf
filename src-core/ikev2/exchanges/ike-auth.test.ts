import { describe, expect, it, vi } from 'vitest';
import { utf8Encode } from '../../bytes';
import { EapPeer, EapServer, MschapPeer, MschapServer, mschapCredentials, ntPasswordHash } from '../../eap';
import {
  certificateLogin,
  SeededRandom,
  simulatedPsk,
  testKey,
  trusting,
  TwoEnds,
  type TwoEndsOptions,
} from '../../simulation';
import type { Signer } from '../session';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const random = new SeededRandom(99);

function eapEnds(password: string, more: Partial<TwoEndsOptions> = {}): TwoEnds {
  const key = testKey('ecdsa-p256');
  return new TwoEnds({
    ...more,
    client: {
      local: {
        method: 'eap',
        createConversation: () =>
          new EapPeer({
            identity: 'alice',
            methods: [new MschapPeer({ random, credentials: mschapCredentials('alice', null, password) })],
          }),
      },
      peer: trusting(key),
      ...more.client,
    },
    gateway: {
      signature: certificateLogin(key),
      clients: {
        psk: null,
        certificate: null,
        eap: () =>
          new EapServer({
            random,
            methods: [
              new MschapServer({
                random,
                name: 'gateway',
                account: (name) => (name === 'alice' ? { ntHash: ntPasswordHash('secret') } : null),
              }),
            ],
          }),
      },
      ...more.gateway,
    },
  });
}

/** `by`: whether the gateway itself says so, after it has proved itself. */
async function failure(ends: TwoEnds, by: 'peer' | 'failure' = 'failure', limit = 120_000) {
  ends.client.connect(ends.to(ends.ethernet, 500), []);
  await ends.clock.runUntil(() => ends.event('ended') !== undefined || ends.event('established') !== undefined, limit);
  const ended = ends.event('ended');
  expect(ended?.by).toBe(by);
  return ended?.error;
}

describe('IKE_AUTH', () => {
  it('pre-shared key: IKE_SA_INIT on 500, IKE_AUTH on 4500, the same keys on both sides', async () => {
    const ends = new TwoEnds();
    await ends.connect();
    expect(ends.event('established')).toMatchObject({
      authentication: 'Pre-shared key',
      mobikeSupported: true,
      natDetected: false,
      ike: { proposal: 'aes256gcm16-prfsha256-x25519' },
      child: { proposal: 'aes256gcm16' },
      configuration: { ipv4Addresses: ['10.77.0.1'], dnsServers: ['10.77.255.53'] },
    });
    expect(ends.client.path?.remote.port).toBe(4500);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    expect(ends.gatewayEvents.map(({ type }) => type)).toEqual(['established']);
    expect(ends.responder.halfOpen).toBe(0);
  });

  it.each<Signer['keyType']>(['rsa', 'rsa-pss', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'ed448'])(
    'X-7: certificates of type %s prove both sides',
    async (keyType) => {
      const client = testKey(keyType, 'client');
      const gateway = testKey(keyType, 'gateway');
      const ends = new TwoEnds({
        client: { local: certificateLogin(client), peer: trusting(gateway) },
        gateway: {
          signature: certificateLogin(gateway),
          clients: { psk: null, eap: null, certificate: trusting(client) },
        },
      });
      await ends.connect();
      expect(ends.event('established')).toMatchObject({ authentication: 'Machine certificate' });
      expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    },
  );

  it('C-26: EAP-MSCHAPv2, with the key of the method in both AUTH payloads', async () => {
    const ends = eapEnds('secret');
    await ends.connect();
    expect(ends.event('established')).toMatchObject({ authentication: 'EAP-MSCHAPv2' });
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('what the gateway sends before its certificate was judged waits for the verdict, and arrives then', async () => {
    const client = testKey('ecdsa-p256', 'client');
    const gateway = testKey('ecdsa-p256', 'gateway');
    const trusted = trusting(gateway);
    const ends: TwoEnds = new TwoEnds({
      client: {
        local: certificateLogin(client),
        peer: {
          ...trusted,
          verify: (shown) =>
            new Promise((resolve, reject) =>
              ends.clock.setTimer(300, 'slow check', () => void trusted.verify(shown).then(resolve, reject)),
            ),
        },
      },
      gateway: {
        signature: certificateLogin(gateway),
        clients: { psk: null, eap: null, certificate: trusting(client) },
      },
    });
    let received = 0;
    ends.clientData.onReceived = () => received++;
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.runUntil(() => ends.gatewayEvents.some(({ type }) => type === 'established'), 10_000);
    for (const octet of [1, 2, 3]) ends.gatewayPath.sendTestPacket(Uint8Array.of(octet));
    await ends.clock.run(200);
    expect([ends.event('established'), received, ends.clientData.lost]).toEqual([undefined, 0, 0]);
    await ends.clock.run(200);
    expect(ends.event('established')).toBeDefined();
    expect(received).toBe(3);
  });

  it('C-55: addresses and selectors of both families', async () => {
    const ends = new TwoEnds({ client: { requestIpv6: true } });
    await ends.connect();
    const established = ends.event('established');
    expect(established?.configuration).toMatchObject({
      ipv4Addresses: ['10.77.0.1'],
      ipv6Addresses: [{ address: 'fd77::1' }],
    });
    expect(established?.child.localSelectors.map(({ startAddress }) => startAddress)).toEqual(['10.77.0.1', 'fd77::1']);
    expect(established?.child.remoteSelectors.map(({ endAddress }) => endAddress)).toEqual([
      '255.255.255.255',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ]);
  });

  it('C-48: the previous address is asked for again', async () => {
    const ends = new TwoEnds({ client: { previousAddresses: ['10.77.0.200'] } });
    await ends.connect();
    expect(ends.event('established')?.configuration.ipv4Addresses).toEqual(['10.77.0.200']);
  });

  it('X-1..X-6: large IKE_AUTH messages go in fragments that pass a small MTU, both ways', async () => {
    const client = testKey('rsa', 'client');
    const gateway = testKey('rsa', 'gateway');
    const chain = [1, 2, 3].map((seed) => new SeededRandom(seed).bytes(1200));
    const ends = new TwoEnds({
      conditions: { mtu: 1280 },
      client: { local: certificateLogin(client, chain), peer: trusting(gateway) },
      gateway: {
        signature: certificateLogin(gateway, chain),
        clients: { psk: null, eap: null, certificate: trusting(client) },
      },
    });
    let fragments = 0;
    ends.network.tap(({ bytes }) => {
      if (bytes[4 + 16] === 53) fragments++;
      expect(bytes.length + 28).toBeLessThanOrEqual(1280);
    });
    await ends.connect();
    expect(fragments).toBeGreaterThanOrEqual(8);
  });

  it('X-3: where 1280 octets do not pass, 576 do', async () => {
    const client = testKey('rsa', 'client');
    const chain = [1, 2].map((seed) => new SeededRandom(seed).bytes(1200));
    const gateway = testKey('ecdsa-p256', 'gateway');
    const ends = new TwoEnds({
      conditions: { mtu: 600 },
      client: {
        local: certificateLogin(client, chain),
        peer: trusting(gateway),
        ikeProposals: ['aes128-sha256-ecp256'],
      },
      gateway: {
        signature: certificateLogin(gateway),
        clients: { psk: null, eap: null, certificate: trusting(client) },
      },
    });
    await ends.connect();
    expect(ends.clock.now()).toBeGreaterThan(3000);
  });

  it('works without fragmentation when the gateway does not know it', async () => {
    const ends = new TwoEnds({ gateway: { fragmentation: false } });
    await ends.connect();
  });

  it('C-36: AUTH_LIFETIME asks for re-authentication before it is over', async () => {
    const ends = new TwoEnds({ gateway: { authLifetimeSeconds: 3600 } });
    await ends.connect();
    expect(ends.event('established')?.authLifetimeSeconds).toBe(3600);
    await ends.clock.run(3_200_000);
    expect(ends.event('reauthenticate')).toBeUndefined();
    await ends.clock.run(200_000);
    expect(ends.event('reauthenticate')).toBeDefined();
  });

  it('C-29: refused with IDr, the gateway gets a second try without it', async () => {
    let asked = 0;
    const ends = new TwoEnds({
      client: { remoteIdentity: { type: 'fqdn', value: utf8Encode('other.example.com') } },
      // Refuses the first IKE_AUTH by another secret.
      gateway: {
        clients: {
          psk: () => (asked++ === 0 ? utf8Encode('not this one') : simulatedPsk),
          certificate: null,
          eap: null,
        },
      },
    });
    await ends.connect();
    expect(asked).toBe(2);
    const sent = ends.logs
      .filter(({ exchange }) => exchange?.direction === 'sent' && exchange.name === 'IKE_AUTH')
      .map(({ exchange }) => exchange?.payloads.map(({ name }) => name) ?? []);
    expect(sent.map((names) => names.includes('IDr'))).toEqual([true, false]);
  });

  it.each([
    [true, 1],
    [false, 2],
  ])('INITIAL_CONTACT (%s): of the same identity the gateway keeps %d sessions', async (initialContact, kept) => {
    const ends = new TwoEnds();
    await ends.connect();
    const again = ends.secondClient({ initialContact });
    again.connect();
    await ends.clock.run(1000);
    expect(ends.responder.sessions).toHaveLength(kept);
    expect(ends.gatewayEvents.filter(({ type }) => type === 'ended')).toHaveLength(2 - kept);
  });
});

describe('IKE_AUTH refusals', () => {
  it('811: the gateway does not accept our pre-shared key', async () => {
    const error = await failure(new TwoEnds({ client: { local: { method: 'psk', secret: utf8Encode('wrong') } } }));
    expect(error).toMatchObject({ code: 811, symbol: 'VPN_BAD_PSK', ikeNotify: 'AUTHENTICATION_FAILED' });
  });

  it('811: the gateway does not know the pre-shared key; C-32: it is told, and forgets', async () => {
    const ends = new TwoEnds({ client: { peer: { method: 'psk', secret: utf8Encode('other'), identity: null } } });
    const error = await failure(ends);
    expect(error).toMatchObject({ code: 811 });
    await ends.clock.run(100);
    expect(ends.responder.sessions).toHaveLength(0);
  });

  it('13801: another identity than the profile wants', async () => {
    const error = await failure(
      new TwoEnds({
        client: {
          peer: {
            method: 'psk',
            secret: simulatedPsk,
            identity: { type: 'fqdn', value: utf8Encode('other.example.com') },
          },
        },
      }),
    );
    expect(error).toMatchObject({ code: 13801 });
  });

  it('13801: an untrusted gateway certificate; the check that failed is named', async () => {
    const error = await failure(
      eapEnds('secret', { client: { peer: trusting(testKey('ecdsa-p256', 'someone else')) } }),
    );
    expect(error).toMatchObject({ code: 13801, detail: 'untrusted' });
  });

  it('C-25: no EAP octet leaves when the gateway is not trusted', async () => {
    const ends = eapEnds('secret', { client: { peer: trusting(testKey('ecdsa-p256', 'someone else')) } });
    await failure(ends);
    const sent = ends.logs
      .filter(({ exchange }) => exchange?.direction === 'sent')
      .flatMap(({ exchange }) => exchange?.payloads ?? []);
    expect(sent.map(({ name }) => name)).not.toContain('EAP');
  });

  it('H-55: the gateway shows a certificate whose key it does not have', async () => {
    const shown = testKey('ecdsa-p256', 'shown');
    const held = testKey('ecdsa-p256', 'held');
    const ends = eapEnds('secret', {
      client: { peer: trusting(shown) },
      gateway: { signature: { method: 'signature', signer: held.signer, certificates: [shown.spki] } },
    });
    expect(await failure(ends)).toMatchObject({ code: 13801, detail: 'the signature is wrong' });
  });

  it('13801: our certificate is not accepted', async () => {
    const client = testKey('ecdsa-p256', 'client');
    const gateway = testKey('ecdsa-p256', 'gateway');
    const ends = new TwoEnds({
      client: { local: certificateLogin(client), peer: trusting(gateway) },
      gateway: {
        signature: certificateLogin(gateway),
        clients: { psk: null, eap: null, certificate: trusting(testKey('ecdsa-p256', 'another')) },
      },
    });
    expect(await failure(ends)).toMatchObject({ code: 13801, ikeNotify: 'AUTHENTICATION_FAILED' });
  });

  it('691: wrong password, no secret in any log', async () => {
    const ends = eapEnds('wrong password');
    expect(await failure(ends, 'peer')).toMatchObject({ code: 691 });
    expect(JSON.stringify(ends.logs)).not.toContain('wrong password');
  });

  it('812 or 13801: the gateway has no EAP', async () => {
    const error = await failure(
      eapEnds('secret', { gateway: { clients: { psk: () => simulatedPsk, certificate: null, eap: null } } }),
    );
    expect(error).toMatchObject({ code: 13801 });
  });

  it('13868: no common ESP proposal; the IKE SA is deleted', async () => {
    const ends = new TwoEnds({ client: { espProposals: ['chacha20poly1305'] } });
    expect(await failure(ends, 'peer')).toMatchObject({ code: 13868, ikeNotify: 'NO_PROPOSAL_CHOSEN' });
    expect(ends.clientData.inbound.size).toBe(0);
  });

  it('840: no address; 841: an address is insisted on; 842: no selectors', async () => {
    const refused = (notify: 'INTERNAL_ADDRESS_FAILURE' | 'FAILED_CP_REQUIRED') =>
      failure(new TwoEnds({ gateway: { assign: () => ({ type: 'refused', notify }) } }), 'peer');
    expect(await refused('INTERNAL_ADDRESS_FAILURE')).toMatchObject({ code: 840 });
    expect(await refused('FAILED_CP_REQUIRED')).toMatchObject({ code: 841 });
    expect(await failure(new TwoEnds({ gateway: { localSelectors: [] } }), 'peer')).toMatchObject({
      code: 842,
      ikeNotify: 'TS_UNACCEPTABLE',
    });
  });

  it('H-28: an address that cannot be used is not used', async () => {
    const configuration = {
      ipv4Addresses: ['127.0.0.5'],
      ipv6Addresses: [],
      dnsServers: [],
      subnets: [],
      dnsDomains: [],
      dhcpServers: [],
    };
    expect(
      await failure(new TwoEnds({ gateway: { assign: () => ({ type: 'assigned', configuration }) } })),
    ).toMatchObject({ code: 840 });
  });

  it('C-50: no address although one was asked for', async () => {
    const configuration = {
      ipv4Addresses: [],
      ipv6Addresses: [{ address: 'fd77::9', prefixLength: 128 }],
      dnsServers: [],
      subnets: [],
      dnsDomains: [],
      dhcpServers: [],
    };
    expect(
      await failure(new TwoEnds({ gateway: { assign: () => ({ type: 'assigned', configuration }) } }), 'peer'),
    ).toMatchObject({ code: 842 });
  });

  it('abandon during a signature that takes long: nothing happens afterwards', async () => {
    const client = testKey('ecdsa-p256', 'client');
    let release: () => void = () => undefined;
    const slow: Signer = {
      keyType: 'ecdsa-p256',
      sign: (data, scheme) =>
        new Promise((resolve) => (release = () => void client.signer.sign(data, scheme).then(resolve))),
    };
    const ends = new TwoEnds({ client: { local: { method: 'signature', signer: slow, certificates: [client.spki] } } });
    ends.client.connect(ends.to(ends.ethernet, 500), []);
    await ends.clock.run(1000);
    ends.client.abandon();
    const { carried } = ends.network;
    release();
    await ends.clock.run(60_000);
    expect(ends.network.carried).toBe(carried);
    expect(ends.event('ended')).toBeUndefined();
    expect(ends.clock.pendingTimers().filter((name) => name !== 'half-open')).toEqual([]);
  });
});
