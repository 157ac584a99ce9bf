import { describe, expect, it, vi } from 'vitest';
import { equal, utf8Encode } from '../../bytes';
import { certificateLogin, testKey, trusting, TwoEnds, type TwoEndsOptions } from '../../simulation';
import type { EapConversation, EapServerConversation, LocalAuthentication } from '../session';

vi.setConfig({ testTimeout: 30_000 });

const eapRequest = Uint8Array.of(1, 7, 0, 5, 13);
const eapResponse = Uint8Array.of(2, 7, 0, 5, 13);
const eapSuccess = Uint8Array.of(3, 7, 0, 4);
const key = (octet: number): Uint8Array => new Uint8Array(64).fill(octet);

/** A method of one round trip that makes the key it is told. */
function eapClient(
  msk: Uint8Array | null,
  made: { eapOnly: boolean }[],
): (mode?: { readonly eapOnly: boolean }) => EapConversation {
  return (mode) => {
    made.push({ eapOnly: mode?.eapOnly ?? false });
    return {
      methodName: 'EAP-TLS',
      receive: (packet) =>
        Promise.resolve(
          equal(packet, eapRequest)
            ? { type: 'respond', packet: eapResponse }
            : { type: 'success', msk: msk?.slice() ?? null },
        ),
      close: () => undefined,
    };
  };
}

function eapServer(msk: Uint8Array | null, identity = 'alice'): () => EapServerConversation {
  return () => ({
    methodName: 'EAP-TLS',
    start: () => Promise.resolve(eapRequest),
    receive: () => Promise.resolve({ type: 'success', packet: eapSuccess, msk: msk?.slice() ?? null, identity }),
    close: () => undefined,
  });
}

async function outcome(ends: TwoEnds) {
  ends.client.connect(ends.to(ends.ethernet, 500), []);
  await ends.clock.runUntil(
    () => ends.event('ended') !== undefined || ends.event('established') !== undefined,
    120_000,
  );
  return ends.event('established') ?? ends.event('ended')?.error ?? null;
}

describe('EAP-only authentication (RFC 5998, X-11)', () => {
  const server = testKey('ecdsa-p256');

  function ends({
    eapOnly,
    client = key(1),
    gateway = key(1),
    change = {},
  }: {
    eapOnly: boolean;
    client?: Uint8Array | null;
    gateway?: Uint8Array | null;
    change?: TwoEndsOptions;
  }) {
    const made: { eapOnly: boolean }[] = [];
    const local: LocalAuthentication = { method: 'eap', eapOnly, createConversation: eapClient(client, made) };
    const both = new TwoEnds({
      client: { local, peer: trusting(server), ...change.client },
      gateway: {
        signature: null,
        eapOnly: true,
        clients: { psk: null, certificate: null, eap: eapServer(gateway) },
        ...change.gateway,
      },
    });
    return { both, made };
  }

  it('the gateway shows no certificate: the key of the method proves both sides', async () => {
    const { both, made } = ends({ eapOnly: true });
    expect(await outcome(both)).toMatchObject({ type: 'established', authentication: 'EAP-TLS' });
    expect(made).toEqual([{ eapOnly: true }]);
    expect(await both.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('a gateway that proves itself by certificate all the same is believed by its certificate', async () => {
    const { both, made } = ends({
      eapOnly: true,
      change: { gateway: { signature: certificateLogin(server), eapOnly: false } },
    });
    expect(await outcome(both)).toMatchObject({ type: 'established' });
    expect(made).toEqual([{ eapOnly: false }]);
  });

  it('H-46: where the connection does not allow it, EAP without proof is not answered', async () => {
    const made: { eapOnly: boolean }[] = [];
    // The notify is not needed to be sent by this client: a gateway that leaves AUTH out anyway is played by one that
    // is told it was.
    const both = new TwoEnds({
      client: {
        local: { method: 'eap', eapOnly: false, createConversation: eapClient(key(1), made) },
        peer: trusting(server),
      },
      gateway: { signature: null, eapOnly: true, clients: { psk: null, certificate: null, eap: eapServer(key(1)) } },
    });
    expect(await outcome(both)).toMatchObject({ symbol: 'IKE_AUTH_FAIL' });
    expect(made).toEqual([]);
  });

  it('a gateway that does not know the key of the method is refused', async () => {
    const { both } = ends({ eapOnly: true, gateway: key(2) });
    expect(await outcome(both)).toMatchObject({ symbol: 'AUTHENTICATION_FAILURE' });
  });

  it.each([
    ['the client', null, key(1)],
    ['the gateway', key(1), null],
  ] as const)('a method that makes no key proves nothing to %s', async (_, client, gateway) => {
    const { both } = ends({ eapOnly: true, client, gateway });
    expect(await outcome(both)).toHaveProperty('symbol');
    expect(both.event('established')).toBeUndefined();
  });

  it('another identity than the connection expects: no EAP leaves', async () => {
    const { both, made } = ends({
      eapOnly: true,
      change: { client: { remoteIdentity: { type: 'fqdn', value: utf8Encode('other.example.com') } } },
    });
    expect(await outcome(both)).toMatchObject({ rule: 'server-identity' });
    expect(made).toEqual([]);
  });
});

describe('two rounds (RFC 4739, X-12)', () => {
  const server = testKey('ecdsa-p256');
  const machine = testKey('ecdsa-p256', 'machine');

  function ends({
    secondRound,
    twice = true,
    client = key(1),
    first = machine,
  }: {
    secondRound?: 'allowed' | 'required';
    twice?: boolean;
    client?: Uint8Array;
    first?: typeof machine;
  }) {
    const made: { eapOnly: boolean }[] = [];
    const both = new TwoEnds({
      client: {
        localIdentity: { type: 'fqdn', value: utf8Encode('laptop.example.com') },
        local: certificateLogin(first),
        peer: trusting(server),
        secondRound: twice
          ? {
              localIdentity: { type: 'rfc822', value: utf8Encode('alice@example.com') },
              local: { method: 'eap', createConversation: eapClient(client, made) },
            }
          : null,
      },
      gateway: {
        signature: certificateLogin(server),
        clients: { psk: null, certificate: trusting(machine), eap: eapServer(key(1)) },
        ...(secondRound === undefined ? {} : { secondRound }),
      },
    });
    return { both, made };
  }

  it.each(['allowed', 'required'] as const)('machine certificate, then EAP, where it is %s', async (secondRound) => {
    const { both, made } = ends({ secondRound });
    expect(await outcome(both)).toMatchObject({ type: 'established', authentication: 'Machine certificate + EAP-TLS' });
    expect(made).toHaveLength(1);
    expect(both.gatewayEvents[0]).toMatchObject({
      type: 'established',
      authentication: 'Machine certificate + EAP-TLS',
    });
    expect(await both.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('a gateway that wants both does not take the certificate alone', async () => {
    const { both } = ends({ secondRound: 'required', twice: false });
    expect(await outcome(both)).toMatchObject({ symbol: 'IKE_AUTH_FAIL', ikeNotify: 'AUTHENTICATION_FAILED' });
  });

  it('a gateway that does not know two rounds gets neither', async () => {
    const { both, made } = ends({});
    let authentications = 0;
    both.network.tap(({ bytes }) => (authentications += bytes[4 + 18] === 35 ? 1 : 0));
    expect(await outcome(both)).toMatchObject({ symbol: 'SERVER_POLICY' });
    expect(made).toEqual([]);
    expect(authentications).toBe(0);
  });

  it('a wrong certificate ends it before EAP', async () => {
    const { both, made } = ends({ secondRound: 'required', first: testKey('ecdsa-p256', 'stranger') });
    expect(await outcome(both)).toMatchObject({ symbol: 'IKE_AUTH_FAIL' });
    expect(made).toEqual([]);
  });

  it('a right certificate does not help a wrong second sign-in', async () => {
    const { both } = ends({ secondRound: 'required', client: key(9) });
    expect(await outcome(both)).toMatchObject({ symbol: 'AUTHENTICATION_FAILURE' });
    expect(both.responder.sessions).toHaveLength(0);
  });
});

describe('INITIAL_CONTACT with EAP', () => {
  const server = testKey('ecdsa-p256');

  /** Two clients after each other, both with the same IDi; `names` is who EAP finds them to be. */
  async function sessionsAfter(
    names: readonly [string, string],
    identities: readonly [string, string],
  ): Promise<number> {
    const left = [...names];
    const local: LocalAuthentication = { method: 'eap', createConversation: eapClient(key(1), []) };
    const both = new TwoEnds({
      client: { local, peer: trusting(server), localIdentity: { type: 'rfc822', value: utf8Encode(identities[0]) } },
      gateway: {
        signature: certificateLogin(server),
        clients: { psk: null, certificate: null, eap: () => eapServer(key(1), left.shift() ?? 'nobody')() },
      },
    });
    await both.connect();
    const second = both.secondClient({
      local,
      peer: trusting(server),
      localIdentity: { type: 'rfc822', value: utf8Encode(identities[1]) },
      initialContact: true,
    });
    second.connect();
    await both.clock.runUntil(() => second.session.ike !== null, 30_000);
    await both.clock.run(1_000);
    return both.responder.sessions.length;
  }

  it('somebody else who claims the IDi of a client does not end its IKE SA', async () => {
    expect(await sessionsAfter(['alice', 'mallory'], ['alice@example.com', 'alice@example.com'])).toBe(2);
  });

  it('the same account ends its own older one, whatever its IDi says', async () => {
    expect(await sessionsAfter(['alice', 'alice'], ['anonymous@example.com', 'alice@example.com'])).toBe(1);
  });
});

describe('AUTH_LIFETIME (RFC 4478, C-36)', () => {
  it('the client asks for a new sign-in before it is over; a client that does not sign in again is let go', async () => {
    const ends = new TwoEnds({ gateway: { authLifetimeSeconds: 600 } });
    await ends.connect();
    await ends.clock.run(539_000);
    expect(ends.event('reauthenticate')).toBeUndefined();
    await ends.clock.run(2_000);
    expect(ends.event('reauthenticate')).toBeDefined();
    expect(ends.responder.sessions).toHaveLength(1);
    await ends.clock.run(62_000);
    expect(ends.responder.sessions).toHaveLength(0);
    expect(ends.event('ended')).toMatchObject({ by: 'peer' });
  });

  it('the client asks by itself when its connection says so', async () => {
    const ends = new TwoEnds({ client: { reauthenticationSeconds: 300 } });
    await ends.connect();
    await ends.clock.run(299_000);
    expect(ends.event('reauthenticate')).toBeUndefined();
    await ends.clock.run(2_000);
    expect(ends.event('reauthenticate')).toBeDefined();
  });
});
