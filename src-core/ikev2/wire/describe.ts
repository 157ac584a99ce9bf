import { formatRange, hexEncode, sanitizeText } from '../../bytes';
import type { TrafficSelector } from '../../ports/data-path';
import type { LogField, LogRecord } from '../../ports/trace';
import {
  authMethod,
  authMethodName,
  certificateEncodingName,
  configurationAttributeName,
  configurationTypeName,
  eapCodeName,
  exchangeTypeName,
  hashAlgorithmName,
  idTypeName,
  keyExchangeName,
  notifyType,
  notifyTypeName,
  payloadTypeName,
  protocolIdName,
  transformName,
  transformTypeName,
} from './constants';
import { attributeText } from './describe-attribute';
import {
  additionalAddressOf,
  authLifetimeOf,
  childSpiOf,
  microsoftStatusOf,
  redirectOf,
  signatureHashesOf,
  unsupportedPayloadOf,
  wantedGroupOf,
  windowSizeOf,
} from './notify-data';
import type { Payload } from './payload';
import { requestedAuthorities } from './payloads/certificate-request';
import type { ConfigurationPayload } from './payloads/configuration';
import { formatIdentification } from './payloads/identification';
import type { NotifyPayload } from './payloads/notify';
import type { Proposal, Transform } from './payloads/security-association';

export interface DescribedPayload {
  readonly name: string;
  readonly fields: readonly LogField[];
}

export interface DescribedMessage {
  readonly direction: 'sent' | 'received';
  readonly exchangeType: number;
  readonly messageId: number;
  readonly response: boolean;
  /** "192.0.2.1:4500" */
  readonly from: string;
  readonly to: string;
  readonly payloads: readonly Payload[];
}

/** A value in the log is at most this long; texts of strangers are sanitised. */
const valueLimit = 200;
/** Fields of one payload in the log. */
const fieldLimit = 32;

const field = (name: string, value: string | number): LogField => ({
  name,
  value: sanitizeText(String(value), valueLimit),
});
const octets = (name: string, bytes: Uint8Array): LogField => field(name, `${String(bytes.length)} octets`);

/**
 * The exchange part of a log record: decoded payloads by their RFC names. Never a secret: no key, no authentication
 * data, no EAP data.
 */
export function describeMessage(message: DescribedMessage): NonNullable<LogRecord['exchange']> {
  return {
    direction: message.direction,
    name: exchangeTypeName(message.exchangeType),
    messageId: message.messageId,
    response: message.response,
    from: message.from,
    to: message.to,
    payloads: message.payloads.map(describePayload),
  };
}

/** One payload in plain text. */
export function describePayload(payload: Payload): DescribedPayload {
  return {
    name: payload.type === 'unknown' ? payloadTypeName(payload.payloadType) : payload.type,
    fields: fieldsOf(payload).slice(0, fieldLimit),
  };
}

function fieldsOf(payload: Payload): readonly LogField[] {
  switch (payload.type) {
    case 'SA':
      return payload.proposals
        .slice(0, fieldLimit)
        .map((proposal) => field(`proposal ${String(proposal.number)}`, describeProposal(proposal)));
    case 'KE':
      return [field('method', keyExchangeName(payload.group)), octets('data', payload.data)];
    case 'IDi':
    case 'IDr':
      return [field('type', idTypeName(payload.idType)), field('identity', formatIdentification(payload))];
    case 'CERT':
      return [field('encoding', certificateEncodingName(payload.encoding)), octets('data', payload.data)];
    case 'CERTREQ':
      return [
        field('encoding', certificateEncodingName(payload.encoding)),
        field('authorities', requestedAuthorities(payload)?.length ?? 'not readable'),
      ];
    case 'AUTH':
      return [
        field('method', authMethodName(payload.method)),
        ...(payload.method === authMethod.SHARED_KEY ? [] : [octets('data', payload.data)]),
      ];
    case 'Nonce':
      return [octets('data', payload.data)];
    case 'N':
      return describeNotify(payload);
    case 'D':
      return [
        field('protocol', protocolIdName(payload.protocol)),
        ...payload.spis.slice(0, fieldLimit).map((spi) => field('SPI', formatEspSpi(spi))),
      ];
    case 'V':
      return [field('vendor ID', hexEncode(payload.data.subarray(0, 64)))];
    case 'TSi':
    case 'TSr':
      return [
        ...payload.selectors.map((selector) => field('selector', formatTrafficSelector(selector))),
        ...payload.unsupported.map(({ selectorType }) =>
          field('selector', `type ${String(selectorType)}, not supported`),
        ),
      ];
    case 'SK':
      return [octets('encrypted', payload.body)];
    case 'SKF':
      return [
        field('fragment', `${String(payload.fragmentNumber)} of ${String(payload.totalFragments)}`),
        octets('encrypted', payload.body),
      ];
    case 'CP':
      return describeConfiguration(payload);
    case 'EAP':
      return [
        field('code', eapCodeName(payload.packet[0] as number)),
        field('identifier', payload.packet[1] as number),
        ...(payload.packet.length > 4 ? [field('type', payload.packet[4] as number)] : []),
        octets('packet', payload.packet),
      ];
    case 'unknown':
      return [field('critical', String(payload.critical)), octets('data', payload.data)];
  }
}

function describeProposal(proposal: Proposal): string {
  const spi = proposal.spi.length === 0 ? '' : ` SPI ${hexEncode(proposal.spi.subarray(0, 8))}`;
  return `${protocolIdName(proposal.protocol)}${spi}: ${proposal.transforms.slice(0, 32).map(describeTransform).join(', ')}`;
}

function describeTransform(transform: Transform): string {
  const name = transformName(transform.transformType, transform.id);
  return `${transformTypeName(transform.transformType)} ${name}${transform.keyLength === null ? '' : `-${String(transform.keyLength)}`}`;
}

function describeNotify(payload: NotifyPayload): readonly LogField[] {
  const fields = [field('notify', notifyTypeName(payload.notify))];
  const spi = childSpiOf(payload);
  if (spi !== null) fields.push(field('protocol', protocolIdName(payload.protocol)), field('SPI', formatEspSpi(spi)));
  const meaning = notifyMeaning(payload);
  if (meaning !== null) fields.push(meaning);
  else if (payload.data.length > 0) fields.push(octets('data', payload.data));
  return fields;
}

function notifyMeaning(payload: NotifyPayload): LogField | null {
  const when = (name: string, value: string | number | null | undefined) =>
    value === null || value === undefined ? null : field(name, value);
  switch (payload.notify) {
    case notifyType.INVALID_KE_PAYLOAD: {
      const group = wantedGroupOf(payload);
      return when('wanted method', group === null ? null : keyExchangeName(group));
    }
    case notifyType.UNSUPPORTED_CRITICAL_PAYLOAD:
      return when('payload type', unsupportedPayloadOf(payload));
    case notifyType.ADDITIONAL_IP4_ADDRESS:
    case notifyType.ADDITIONAL_IP6_ADDRESS:
      return when('address', additionalAddressOf(payload));
    case notifyType.SIGNATURE_HASH_ALGORITHMS:
      return when('hashes', signatureHashesOf(payload)?.map(hashAlgorithmName).join(', '));
    case notifyType.AUTH_LIFETIME:
      return when('seconds', authLifetimeOf(payload));
    case notifyType.SET_WINDOW_SIZE:
      return when('window', windowSizeOf(payload));
    case notifyType.MS_NOTIFY_STATUS:
      return when('status', microsoftStatusOf(payload));
    case notifyType.REDIRECT:
      return when('gateway', redirectOf(payload)?.gateway);
    default:
      return null;
  }
}

function describeConfiguration(payload: ConfigurationPayload): readonly LogField[] {
  return [
    field('type', configurationTypeName(payload.cfgType)),
    ...payload.attributes
      .slice(0, fieldLimit)
      .map(({ attributeType, value }) =>
        field(
          configurationAttributeName(attributeType),
          value.length === 0 ? '(asked)' : attributeText(attributeType, value),
        ),
      ),
  ];
}

/** "c0ffee01" */
export function formatEspSpi(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}

/** "10.77.0.1/32", with protocol and ports when they are limited: "10.0.0.0/8 protocol 17 ports 53-53". */
export function formatTrafficSelector(selector: TrafficSelector): string {
  const range = formatRange({ family: selector.family, start: selector.startAddress, end: selector.endAddress });
  const protocol = selector.protocol === 0 ? '' : ` protocol ${String(selector.protocol)}`;
  const ports =
    selector.startPort === 0 && selector.endPort === 65535
      ? ''
      : ` ports ${String(selector.startPort)}-${String(selector.endPort)}`;
  return range + protocol + ports;
}
