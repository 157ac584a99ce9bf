import { existsSync } from 'node:fs';
import { loadAddon } from '../../native';
import { createNativeDataPath } from '../../native/datapath';
import { createTlsEngine } from '../../native/tls';
import { createTokens } from '../../native/tokens';
import { createCredentialsSource } from '../../src-core/connection/credentials';
import { createInitiatorSession } from '../../src-core/ikev2/sa/initiator-session';
import type { Certificate } from '../../src-core/pki/certificate';
import { RevocationFetcher } from '../../src-core/pki/revocation-fetcher';
import type { AcceptanceEnvironment } from '../../src-core/pki/server-certificate';
import type { Trace } from '../../src-core/ports/trace';
import { parseTrustStore } from '../../src-core/pki/trust-anchors';
import { VpnError } from '../../src-core/ports/vpn-error';
import { ApiError } from '../api/service';
import { findPkcs11Modules } from '../system/linux/pkcs11-modules';
import { helperProgram, tunnelNames, type LinuxSystem } from '../system/linux';
import type { ConnectionEnvironment } from './environment';
import { readSmallFileIfAny } from './small-file';
import { listTokenCertificates } from './token-list';

/** Bundles of the distributions, the first that exists. */
const trustStores = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** A bundle has a few hundred certificates. */
const largestBundle = 64 * 1024 * 1024;

/**
 * The computer's trust anchors, read once and when first asked for: of the first bundle that is there and can be read.
 * `note`: why another one was not.
 */
export function createSystemAuthorities(
  places: readonly string[] = trustStores,
): (note: (problem: string) => void) => readonly Certificate[] {
  let read: readonly Certificate[] | null = null;
  return (note) => {
    for (const place of read === null ? places : []) {
      try {
        const content = readSmallFileIfAny(place, largestBundle);
        if (content === null) continue;
        read = parseTrustStore(Buffer.from(content).toString('utf8'));
        break;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        note(error.message);
      }
    }
    return (read ??= []);
  };
}

/** Real connections: sockets on the adapters of this computer, ESP in the addon's threads, settings by the helper. */
export function createSystemEnvironment(system: LinuxSystem): ConnectionEnvironment {
  const { adapters, clock, connectivity, random, resolver, createNetwork, killSwitch, lift, rememberAddresses } =
    system;
  const systemAuthorities = createSystemAuthorities();
  const revocation = system.http === null ? null : new RevocationFetcher({ http: system.http, clock });
  const acceptanceOf = (trace: Trace): AcceptanceEnvironment => {
    const note = (text: string): void => trace.log({ level: 'warning', area: 'certificate', text });
    return {
      wallTime: () => clock.wallTime(),
      systemAuthorities: () => systemAuthorities(note),
      note,
      ...(revocation === null ? {} : { fetchRevocation: (questions) => revocation.fetch(questions, note) }),
    };
  };
  const tls = createTlsEngine();
  const tokens = createTokens();
  return {
    adapters,
    unavailable: () => {
      if (loadAddon() === null || createNetwork === null) {
        return new VpnError(
          'IPSEC_SERVICE_STOPPED',
          'The native part of Agile VPN is not built. Run "npm run setup" in its folder, then try again.',
          { detail: 'missing: native/build/Release/agile_vpn.node' },
        );
      }
      if (process.getuid?.() === 0 && helperProgram() === null) {
        return new VpnError(
          'IPSEC_SERVICE_STOPPED',
          'The privileged helper of Agile VPN is not built. Run "npm run setup" in its folder, then try again.',
          { detail: 'missing: native/build/Release/agile-vpn-helper' },
        );
      }
      return null;
    },
    createPorts: (_profile, { secrets, trace, questions, remember }) => ({
      clock,
      random,
      adapters,
      resolver,
      ...(connectivity === null ? {} : { connectivity }),
      ...createNetwork!(),
      trace,
      credentials: createCredentialsSource({
        random,
        secrets,
        questions,
        remember,
        tokenModules: () => findPkcs11Modules(),
        trace,
        tls,
        tokens,
        acceptance: acceptanceOf(trace),
      }),
      createDataPath: () => createNativeDataPath({ clock }),
      createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
    }),
    ...(tokens === null
      ? {}
      : {
          listTokens: (module: string | null) =>
            listTokenCertificates(tokens, module === null ? findPkcs11Modules() : [module], clock.wallTime()),
        }),
    killSwitch,
    liftKillSwitch: lift,
    rememberAddresses,
    nextTunnelName: (taken) => {
      const free = tunnelNames.find((name) => !taken.has(name) && !existsSync(`/sys/class/net/${name}`));
      if (free !== undefined) return free;
      throw new VpnError('PORT_NOT_AVAILABLE', 'There are too many VPN adapters. Disconnect another connection first.');
    },
  };
}
