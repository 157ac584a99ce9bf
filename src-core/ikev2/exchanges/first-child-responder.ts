import { octetsToIp, uint32Octets } from '../../bytes';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import { childSuite } from '../proposals/suites';
import type { ChildSa } from '../sa/child-sas';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import type { AddressRequest, ConfigurationReply, ResponderConfig, ResponderDependencies } from '../session';
import { configurationReply } from '../wire/configuration-attributes';
import { configurationAttribute, configurationType, notifyType, protocolId } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import { additionalAddressNotify } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import type { InitResult } from './ike-sa-init';
import { hostSelector, narrow } from './traffic-selectors';

export interface FirstChildRequest {
  readonly session: SessionCore;
  readonly config: ResponderConfig;
  readonly accept: ResponderDependencies['accept'];
  readonly init: Pick<InitResult, 'suite' | 'keys' | 'nonceI' | 'nonceR'>;
  /** Of the first IKE_AUTH request. */
  readonly payloads: readonly Payload[];
  /** Who the client proved to be, and where it is. */
  readonly client: Pick<AddressRequest, 'identity' | 'eapIdentity' | 'remote'>;
}

export interface FirstChild {
  readonly child: ChildSa;
  readonly configuration: ConfigurationReply;
  readonly mobike: boolean;
  /** Configuration, SA, selectors and notifies. */
  readonly reply: readonly InnerPayload[];
}

/**
 * The client has proved itself: addresses, selectors, the first CHILD SA. Installs it, or gives the notify that says
 * why not.
 */
export function createFirstChild({
  session,
  config,
  accept,
  init,
  payloads,
  client,
}: FirstChildRequest): FirstChild | number {
  const wishes =
    findPayloads(payloads, 'CP').find(({ cfgType }) => cfgType === configurationType.CFG_REQUEST)?.attributes ?? [];
  const wants = (attribute: number): boolean => wishes.some(({ attributeType }) => attributeType === attribute);
  const previousAddresses = wishes.flatMap(({ attributeType, value }) => {
    if (attributeType === configurationAttribute.INTERNAL_IP4_ADDRESS && value.length === 4) return [octetsToIp(value)];
    return attributeType === configurationAttribute.INTERNAL_IP6_ADDRESS && value.length >= 16
      ? [octetsToIp(value.subarray(0, 16))]
      : [];
  });
  const offer = findPayload(payloads, 'SA');
  const tsi = findPayload(payloads, 'TSi');
  const tsr = findPayload(payloads, 'TSr');
  if (offer === undefined || tsi === undefined || tsr === undefined) return notifyType.INVALID_SYNTAX;
  const chosen = selectProposal(offer, session.settings.espProposals, 4, { preferredGroup: null, groups: 'ignore' });
  if (chosen === null) return notifyType.NO_PROPOSAL_CHOSEN;
  const assignment = config.assign({
    ...client,
    ipv4: wants(configurationAttribute.INTERNAL_IP4_ADDRESS),
    ipv6: wants(configurationAttribute.INTERNAL_IP6_ADDRESS),
    previousAddresses,
  });
  if (assignment.type === 'refused') return notifyType[assignment.notify];
  const { configuration } = assignment;
  const addresses = [...configuration.ipv4Addresses, ...configuration.ipv6Addresses.map(({ address }) => address)];
  const suite = childSuite(chosen.algorithms);
  const remoteSelectors = narrow(tsi.selectors, addresses.map(hostSelector));
  const families = new Set(remoteSelectors.map(({ family }) => family));
  const localSelectors = narrow(tsr.selectors, config.localSelectors).filter(({ family }) => families.has(family));
  if (remoteSelectors.length === 0 || localSelectors.length === 0) return notifyType.TS_UNACCEPTABLE;

  const { dataPath, onEvent } = accept(session);
  session.attach(dataPath, onEvent);
  const { nonceI, nonceR, keys } = init;
  const childKeys = deriveChildKeys(init.suite.prf, keys.skD, null, nonceI, nonceR, suite.esp);
  const spiIn = session.childSas.allocateSpi();
  const child = session.childSas.install({
    spiIn,
    spiOut: new DataView(chosen.spi.buffer, chosen.spi.byteOffset).getUint32(0),
    suite,
    keysIn: childKeys.fromInitiator,
    keysOut: childKeys.fromResponder,
    localSelectors,
    remoteSelectors,
    outbound: 'now',
    replaces: null,
  });
  session.permittedSelectors = { local: config.localSelectors, remote: addresses.map(hostSelector) };
  const mobike = config.mobike && findNotify(payloads, notifyType.MOBIKE_SUPPORTED) !== undefined;
  const reply: InnerPayload[] = [];
  if (wishes.length > 0) reply.push(configurationReply(configuration));
  reply.push(
    answerPayload(chosen, protocolId.ESP, uint32Octets(spiIn)),
    trafficSelectors('TSi', remoteSelectors),
    trafficSelectors('TSr', localSelectors),
  );
  if (mobike) {
    reply.push(notify(notifyType.MOBIKE_SUPPORTED));
    reply.push(
      ...(config.additionalAddresses.length === 0
        ? [notify(notifyType.NO_ADDITIONAL_ADDRESSES)]
        : config.additionalAddresses.map(additionalAddressNotify)),
    );
  }
  return { child, configuration: withoutForeignFamilies(configuration, families), mobike, reply };
}

function withoutForeignFamilies(configuration: ConfigurationReply, families: ReadonlySet<number>): ConfigurationReply {
  return {
    ...configuration,
    ipv4Addresses: families.has(4) ? configuration.ipv4Addresses : [],
    ipv6Addresses: families.has(6) ? configuration.ipv6Addresses : [],
  };
}
