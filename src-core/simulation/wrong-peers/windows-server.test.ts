import { describe, expect, it } from 'vitest';
import { createTlsEngine } from '../../../native/tls';
import { certificateEncoding, exchangeType, notifyType, transformType } from '../../ikev2/wire/constants';
import type { AuthenticationMethod } from '../../profiles/profile';
import { type Arrangement, attempt, type Live } from './scene';
import { TestPki } from './test-pki';
import { windowsServer } from './windows-server';

const pki = new TestPki();
const engine = createTlsEngine();
if (engine === null) throw new Error('the addon is not built: npm run build:native');
const means = { pki, engine };

async function connected(
  method: AuthenticationMethod,
  arrangement: Arrangement,
  whileConnected: (live: Live) => Promise<void> = () => Promise.resolve(),
): ReturnType<typeof attempt> {
  const outcome = await attempt(method, means, { ...arrangement, whileConnected });
  expect(outcome.error).toBeNull();
  expect(outcome.status.state).toBe('Connected');
  expect(outcome.pendingTimers).toEqual([]);
  return outcome;
}

describe('Windows Server, unhardened', { timeout: 30_000 }, () => {
  it.each<AuthenticationMethod>(['eap-mschapv2', 'peap-mschapv2', 'peap-tls', 'eap-tls', 'machine-certificate'])(
    'W-2, W-3, W-9, W-18: %s connects with AES-256, SHA-1 and MODP-1024, and pings',
    async (method) => {
      const { status } = await connected(method, windowsServer(pki), async ({ clock, samples }) => {
        await clock.run(2_000);
        expect(samples.filter((sample) => sample !== null).length).toBeGreaterThan(10);
      });
      expect(status.ike?.proposal).toBe('aes256-sha1-modp1024');
      expect(status.children[0]?.proposal).toBe('aes256-sha1');
    },
  );

  it('W-3, C-19: the first KE is of MODP-2048, INVALID_KE_PAYLOAD names group 2, the whole list is offered again', async () => {
    const { status } = await connected('eap-mschapv2', windowsServer(pki), ({ messages }) => {
      const offers = messages().filter(
        ({ from, header }) => from === 'client' && header.exchangeType === exchangeType.IKE_SA_INIT,
      );
      const groups = offers.map(({ payloads }) =>
        payloads.flatMap((payload) => (payload.type === 'KE' ? [payload.group] : [])).join(),
      );
      // W-11: a cookie is asked for first, with the first group.
      expect(groups).toEqual(['14', '14', '2', '2'].slice(0, groups.length));
      expect(groups.at(-1)).toBe('2');
      const offered = offers.map(({ payloads }) =>
        JSON.stringify(
          payloads.find(({ type }) => type === 'SA'),
          (_key, value: unknown) => (value instanceof Uint8Array ? [...value] : value),
        ),
      );
      expect(new Set(offered).size).toBe(1);
      return Promise.resolve();
    });
    expect(status.mobikeSupported).toBe(true);
  });

  it.each([
    ['aes128-sha256-modp2048', 'aes128-sha256'],
    ['aes128gcm16-prfsha256-modp2048', 'aes128gcm16'],
  ])('W-4: hardened to %s', async (ike, esp) => {
    const { status } = await connected('eap-mschapv2', windowsServer(pki, { ike, esp }));
    expect(status.ike?.proposal).toBe(ike);
  });

  it('W-4: hardened to a suite that the profile does not have is 13868', async () => {
    const outcome = await attempt('eap-mschapv2', means, windowsServer(pki, { ike: 'aes256-sha512-ecp521' }));
    expect(outcome.error).toMatchObject({ code: 13868, rule: 'ike-proposal' });
  });

  it.each(['rsa', 'ecdsa'] as const)('W-6: the gateway signs with %s, without RFC 7427', async (key) => {
    await connected('eap-mschapv2', windowsServer(pki, { key }), ({ messages }) => {
      const [auth] = messages().flatMap(({ from, payloads }) =>
        from === 'gateway' ? payloads.flatMap((payload) => (payload.type === 'AUTH' ? [payload] : [])) : [],
      );
      expect(auth?.method).toBe(key === 'rsa' ? 1 : 9);
      return Promise.resolve();
    });
  });

  it('W-6, X-10: method 1 with SHA-1 is refused where the profile is not that of an old Windows server', async () => {
    const { profile: _, ...server } = windowsServer(pki, { ike: 'aes256-sha256-modp2048', esp: 'aes256-sha256' });
    const outcome = await attempt('eap-mschapv2', means, {
      ...server,
      profile: { proposals: { ike: ['aes256-sha256-modp2048'], esp: ['aes256-sha256'] } },
    });
    expect(outcome.error).toMatchObject({ code: 13801, rule: 'auth-sha1' });
    expect(outcome.sent).toEqual([]);
  });

  it.each(['distinguished-name', 'fqdn', 'inside-address'] as const)(
    'P-9: it calls itself by its %s',
    async (identity) => {
      await connected('eap-mschapv2', windowsServer(pki, { identity }));
    },
  );

  it('C-29: no IDr is sent to it', async () => {
    await connected('eap-mschapv2', windowsServer(pki), ({ messages }) => {
      const sent = messages().filter(({ from }) => from === 'client');
      expect(sent.flatMap(({ payloads }) => payloads.map(({ type }) => type))).not.toContain('IDr');
      return Promise.resolve();
    });
  });

  it('W-10: IKE_AUTH fits into one datagram of 1280 octets, since nothing puts fragments together there', async () => {
    await connected('eap-mschapv2', windowsServer(pki), ({ messages }) => {
      const first = messages().find(
        ({ from, header }) => from === 'client' && header.exchangeType === exchangeType.IKE_AUTH,
      );
      // IP, UDP and marker, header, SK header, IV, padding and ICV come on top.
      expect(first!.plaintext.length + 20 + 8 + 4 + 28 + 4 + 16 + 16 + 12).toBeLessThanOrEqual(1280);
      // One authority, 20 octets; the other request asks for OCSP (RFC 4806) and is as good as empty.
      const requests = first!.payloads.flatMap((payload) => (payload.type === 'CERTREQ' ? [payload] : []));
      expect(requests.filter(({ encoding }) => encoding === certificateEncoding.X509_SIGNATURE)).toHaveLength(1);
      return Promise.resolve();
    });
  });

  it('C-21, W-11: its Vendor IDs and its cookie are taken', async () => {
    await connected('eap-mschapv2', windowsServer(pki), ({ messages }) => {
      const there = messages().filter(({ from }) => from === 'gateway');
      expect(there.flatMap(({ payloads }) => payloads.filter(({ type }) => type === 'V'))).toHaveLength(2);
      expect(
        there.some(({ payloads }) =>
          payloads.some((payload) => payload.type === 'N' && payload.notify === notifyType.COOKIE),
        ),
      ).toBe(true);
      return Promise.resolve();
    });
  });

  it('W-7, C-61: it rekeys the CHILD SA, twice, and no ping is lost', async () => {
    await connected('eap-mschapv2', windowsServer(pki), async ({ clock, session, samples, connection }) => {
      const before = connection.status().children[0]!.spiIn;
      for (let round = 0; round < 2; round++) {
        session().rekeyChild(session().children[0]!.spiIn);
        await clock.run(6_000);
      }
      expect(connection.status()).toMatchObject({ state: 'Connected', children: [{ proposal: 'aes256-sha1' }] });
      expect(connection.status().children[0]!.spiIn).not.toBe(before);
      expect(samples).not.toContain(null);
    });
  });

  it('W-7, C-60: it rekeys the CHILD SA with a key exchange of its own, which IKE_AUTH never had', async () => {
    const server = windowsServer(pki, { ike: 'aes128-sha256-modp2048', esp: 'aes128-sha256-modp2048' });
    await connected('eap-mschapv2', server, async ({ clock, session, samples, connection }) => {
      session().rekeyChild(session().children[0]!.spiIn);
      await clock.run(6_000);
      expect(connection.status()).toMatchObject({
        state: 'Connected',
        children: [{ proposal: 'aes128-sha256-modp2048' }],
      });
      expect(samples).not.toContain(null);
    });
  });

  it('W-7, C-64: the IKE SA is rekeyed with exactly the suite and group it has, by either end', async () => {
    const server = windowsServer(pki);
    await connected(
      'eap-mschapv2',
      { ...server, profile: { ...server.profile, advanced: { legacyWindows: true, ikeLifetimeSeconds: 20 } } },
      async ({ clock, session, samples, connection, messages }) => {
        const spis = new Set([connection.status().ike!.spiInitiator]);
        session().rekeyIke();
        await clock.run(6_000);
        spis.add(connection.status().ike!.spiInitiator);
        expect(connection.status()).toMatchObject({ state: 'Connected', ike: { proposal: 'aes256-sha1-modp1024' } });
        // The client's own, at the end of its lifetime.
        await clock.run(25_000);
        spis.add(connection.status().ike!.spiInitiator);
        expect(connection.status()).toMatchObject({ state: 'Connected', ike: { proposal: 'aes256-sha1-modp1024' } });
        expect(spis.size).toBe(3);
        const offers = messages().flatMap(({ from, header, payloads }) =>
          from === 'client' && header.exchangeType === exchangeType.CREATE_CHILD_SA && !header.response
            ? payloads.flatMap((payload) =>
                payload.type === 'SA' && payload.proposals[0]?.protocol === 1 ? payload.proposals : [],
              )
            : [],
        );
        expect(offers.length).toBeGreaterThan(0);
        for (const { transforms } of offers)
          expect(
            transforms.filter((transform) => transform.transformType === transformType.KE).map(({ id }) => id),
          ).toEqual([2]);
        expect(samples.slice(-20)).not.toContain(null);
      },
    );
  });

  it('W-14: its own attributes and no subnets and no domain: the address is used, nothing is missed', async () => {
    const { status } = await connected('eap-mschapv2', windowsServer(pki));
    expect(status.tunnelAddresses).toEqual(['10.77.0.1/32']);
  });

  it('W-15: selectors for everything', async () => {
    const server = windowsServer(pki);
    const everything = {
      family: 4,
      protocol: 0,
      startPort: 0,
      endPort: 65_535,
      startAddress: '0.0.0.0',
      endAddress: '255.255.255.255',
    } as const;
    const { status } = await connected('eap-mschapv2', {
      ...server,
      gateway: { ...server.gateway, config: { ...server.gateway?.config, localSelectors: [everything] } },
    });
    expect(status.children[0]?.remote).toEqual(['0.0.0.0/0']);
  });

  it('W-13: it deletes the IKE SA for want of traffic: the connection comes back by itself, with the same address and nobody asked', async () => {
    const outcome = await connected('eap-mschapv2', windowsServer(pki), async ({ clock, session, connection }) => {
      const before = connection.status();
      void session().close(1_000);
      await clock.run(10_000);
      expect(connection.status()).toMatchObject({
        state: 'Connected',
        tunnelAddresses: before.tunnelAddresses,
        connectedSince: before.connectedSince,
      });
      expect(connection.status().ike!.spiInitiator).not.toBe(before.ike!.spiInitiator);
    });
    expect(outcome.questions).toEqual(['password']);
  });
});
