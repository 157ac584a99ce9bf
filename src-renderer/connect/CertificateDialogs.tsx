import { useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { ClientCertificateChoice, Prompt, ServerCertificatePrompt } from '../../src-main/api/contract';
import { CertificateFacts, day } from '../certificates/CertificateFacts';
import { VpnIcon, WarningIcon } from '../icons/icons';
import { request } from '../store';
import { safeText, t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';

/**
 * The server showed a certificate that nobody known here vouches for. Not connecting is the default; what is accepted
 * is remembered.
 */
export function ServerCertificateDialog({ prompt }: { readonly prompt: ServerCertificatePrompt }): ReactNode {
  const answer = (type: 'accept' | 'cancel'): void => void request('answerPrompt', { id: prompt.id, answer: { type } });
  return (
    <WindowFrame
      id={`server-certificate:${prompt.id}`}
      placeKey={`connect:${prompt.connection}`}
      title={t('connect.title', { name: prompt.connection })}
      icon={<VpnIcon />}
      width={460}
      onClose={() => answer('cancel')}
    >
      <div className="dialog-body white">
        <div className="message" role="alert">
          <WarningIcon />
          <h3 className="instruction-main">
            {t(prompt.server === 'gateway' ? 'connect.server-certificate' : 'connect.aaa-certificate', {
              name: prompt.expectedName,
            })}
          </h3>
          <p>{t(`connect.certificate-problem.${prompt.problem}`)}</p>
          {prompt.problem === 'changed' && (
            <p className="strong">
              {t('connect.certificate-before', { fingerprints: prompt.acceptedBefore.slice(0, 3).join(', ') })}
            </p>
          )}
          <p className="soft">{t('connect.certificate-advice')}</p>
        </div>
        <CertificateFacts certificate={prompt.certificate} />
      </div>
      <div className="dialog-buttons band">
        <button type="button" onClick={() => answer('accept')}>
          {t('connect.accept-certificate')}
        </button>
        <button type="button" className="default" data-autofocus="" onClick={() => answer('cancel')}>
          {t('connect.refuse-certificate')}
        </button>
      </div>
    </WindowFrame>
  );
}

const sourceText = ({ source }: ClientCertificateChoice): string =>
  source.type === 'token'
    ? t('connect.certificate-on-token', { token: source.token })
    : t('connect.certificate-in-profile');

/** Which of the person's certificates shows who they are. */
export function ClientCertificateDialog({
  prompt,
}: {
  readonly prompt: Extract<Prompt, { type: 'client-certificate' }>;
}): ReactNode {
  const [index, setIndex] = useState(0);
  const ids = useId();
  const chosen = prompt.choices[index];
  const cancel = (): void => void request('answerPrompt', { id: prompt.id, answer: { type: 'cancel' } });
  const choose = (): void =>
    void (chosen !== undefined && request('answerPrompt', { id: prompt.id, answer: { type: 'choose', index } }));
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: prompt.choices.length - 1,
    };
    const move = moves[event.key];
    if (event.key === 'Enter') choose();
    else if (move !== undefined) setIndex(Math.max(0, Math.min(prompt.choices.length - 1, move)));
    else return;
    event.preventDefault();
  };
  return (
    <WindowFrame
      id={`client-certificate:${prompt.id}`}
      placeKey={`connect:${prompt.connection}`}
      title={t('connect.title', { name: prompt.connection })}
      icon={<VpnIcon />}
      width={460}
      onClose={cancel}
    >
      <div className="dialog-body white">
        <h3 className="instruction-main" id={`${ids}-label`}>
          {t('connect.choose-certificate', { name: prompt.connection })}
        </h3>
        {prompt.noneWanted === true && <p role="note">{t('connect.none-wanted')}</p>}
        <div
          className="list-box choices"
          role="listbox"
          tabIndex={0}
          data-autofocus=""
          aria-labelledby={`${ids}-label`}
          aria-activedescendant={chosen === undefined ? undefined : `${ids}-${index}`}
          onKeyDown={onKeyDown}
        >
          {prompt.choices.map((choice, position) => (
            <div
              key={`${position} ${choice.fingerprintSha256}`}
              id={`${ids}-${position}`}
              role="option"
              aria-selected={position === index}
              onClick={() => setIndex(position)}
              onDoubleClick={choose}
            >
              <bdi className="strong">{safeText(choice.commonName ?? choice.subject, 60)}</bdi>
              <span className="soft">
                {t('connect.certificate-line', { issuer: safeText(choice.issuerName, 60), to: day(choice.notAfter) })}
              </span>
              <span className="soft">{sourceText(choice)}</span>
            </div>
          ))}
        </div>
        {chosen !== undefined && <CertificateFacts certificate={chosen} />}
      </div>
      <div className="dialog-buttons band">
        <button type="button" className="default" disabled={chosen === undefined} onClick={choose}>
          {t('button.ok')}
        </button>
        <button type="button" onClick={cancel}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}
