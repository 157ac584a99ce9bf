import { describe, expect, it } from 'vitest';
import { EapServer, MschapServer, ntPasswordHash } from '../eap';
import { seededRandom } from '../eap/testing';
import type { EapConversation } from '../ikev2/session';
import { encodePem } from '../pki/pem';
import { testRoot } from '../pki/testing';
import { refusedFor, type SecretRequest } from '../ports/secrets';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { createCredentialsSource } from './credentials';
import { exampleProfile } from './example-profile';
import type { CredentialsQuestion, SessionCredentials } from './ports';

const profileWith = (authentication: Partial<Profile['authentication']>): Profile =>
  exampleProfile({
    authentication: { username: 'alice', ...authentication },
    serverCertificate: { authorities: [encodePem('CERTIFICATE', testRoot().certificate.der)] },
  });

/** A source whose person answers by kind; what was asked is collected. */
function source(answers: Readonly<Partial<Record<SecretRequest['kind'], string>>>) {
  const asked: SecretRequest[] = [];
  const credentials = createCredentialsSource({
    random: seededRandom('peer'),
    trace: { log: () => undefined },
    acceptance: { wallTime: () => Date.UTC(2026, 0, 1), systemAuthorities: () => [] },
    secrets: {
      request: (request) => {
        asked.push(request);
        const secret = answers[request.kind];
        return Promise.resolve(secret === undefined ? null : { secret, save: false });
      },
    },
  });
  return { credentials, asked };
}

const first = (profile: Profile): CredentialsQuestion => ({ profile, reason: null, refused: null });
const again = (profile: Profile, error: VpnError, credentials: SessionCredentials): CredentialsQuestion => ({
  profile,
  reason: refusedFor(error),
  refused: { error, credentials },
});

function conversationOf(credentials: SessionCredentials | null): EapConversation {
  if (credentials?.local.method !== 'eap') throw new Error('no EAP');
  return credentials.local.createConversation();
}

/** The error that ends the conversation, or null for success. */
async function converse(peer: EapConversation, server: MschapServer): Promise<VpnError | null> {
  const there = new EapServer({ random: seededRandom('server'), methods: [server] });
  let packet = await there.start();
  for (let round = 0; round < 20; round++) {
    const answer = await peer.receive(packet);
    if (answer.type === 'failure') return answer.error;
    if (answer.type === 'success') return null;
    if (answer.type === 'ignore') throw new Error('ignored');
    packet = (await there.receive(answer.packet)).packet;
  }
  throw new Error('no end');
}

describe('an expired password (A-8, A-19)', () => {
  const profile = profileWith({ method: 'eap-mschapv2' });
  const serverWith = (changed: (ntHash: Uint8Array) => boolean) =>
    new MschapServer({
      random: seededRandom('challenge'),
      name: 'aaa',
      account: () => ({ ntHash: ntPasswordHash('old'), problem: 648 }),
      changePassword: (_name, ntHash) => changed(ntHash),
    });

  it('is said, the new one asked for between two attempts, and changed in the second', async () => {
    const { credentials, asked } = source({ password: 'old', 'new-password': 'new' });
    const before = await credentials(first(profile));
    const expired = await converse(
      conversationOf(before),
      serverWith(() => true),
    );
    expect(expired?.symbol).toBe('PASSWD_EXPIRED');
    const after = await credentials(again(profile, expired!, before!));
    expect(asked.map(({ kind, account, reason }) => [kind, account, reason === null])).toEqual([
      ['password', 'alice', true],
      ['new-password', 'alice', false],
    ]);
    before!.wipe();
    let stored: Uint8Array | null = null;
    expect(
      await converse(
        conversationOf(after),
        serverWith((ntHash) => ((stored = ntHash), true)),
      ),
    ).toBeNull();
    expect(stored).toEqual(ntPasswordHash('new'));
    // The same credentials again, as a new sign-in of a connection that is up: by the new password, which the server
    // has now.
    const server = new MschapServer({
      random: seededRandom('later'),
      name: 'aaa',
      account: () => ({ ntHash: ntPasswordHash('new') }),
    });
    expect(await converse(conversationOf(after), server)).toBeNull();
    // And a change is no more to be had of them: the new password itself is gone.
    expect(
      (
        await converse(
          conversationOf(after),
          new MschapServer({
            random: seededRandom('twice'),
            name: 'aaa',
            account: () => ({ ntHash: ntPasswordHash('new'), problem: 648 }),
            changePassword: () => true,
          }),
        )
      )?.symbol,
    ).toBe('PASSWD_EXPIRED');
    after!.wipe();
    expect(after!.mschap?.ntHash).toEqual(new Uint8Array(16));
  });

  it('a new password that the server never took ends with its credentials', async () => {
    const { credentials } = source({ password: 'old', 'new-password': 'new' });
    const before = await credentials(first(profile));
    const after = await credentials(again(profile, new VpnError('PASSWD_EXPIRED', 'expired'), before!));
    const conversation = conversationOf(after);
    after!.wipe();
    let stored: Uint8Array | null = null;
    expect(
      (await converse(
        conversation,
        serverWith((ntHash) => ((stored = ntHash), true)),
      )) instanceof VpnError,
    ).toBe(true);
    expect(stored).toBeNull();
  });

  it('a new password that the server refuses is 709 and asked for again', async () => {
    const { credentials, asked } = source({ password: 'old', 'new-password': 'new' });
    const before = await credentials(first(profile));
    const expired = await converse(
      conversationOf(before),
      serverWith(() => true),
    );
    const second = await credentials(again(profile, expired!, before!));
    const refused = await converse(
      conversationOf(second),
      serverWith(() => false),
    );
    expect(refused?.code).toBe(709);
    expect(await credentials(again(profile, refused!, second!))).not.toBeNull();
    expect(asked.map(({ kind }) => kind)).toEqual(['password', 'new-password', 'new-password']);
  });

  it('a server that says expired again although it got a new one is not asked a third time', async () => {
    const { credentials } = source({ password: 'old', 'new-password': 'new' });
    const before = await credentials(first(profile));
    const expired = new VpnError('PASSWD_EXPIRED', 'expired');
    const second = await credentials(again(profile, expired, before!));
    expect(await credentials(again(profile, expired, second!))).toBeNull();
  });
});

describe('what cannot be used is said before anything is asked', () => {
  it.each(['eap-tls', 'peap-mschapv2', 'peap-tls', 'eap-ttls'] as const)('%s without a TLS engine', async (method) => {
    const { credentials, asked } = source({ password: 'x' });
    await expect(credentials(first(profileWith({ method })))).rejects.toMatchObject({ symbol: 'SERVER_POLICY' });
    expect(asked).toEqual([]);
  });

  it('a token where there are none', async () => {
    const { credentials } = source({});
    await expect(
      credentials(
        first(
          profileWith({
            method: 'machine-certificate',
            certificate: { pkcs11: { module: '/m.so', token: 't', id: '01' } },
          }),
        ),
      ),
    ).rejects.toMatchObject({ code: 13806 });
  });
});

describe('a refused certificate', () => {
  it('is not shown a second time by itself (A-21)', async () => {
    const { credentials } = source({});
    const refused = again(profileWith({ method: 'eap-tls' }), new VpnError('AUTHENTICATION_FAILURE', 'no'), {
      wipe: () => undefined,
    } as SessionCredentials);
    expect(await credentials(refused)).toBeNull();
  });
});
