import { describe, expect, it } from 'vitest';
import { createTlsEngine } from '../../../native/tls';
import { ntPasswordHash } from '../../eap';
import { account, attempt } from './scene';
import { TestPki } from './test-pki';
import { wrongAuthenticationServers } from './wrong-authentication-servers';
import { refusedClientCertificates, refusedTunnels, wrongAccounts, wrongClientCertificates } from './wrong-clients';
import { wrongGatewayCertificates, wrongGatewayProofs, wrongPresharedKeys } from './wrong-gateways';
import type { WrongPeer } from './wrong-peer';
import {
  refusingServers,
  wrongEapServers,
  wrongPeapServers,
  wrongTlsServers,
  wrongTtlsServers,
} from './wrong-sign-ins';

const pki = new TestPki();
const engine = createTlsEngine();
if (engine === null) throw new Error('the addon is not built: npm run build:native');
const means = { pki, engine };

/** As text and as hexadecimal; the NT hash is as good as the password. */
const unspeakable = new RegExp(
  [account.password, 'Wrong-Horse-8', account.presharedKey]
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret, 'utf16le').toString('hex'),
      Buffer.from(ntPasswordHash(secret)).toString('hex'),
    ])
    .join('|'),
  'i',
);

const tables: Readonly<Record<string, readonly WrongPeer[]>> = {
  'the certificate of the gateway': wrongGatewayCertificates,
  'the proof of the gateway': wrongGatewayProofs,
  'the pre-shared key': wrongPresharedKeys,
  'the certificate of the authentication server': wrongAuthenticationServers,
  'EAP and EAP-MSCHAPv2': wrongEapServers,
  PEAP: wrongPeapServers,
  'EAP-TTLS': wrongTtlsServers,
  'TLS itself': wrongTlsServers,
  'what the server says instead of EAP-Failure': refusingServers,
  'the account': wrongAccounts,
  'the certificate of the client, before it is shown': wrongClientCertificates,
  'the certificate of the client, refused by the server': refusedClientCertificates,
  'the tunnel': refusedTunnels,
};

describe.each(Object.entries(tables))('wrong: %s', { timeout: 30_000 }, (_table, rows) => {
  it.each(rows.map((row) => [`${row.method}: ${row.what}`, row] as const))(
    '%s',
    async (_name, { method, arrange, stage, code, rule, sent }) => {
      const outcome = await attempt(method, means, arrange(pki));
      const { error } = outcome;
      expect(
        { stage: outcome.stage, code: error?.code, rule: error?.rule, sent: outcome.sent },
        error?.detail ?? error?.message,
      ).toEqual({ stage, code, rule, sent });
      // The status object says the same, in a sentence and with the check by name and values.
      expect(outcome.status).toMatchObject({
        state: 'Disconnected',
        error: { code, rule, message: expect.stringMatching(/^\p{Lu}.{20,}[.?!]$/su) as string },
      });
      // Before a server was judged good no record leaves but the ClientHello, and an alert: nothing that could hold
      // more, also where it could not be read here.
      if (!outcome.trustedTls)
        expect(outcome.tlsRecords.filter((record) => record !== 'handshake 1' && record !== 'alert')).toEqual([]);
      // Nobody is let in, nothing runs on, nothing secret was said.
      expect(outcome.clients).toBe(0);
      expect(outcome.pendingTimers).toEqual([]);
      expect(JSON.stringify([outcome.logs, outcome.statuses])).not.toMatch(unspeakable);
    },
  );
});

it('nobody is asked about a certificate that leads to no trusted authority (P-16, CVE-2022-40617)', async () => {
  const row = wrongGatewayCertificates.find(({ what }) => what.startsWith('issuer: an authority nobody trusts'))!;
  const outcome = await attempt(row.method, means, row.arrange(pki));
  expect(outcome.revocationQuestions).toEqual([]);
});

it('has at least 60 wrong servers and 25 wrong clients, each under a name of its own', () => {
  const clients: readonly (readonly WrongPeer[])[] = [
    wrongAccounts,
    wrongClientCertificates,
    refusedClientCertificates,
  ];
  const rows = Object.values(tables);
  expect(rows.filter((table) => !clients.includes(table)).flat().length).toBeGreaterThanOrEqual(60);
  expect(clients.flat().length).toBeGreaterThanOrEqual(25);
  const names = Object.values(tables)
    .flat()
    .map(({ method, what }) => `${method}: ${what}`);
  expect(new Set(names).size).toBe(names.length);
});
