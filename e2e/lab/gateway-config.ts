import { addresses } from './topology';
import type { Pki } from './pki';

/** Accounts of the lab's gateway; made up, and checked not to show up in any output. */
export const account = {
  username: 'alice',
  password: 'Correct-Horse-7',
  psk: 'a shared battery staple 9',
  radiusSecret: 'gateway and radius 31',
} as const;

const ikeProposals =
  'aes256gcm16-prfsha384-ecp256,aes256gcm16-prfsha256-ecp256,aes128gcm16-prfsha256-ecp256,aes256gcm16-prfsha384-ecp384,chacha20poly1305-prfsha256-curve25519,aes256-sha256-modp2048';
const espProposals = 'aes128gcm16,aes256gcm16,chacha20poly1305,aes256-sha256,aes128-sha1';

export interface GatewayConnection {
  readonly name: string;
  readonly identity: string;
  readonly certificate: string | null;
  /** How the gateway proves itself, where that is not by its certificate or key alone. */
  readonly auth?: string;
  /** Text inside of `remote { }`; several are rounds (RFC 4739). */
  readonly remote: string | readonly string[];
  readonly children?: 'inside' | 'none';
}

/** `remote` of a person with a password. */
export const eap = 'auth = eap-mschapv2\n eap_id = %any';

/** The first fits a client that names no server identity. */
const connections: readonly GatewayConnection[] = [
  { name: 'eap', identity: 'vpn.lab.test', certificate: 'server-rsa', remote: eap },
  { name: 'eap-named', identity: 'eap.lab.test', certificate: 'server-rsa', remote: eap },
  {
    name: 'rsa',
    identity: 'rsa.lab.test',
    certificate: 'server-rsa',
    remote: 'auth = pubkey\n id = client-rsa.lab.test',
  },
  {
    name: 'ecdsa',
    identity: 'ecdsa.lab.test',
    certificate: 'server-ecdsa',
    remote: 'auth = pubkey\n id = client-ecdsa.lab.test',
  },
  { name: 'psk', identity: 'psk.lab.test', certificate: null, remote: 'auth = psk\n id = client-psk.lab.test' },
  { name: 'expired', identity: 'expired.lab.test', certificate: 'server-expired', remote: eap },
  { name: 'untrusted', identity: 'untrusted.lab.test', certificate: 'server-untrusted', remote: eap },
  // Passes EAP on to FreeRADIUS, where a test has started one.
  {
    name: 'radius',
    identity: 'radius.lab.test',
    certificate: 'server-rsa',
    remote: 'auth = eap-radius\n eap_id = %any',
  },
  {
    name: 'eap-tls',
    identity: 'eap-tls.lab.test',
    certificate: 'server-rsa',
    remote: 'auth = eap-tls\n eap_id = %any',
  },
  // No CHILD SA is configured: every selector is refused with TS_UNACCEPTABLE.
  { name: 'refused', identity: 'refused.lab.test', certificate: 'server-rsa', remote: eap, children: 'none' },
];

export interface GatewayOptions {
  /** Beside the usual ones. */
  readonly connections?: readonly GatewayConnection[];
  /** AUTH_LIFETIME: clients have to sign in again within this, seconds (RFC 4478). */
  readonly reauthSeconds?: number;
  /** A CHILD SA that nobody rekeys is deleted after this, seconds. */
  readonly childLifeSeconds?: number;
  /** Instead of the usual ones. */
  readonly childProposals?: string;
  /** Interval at which a client that says nothing is asked whether it lives, seconds; absent: never. */
  readonly dpdSeconds?: number;
}

/** Accounts and authorities, the same for the gateway and strongSwan's client. */
const secretsAndAuthorities = (pki: Pki): string => `
    secrets {
      eap-alice { id = ${account.username}\n secret = "${account.password}" }
      ike-psk { id-1 = psk.lab.test\n id-2 = client-psk.lab.test\n secret = "${account.psk}" }
    }
    authorities {
      rsa { cacert = ${pki.path('ca-rsa.pem')} }
      ecdsa { cacert = ${pki.path('ca-ecdsa.pem')} }
    }`;

/** swanctl.conf of the gateway: one connection for each way to authenticate, chosen by IDr and IDi. */
export function gatewayConfiguration(pki: Pki, options: GatewayOptions = {}): string {
  const remotes = (remote: GatewayConnection['remote']): string =>
    typeof remote === 'string'
      ? `remote { ${remote} }`
      : remote.map((round, i) => `remote-${String(i + 1)} { round = ${String(i + 1)}\n ${round} }`).join('\n      ');
  const connection = (c: GatewayConnection): string => `
    ${c.name} {
      version = 2
      local_addrs = ${addresses.gateway}
      proposals = ${ikeProposals}
      encap = yes
      mobike = yes
      send_cert = always
      dpd_delay = ${String(options.dpdSeconds ?? 0)}
      pools = inside4, inside6
      local {
        id = ${c.identity}
        auth = ${c.auth ?? (c.certificate === null ? 'psk' : 'pubkey')}
        ${c.certificate === null ? '' : `certs = ${pki.path(`${c.certificate}.pem`)}`}
      }
      ${remotes(c.remote)}
      ${
        c.children === 'none'
          ? ''
          : `children { net {
        local_ts = ${addresses.inside}, ${addresses.inside6}
        esp_proposals = ${options.childProposals ?? espProposals}
        rekey_time = 0
        ${options.childLifeSeconds === undefined ? '' : `life_time = ${String(options.childLifeSeconds)}`}
      } }`
      }
      rekey_time = 0
      ${options.reauthSeconds === undefined ? '' : `reauth_time = ${String(options.reauthSeconds)}\n rand_time = 0`}
    }`;
  return `
    connections { ${[...connections, ...(options.connections ?? [])].map(connection).join('\n')} }
    pools {
      inside4 { addrs = ${addresses.pool}\n dns = ${addresses.server} }
      inside6 { addrs = ${addresses.pool6} }
    }${secretsAndAuthorities(pki)}`;
}

/** strongswan.conf of the gateway: where its RADIUS server is, should there be one. */
export const radiusOfGateway = `plugins { eap-radius { servers { aaa {
  address = 127.0.0.1
  secret = "${account.radiusSecret}"
} } } }`;

/** strongSwan as the client of the same gateway: proof of the lab, and the peer of the benchmarks. */
export function strongswanClientConfiguration(pki: Pki): string {
  const connection = (name: string, identity: string, local: string): string => `
    ${name} {
      version = 2
      remote_addrs = ${addresses.gateway}
      vips = 0.0.0.0
      proposals = aes256gcm16-prfsha384-ecp256
      encap = yes
      mobike = yes
      local { ${local} }
      remote { id = ${identity}\n auth = ${name === 'psk' ? 'psk' : 'pubkey'} }
      children { net { remote_ts = ${addresses.inside}\n esp_proposals = aes128gcm16 } }
    }`;
  return `
    connections {
      ${connection('eap', 'eap.lab.test', `auth = eap-mschapv2\n eap_id = ${account.username}\n id = ${account.username}`)}
      ${connection('rsa', 'rsa.lab.test', `auth = pubkey\n id = client-rsa.lab.test\n certs = ${pki.path('client-rsa.pem')}`)}
      ${connection('ecdsa', 'ecdsa.lab.test', `auth = pubkey\n id = client-ecdsa.lab.test\n certs = ${pki.path('client-ecdsa.pem')}`)}
      ${connection('psk', 'psk.lab.test', 'auth = psk\n id = client-psk.lab.test')}
    }${secretsAndAuthorities(pki)}`;
}
