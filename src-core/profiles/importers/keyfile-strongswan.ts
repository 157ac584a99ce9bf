import { say } from '../../ports/import-message';
import { formatName } from '../../pki/distinguished-name';
import { isAuthority, takeAuthorities, takeFile } from './beside';
import { takeIdentity } from './identities';
import { ignored, notUsed, readBefore, sets, text, type KeyTable } from './key-table';
import { vpnValue, type GivenVpnKey, type Keyfile, type Plugin } from './keyfile-plugin';
import { strongswanProposals, takeProposals } from './proposals';
import { canonicalNetwork, splitList } from './values';

/** The plugin of strongSwan (charon-nm), by the meaning that it gives to its keys. */

const table: KeyTable<GivenVpnKey> = {
  'service-type': readBefore([]),
  address: text('server'),
  'server-port': sets(['port'], ({ draft, key, value }) => {
    if (value !== '') draft.take(key, 'port', value === '500' ? null : Number(value));
  }),
  certificate: readBefore(['serverCertificate.authorities']),
  'remote-identity': sets(['remoteIdentity'], ({ draft, key, value }) =>
    takeIdentity(draft, key, 'remoteIdentity', value),
  ),
  'local-identity': sets(['localIdentity'], ({ draft, key, value }) =>
    takeIdentity(draft, key, 'localIdentity', value),
  ),
  method: readBefore(['authentication.method']),
  'cert-source': readBefore(['authentication.certificate']),
  usercert: readBefore(['authentication.certificate']),
  userkey: readBefore(['authentication.privateKey']),
  user: readBefore(['authentication.username', 'localIdentity']),
  'password-flags': sets(['dialing.promptForCredentials'], ({ draft, key, value }) => {
    if (value === '2') draft.take(key, 'dialing.promptForCredentials', true, say('secret-asked-always'));
  }),
  virtual: sets(
    [],
    ({ draft, key, value }) => {
      if (value !== 'yes') draft.ignore(key, say('address-always'));
    },
    say('address-always'),
  ),
  encap: ignored(say('nat-found')),
  ipcomp: ignored(say('no-compression')),
  proposal: readBefore(['proposals.ike', 'proposals.esp']),
  ike: sets(['proposals.ike'], (given) => proposals(given, 'ike')),
  esp: sets(['proposals.esp'], (given) => proposals(given, 'esp')),
  'local-ts': notUsed,
  'remote-ts': sets(['network.useDefaultGateway', 'network.routes'], ({ draft, key, value }) => {
    const networks = splitList(value, /[;,]/);
    if (networks.length === 0) return;
    if (networks.some((network) => network.endsWith('/0'))) return draft.take(key, 'network.useDefaultGateway', true);
    draft.imply('network.useDefaultGateway', false, key);
    draft.take(key, 'network.routes', networks.map(canonicalNetwork), say('only-routes'));
  }),
};

function proposals({ draft, key, value, keyfile }: GivenVpnKey, protocol: 'ike' | 'esp'): void {
  if (vpnValue(keyfile, 'proposal') === 'yes')
    takeProposals(draft, key, protocol, strongswanProposals(protocol, value, /[;,]/));
  else draft.ignore(key, say('nm-proposal-off'));
}

const secretTable: KeyTable<GivenVpnKey> = { password: readBefore(['password', 'psk', 'passphrase', 'pin']) };

const methods: Readonly<Record<string, string>> = {
  eap: 'eap-mschapv2',
  psk: 'psk',
  cert: 'machine-certificate',
  key: 'machine-certificate',
  agent: 'machine-certificate',
  smartcard: 'machine-certificate',
  'eap-tls': 'eap-tls',
};

async function readMethod(keyfile: Keyfile): Promise<void> {
  const { draft, files, secrets } = keyfile;
  const of = (key: string): string => vpnValue(keyfile, key);
  const said = of('method');
  const method = Object.hasOwn(methods, said) ? (methods[said] as string) : null;
  if (method === null) return draft.wrong('vpn.method', say('nm-method', { method: said }));
  draft.take(
    'vpn.method',
    'authentication.method',
    method,
    said === 'eap' ? say('eap-as-mschapv2') : say('taken-as', { value: method }),
  );

  const authorities =
    of('certificate') === '' ? [] : await takeAuthorities(draft, 'vpn.certificate', [of('certificate')], files);
  const leaf = authorities.find((certificate) => !isAuthority(certificate));
  // charon-nm takes the subject of a server's own certificate for the identity of the server.
  if (leaf !== undefined && of('remote-identity') === '')
    draft.imply('remoteIdentity', formatName(leaf.subject), 'vpn.certificate');

  const user = of('user');
  if (user !== '' && method === 'psk') takeIdentity(draft, 'vpn.user', 'localIdentity', user);
  else if (user !== '' && method === 'eap-mschapv2') draft.take('vpn.user', 'authentication.username', user);
  else if (user !== '') draft.ignore('vpn.user', say('not-with-method'));

  const source = of('cert-source') === '' ? said : of('cert-source');
  const password = secrets.get('password')?.value ?? '';
  const secret = (kind: 'password' | 'psk' | 'passphrase' | 'pin'): void => {
    if (password !== '') draft.secret('vpn-secrets.password', kind, password);
  };
  if (method === 'psk') secret('psk');
  else if (method === 'eap-mschapv2') secret('password');
  else if (source === 'smartcard') {
    draft.missing('vpn.cert-source', say('smart-card-choose'));
    secret('pin');
  } else {
    if (of('usercert') !== '')
      await takeFile(draft, 'vpn.usercert', 'authentication.certificate', of('usercert'), files);
    if (source === 'agent') draft.missing('vpn.cert-source', say('key-in-agent'));
    else if (of('userkey') !== '')
      await takeFile(draft, 'vpn.userkey', 'authentication.privateKey', of('userkey'), files);
    secret('passphrase');
  }
}

export const strongswanPlugin: Plugin = { table, secretTable, readMethod };
