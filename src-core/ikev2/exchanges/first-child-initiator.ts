import { VpnError } from '../../ports/vpn-error';
import type { AlgorithmProposal } from '../proposals/proposal';
import { withoutGroups } from '../proposals/proposal';
import { deriveChildKeys } from '../sa/keying-material';
import type { ChildSa } from '../sa/child-sas';
import type { SessionCore } from '../sa/session-core';
import type { ConfigurationReply, IkeSessionConfig } from '../session';
import { readConfiguration } from '../wire/configuration-attributes';
import { configurationType } from '../wire/constants';
import { findPayloads } from '../wire/find';
import type { Payload } from '../wire/payload';
import { type ChildOffer, readAgreement } from './child-negotiation';
import { findError, microsoftError, notifyError, type OwnMethod, unusableAnswer } from './failures';
import type { InitResult } from './ike-sa-init';
import { Rejection } from './rejection';
import { coversAddress, everyIpv4, everyIpv6 } from './traffic-selectors';

/** What the first IKE_AUTH request asks for; its SPI is taken until it is released or installed. */
export function offerFirstChild(session: SessionCore, { requestIpv4, requestIpv6 }: IkeSessionConfig): ChildOffer {
  const both = requestIpv4 === requestIpv6;
  const everything = [...(requestIpv4 || both ? [everyIpv4] : []), ...(requestIpv6 || both ? [everyIpv6] : [])];
  const proposals: readonly AlgorithmProposal[] = session.settings.espProposals.map(withoutGroups);
  return { spiIn: session.childSas.allocateSpi(), proposals, localSelectors: everything, remoteSelectors: everything };
}

/**
 * C-33, C-48..C-55: the IKE SA is good; is there a CHILD SA that a person can use? Installs it; throws a Rejection when
 * not.
 */
export function installFirstChild(
  session: SessionCore,
  config: IkeSessionConfig,
  init: InitResult,
  offer: ChildOffer,
  response: readonly Payload[],
  own: OwnMethod,
): { readonly child: ChildSa; readonly configuration: ConfigurationReply } {
  const error = findError(response);
  if (error !== undefined)
    throw new Rejection(
      microsoftError(response) ?? notifyError(error, { own, offered: offer.proposals, afterEap: own === 'eap' }),
      'delete',
    );
  const agreement = readAgreement(response, offer, session.childSas);
  if (agreement instanceof VpnError) throw new Rejection(agreement, 'delete');
  const cp = findPayloads(response, 'CP').find(({ cfgType }) => cfgType === configurationType.CFG_REPLY);
  const fullTunnel =
    coversAddress(agreement.remoteSelectors, '0.0.0.1') && coversAddress(agreement.remoteSelectors, '255.255.255.254');
  const read = readConfiguration(cp ?? { type: 'CP', cfgType: configurationType.CFG_REPLY, attributes: [] }, {
    gatewayAddresses: [init.path.remote.address],
    localPrefixes: config.localPrefixes ?? [],
    fullTunnel,
  });
  for (const { attribute, reason } of read.ignored)
    session.log.write('info', 'ike', `${attribute} of the server is not used: ${reason}`);
  const hasFamily = (family: 4 | 6): boolean => agreement.localSelectors.some((selector) => selector.family === family);
  // C-55: an answer of one family is normal; then only that family is used.
  const ipv4Addresses = read.ipv4Addresses.filter(() => hasFamily(4));
  const ipv6Addresses = read.ipv6Addresses.filter(() => hasFamily(6));
  const assigned = [...ipv4Addresses, ...ipv6Addresses.map(({ address }) => address)];
  if ((config.requestIpv4 || config.requestIpv6) && assigned.length === 0) {
    if (read.addressRefused)
      throw new Rejection(
        unusableAnswer(
          'INTERNAL_ADDRESS_FAILURE',
          'The server gave this computer an address that cannot be used. Ask your administrator to check the address pool.',
          read.ignored.map(({ attribute, reason }) => `${attribute}: ${reason}`).join('; '),
        ),
        'delete',
        // The local network decides by its own addresses whether they overlap.
        true,
      );
    throw new Rejection(
      unusableAnswer(
        'FAILED_CP_REQUIRED',
        'The server gave this computer no address. Ask your administrator whether it hands out addresses to this account.',
        'the configuration reply has no address',
      ),
      'delete',
    );
  }
  const outside = assigned.find((address) => !coversAddress(agreement.localSelectors, address));
  if (outside !== undefined)
    throw new Rejection(
      unusableAnswer(
        'TS_UNACCEPTABLE',
        'The server set up a tunnel that does not fit the address it gave. Ask your administrator to check its settings.',
        `TSi does not cover ${outside}`,
      ),
      'delete',
    );
  const keys = deriveChildKeys(init.suite.prf, init.keys.skD, null, init.nonceI, init.nonceR, agreement.suite.esp);
  const child = session.childSas.install({
    spiIn: offer.spiIn,
    ...agreement,
    keysIn: keys.fromResponder,
    keysOut: keys.fromInitiator,
    outbound: 'now',
    replaces: null,
  });
  session.permittedSelectors = { local: agreement.localSelectors, remote: agreement.remoteSelectors };
  const { dnsServers, subnets, dnsDomains, dhcpServers } = read;
  return { child, configuration: { ipv4Addresses, ipv6Addresses, dnsServers, subnets, dnsDomains, dhcpServers } };
}
