import { equal } from '../../bytes';
import { wipe } from '../../crypto/wipe';
import { VpnError } from '../../ports/vpn-error';
import type { EapConversation, Identity, IkeSessionConfig, LocalAuthentication } from '../session';
import { configurationRequest } from '../wire/configuration-attributes';
import { certificateEncoding, notifyType } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';
import type { AuthenticationPayload } from '../wire/payloads/authentication';
import { ocspRequestPayload, x509CertificateRequest } from '../wire/payloads/certificate-request';
import {
  type IdentificationPayload,
  identificationBody,
  identificationPayload,
  payloadIdentity,
} from '../wire/payloads/identification';
import { notify } from '../wire/payloads/notify';
import {
  authenticatedOctets,
  checkSignature,
  createSignature,
  sharedKeyAuthentication,
  verifySharedKey,
} from './authentication';
import { type ChildOffer, offerSa, offerSelectors } from './child-negotiation';
import {
  findError,
  microsoftError,
  notifyError,
  type OwnMethod,
  peerNotProven,
  peerRejectedUs,
  protocolViolation,
} from './failures';
import type { InitResult } from './ike-sa-init';
import { Rejection } from './rejection';

/** */
const maxEapRounds = 64;

/** One candidate as its authentication sees it. */
export interface AuthenticationHost {
  readonly config: IkeSessionConfig;
  readonly init: InitResult;
  readonly offer: ChildOffer;
  /** C-29: names the identity of the server in the request. */
  readonly sendsIdr: boolean;
  /** Sends IKE_AUTH and waits for its answer; stays open for ever once the candidate was given up. */
  exchange(payloads: readonly InnerPayload[]): Promise<readonly Payload[]>;
  /** The result of `work`, which nobody gets once the candidate was given up. */
  whileLive<T>(work: Promise<T>): Promise<T>;
  /** Closed when the candidate is given up. */
  conversing(conversation: EapConversation): void;
  /** From here on the gateway itself speaks: its AUTH was verified. */
  proved(): void;
}

export interface Authenticated {
  /** The last answer: with addresses, selectors and the CHILD SA. */
  readonly response: readonly Payload[];
  readonly peerIdentity: Identity;
  /** For the status object. */
  readonly name: string;
  readonly own: OwnMethod;
}

/**
 * The client's IKE_AUTH exchanges up to the answer with the first CHILD SA: RFC 7296 sections 2.15 and 2.16, EAP-only
 * authentication
 * (RFC 5998) and two rounds (RFC 4739). No EAP octet leaves before certificate, name and AUTH of the gateway are
 * verified (C-25, A-2);
 * with EAP-only the method itself verifies the server before anything secret leaves.
 *
 * Rejects with a Rejection, or with what a verifier or signer said. 'without-idr': the server may have disliked the
 * IDr.
 */
export async function authenticate(host: AuthenticationHost): Promise<Authenticated | 'without-idr'> {
  const { config, init } = host;
  const { local } = config;
  // Nothing may be said at this point (RFC 7296 section 2.21.2): the gateway forgets a half-open IKE SA by itself.
  if (local.method === 'undecided') throw new Rejection(local.end(init.wantedAuthorities), 'nothing');
  const second = config.secondRound ?? null;
  // half a sign-in is none, so nothing of it is shown where the second half has no place.
  if (second !== null && !init.multipleAuthentication) {
    throw new Rejection(
      new VpnError(
        'SERVER_POLICY',
        'The server does not accept a machine certificate and a user sign-in one after the other. Remove the machine certificate from this connection, or ask your administrator.',
        { detail: 'no MULTIPLE_AUTH_SUPPORTED (RFC 4739) in the answer to IKE_SA_INIT', rule: 'server-policy' },
      ),
      'delete',
    );
  }
  const idI = identificationPayload('IDi', config.localIdentity);
  const ownOctets = octetsOfOurs(init, idI);
  const eapOnly = local.method === 'eap' && local.eapOnly === true && second === null;
  let response = await host.exchange(await firstRequest(host, idI, ownOctets, eapOnly));

  const idR = findPayload(response, 'IDr');
  const auth = findPayload(response, 'AUTH');
  const provesByEap = eapOnly && auth === undefined && idR !== undefined && findPayload(response, 'EAP') !== undefined;
  if (idR === undefined || (auth === undefined && !provesByEap)) {
    const refusal = findError(response);
    // H-46: EAP from somebody who has not proved to be the gateway.
    if (findPayload(response, 'EAP') !== undefined)
      throw new Rejection(
        peerNotProven('auth-missing', 'the server asked for EAP without proving itself'),
        'authentication-failed',
      );
    if (refusal?.notify === notifyType.AUTHENTICATION_FAILED && host.sendsIdr) return 'without-idr';
    throw new Rejection(
      microsoftError(response) ??
        (refusal === undefined
          ? protocolViolation('the answer to IKE_AUTH has no AUTH')
          : notifyError(refusal, { own: local.method, offered: host.offer.proposals, afterEap: false })),
      'nothing',
    );
  }
  const peerOctets = authenticatedOctets(
    init.suite.prf,
    init.response,
    init.nonceI,
    init.keys.skPr,
    identificationBody(idR),
    init.intermediate,
  );
  const peerIdentity = payloadIdentity(idR);
  if (peerIdentity === null)
    throw new Rejection(
      peerNotProven('identity-type', 'the server shows an identity of an unknown type'),
      'authentication-failed',
    );
  if (findNotify(response, notifyType.ANOTHER_AUTH_FOLLOWS) !== undefined)
    throw new Rejection(
      peerNotProven('auth-method', 'the server wants to prove itself twice, which this client does not support'),
      'authentication-failed',
    );
  if (auth !== undefined) {
    await verifyPeer(host, auth, peerIdentity, peerOctets, response);
    host.proved();
  } else if (config.remoteIdentity !== null && !sameIdentity(config.remoteIdentity, peerIdentity)) {
    throw new Rejection(
      peerNotProven('server-identity', 'the server shows another identity than this connection expects'),
      'authentication-failed',
    );
  }

  let name = methodNames[local.method];
  let own: OwnMethod = local.method;
  if (local.method === 'eap')
    ({ response, name } = await signInByEap(host, local, { response, ownOctets, peerOctets, provesByEap }));
  else if (second !== null) {
    // RFC 4739 section 2: the second round begins with an identity of its own and no AUTH.
    const secondId = identificationPayload('IDi', second.localIdentity);
    const octets = octetsOfOurs(init, secondId);
    const request = await host.exchange([secondId]);
    const signedIn = await signInByEap(host, second.local, {
      response: request,
      ownOctets: octets,
      peerOctets,
      provesByEap: false,
    });
    response = signedIn.response;
    name = `${name} + ${signedIn.name}`;
    own = 'eap';
    wipe(octets);
  }
  wipe(ownOctets, peerOctets);
  return { response, peerIdentity: { type: peerIdentity.type, value: peerIdentity.value.slice() }, name, own };
}

/** For the status object until EAP agreed on a method. */
const methodNames: Readonly<Record<OwnMethod, string>> = {
  psk: 'Pre-shared key',
  signature: 'Machine certificate',
  eap: 'EAP',
};

function octetsOfOurs(
  { suite, request, nonceR, keys, intermediate }: InitResult,
  id: IdentificationPayload,
): Uint8Array {
  return authenticatedOctets(suite.prf, request, nonceR, keys.skPi, identificationBody(id), intermediate);
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return a.type === b.type && equal(a.value, b.value);
}

async function firstRequest(
  host: AuthenticationHost,
  idI: IdentificationPayload,
  ownOctets: Uint8Array,
  eapOnly: boolean,
): Promise<readonly InnerPayload[]> {
  const { config, init, offer } = host;
  const { local, peer } = config;
  const payloads: InnerPayload[] = [idI];
  if (local.method === 'signature')
    for (const data of local.certificates)
      payloads.push({ type: 'CERT', encoding: certificateEncoding.X509_SIGNATURE, data });
  if (config.initialContact) payloads.push(notify(notifyType.INITIAL_CONTACT));
  // C-31: without it some gateways send no certificate.
  if (peer.method === 'certificate' && peer.certificateRequests.length > 0)
    payloads.push(x509CertificateRequest(peer.certificateRequests));
  if (peer.method === 'certificate' && peer.requestOcsp === true) payloads.push(ocspRequestPayload());
  if (host.sendsIdr && config.remoteIdentity !== null)
    payloads.push(identificationPayload('IDr', config.remoteIdentity));
  if (local.method === 'psk') payloads.push(sharedKeyAuthentication(init.suite.prf, local.secret, ownOctets));
  if (local.method === 'signature')
    payloads.push(await host.whileLive(createSignature(local.signer, init.peerHashes, ownOctets)));
  if (config.requestIpv4 || config.requestIpv6) {
    payloads.push(
      configurationRequest({
        ipv4: config.requestIpv4,
        ipv6: config.requestIpv6,
        previousAddresses: config.previousAddresses,
        dhcp: config.requestDhcp === true,
      }),
    );
  }
  payloads.push(offerSa(offer), ...offerSelectors(offer));
  // M-6: our other addresses are nobody's business, and useless behind a NAT.
  if (config.mobike) payloads.push(notify(notifyType.MOBIKE_SUPPORTED), notify(notifyType.NO_ADDITIONAL_ADDRESSES));
  if (eapOnly) payloads.push(notify(notifyType.EAP_ONLY_AUTHENTICATION));
  if (config.secondRound != null)
    payloads.push(notify(notifyType.MULTIPLE_AUTH_SUPPORTED), notify(notifyType.ANOTHER_AUTH_FOLLOWS));
  return payloads;
}

/** The gateway's first AUTH: the pre-shared key, or a certificate that the rules of the profile accept. */
async function verifyPeer(
  host: AuthenticationHost,
  auth: AuthenticationPayload,
  peerIdentity: Identity,
  peerOctets: Uint8Array,
  response: readonly Payload[],
): Promise<void> {
  const { peer } = host.config;
  if (peer.method === 'psk') {
    if (!verifySharedKey(auth, host.init.suite.prf, peer.secret, peerOctets)) {
      throw new Rejection(
        new VpnError('VPN_BAD_PSK', 'The server does not know the pre-shared key of this connection. Check the key.', {
          detail: 'AUTH of the server does not verify with the pre-shared key',
          rule: 'pre-shared-key',
        }),
        'authentication-failed',
      );
    }
    if (peer.identity !== null && !sameIdentity(peer.identity, peerIdentity))
      throw new Rejection(
        peerNotProven('server-identity', 'the server shows another identity than this connection expects'),
        'authentication-failed',
      );
    return;
  }
  const certificates = findPayloads(response, 'CERT');
  const ofEncoding = (encoding: number): Uint8Array[] =>
    certificates.filter((one) => one.encoding === encoding).map((one) => one.data.slice());
  const { publicKeySpki } = await host.whileLive(
    peer.verify({
      identity: peerIdentity,
      certificates: ofEncoding(certificateEncoding.X509_SIGNATURE),
      ocspResponses: ofEncoding(certificateEncoding.OCSP_CONTENT),
      crls: ofEncoding(certificateEncoding.CRL),
    }),
  );
  const wrong = checkSignature(auth, publicKeySpki, peerOctets, peer.allowSha1Rsa);
  if (wrong !== null) throw new Rejection(peerNotProven(wrong.rule, wrong.detail), 'authentication-failed');
}

interface EapRound {
  /** With the first EAP request. */
  readonly response: readonly Payload[];
  readonly ownOctets: Uint8Array;
  readonly peerOctets: Uint8Array;
  /** RFC 5998: the gateway has proved nothing yet. */
  readonly provesByEap: boolean;
}

/** EAP and both AUTH payloads with the key it made (RFC 7296 section 2.16). */
async function signInByEap(
  host: AuthenticationHost,
  local: Extract<LocalAuthentication, { method: 'eap' }>,
  round: EapRound,
): Promise<{ readonly response: readonly Payload[]; readonly name: string }> {
  const { suite, keys } = host.init;
  const conversation = local.createConversation({ eapOnly: round.provesByEap });
  host.conversing(conversation);
  const msk = await converse(host, conversation, round.response);
  // SK_pi and SK_pr would prove nothing about a gateway that showed no certificate.
  if (msk === null && round.provesByEap)
    throw new Rejection(
      peerNotProven('auth-missing', 'the server proved itself neither by a certificate nor by EAP'),
      'authentication-failed',
    );
  // C-26: without a key of the method, SK_pi and SK_pr stand in.
  const response = await host.exchange([sharedKeyAuthentication(suite.prf, msk ?? keys.skPi, round.ownOctets)]);
  const auth = findPayload(response, 'AUTH');
  if (auth === undefined) {
    const error = findError(response);
    throw new Rejection(
      microsoftError(response) ??
        (error === undefined
          ? peerNotProven('second-auth-missing', 'the server sent no second AUTH after EAP')
          : notifyError(error, { own: 'eap', offered: host.offer.proposals, afterEap: true })),
      error === undefined ? 'authentication-failed' : 'nothing',
      // EAP had succeeded. Our AUTH covers our IKE_SA_INIT request, which nothing else protects: if it was changed on
      // its way, an honest gateway answers just this (RFC 7296 section 2.15).
      error?.notify === notifyType.AUTHENTICATION_FAILED && microsoftError(response) === null,
    );
  }
  const proven = verifySharedKey(auth, suite.prf, msk ?? keys.skPr, round.peerOctets);
  wipe(msk);
  if (!proven)
    throw new Rejection(
      peerNotProven('second-auth', 'the server does not know the key that EAP made'),
      'authentication-failed',
    );
  host.proved();
  conversation.close();
  return { response, name: conversation.methodName ?? methodNames.eap };
}

/** EAP inside IKE_AUTH up to the method's success. */
async function converse(
  host: AuthenticationHost,
  conversation: EapConversation,
  first: readonly Payload[],
): Promise<Uint8Array | null> {
  let response = first;
  for (let round = 0; round < maxEapRounds; round++) {
    const eap = findPayload(response, 'EAP');
    if (eap === undefined) {
      const error = findError(response);
      if (error === undefined)
        throw new Rejection(protocolViolation('the server stopped EAP without a word'), 'authentication-failed');
      throw new Rejection(
        microsoftError(response) ?? notifyError(error, { own: 'eap', offered: [], afterEap: round > 0 }),
        'nothing',
      );
    }
    const step = await host.whileLive(conversation.receive(eap.packet));
    switch (step.type) {
      case 'success':
        return step.msk;
      case 'failure':
        throw new Rejection(microsoftError(response) ?? step.error, 'authentication-failed');
      case 'ignore':
        throw new Rejection(
          protocolViolation('the server sent an EAP packet that has no answer'),
          'authentication-failed',
        );
      case 'respond':
        response = await host.exchange([{ type: 'EAP', packet: step.packet }]);
    }
  }
  throw new Rejection(peerRejectedUs('eap', 'AUTHENTICATION_FAILED', true), 'authentication-failed');
}
