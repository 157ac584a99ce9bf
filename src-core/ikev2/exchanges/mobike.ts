import { equal, equalConstantTime, specialUse } from '../../bytes';
import { samePath } from '../sa/ike-path';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { type RetransmissionSchedule, urgentSchedule } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import type { IkePath } from '../session';
import { exchangeType, notifyType, notifyTypeName } from '../wire/constants';
import { findNotify, findPayloads } from '../wire/find';
import { additionalAddressOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { findError, protocolViolation } from './failures';
import { LivenessTask } from './liveness';
import {
  destinationNotify,
  ForcedEncapsulation,
  hasNatDetection,
  type NatFindings,
  readNatDetection,
  truthfulNotifies,
} from './nat-detection';
import type { Task } from './task';

/** M-4: of however many the peer lists. */
const maxPeerAddresses = 16;
/** M-25. */
const cookie2Length = 16;
/**
 * After an update is answered, packets or the gateway's own rekey come within this, milliseconds, or three round trips.
 */
const rekeyPatience = 25;
/** A rekey of the gateway this soon after an update belongs to it, milliseconds. */
const rekeyWindow = 1000;
/**
 * ESP that leaves for so long while none comes, milliseconds: less than the patience after which the connection asks
 * (stall-watch.ts).
 */
const unansweredFor = 300;
/** Updates that the peer refused with UNEXPECTED_NAT_DETECTED are tried again this often (M-22). */
const unexpectedNatTries = 3;

/**
 * What MOBIKE (RFC 4555) knows about one session: whether the peer speaks it, how it sees us, where else it can be
 * reached.
 */
export class Mobility {
  readonly #session: SessionCore;
  readonly forcedEncapsulation: ForcedEncapsulation;
  /** Both sides sent MOBIKE_SUPPORTED. */
  supported = false;
  /** A NAT in front of us, our own pretence not counted (C-42). */
  natDetected = false;
  /** The path has changed since the last UPDATE_SA_ADDRESSES was built (M-12.2). */
  updatePending = false;
  unexpectedNats = 0;
  /** Without MOBIKE: nothing was answered since the path changed. */
  #unanswered = false;
  #pathChangedAt = 0;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  /** This gateway cannot move its CHILD SAs and replaces them after each update. */
  #peerRekeysAfterUpdate = false;
  #peerAddresses: readonly string[] = [];
  /** Hash of how the peer sees us on the current path and IKE SA; null until it told us (M-17). */
  #mapping: { readonly path: IkePath; readonly hash: Uint8Array } | null = null;

  constructor(session: SessionCore) {
    this.#session = session;
    this.forcedEncapsulation = new ForcedEncapsulation(session.random);
  }

  get peerAddresses(): readonly string[] {
    return this.#peerAddresses;
  }

  /** The session has a new path, or doubts the NAT mapping of the old one (M-12). */
  pathChanged(): void {
    this.#pathChangedAt = this.#session.clock.now();
    if (this.#session.settings.role === 'initiator' && this.supported) this.requestUpdate();
    else {
      // M-23: without MOBIKE a message from the new address lets a gateway that follows RFC 7296 section 2.23 notice.
      this.#unanswered = this.#session.settings.role === 'initiator';
      this.#session.enqueue(new LivenessTask(this.#session));
    }
  }

  /** The peer answered a request of ours on `path`. Without MOBIKE this is all that it ever says about a path (M-23). */
  answered(path: IkePath): void {
    if (!this.#unanswered || !samePath(path, this.#session.path)) return;
    this.#unanswered = false;
    this.#session.emit({ type: 'path-confirmed', path, natDetected: this.natDetected });
  }

  requestUpdate(): void {
    this.updatePending = true;
    this.#session.enqueue(new UpdateAddressesTask(this.#session));
  }

  /** The SPIs are part of the hashes: what was seen under the old ones says nothing (M-17). */
  ikeSaReplaced(next: IkeSa): void {
    this.#mapping = null;
    // M-27: what was told over the old IKE SA since the new one was agreed on may not count for the new one.
    if (
      this.supported &&
      this.#session.settings.role === 'initiator' &&
      this.#pathChangedAt >= next.createdAt &&
      this.#pathChangedAt > 0
    )
      this.requestUpdate();
  }

  /** NAT detection of an initiator, pretence included; empty where it makes no sense. */
  probePayloads(sa: IkeSa): readonly InnerPayload[] {
    const { path } = this.#session;
    if (!this.supported || path === null || this.#session.settings.role !== 'initiator') return [];
    return [this.forcedEncapsulation.sourceNotify(sa.spiI, sa.spiR), destinationNotify(sa.spiI, sa.spiR, path.remote)];
  }

  /** The answer to a probe: has the NAT mapping moved (M-17)? */
  readProbe(sa: IkeSa, payloads: readonly Payload[], path: IkePath): void {
    const findings = readNatDetection(payloads, sa.spiI, sa.spiR, path);
    if (findings === null || !this.supported || !samePath(path, this.#session.path)) return;
    this.natDetected = findings.localNat;
    const known = this.#mapping;
    this.#mapping = { path, hash: findings.mapping };
    // The first answer on a path has nothing to be compared with: then packets that leave and are not answered speak
    // for a new mapping.
    const comparable = known !== null && samePath(known.path, path);
    if (comparable ? !equal(known.hash, findings.mapping) : this.#isUnanswered()) {
      this.#session.log.write(
        'info',
        'mobility',
        'The NAT shows this computer at another address or port: telling the server',
      );
      this.requestUpdate();
    }
  }

  #isUnanswered(): boolean {
    const recently = this.#session.clock.now() - unansweredFor;
    return this.#session.silence.sentSince(recently) && !this.#session.silence.receivedSince(recently);
  }

  /** An UPDATE_SA_ADDRESSES was answered on its path: this is how the peer sees us now. */
  confirm(path: IkePath, findings: NatFindings | null): void {
    this.unexpectedNats = 0;
    if (findings !== null) {
      this.natDetected = findings.localNat;
      this.#mapping = { path, hash: findings.mapping };
    }
    this.#confirmedAt = this.#session.clock.now();
    this.#session.emit({ type: 'path-confirmed', path, natDetected: this.natDetected });
    const patience = Math.max(rekeyPatience, 3 * (this.#session.current?.roundTrip ?? 0));
    this.#session.timers.set('packets after update', patience, () => this.#rekeyInstead());
  }

  /** The peer rekeys a CHILD SA. */
  peerRekeysChild(): void {
    if (this.#session.clock.now() - this.#confirmedAt <= rekeyWindow) this.#peerRekeysAfterUpdate = true;
  }

  /**
   * Some gateways cannot move a CHILD SA to another address: they answer the update and replace the SA, and until then
   * they send to the
   * old address. When their window is blocked that takes seconds, so a rekey of ours does it.
   */
  #rekeyInstead(): void {
    const session = this.#session;
    const children = session.childSas.list;
    if (
      session.isHeld ||
      children.some((child) => child.installedAt > this.#pathChangedAt) ||
      session.silence.receivedSince(this.#pathChangedAt)
    )
      return;
    if (!this.#peerRekeysAfterUpdate && !session.silence.sentSince(this.#pathChangedAt)) return;
    for (const child of children) session.childRekeying.start(child);
  }

  /**
   * ADDITIONAL_* replace the whole list, NO_ADDITIONAL_ADDRESSES empties it; where the message came from is part of it
   * without a word (M-4, RFC 4555 section
   * 3.6). Filtered as M-5 and H-40 say.
   */
  readAddresses(payloads: readonly Payload[], announce: boolean, from: string | null = null): void {
    const notifies = findPayloads(payloads, 'N').filter(
      ({ notify: type }) =>
        type === notifyType.ADDITIONAL_IP4_ADDRESS ||
        type === notifyType.ADDITIONAL_IP6_ADDRESS ||
        type === notifyType.NO_ADDITIONAL_ADDRESSES,
    );
    if (notifies.length === 0) return;
    const current = this.#session.path?.remote.address ?? null;
    const allowPrivate = current !== null && specialUse(current) === 'private';
    const allowLoopback = current !== null && specialUse(current) === 'loopback';
    const addresses = new Set<string>(from === null || from === current ? [] : [from]);
    for (const payload of notifies) {
      const address = additionalAddressOf(payload);
      if (address === null || address === current) continue;
      const use = specialUse(address);
      if (use === null || (use === 'private' && allowPrivate) || (use === 'loopback' && allowLoopback))
        addresses.add(address);
      if (addresses.size === maxPeerAddresses) break;
    }
    this.#peerAddresses = [...addresses];
    if (announce) this.#session.emit({ type: 'peer-addresses', addresses: this.#peerAddresses });
  }

  /** M-8: the gateway speaks from another of its listed addresses, so the one in use is probably gone: move there. */
  followListed(from: IkePath): void {
    const { path } = this.#session;
    if (
      path === null ||
      this.#session.isHeld ||
      from.remote.address === path.remote.address ||
      !this.#peerAddresses.includes(from.remote.address)
    )
      return;
    this.#session.log.write('info', 'mobility', `The server speaks from ${from.remote.address}: moving there`);
    this.#session.setPath({ socket: path.socket, remote: from.remote });
  }

  /** The responder's part of an INFORMATIONAL: where the client is now, and what it wants to know (M-7, M-30). */
  answer(sa: IkeSa, request: ReceivedRequest): readonly InnerPayload[] {
    const reply: InnerPayload[] = [];
    const { role } = this.#session.settings;
    // H-39: only the initiator decides addresses; the responder's UPDATE is answered and has no effect.
    if (
      findNotify(request.payloads, notifyType.UPDATE_SA_ADDRESSES) !== undefined &&
      role === 'responder' &&
      this.supported
    ) {
      this.#session.adoptPath(request.path);
      this.#session.emit({ type: 'path-confirmed', path: request.path, natDetected: this.natDetected });
    }
    if (hasNatDetection(request.payloads)) {
      reply.push(
        ...(role === 'responder'
          ? truthfulNotifies(sa.spiI, sa.spiR, request.path)
          : [
              this.forcedEncapsulation.sourceNotify(sa.spiI, sa.spiR),
              destinationNotify(sa.spiI, sa.spiR, request.path.remote),
            ]),
      );
    }
    // RFC 4555 section 3.7: back as it came.
    const cookie = findNotify(request.payloads, notifyType.COOKIE2);
    if (cookie !== undefined) reply.push(notify(notifyType.COOKIE2, cookie.data));
    return reply;
  }
}

/** UPDATE_SA_ADDRESSES, RFC 4555 section 3.5 (M-12): the gateway sends to where this came from. */
export class UpdateAddressesTask implements Task {
  readonly kind = 'updateAddresses';
  readonly name = 'update addresses';
  readonly exchange = exchangeType.INFORMATIONAL;
  readonly restartable = true;
  readonly #session: SessionCore;
  #path: IkePath | null = null;
  #cookie: Uint8Array = new Uint8Array(0);

  constructor(session: SessionCore) {
    this.#session = session;
  }

  get schedule(): RetransmissionSchedule {
    return urgentSchedule(this.#session.current?.roundTrip ?? null);
  }

  build(sa: IkeSa): readonly InnerPayload[] | null {
    const { mobility, path } = this.#session;
    if (path === null || !mobility.updatePending) return null;
    mobility.updatePending = false;
    this.#path = path;
    this.#cookie = this.#session.random.bytes(cookie2Length);
    return [
      notify(notifyType.UPDATE_SA_ADDRESSES),
      mobility.forcedEncapsulation.sourceNotify(sa.spiI, sa.spiR),
      destinationNotify(sa.spiI, sa.spiR, path.remote),
      notify(notifyType.COOKIE2, this.#cookie),
    ];
  }

  process(sa: IkeSa, payloads: readonly Payload[], path: IkePath): void {
    const { mobility } = this.#session;
    const cookie = findNotify(payloads, notifyType.COOKIE2);
    const error = findError(payloads);
    if (error === undefined && (cookie === undefined || !equalConstantTime(cookie.data, this.#cookie))) {
      // RFC 4555 section 3.7: somebody answers who does not see our messages (H-38).
      this.#session.end('failure', protocolViolation('COOKIE2 came back wrong'));
      return;
    }
    // M-12.6, M-13: the address changed again meanwhile; this answer says nothing about where we are now.
    if (mobility.updatePending || !samePath(this.#path, this.#session.path)) {
      mobility.requestUpdate();
      return;
    }
    if (error !== undefined) {
      if (error.notify === notifyType.UNEXPECTED_NAT_DETECTED && ++mobility.unexpectedNats <= unexpectedNatTries)
        mobility.requestUpdate();
      else this.#session.emit({ type: 'path-refused', path, notify: notifyTypeName(error.notify) });
      return;
    }
    mobility.confirm(path, readNatDetection(payloads, sa.spiI, sa.spiR, path));
  }
}
