import { useId, useState, type SyntheticEvent, type ReactNode } from 'react';
import type { Prompt } from '../../src-main/api/contract';
import { VpnIcon } from '../icons/icons';
import { actions, request, useApp } from '../store';
import { t, type TextKey } from '../../src-text';
import { secretReasonText } from '../../src-text/secret-reason';
import { WindowFrame } from '../widgets/WindowFrame';
import { Banner } from './Banner';

type CredentialsPrompt = Extract<Prompt, { type: 'credentials' }>;

const secretLabels: Readonly<Record<CredentialsPrompt['kind'], TextKey>> = {
  password: 'connect.password',
  'new-password': 'connect.new-password',
  psk: 'connect.psk',
  pin: 'connect.pin',
  passphrase: 'connect.passphrase',
};

/** A PIN is what the person adds to the card in their hand: kept beside it, either would do. */
const isSaved = (kind: CredentialsPrompt['kind']): kind is Exclude<CredentialsPrompt['kind'], 'pin'> => kind !== 'pin';

/**
 * `Connect <name>`: user name and password, or the one secret that is asked for. The secret lives in this form only
 * until it is answered.
 */
export function CredentialsDialog({ prompt }: { readonly prompt: CredentialsPrompt }): ReactNode {
  const [username, setUsername] = useState(prompt.username ?? '');
  const [secret, setSecret] = useState('');
  const [repeated, setRepeated] = useState('');
  const [domain, setDomain] = useState(prompt.domain ?? '');
  const [save, setSave] = useState(prompt.hasSaved);
  const { kind } = prompt;
  const [help, setHelp] = useState(false);
  const profileExists = useApp((state) => state.profiles.some((profile) => profile.name === prompt.connection));
  const server = useApp((state) => state.profiles.find((profile) => profile.name === prompt.connection)?.server ?? '');
  const ids = useId();

  const asksUser = kind === 'password';
  const differs = kind === 'new-password' && secret !== repeated;
  // An empty secret answers with the saved one, unless that is what was refused.
  const savedCounts = asksUser && prompt.hasSaved && prompt.reason === null;
  const complete = (!asksUser || username !== '') && (secret !== '' || savedCounts) && !differs;

  const cancel = (): void => void request('answerPrompt', { id: prompt.id, answer: { type: 'cancel' } });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!complete) return;
    const account = domain === '' || /[\\@]/.test(username) ? username : `${domain}\\${username}`;
    const answer = {
      type: 'credentials',
      username: asksUser ? account : null,
      secret,
      save: save && prompt.canSave && isSaved(kind),
    } as const;
    setSecret('');
    setRepeated('');
    void request('answerPrompt', { id: prompt.id, answer });
  };

  return (
    <WindowFrame
      id={`credentials:${prompt.id}`}
      placeKey={`connect:${prompt.connection}`}
      title={t('connect.title', { name: prompt.connection })}
      icon={<VpnIcon />}
      width={388}
      onClose={cancel}
    >
      <form onSubmit={submit}>
        <Banner />
        <div className="dialog-body">
          {prompt.reason !== null && (
            <p className="hint" role="alert">
              {secretReasonText(prompt.reason, { name: prompt.connection, server })}
            </p>
          )}
          <div className="field credentials">
            {asksUser && (
              <>
                <label htmlFor={`${ids}-user`}>{t('connect.user-name')}</label>
                <input
                  id={`${ids}-user`}
                  type="text"
                  autoComplete="username"
                  spellCheck={false}
                  value={username}
                  onChange={(event) => setUsername(event.target.value)}
                  data-autofocus={prompt.username === null ? '' : undefined}
                />
              </>
            )}
            <label htmlFor={`${ids}-secret`}>{t(secretLabels[kind])}</label>
            <input
              id={`${ids}-secret`}
              type="password"
              autoComplete="off"
              value={secret}
              placeholder={savedCounts ? t('connect.saved-placeholder') : undefined}
              onChange={(event) => setSecret(event.target.value)}
              data-autofocus={prompt.username !== null || !asksUser ? '' : undefined}
            />
            {kind === 'new-password' && (
              <>
                <label htmlFor={`${ids}-again`}>{t('connect.confirm-password')}</label>
                <input
                  id={`${ids}-again`}
                  type="password"
                  autoComplete="off"
                  value={repeated}
                  onChange={(event) => setRepeated(event.target.value)}
                />
              </>
            )}
            {prompt.domain !== null && (
              <>
                <label htmlFor={`${ids}-domain`}>{t('connect.domain')}</label>
                <input
                  id={`${ids}-domain`}
                  type="text"
                  spellCheck={false}
                  value={domain}
                  onChange={(event) => setDomain(event.target.value)}
                />
              </>
            )}
          </div>
          {differs && repeated !== '' && <p className="hint">{t('connect.passwords-differ')}</p>}
          {isSaved(kind) && (
            <>
              <div className="save-for">
                <div>
                  <input
                    id={`${ids}-save`}
                    type="checkbox"
                    checked={save && prompt.canSave}
                    disabled={!prompt.canSave}
                    onChange={(event) => setSave(event.target.checked)}
                  />
                  <label htmlFor={`${ids}-save`}>{t(`connect.save.${kind}`)}</label>
                </div>
                <div className="dependent">
                  <div>
                    <input
                      id={`${ids}-me`}
                      type="radio"
                      name={`${ids}-for`}
                      checked
                      readOnly
                      disabled={!save || !prompt.canSave}
                    />
                    <label htmlFor={`${ids}-me`}>{t('connect.me-only')}</label>
                  </div>
                  <div>
                    <input id={`${ids}-all`} type="radio" name={`${ids}-for`} checked={false} readOnly disabled />
                    <label htmlFor={`${ids}-all`}>{t('connect.anyone')}</label>
                  </div>
                </div>
              </div>
              {!prompt.canSave && <p className="soft">{t(`connect.cannot-save.${kind}`)}</p>}
            </>
          )}
          {help && <p className="hint">{t(`connect.help.${kind}`)}</p>}
        </div>
        <div className="dialog-buttons">
          <button type="submit" className="default" disabled={!complete}>
            {t('button.connect')}
          </button>
          <button type="button" onClick={cancel}>
            {t('button.cancel')}
          </button>
          <button
            type="button"
            disabled={!profileExists}
            onClick={() => actions.open({ kind: 'properties', name: prompt.connection })}
          >
            {t('button.properties')}
          </button>
          <button type="button" aria-expanded={help} onClick={() => setHelp(!help)}>
            {t('button.help')}
          </button>
        </div>
      </form>
    </WindowFrame>
  );
}
