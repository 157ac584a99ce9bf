import type { CertificateSource, Profile } from './profile';

/** As the schema says. */
const mostAccepted = 16;

/** The profile in which a server's certificate is accepted; the oldest one gives way. */
export function withAcceptedCertificate(
  profile: Profile,
  server: 'gateway' | 'authentication-server',
  fingerprint: string,
): Profile {
  const add = (before: readonly string[]): readonly string[] =>
    [...before.filter((other) => other !== fingerprint), fingerprint].slice(-mostAccepted);
  return server === 'gateway'
    ? {
        ...profile,
        serverCertificate: {
          ...profile.serverCertificate,
          acceptedCertificates: add(profile.serverCertificate.acceptedCertificates),
        },
      }
    : {
        ...profile,
        authentication: {
          ...profile.authentication,
          acceptedServerCertificates: add(profile.authentication.acceptedServerCertificates),
        },
      };
}

/** The profile in which the person's certificate is chosen; `fingerprint` null: the source holds only one. */
export function withChosenCertificate(
  profile: Profile,
  certificate: CertificateSource,
  fingerprint: string | null,
): Profile {
  return { ...profile, authentication: { ...profile.authentication, certificate, chosenCertificate: fingerprint } };
}
