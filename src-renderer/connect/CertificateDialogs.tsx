import { useId, useState, type ReactNode } from 'react';
import type { CertificateSummary, Prompt } from '../../src-main/api/contract';
import { VpnIcon, WarningIcon } from '../icons/icons';
import { request } from '../store';
import { currentLocale, safeText, t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';

const day = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleDateString(currentLocale());
};

function CertificateFacts({ certificate }: { readonly certificate: CertificateSummary }): ReactNode {
  const facts: readonly (readonly [string, string])[] = [
    [t('connect.certificate-subject'), certificate.subject],
    [t('connect.certificate-issuer'), certificate.issuer],
    [t('connect.certificate-names'), certificate.names.slice(0, 20).join(', ')],
    [t('connect.certificate-valid'), t('connect.certificate-valid-range', { from: day(certificate.notBefore), to: day(certificate.notAfter) })],
    [t('connect.certificate-fingerprint'), certificate.fingerprintSha256],
  ];
  return (
    <div className="list-view selectable">
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

/** The server showed a certificate that the profile's rules leave to the person. Cancel is the default. */
export function ServerCertificateDialog({ prompt }: { readonly prompt: Extract<Prompt, { type: 'server-certificate' }> }): ReactNode {
  const answer = (type: 'accept' | 'cancel'): void => void request('answerPrompt', { id: prompt.id, answer: { type } });
  return (
    <WindowFrame id={`prompt:${prompt.id}`} placeKey={`connect:${prompt.connection}`} title={t('connect.title', { name: prompt.connection })} icon={<VpnIcon />} width={440} onClose={() => answer('cancel')}>
      <div className="dialog-body white">
        <div className="message">
          <WarningIcon />
          <h3 className="instruction-main">{t('connect.server-certificate', { name: prompt.connection })}</h3>
          <p>{safeText(prompt.reason, 400)}</p>
        </div>
        <CertificateFacts certificate={prompt.certificate} />
      </div>
      <div className="dialog-buttons band">
        <button type="button" onClick={() => answer('accept')}>
          {t('connect.accept-certificate')}
        </button>
        <button type="button" className="default" data-autofocus="" onClick={() => answer('cancel')}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}

export function ClientCertificateDialog({ prompt }: { readonly prompt: Extract<Prompt, { type: 'client-certificate' }> }): ReactNode {
  const [index, setIndex] = useState(0);
  const ids = useId();
  const chosen = prompt.choices[index];
  const cancel = (): void => void request('answerPrompt', { id: prompt.id, answer: { type: 'cancel' } });
  return (
    <WindowFrame id={`prompt:${prompt.id}`} placeKey={`connect:${prompt.connection}`} title={t('connect.title', { name: prompt.connection })} icon={<VpnIcon />} width={440} onClose={cancel}>
      <div className="dialog-body">
        <label htmlFor={`${ids}-choice`}>{t('connect.choose-certificate', { name: prompt.connection })}</label>
        <select id={`${ids}-choice`} value={index} onChange={(event) => setIndex(Number(event.target.value))}>
          {prompt.choices.map((choice, position) => (
            <option key={choice.fingerprintSha256} value={position}>
              {safeText(choice.subject, 80)}
            </option>
          ))}
        </select>
        {chosen !== undefined && <CertificateFacts certificate={chosen} />}
      </div>
      <div className="dialog-buttons">
        <button type="button" className="default" disabled={chosen === undefined} onClick={() => void request('answerPrompt', { id: prompt.id, answer: { type: 'choose', index } })}>
          {t('button.ok')}
        </button>
        <button type="button" onClick={cancel}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}
