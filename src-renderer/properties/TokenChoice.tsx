import { useEffect, useId, useState, type ReactNode } from 'react';
import type { ClientCertificateList } from '../../src-main/api/contract';
import type { CertificateSource } from '../../src-core/profiles/profile';
import { useApp } from '../store';
import { safeText, t } from '../../src-text';
import { readCertificateFile } from '../widgets/save-file';

interface TokenChoiceProps {
  readonly source: CertificateSource | null;
  readonly onChange: (source: CertificateSource | null) => void;
}

const keyOf = (module: string, token: string, id: string): string => JSON.stringify([module, token, id]);

/** `Use my smart card` or `Use a certificate on this computer`. Tokens are asked for what they show without a PIN. */
export function TokenChoice({ source, onChange }: TokenChoiceProps): ReactNode {
  const [list, setList] = useState<ClientCertificateList | null>(null);
  const [kind, setKind] = useState<'card' | 'file'>(source === null || typeof source !== 'string' ? 'card' : 'file');
  const ids = useId();
  useEffect(() => {
    let current = true;
    // A computer without smart cards is no failure to show: the list is empty then.
    void useApp
      .getState()
      .client?.request('listClientCertificates', { module: null })
      .then((result) => current && setList(result.ok ? result.value : { tokens: [], unusable: [] }));
    return () => {
      current = false;
    };
  }, []);
  const choices = (list?.tokens ?? []).flatMap((token) =>
    token.certificates.map((each) => ({ ...each, module: token.module, token: token.token })),
  );
  const used = source !== null && typeof source !== 'string' ? source.pkcs11 : null;
  const value = used === null ? '' : keyOf(used.module, used.token, used.id);
  const known = choices.some(({ module, token, id }) => keyOf(module, token, id) === value);
  return (
    <>
      <div>
        <input
          id={`${ids}-card`}
          type="radio"
          name={`${ids}-kind`}
          checked={kind === 'card'}
          onChange={() => setKind('card')}
        />
        <label htmlFor={`${ids}-card`}>{t('eap.smart-card')}</label>
      </div>
      <select
        className="dependent full below"
        aria-label={t('eap.smart-card')}
        disabled={kind !== 'card'}
        value={value}
        onChange={(event) => {
          const chosen = choices.find(({ module, token, id }) => keyOf(module, token, id) === event.target.value);
          onChange(
            chosen === undefined ? null : { pkcs11: { module: chosen.module, token: chosen.token, id: chosen.id } },
          );
        }}
      >
        <option value="">{t(list !== null && choices.length === 0 ? 'eap.no-card' : 'eap.choose-card')}</option>
        {used !== null && !known && <option value={value}>{safeText(`${used.token}: ${used.id}`, 60)}</option>}
        {choices.map(({ module, token, id, certificate, problem }) => (
          <option key={keyOf(module, token, id)} value={keyOf(module, token, id)} disabled={problem !== null}>
            {safeText(`${certificate.commonName ?? certificate.subject} (${token})`, 80)}
          </option>
        ))}
      </select>
      <div>
        <input
          id={`${ids}-file`}
          type="radio"
          name={`${ids}-kind`}
          checked={kind === 'file'}
          onChange={() => setKind('file')}
        />
        <label htmlFor={`${ids}-file`}>{t('eap.certificate-file')}</label>
      </div>
      <div className="dependent below">
        <input
          type="file"
          aria-label={t('eap.certificate-file')}
          accept=".p12,.pfx,.pem,.crt,.cer"
          disabled={kind !== 'file'}
          onChange={(event) =>
            void readCertificateFile(event.target.files?.[0]).then((content) => content !== '' && onChange(content))
          }
        />
        {typeof source === 'string' && <p className="soft">{t('eap.certificate-present')}</p>}
      </div>
    </>
  );
}
