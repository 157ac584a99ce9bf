import { concat, equal, equalConstantTime, utf8Decode, utf8Encode } from '../../bytes';
import type { EapServerMethod, EapServerStep } from '../method';
import {
  authenticatorResponse,
  formatAuthenticatorResponse,
  ntPasswordHash,
  ntResponse,
} from '../mschapv2/computations';
import { eapType } from '../packet';
import { TlsServerTunnel } from '../tls/server-tunnel';
import type { TlsServerTunnelOptions } from '../tls/server-tunnel';
import { firstHalf, tlsKeyMaterial } from '../tls/tunnel';
import { avpCode, decodeAvps, encodeAvps, microsoft } from './avp';
import type { Avp } from './avp';

export interface TtlsServerOptions {
  readonly tunnel: Omit<TlsServerTunnelOptions, 'requestClientCertificate'>;
  /** NT hash of the account, 16 octets, or null. */
  readonly account: (username: string) => Uint8Array | null;
}

type State = { readonly phase: 'waiting' } | { readonly phase: 'proven'; readonly identity: string };

/** EAP-TTLSv0 with PAP or MSCHAPv2, the server of the embedded gateway: RFC 5281. */
export class TtlsServer implements EapServerMethod {
  readonly type = eapType.TTLS;
  readonly name = 'EAP-TTLS';
  readonly #options: TtlsServerOptions;
  readonly #tunnel: TlsServerTunnel;
  #state: State = { phase: 'waiting' };

  constructor(options: TtlsServerOptions) {
    this.#options = options;
    this.#tunnel = new TlsServerTunnel({ ...options.tunnel, requestClientCertificate: false });
  }

  start(): Uint8Array {
    return this.#tunnel.start();
  }

  receive(data: Uint8Array): Promise<EapServerStep> {
    const step = this.#tunnel.receive(data);
    if (step.type !== 'inside') return Promise.resolve(step);
    if (this.#state.phase === 'proven') return Promise.resolve(this.#success(this.#state.identity));
    // TLS 1.2: our Finished has to go out first.
    if (step.application.length === 0)
      return Promise.resolve({ type: 'request', data: this.#tunnel.request(step.pending, step.application) });
    const avps = decodeAvps(step.application);
    return Promise.resolve(avps.ok ? this.#check(avps.value, step.pending) : { type: 'failure' });
  }

  close(): void {
    this.#tunnel.close();
  }

  #check(avps: readonly Avp[], pending: Uint8Array): EapServerStep {
    const value = (code: number, vendor: number): Uint8Array | null =>
      avps.find((avp) => avp.code === code && avp.vendor === vendor)?.value ?? null;
    const username = utf8Decode(value(avpCode.USER_NAME, 0) ?? new Uint8Array(0)) ?? '';
    const ntHash = this.#options.account(username);
    const password = value(avpCode.USER_PASSWORD, 0);
    const challenge = value(avpCode.MS_CHAP_CHALLENGE, microsoft);
    const response = value(avpCode.MS_CHAP2_RESPONSE, microsoft);
    if (ntHash === null) return { type: 'failure' };
    if (password !== null) {
      const text =
        utf8Decode(password.subarray(0, password.indexOf(0) < 0 ? password.length : password.indexOf(0))) ?? '';
      return equalConstantTime(ntPasswordHash(text), ntHash) ? this.#success(username) : { type: 'failure' };
    }
    if (challenge === null || response?.length !== 50) return { type: 'failure' };
    const implicit = this.#tunnel.exportKey('ttls challenge', 'ttls challenge', new Uint8Array(0), 17);
    const peerChallenge = response.subarray(2, 18);
    const given = response.subarray(26, 50);
    if (
      !equal(challenge, implicit.subarray(0, 16)) ||
      response[0] !== implicit[16] ||
      !equalConstantTime(given, ntResponse(challenge, peerChallenge, username, ntHash))
    )
      return { type: 'failure' };
    this.#state = { phase: 'proven', identity: username };
    const proof = utf8Encode(
      formatAuthenticatorResponse(authenticatorResponse(ntHash, given, peerChallenge, challenge, username)),
    );
    const avp: Avp = {
      code: avpCode.MS_CHAP2_SUCCESS,
      vendor: microsoft,
      mandatory: true,
      value: concat(response.subarray(0, 1), proof),
    };
    return { type: 'request', data: this.#tunnel.request(pending, encodeAvps([avp])) };
  }

  #success(identity: string): EapServerStep {
    return {
      type: 'success',
      msk: firstHalf(tlsKeyMaterial(this.#tunnel, this.type, 'ttls keying material')),
      identity,
    };
  }
}
