import type { Locator, Page } from '@playwright/test';
import { ntPasswordHash } from '../src-core/eap';
import { createTlsEngine } from '../native/tls';
import {
  certificate,
  clientCertificate,
  connectionName as name,
  gatewayName,
  keyDer,
  keyPem,
  knowing,
  newAuthority,
  pem,
} from './support/certificates';
import { expect, test, type Arrangement, type SignInScene } from './support/sign-in';
import { tokenLabel, tokenModule, tokenPin } from './support/soft-token';

const alice = { alice: 'Correct-Horse-9' };
const panel = (page: Page): Locator => page.getByRole('dialog', { name: 'View available networks' });
const prompt = (page: Page): Locator => page.getByRole('dialog', { name: `Connect ${name}` });
const tray = (page: Page): Locator => page.getByRole('button', { name: /^Network:/ });

async function open(page: Page, scene: SignInScene): Promise<void> {
  await page.goto(scene.url);
  await expect(panel(page)).toBeVisible();
}

async function connect(page: Page): Promise<void> {
  if (!(await panel(page).isVisible())) await tray(page).click();
  await panel(page).getByRole('button', { name: 'Connect', exact: true }).click();
}

/** Connected, the gateway agrees, pings come back through the tunnel and the chart of Mobility draws answers. */
async function expectTraffic(page: Page, scene: SignInScene): Promise<void> {
  await expect(
    page.getByRole('button', { name: `Network: ${name}, No Internet access, Connected through Ethernet` }),
  ).toBeVisible();
  await expect(prompt(page)).toHaveCount(0);
  await expect.poll(() => scene.clients()).toBe(1);
  const before = scene.answered();
  await expect.poll(() => scene.answered()).toBeGreaterThan(before + 1);
  await tray(page).click();
  await panel(page).getByRole('button', { name: 'Status' }).click();
  const status = page.getByRole('dialog', { name: `${name} Status` });
  await status.getByRole('tab', { name: 'Mobility' }).click();
  await expect
    .poll(async () => Number(await status.getByTestId('round-trip-summary').getAttribute('data-answered-count')))
    .toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await expect(status).toHaveCount(0);
}

async function disconnect(page: Page): Promise<void> {
  await tray(page).click();
  await panel(page).getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByRole('button', { name: 'Network: Not connected - Connections are available' })).toBeVisible();
  await page.keyboard.press('Escape');
}

/** The question or error is on the screen, with this code. */
async function expectError(page: Page, code: number): Promise<Locator> {
  const dialog = page.getByRole('dialog', { name: `Error Connecting to ${name}` });
  await expect(dialog).toContainText(`Error ${code}:`);
  await expect(dialog.getByRole('button', { name: /^Redial/ })).toBeVisible();
  return dialog;
}

async function answerSecret(page: Page, label: string, secret: string): Promise<void> {
  await prompt(page).getByLabel(label, { exact: true }).fill(secret);
  await page.keyboard.press('Enter');
}

test('typed credentials: a wrong password is asked for again, the right one connects and is saved', async ({
  page,
  arrange,
}) => {
  const scene = await arrange({
    gateway: { accounts: alice },
    profile: { authentication: { method: 'eap-mschapv2' } },
  });
  await open(page, scene);
  await connect(page);
  await prompt(page).getByLabel('User name:').fill('alice');
  await answerSecret(page, 'Password:', 'a guess');
  await expect(prompt(page).getByRole('alert')).toContainText('The user name or password was not accepted.');
  await expect(prompt(page).getByLabel('Password:')).toHaveValue('');
  await prompt(page).getByLabel('Save this user name and password').check();
  await prompt(page).getByLabel('User name:').fill('alice');
  await answerSecret(page, 'Password:', alice.alice);
  await expectTraffic(page, scene);
  await disconnect(page);
  await connect(page);
  await expectTraffic(page, scene);
});

test('a saved password is shown to be confirmed where the connection says so; what is dialled again by itself asks nobody', async ({
  page,
  arrange,
}) => {
  let found = true;
  const scene = await arrange({
    gateway: { accounts: alice },
    profile: {
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      dialing: { promptForCredentials: true, includeDomain: true, redialSeconds: 2, redialAttempts: 9 },
      server: 'gateway.contoso.test',
    },
    resolves: () => found,
  });
  await open(page, scene);
  await connect(page);
  await expect(prompt(page).getByLabel('Domain:')).toHaveValue('');
  await prompt(page).getByLabel('Save this user name and password').check();
  await answerSecret(page, 'Password:', alice.alice);
  await expectTraffic(page, scene);
  await disconnect(page);

  // Saved: shown as such, and Enter is enough.
  await connect(page);
  const password = prompt(page).getByLabel('Password:', { exact: true });
  await expect(password).toHaveAttribute('placeholder', '[To change the saved password, click here]');
  await expect(password).toHaveValue('');
  await page.keyboard.press('Enter');
  await expectTraffic(page, scene);
  await disconnect(page);

  // The name is not found while the question is open: the question goes, the error counts down, and a redial needs
  // nobody.
  found = false;
  await connect(page);
  const error = await expectError(page, 868);
  await expect(prompt(page)).toHaveCount(0);
  await expect(error.getByRole('button', { name: /^Redial = [12]$/ })).toBeVisible();
  await expect(error).toContainText('Attempt 2 of 9');
  found = true;
  await expectTraffic(page, scene);
  await expect(error).toHaveCount(0);
});

test('an expired password is changed: 648 asks for a new one twice, 709 asks again, and the new one is good from then on', async ({
  page,
  arrange,
}) => {
  let ntHash = ntPasswordHash(alice.alice);
  let expired = true;
  const offered: Uint8Array[] = [];
  const scene = await arrange({
    gateway: {
      eap: {
        methods: ['eap-mschapv2'],
        account: () => (expired ? { ntHash, problem: 648 } : { ntHash }),
        changePassword: (_user, hash) => {
          offered.push(hash);
          // The first one is too simple for it.
          if (offered.length === 1) return false;
          ntHash = hash;
          expired = false;
          return true;
        },
      },
    },
    profile: { authentication: { method: 'eap-mschapv2', username: 'alice' } },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expect(prompt(page).getByLabel('Confirm new password:')).toBeVisible();
  await prompt(page).getByLabel('New password:', { exact: true }).fill('simple');
  await prompt(page).getByLabel('Confirm new password:').fill('simpel');
  await expect(prompt(page)).toContainText('The two new passwords are not the same.');
  await expect(prompt(page).getByRole('button', { name: 'Connect', exact: true })).toBeDisabled();
  await prompt(page).getByLabel('Confirm new password:').fill('simple');
  await page.keyboard.press('Enter');
  await expect.poll(() => offered.length).toBe(1);
  await expect(prompt(page).getByRole('alert')).toBeVisible();
  for (const label of ['New password:', 'Confirm new password:'])
    await prompt(page).getByLabel(label, { exact: true }).fill('New-Horse-10');
  await prompt(page).getByLabel('Save the new password').check();
  await page.keyboard.press('Enter');
  await expectTraffic(page, scene);
  expect(Buffer.from(offered[1]!).equals(Buffer.from(ntPasswordHash('New-Horse-10')))).toBe(true);
  await disconnect(page);
  // Saved for the account of the old one: nothing is asked.
  await connect(page);
  await expectTraffic(page, scene);
});

test('a server that nobody vouches for: refusing sends nothing and ends in 13801, accepting is remembered', async ({
  page,
  arrange,
}) => {
  const scene = await arrange({
    gateway: { accounts: alice },
    profile: {
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [], revocation: 'off' },
    },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expect(prompt(page)).toContainText('Its certificate was not issued by an authority that this computer trusts.');
  await expect(prompt(page)).toContainText('Nothing secret has been sent.');
  await expect(prompt(page).getByRole('button', { name: 'Do not connect' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(prompt(page)).toHaveCount(0);
  const error = await expectError(page, 13801);
  expect(scene.clients()).toBe(0);
  expect(scene.profile().serverCertificate.acceptedCertificates).toEqual([]);

  await error.getByRole('button', { name: /^Redial/ }).click();
  await answerSecret(page, 'Password:', alice.alice);
  await prompt(page).getByRole('button', { name: 'Connect anyway' }).click();
  await expectTraffic(page, scene);
  expect(scene.profile().serverCertificate.acceptedCertificates).toHaveLength(1);
  await disconnect(page);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expectTraffic(page, scene);
});

test('another certificate than the one accepted before is said to be that', async ({ page, arrange }) => {
  const before = 'AA:'.repeat(31) + 'AA';
  const scene = await arrange({
    gateway: { accounts: alice },
    profile: {
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [], revocation: 'off', acceptedCertificates: [before] },
    },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expect(prompt(page)).toContainText('It is not the certificate that you accepted before.');
  await expect(prompt(page)).toContainText(before.slice(0, 20));
  await page.keyboard.press('Escape');
  await expectError(page, 13801);
});

/** A gateway whose sign-in server has a certificate of an authority that nobody knows. */
function peap(): Arrangement['gateway'] {
  const engine = createTlsEngine();
  if (engine === null) throw new Error('the addon is not built: npm run build:native');
  const server = certificate(
    {
      subject: [
        ['O', 'Contoso'],
        ['CN', 'aaa.contoso.test'],
      ],
      dnsNames: ['aaa.contoso.test'],
      extendedKeyUsage: ['serverAuth'],
    },
    newAuthority('Stranger Root'),
  );
  const ntHash = ntPasswordHash(alice.alice);
  return {
    eap: {
      methods: ['peap-mschapv2'],
      account: (user) => (user === 'alice' ? { ntHash } : null),
      tunnel: {
        engine,
        minVersion: '1.2',
        maxVersion: '1.3',
        certificates: [server.certificate.der],
        privateKey: keyDer(server),
      },
    },
  };
}

test('PEAP: gateway and sign-in server are asked about one after the other, then the password goes inside', async ({
  page,
  arrange,
}) => {
  const scene = await arrange({
    gateway: peap(),
    profile: {
      authentication: { method: 'peap-mschapv2', username: 'alice', anonymousIdentity: 'anonymous' },
      serverCertificate: { authorities: [], revocation: 'off' },
    },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expect(prompt(page)).toContainText(`The server ${gatewayName} could not be identified`);
  await prompt(page).getByRole('button', { name: 'Connect anyway' }).click();
  await expect(prompt(page)).toContainText('The sign-in server of');
  await expect(prompt(page)).toContainText('aaa.contoso.test');
  await prompt(page).getByRole('button', { name: 'Connect anyway' }).click();
  await expectTraffic(page, scene);
  expect(scene.profile().serverCertificate.acceptedCertificates).toHaveLength(1);
  expect(scene.profile().authentication.acceptedServerCertificates).toHaveLength(1);
});

test('PEAP: a sign-in server that the authorities of the connection do not vouch for is refused with 864, without a question', async ({
  page,
  arrange,
}) => {
  const scene = await arrange({
    gateway: peap(),
    profile: { authentication: { method: 'peap-mschapv2', username: 'alice' } },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expectError(page, 864);
  await expect(prompt(page)).toHaveCount(0);
  expect(scene.clients()).toBe(0);
});

test('two certificates fit: the person chooses by keyboard, the gateway sees that one, and the choice is kept', async ({
  page,
  arrange,
}) => {
  const issuer = newAuthority('Contoso Clients');
  const clients = [clientCertificate('Laptop 7', issuer), clientCertificate('Laptop 8', issuer)];
  const old = certificate(
    {
      subject: [['CN', 'Laptop 6']],
      extendedKeyUsage: ['clientAuth'],
      notBefore: Date.now() - 60 * 86_400_000,
      notAfter: Date.now() - 86_400_000,
    },
    issuer,
  );
  const seen: string[] = [];
  const all = [...clients, old];
  const scene = await arrange({
    gateway: { certificateClients: knowing(clients, seen) },
    profile: {
      authentication: {
        method: 'machine-certificate',
        certificate: all.map(pem).join(''),
        privateKey: all.map(keyPem).join(''),
      },
    },
  });
  await open(page, scene);
  await connect(page);
  const list = prompt(page).getByRole('listbox');
  await expect(list).toBeFocused();
  await expect(list.getByRole('option')).toHaveCount(2);
  await expect(list).not.toContainText('Laptop 6');
  await page.keyboard.press('End');
  const chosen = (await list.getByRole('option', { selected: true }).locator('bdi').textContent()) ?? '';
  await page.keyboard.press('Enter');
  await expectTraffic(page, scene);
  expect(seen).toEqual([chosen]);
  await disconnect(page);
  await connect(page);
  await expectTraffic(page, scene);
  expect(seen).toEqual([chosen, chosen]);
});

test('a certificate chooser that is cancelled leaves everything as it was', async ({ page, arrange }) => {
  const clients = [clientCertificate('Laptop 7', newAuthority('A')), clientCertificate('Laptop 8', newAuthority('B'))];
  const scene = await arrange({
    gateway: { certificateClients: knowing(clients) },
    profile: {
      authentication: {
        method: 'machine-certificate',
        certificate: clients.map(pem).join(''),
        privateKey: clients.map(keyPem).join(''),
      },
    },
  });
  await open(page, scene);
  await connect(page);
  await expect(prompt(page).getByRole('listbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Network: Not connected - Connections are available' })).toBeVisible();
  await expect(page.getByRole('dialog', { name: /^Error/ })).toHaveCount(0);
  expect(scene.profile().authentication.chosenCertificate).toBeNull();
});

test('a key on a smart card: a wrong PIN is counted, the right one connects', async ({ page, arrange, card }) => {
  const seen: string[] = [];
  const scene = await arrange({
    gateway: { certificateClients: knowing([card], seen) },
    profile: {
      authentication: {
        method: 'machine-certificate',
        certificate: { pkcs11: { module: tokenModule, token: tokenLabel, id: '01' } },
      },
    },
  });
  await open(page, scene);
  await connect(page);
  await expect(prompt(page).getByLabel('PIN:')).toBeFocused();
  await answerSecret(page, 'PIN:', '000000');
  await expect(prompt(page).getByRole('alert')).toContainText('The PIN was not accepted (1 of 3 tries).');
  await answerSecret(page, 'PIN:', tokenPin);
  await expectTraffic(page, scene);
  expect(seen).toEqual(['Alice of Contoso']);
  await disconnect(page);

  await connect(page);
  await answerSecret(page, 'PIN:', '000000');
  await expect(prompt(page).getByRole('alert')).toContainText('1 of 3');
  await page.keyboard.press('Escape');
  await expectError(page, 13806);
});

test('the card is found by itself where the connection names no certificate; cancelling its PIN is no error', async ({
  page,
  arrange,
  card,
}) => {
  const scene = await arrange({
    gateway: { certificateClients: knowing([card]) },
    profile: { authentication: { method: 'machine-certificate' } },
    tokenModules: [tokenModule],
  });
  await open(page, scene);
  await connect(page);
  await expect(prompt(page).getByLabel('PIN:')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Network: Not connected - Connections are available' })).toBeVisible();
  await expect(page.getByRole('dialog', { name: /^Error/ })).toHaveCount(0);
  await connect(page);
  await answerSecret(page, 'PIN:', tokenPin);
  await expectTraffic(page, scene);
});

test('RFC 4739: the computer by a certificate on a card, then the person by password', async ({
  page,
  arrange,
  card,
}) => {
  const seen: string[] = [];
  const scene = await arrange({
    gateway: { accounts: alice, certificateClients: knowing([card], seen), change: { secondRound: 'required' } },
    profile: {
      authentication: {
        method: 'eap-mschapv2',
        machineCertificate: { pkcs11: { module: tokenModule, token: tokenLabel, id: '01' } },
      },
    },
  });
  await open(page, scene);
  await connect(page);
  await prompt(page).getByLabel('User name:').fill('alice');
  await answerSecret(page, 'Password:', 'a guess');
  await answerSecret(page, 'PIN:', tokenPin);
  await expect(prompt(page).getByRole('alert')).toContainText('The user name or password was not accepted.');
  expect(seen).toEqual(['Alice of Contoso']);
  await prompt(page).getByLabel('User name:').fill('alice');
  await answerSecret(page, 'Password:', alice.alice);
  await answerSecret(page, 'PIN:', tokenPin);
  await expectTraffic(page, scene);
  await tray(page).click();
  await panel(page).getByRole('button', { name: 'Status' }).click();
  const status = page.getByRole('dialog', { name: `${name} Status` });
  await status.getByRole('tab', { name: 'Details' }).click();
  await expect(status.locator('[data-detail="authentication"]')).toContainText('EAP-MSCHAPv2');
});

test('a certificate file with a passphrase: a wrong one is asked for again', async ({ page, arrange }) => {
  const client = clientCertificate('Laptop 7', newAuthority('Contoso Clients'));
  const sealed = client.privateKey
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
    .toString();
  const scene = await arrange({
    gateway: { certificateClients: knowing([client]) },
    profile: { authentication: { method: 'machine-certificate', certificate: pem(client), privateKey: sealed } },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Passphrase:', 'sesame');
  await expect(prompt(page).getByRole('alert')).toContainText('The passphrase of your certificate was not accepted.');
  await answerSecret(page, 'Passphrase:', 'open sesame');
  await expectTraffic(page, scene);
});

test('a pre-shared key: a wrong one is refused, the right one connects', async ({ page, arrange }) => {
  const scene = await arrange({
    gateway: { presharedKey: new TextEncoder().encode('Shared-Secret-7') },
    profile: { authentication: { method: 'psk', username: 'alice@contoso.test' } },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Pre-shared key:', 'Shared-Secret-8');
  await expect(prompt(page).getByRole('alert')).toBeVisible();
  await answerSecret(page, 'Pre-shared key:', 'Shared-Secret-7');
  await expectTraffic(page, scene);
});

test('an account that is disabled is refused with 647 and asked nothing more', async ({ page, arrange }) => {
  const scene = await arrange({
    gateway: {
      eap: { methods: ['eap-mschapv2'], account: () => ({ ntHash: ntPasswordHash(alice.alice), problem: 647 }) },
    },
    profile: { authentication: { method: 'eap-mschapv2', username: 'alice' } },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  await expectError(page, 647);
  await expect(prompt(page)).toHaveCount(0);
});

test('a server certificate for another name is refused with 13801, without a question', async ({ page, arrange }) => {
  const authority = newAuthority('Contoso Root');
  const scene = await arrange({
    gateway: { accounts: alice },
    gatewayCertificate: certificate(
      { subject: [['CN', 'other.contoso.test']], dnsNames: ['other.contoso.test'], extendedKeyUsage: ['serverAuth'] },
      authority,
    ),
    profile: {
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [pem(authority)], revocation: 'off' },
    },
  });
  await open(page, scene);
  await connect(page);
  await answerSecret(page, 'Password:', alice.alice);
  const error = await expectError(page, 13801);
  await expect(error).toContainText(gatewayName);
  expect(scene.clients()).toBe(0);
});
