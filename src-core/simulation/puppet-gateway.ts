import { isZero, uint32Octets, utf8Encode } from '../bytes';
import { authenticatedOctets, sharedKeyAuthentication } from '../ikev2/exchanges/authentication';
import { agree, newKeyExchange } from '../ikev2/exchanges/key-exchange-step';
import { truthfulNotifies } from '../ikev2/exchanges/nat-detection';
import { everyIpv4, hostSelector } from '../ikev2/exchanges/traffic-selectors';
import { answerPayload, selectProposal } from '../ikev2/proposals/negotiation';
import { parseProposals } from '../ikev2/proposals/defaults';
import { ikeSuite } from '../ikev2/proposals/suites';
import { ikeMessageOf, sendIke, sendIkeWhole } from '../ikev2/sa/ike-path';
import { IkeSa, type IkeSaHost, type ReceivedRequest } from '../ikev2/sa/ike-sa';
import { expandIkeKeys, type IkeKeys, initialKeySeed } from '../ikev2/sa/keying-material';
import { connectSchedule } from '../ikev2/sa/retransmission';
import { Timers } from '../ikev2/sa/timers';
import type { IkePath } from '../ikev2/session';
import { configurationReply } from '../ikev2/wire/configuration-attributes';
import { exchangeType, notifyType, protocolId } from '../ikev2/wire/constants';
import { findPayload } from '../ikev2/wire/find';
import { decodeMessage, encodeMessage } from '../ikev2/wire/message';
import type { InnerPayload, Payload } from '../ikev2/wire/payload';
import { identificationBody, identificationPayload } from '../ikev2/wire/payloads/identification';
import { notify } from '../ikev2/wire/payloads/notify';
import { trafficSelectors } from '../ikev2/wire/payloads/traffic-selectors';
import { simulatedPsk, type TwoEnds } from './two-ends';

export const puppetAddress = '192.0.2.9';

export interface PuppetScript {
  /** Changes the IKE_SA_INIT response before it is sent. */
  readonly init?: (payloads: readonly InnerPayload[]) => readonly InnerPayload[];
  /** Changes the IKE_AUTH response before it is sent. */
  readonly auth?: (payloads: readonly InnerPayload[]) => readonly InnerPayload[];
  /** SPI in the header of the IKE_SA_INIT response. */
  readonly spiR?: Uint8Array;
  /** Answers requests after IKE_AUTH; nothing: an empty response. */
  readonly answer?: (request: ReceivedRequest) => readonly InnerPayload[] | 'silence';
}

/**
 * A gateway that follows a script: it authenticates properly and then says whatever a test wants, also what no gateway
 * should.
 */
export class PuppetGateway implements IkeSaHost {
  readonly clock;
  readonly random;
  readonly timers: Timers;
  readonly #script: PuppetScript;
  /** Requests that came after IKE_AUTH. */
  readonly requests: ReceivedRequest[] = [];
  sa: IkeSa | null = null;
  #path: IkePath | null = null;
  #material: {
    readonly request: Uint8Array;
    readonly response: Uint8Array;
    readonly nonceI: Uint8Array;
    readonly nonceR: Uint8Array;
    readonly keys: IkeKeys;
  } | null = null;
  #initMessage: Uint8Array | null = null;
  #initResponse: Uint8Array | null = null;

  constructor(ends: TwoEnds, script: PuppetScript = {}) {
    this.clock = ends.clock;
    this.random = ends.random.fork();
    this.timers = new Timers(ends.clock);
    this.#script = script;
    const host = ends.network.addHost('puppet');
    host.addAdapter({ name: 'eth0', addresses: [puppetAddress] });
    for (const localPort of [500, 4500]) {
      const socket = host.openNow({ adapter: null, localAddress: puppetAddress, localPort });
      socket.onDatagram((datagram, remote) => this.#receive(datagram, { socket, remote }));
    }
  }

  /** Sends a protected request; resolves with the response, or null when there is none within a second. */
  async ask(exchange: number, payloads: readonly InnerPayload[]): Promise<readonly Payload[] | null> {
    const { sa } = this;
    if (sa === null) throw new Error('no client yet');
    let response: readonly Payload[] | null = null;
    sa.dropRequest();
    sa.request({
      name: 'puppet',
      exchange,
      payloads,
      schedule: connectSchedule,
      onResponse: (answer) => (response = answer),
    });
    await this.clock.run(50);
    return response;
  }

  #receive(datagram: Uint8Array, path: IkePath): void {
    const message = ikeMessageOf(datagram, path);
    if (message === null) return;
    if (isZero(message.subarray(8, 16))) this.#init(message, path);
    else {
      this.#path = path;
      this.sa?.receive(message, path);
    }
  }

  #init(message: Uint8Array, path: IkePath): void {
    if (this.#initMessage !== null && this.#initResponse !== null) {
      sendIke(path, this.#initResponse);
      return;
    }
    const decoded = decodeMessage(message);
    if (!decoded.ok) return;
    const { header, payloads } = decoded.value;
    const offer = findPayload(payloads, 'SA');
    const nonce = findPayload(payloads, 'Nonce');
    const ke = findPayload(payloads, 'KE');
    const chosen =
      offer === undefined
        ? null
        : selectProposal(offer, parseProposals('ike', ['aes256gcm16-prfsha256-x25519', 'aes128-sha256-modp2048']), 0, {
            preferredGroup: ke?.group ?? null,
            groups: 'required',
          });
    if (chosen === null || nonce === undefined) return;
    const suite = ikeSuite(chosen.algorithms);
    const exchange = newKeyExchange(suite.group, this.random);
    const secret = agree(exchange, payloads);
    if (typeof secret === 'string') return;
    const spiR = this.#script.spiR ?? this.random.bytes(8);
    const nonceR = this.random.bytes(32);
    const reply: readonly InnerPayload[] = [
      answerPayload(chosen, protocolId.IKE, new Uint8Array(0)),
      { type: 'KE', group: suite.group, data: exchange.publicValue },
      { type: 'Nonce', data: nonceR },
      ...truthfulNotifies(header.spiInitiator, spiR, path),
      notify(notifyType.IKEV2_FRAGMENTATION_SUPPORTED),
    ];
    const response = encodeMessage(
      {
        spiInitiator: header.spiInitiator,
        spiResponder: spiR,
        exchangeType: exchangeType.IKE_SA_INIT,
        initiator: false,
        response: true,
        messageId: 0,
      },
      this.#script.init?.(reply) ?? reply,
    );
    const nonceI = nonce.data.slice();
    const keys = expandIkeKeys(suite, initialKeySeed(suite.prf, nonceI, nonceR, secret), {
      nonceI,
      nonceR,
      spiI: header.spiInitiator,
      spiR,
    });
    this.#material = { request: message.slice(), response, nonceI, nonceR, keys };
    this.#initMessage = message.slice();
    this.#initResponse = response;
    this.sa = new IkeSa(this, {
      initiator: false,
      spiI: header.spiInitiator,
      spiR,
      suite,
      keys,
      fragmentation: true,
      firstMessageId: 1,
    });
    sendIke(path, response);
  }

  // ---- IkeSaHost

  requestPaths(): readonly IkePath[] {
    return this.#path === null ? [] : [this.#path];
  }

  send(path: IkePath, message: Uint8Array): void {
    sendIke(path, message);
  }

  sendWhole(path: IkePath, message: Uint8Array): string {
    return sendIkeWhole(path, message);
  }

  handleRequest(sa: IkeSa, request: ReceivedRequest): void {
    if (request.exchange !== exchangeType.IKE_AUTH || this.#material === null) {
      this.requests.push(request);
      const answer = this.#script.answer?.(request) ?? [];
      if (answer !== 'silence') sa.respond(request, answer);
      return;
    }
    const { response, nonceI, keys } = this.#material;
    const idR = identificationPayload('IDr', { type: 'fqdn', value: utf8Encode('vpn.example.com') });
    const octets = authenticatedOctets(sa.suite.prf, response, nonceI, keys.skPr, identificationBody(idR));
    const esp = findPayload(request.payloads, 'SA');
    const chosen =
      esp === undefined
        ? null
        : selectProposal(esp, parseProposals('esp', ['aes256gcm16']), 4, { preferredGroup: null, groups: 'ignore' });
    if (chosen === null) return;
    const reply: readonly InnerPayload[] = [
      idR,
      sharedKeyAuthentication(sa.suite.prf, simulatedPsk, octets),
      configurationReply({
        ipv4Addresses: ['10.77.0.1'],
        ipv6Addresses: [],
        dnsServers: ['10.77.255.53'],
        subnets: [],
        dnsDomains: [],
        dhcpServers: [],
      }),
      answerPayload(chosen, protocolId.ESP, uint32Octets(0x1000)),
      trafficSelectors('TSi', [hostSelector('10.77.0.1')]),
      trafficSelectors('TSr', [everyIpv4]),
      notify(notifyType.MOBIKE_SUPPORTED),
    ];
    sa.respond(request, this.#script.auth?.(reply) ?? reply);
    sa.state = 'established';
  }

  heard(): void {
    // Nothing depends on it here.
  }

  peerViolation(): void {
    // The client does not misbehave.
  }

  unanswered(): void {
    // Silence is an answer too.
  }

  logMessage(): void {
    // The client's log tells enough.
  }
}
