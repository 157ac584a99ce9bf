import { useId, type ReactNode } from 'react';
import type { Profile } from '../../src-core/profiles/profile';
import { AuthorityList } from '../certificates/AuthorityList';
import { safeText, t } from '../../src-text';
import { TextField } from '../widgets/fields';
import { change } from './draft';

const revocations = ['strict', 'relaxed', 'off'] as const;

/**
 * What the server's certificate must say. All of it must hold; an empty field demands nothing, except the name, which
 * is then the host name.
 */
export function CertificatePage({
  draft,
  onChange,
}: {
  readonly draft: Profile;
  readonly onChange: (profile: Profile) => void;
}): ReactNode {
  const ids = useId();
  const rules = draft.serverCertificate;
  const set = (values: Partial<Profile['serverCertificate']>): void =>
    onChange(change(draft, 'serverCertificate', values));
  return (
    <div className="form-page">
      <AuthorityList
        label={t('certificate.issuers')}
        authorities={rules.authorities}
        whenEmpty={t('certificate.issuers-empty')}
        onChange={(authorities) => set({ authorities })}
      />
      <div className="rules">
        <TextField
          label="certificate.identity"
          value={draft.remoteIdentity}
          onChange={(remoteIdentity) => onChange({ ...draft, remoteIdentity })}
        />
        <TextField
          label="certificate.rule-san"
          value={rules.subjectAltName}
          onChange={(subjectAltName) => set({ subjectAltName })}
        />
        <TextField
          label="certificate.rule-cn"
          value={rules.commonName}
          onChange={(commonName) => set({ commonName })}
        />
        <TextField
          label="certificate.rule-o"
          value={rules.organization}
          onChange={(organization) => set({ organization })}
        />
        <TextField
          label="certificate.rule-ou"
          value={rules.organizationalUnit}
          onChange={(organizationalUnit) => set({ organizationalUnit })}
        />
        <TextField
          label="certificate.rule-eku"
          value={rules.extendedKeyUsage}
          onChange={(extendedKeyUsage) => set({ extendedKeyUsage })}
        />
        <div className="inline-field">
          <label htmlFor={`${ids}-revocation`}>{t('certificate.revocation')}</label>
          <select
            id={`${ids}-revocation`}
            value={rules.revocation}
            onChange={(event) => set({ revocation: event.target.value as (typeof revocations)[number] })}
          >
            {revocations.map((each) => (
              <option key={each} value={each}>
                {t(`certificate.revocation.${each}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      {rules.acceptedCertificates.length > 0 && (
        <div className="accepted">
          <p>
            {t('certificate.accepted', {
              fingerprints: rules.acceptedCertificates.map((each) => safeText(each, 24)).join(', '),
            })}
          </p>
          <button type="button" onClick={() => set({ acceptedCertificates: [] })}>
            {t('certificate.forget-accepted')}
          </button>
        </div>
      )}
    </div>
  );
}
