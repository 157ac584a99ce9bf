import { say } from '../../ports/import-message';
import { takeIdentity } from './identities';
import { ignored, notUsed, readBefore, sets, text, type KeyTable } from './key-table';
import { vpnValue, type GivenVpnKey, type Keyfile, type Plugin } from './keyfile-plugin';
import { libreswanProposals, takeProposals } from './proposals';
import { canonicalNetwork, parseDuration, parseFlag, splitList, takeNumber } from './values';

/** The plugin of libreswan, which writes the keys into an ipsec.conf. It speaks IKEv1 unless `ikev2` says otherwise. */

const onlyIkev1 = ignored(say('only-ikev1'));

const table: KeyTable<GivenVpnKey> = {
  'service-type': readBefore([]),
  right: text('server'),
  rightid: sets(['remoteIdentity'], ({ draft, key, value }) => takeIdentity(draft, key, 'remoteIdentity', value)),
  leftid: sets(['localIdentity'], ({ draft, key, value }) => takeIdentity(draft, key, 'localIdentity', value)),
  ikev2: readBefore([]),
  authby: readBefore(['authentication.method']),
  leftcert: readBefore(['authentication.method', 'authentication.certificate']),
  leftrsasigkey: readBefore(['authentication.method']),
  rightrsasigkey: readBefore(['authentication.method']),
  rightcert: ignored(say('nss-certificate')),
  rightsubnet: sets(['network.useDefaultGateway', 'network.routes'], readSubnets),
  rightsubnets: sets(['network.useDefaultGateway', 'network.routes'], readSubnets),
  ike: sets(['proposals.ike'], ({ draft, key, value }) =>
    takeProposals(draft, key, 'ike', libreswanProposals('ike', value)),
  ),
  esp: sets(['proposals.esp'], ({ draft, key, value }) =>
    takeProposals(draft, key, 'esp', libreswanProposals('esp', value)),
  ),
  phase2alg: sets(['proposals.esp'], ({ draft, key, value }) =>
    takeProposals(draft, key, 'esp', libreswanProposals('esp', value)),
  ),
  ikelifetime: sets(['advanced.ikeLifetimeSeconds'], (given) => readSeconds(given, 'advanced.ikeLifetimeSeconds')),
  salifetime: sets(['advanced.childLifetimeSeconds'], (given) => readSeconds(given, 'advanced.childLifetimeSeconds')),
  dpddelay: sets(['advanced.dpdSeconds'], (given) => readSeconds(given, 'advanced.dpdSeconds')),
  mobike: readBefore(['mobility.enabled']),
  fragmentation: sets(['advanced.fragmentation'], ({ draft, key, value }) =>
    draft.take(key, 'advanced.fragmentation', parseFlag(value) !== false),
  ),
  left: notUsed,
  'left-subnet': notUsed,
  leftsubnet: notUsed,
  leftmodecfgclient: ignored(say('address-always')),
  leftsendcert: notUsed,
  'ipsec-interface': notUsed,
  hostaddrfamily: notUsed,
  clientaddrfamily: notUsed,
  dpdtimeout: notUsed,
  dpdaction: notUsed,
  narrowing: notUsed,
  rekey: notUsed,
  pfs: notUsed,
  vendor: notUsed,
  type: sets([], ({ draft, key, value }) => {
    if (value !== 'tunnel') draft.wrong(key, say('only-tunnel-mode'));
  }),
  'nm-auto-defaults': notUsed,
  'require-id-on-certificate': ignored(say('name-always-checked')),
  leftusername: onlyIkev1,
  leftxauthusername: onlyIkev1,
  leftxauthclient: onlyIkev1,
  domain: onlyIkev1,
  'xauthpassword-flags': onlyIkev1,
  xauthpasswordinputmodes: onlyIkev1,
  'pskvalue-flags': sets(['dialing.promptForCredentials'], ({ draft, key, value }) => {
    if (value === '2') draft.take(key, 'dialing.promptForCredentials', true, say('secret-asked-always'));
  }),
  pskinputmodes: notUsed,
};

const secretTable: KeyTable<GivenVpnKey> = { pskvalue: readBefore(['psk']), xauthpassword: onlyIkev1 };

function readSubnets({ draft, key, value }: GivenVpnKey): void {
  const networks = splitList(value.replaceAll(/[{}]/g, ' '), /[\s,]/);
  if (networks.length === 0) return;
  if (networks.some((network) => network.endsWith('/0'))) return draft.take(key, 'network.useDefaultGateway', true);
  draft.imply('network.useDefaultGateway', false, key);
  draft.take(key, 'network.routes', networks.map(canonicalNetwork), say('only-routes'));
}

function readSeconds(
  { draft, key, value }: GivenVpnKey,
  path: 'advanced.ikeLifetimeSeconds' | 'advanced.childLifetimeSeconds' | 'advanced.dpdSeconds',
): void {
  const seconds = parseDuration(value);
  if (seconds === null || seconds === 0) draft.ignore(key, say('usual-instead'));
  else takeNumber(draft, key, path, seconds);
}

async function readMethod(keyfile: Keyfile): Promise<void> {
  const { draft, secrets } = keyfile;
  const of = (key: string): string => vpnValue(keyfile, key);
  if (!['yes', 'insist', 'propose'].includes(of('ikev2').toLowerCase()))
    return draft.wrong('vpn.ikev2', say('only-ikev2'));
  const certificate = of('leftcert');
  if (
    certificate !== '' ||
    of('leftrsasigkey') !== '' ||
    of('rightrsasigkey') !== '' ||
    /rsa|ecdsa/.test(of('authby'))
  ) {
    draft.take(
      'vpn.leftcert',
      'authentication.method',
      'machine-certificate',
      say('taken-as', { value: 'machine-certificate' }),
    );
    draft.missing('vpn.leftcert', say('export-from-nss', { name: certificate === '' ? '?' : certificate }));
  } else {
    draft.take('vpn.authby', 'authentication.method', 'psk', say('taken-as', { value: 'psk' }));
    const psk = secrets.get('pskvalue')?.value ?? '';
    if (psk !== '') draft.secret('vpn-secrets.pskvalue', 'psk', psk);
  }
  const mobike = of('mobike');
  if (mobike === '') draft.ignore('vpn.mobike', say('mobility-anyway'));
  else draft.take('vpn.mobike', 'mobility.enabled', parseFlag(mobike) === true);
}

export const libreswanPlugin: Plugin = { table, secretTable, readMethod };
