import { type EapPeerMethod, type MschapCredentials, MschapPeer, type MschapPeerOptions } from '../eap';
import { PeapPeer } from '../eap/peap/peer';
import { innerFragmentSize } from '../eap/tls/framing';
import type { ResumptionStore } from '../eap/tls/resumption';
import { EapTlsPeer } from '../eap/tls/peer';
import type { TlsClientCredentials, TlsTunnelOptions } from '../eap/tls/tunnel';
import { TtlsPeer } from '../eap/ttls/peer';
import { authenticationServerAcceptance } from '../pki/authentication-server';
import type { AcceptanceEnvironment } from '../pki/server-certificate';
import type { Random } from '../ports/random';
import type { TlsEngine } from '../ports/tls';
import { VpnError } from '../ports/vpn-error';
import type { AuthenticationMethod, Profile } from '../profiles/profile';

/** What the person, the secret store or a token gave for one attempt. */
export interface EapSecrets {
  readonly mschap: MschapCredentials | null;
  /** UTF-8, only where the method shows the password itself (PAP). */
  readonly password: Uint8Array | null;
  /** Of the client certificate. */
  readonly certificate: TlsClientCredentials | null;
  /** The identity inside of the tunnel. */
  readonly identity: string;
}

export interface EapMethodOptions {
  readonly random: Random;
  /** Absent or null: no method with TLS can be had here. */
  readonly tls?: TlsEngine | null;
  readonly acceptance: AcceptanceEnvironment;
  /** Where PEAP keeps a secure channel for the next time; used where the profile says so. */
  readonly resumption?: ResumptionStore;
  /** Of the methods with a client certificate: which one waits for what the server asks for. */
  readonly undecided?: TlsTunnelOptions['undecided'];
  /** For a server that says that the password has expired. Absent: the sign-in ends there. */
  readonly passwordChange?: Required<Pick<MschapPeerOptions, 'askNewPassword' | 'onPasswordChanged'>>;
}

/** Each conversation gets a method of its own. */
export type EapMethodFactory = (secrets: EapSecrets) => EapPeerMethod;

/**
 * Which server the tunnel may end at: the profile's names, else the gateway's; "*" waives the name and demands
 * authorities.
 */
function serverNames({ authentication, remoteIdentity, server }: Profile): readonly string[] | null {
  if (authentication.serverNames.includes('*')) return null;
  return authentication.serverNames.length > 0 ? authentication.serverNames : [remoteIdentity ?? server];
}

/** Throws VpnError when this host has no TLS engine, or when the profile trusts any server. */
export function tunnelOptions(profile: Profile, options: EapMethodOptions): Omit<TlsTunnelOptions, 'credentials'> {
  if (options.tls === undefined || options.tls === null)
    throw new VpnError(
      'SERVER_POLICY',
      'The native part of Agile VPN, which this sign-in method needs, is not built. Run "npm run setup" in its folder, then try again.',
      { detail: `no TLS engine for ${profile.authentication.method}` },
    );
  const { serverAuthorities } = profile.authentication;
  const judge = authenticationServerAcceptance(
    {
      authorities: serverAuthorities.length > 0 ? serverAuthorities : profile.serverCertificate.authorities,
      serverNames: serverNames(profile),
      revocation: profile.serverCertificate.revocation,
      acceptedCertificates:
        profile.authentication.serverNames.length === 0 ? profile.authentication.acceptedServerCertificates : null,
      legacy: profile.advanced.legacyWindows,
    },
    options.acceptance,
  );
  // both versions; SNI says nothing that the server does not know, and some servers stumble over it.
  return { engine: options.tls, judge, minVersion: '1.2', maxVersion: '1.3', serverName: null };
}

/** The EAP method of a profile. Throws VpnError when it cannot be had here. */
export function eapMethodFactory(profile: Profile, options: EapMethodOptions): EapMethodFactory {
  const { random, passwordChange } = options;
  const mschapPeer = (credentials: MschapCredentials): EapPeerMethod =>
    new MschapPeer({
      random,
      credentials: { username: credentials.username, ntHash: credentials.ntHash.slice() },
      ...passwordChange,
    });
  const shown = (certificate: TlsClientCredentials | null): Pick<TlsTunnelOptions, 'credentials' | 'undecided'> =>
    options.undecided === undefined
      ? { credentials: needed(certificate) }
      : { credentials: null, undecided: options.undecided };
  const method: AuthenticationMethod = profile.authentication.method;
  switch (method) {
    case 'eap-mschapv2':
      return ({ mschap }) => mschapPeer(needed(mschap));
    case 'eap-tls': {
      const tunnel = tunnelOptions(profile, options);
      return ({ certificate }) => new EapTlsPeer({ ...tunnel, ...shown(certificate) });
    }
    case 'peap-mschapv2':
    case 'peap-tls': {
      const tunnel = tunnelOptions(profile, options);
      const { requireCryptobinding, fastReconnect } = profile.authentication;
      return ({ mschap, certificate, identity }) =>
        new PeapPeer({
          tunnel: {
            ...tunnel,
            credentials: null,
            ...(fastReconnect && options.resumption !== undefined ? { resumption: options.resumption } : {}),
          },
          identity,
          inner:
            method === 'peap-tls'
              ? new EapTlsPeer({ ...tunnel, fragmentSize: innerFragmentSize, ...shown(certificate) })
              : mschapPeer(needed(mschap)),
          requireCryptobinding,
        });
    }
    case 'eap-ttls': {
      const tunnel = { ...tunnelOptions(profile, options), credentials: null };
      return ({ mschap, password }) =>
        new TtlsPeer({
          tunnel,
          random,
          inner:
            profile.authentication.ttlsInner === 'pap'
              ? { method: 'pap', username: needed(mschap).username, password: needed(password).slice() }
              : { method: 'mschapv2', credentials: needed(mschap) },
        });
    }
    default:
      throw new TypeError(`${method} is not an EAP method`);
  }
}

function needed<T>(value: T | null): T {
  if (value === null) throw new TypeError('a secret of the method is missing');
  return value;
}
