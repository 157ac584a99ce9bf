import type { ReactNode } from 'react';
import type { CertificateSummary } from '../../src-main/api/contract';
import { currentLocale, safeText, t } from '../../src-text';

export const day = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? safeText(iso, 40) : date.toLocaleDateString(currentLocale());
};

/**
 * The fields of a certificate and its fingerprint. Every value is the issuer's text: made safe, isolated in direction,
 * not endless.
 */
export function CertificateFacts({ certificate }: { readonly certificate: CertificateSummary }): ReactNode {
  const none = t('certificate.none');
  const facts: readonly (readonly [string, string])[] = [
    [t('certificate.common-name'), certificate.commonName ?? none],
    [t('certificate.organization'), certificate.organization ?? none],
    [t('certificate.organizational-unit'), certificate.organizationalUnit ?? none],
    [t('connect.certificate-names'), certificate.names.length === 0 ? none : certificate.names.slice(0, 20).join(', ')],
    [
      t('connect.certificate-issuer'),
      certificate.selfSigned ? t('certificate.self-signed', { name: certificate.issuerName }) : certificate.issuerName,
    ],
    [
      t('connect.certificate-valid'),
      t('connect.certificate-valid-range', { from: day(certificate.notBefore), to: day(certificate.notAfter) }),
    ],
    [
      t('certificate.usage'),
      certificate.extendedKeyUsage === null ? none : certificate.extendedKeyUsage.slice(0, 20).join(', '),
    ],
    [t('certificate.key'), `${certificate.publicKey}, ${certificate.signature}`],
    [t('certificate.serial'), certificate.serial],
    [t('connect.certificate-fingerprint'), certificate.fingerprintSha256],
  ];
  return (
    <div
      className="list-view selectable certificate-facts"
      role="region"
      tabIndex={0}
      aria-label={t('certificate.facts')}
    >
      <table>
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="wraps">
                <bdi>{safeText(value, 300)}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
