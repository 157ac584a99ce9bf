import { useId, useState, type ReactNode } from 'react';
import type { Profile } from '../../src-core/profiles/profile';
import { AuthorityList } from '../certificates/AuthorityList';
import { VpnIcon } from '../icons/icons';
import { t } from '../../src-text';
import { Check, TextField } from '../widgets/fields';
import { WindowFrame } from '../widgets/WindowFrame';
import { change, serverNamesOf, serverNamesText } from './draft';
import { TokenChoice } from './TokenChoice';

interface EapDialogProps {
  readonly profile: Profile;
  readonly onAccept: (profile: Profile) => void;
  readonly onClose: () => void;
}

interface PartProps {
  readonly draft: Profile;
  readonly onChange: (profile: Profile) => void;
}

/**
 * `Validate server certificate` cannot be switched off: a sign-in through a secure channel to nobody in particular is
 * none (windows7-ux 7, note).
 * Without names the gateway's own is demanded.
 */
function ServerValidation({ draft, onChange }: PartProps): ReactNode {
  const ids = useId();
  const [names, setNames] = useState(() => serverNamesText(draft.authentication.serverNames));
  const [limited, setLimited] = useState(draft.authentication.serverNames.length > 0);
  const set = (values: Partial<Profile['authentication']>): void => onChange(change(draft, 'authentication', values));
  return (
    <>
      <div>
        <input id={`${ids}-validate`} type="checkbox" checked readOnly disabled />
        <label htmlFor={`${ids}-validate`}>{t('eap.validate')}</label>
      </div>
      <div className="dependent">
        <input
          id={`${ids}-limit`}
          type="checkbox"
          checked={limited}
          onChange={(event) => {
            setLimited(event.target.checked);
            set({ serverNames: event.target.checked ? serverNamesOf(names) : [] });
          }}
        />
        <label htmlFor={`${ids}-limit`}>{t('eap.servers')}</label>
        <input
          type="text"
          className="full below"
          spellCheck={false}
          aria-label={t('eap.servers')}
          disabled={!limited}
          value={names}
          placeholder="radius.example.com; *.example.net"
          onChange={(event) => {
            setNames(event.target.value);
            set({ serverNames: serverNamesOf(event.target.value) });
          }}
        />
      </div>
      <div className="dependent">
        <AuthorityList
          label={t('eap.roots')}
          authorities={draft.authentication.serverAuthorities}
          whenEmpty={t('eap.roots-empty')}
          onChange={(serverAuthorities) => set({ serverAuthorities })}
        />
      </div>
    </>
  );
}

function Buttons({ onOk, onCancel }: { readonly onOk: () => void; readonly onCancel: () => void }): ReactNode {
  return (
    <div className="dialog-buttons">
      <button type="button" className="default" onClick={onOk}>
        {t('button.ok')}
      </button>
      <button type="button" onClick={onCancel}>
        {t('button.cancel')}
      </button>
    </div>
  );
}

/** `Protected EAP Properties` (windows7-ux 7.1); EAP-TTLS has the same page without what is PEAP's own. */
export function PeapDialog({ profile, onAccept, onClose }: EapDialogProps): ReactNode {
  const [draft, setDraft] = useState(profile);
  const [configuring, setConfiguring] = useState(false);
  const ids = useId();
  const { authentication } = draft;
  const peap = authentication.method !== 'eap-ttls';
  const set = (values: Partial<Profile['authentication']>): void => setDraft(change(draft, 'authentication', values));
  const inner = peap ? authentication.method : authentication.ttlsInner;
  return (
    <>
      <WindowFrame
        id={`eap:${profile.name}`}
        title={t(peap ? 'eap.peap-title' : 'eap.ttls-title')}
        icon={<VpnIcon />}
        width={380}
        onClose={onClose}
      >
        <div className="dialog-body form-page">
          <fieldset>
            <legend>{t('eap.when-connecting')}</legend>
            <ServerValidation draft={draft} onChange={setDraft} />
          </fieldset>
          <label htmlFor={`${ids}-inner`}>{t('eap.select-method')}</label>
          <div className="inline-field">
            <select
              id={`${ids}-inner`}
              value={inner}
              onChange={(event) =>
                set(
                  peap
                    ? { method: event.target.value as 'peap-mschapv2' | 'peap-tls' }
                    : { ttlsInner: event.target.value as 'mschapv2' | 'pap' },
                )
              }
            >
              {(peap ? (['peap-mschapv2', 'peap-tls'] as const) : (['mschapv2', 'pap'] as const)).map((each) => (
                <option key={each} value={each}>
                  {t(`eap.inner.${each}`)}
                </option>
              ))}
            </select>
            <button type="button" disabled={inner !== 'peap-tls'} onClick={() => setConfiguring(true)}>
              {t('eap.configure')}
            </button>
          </div>
          {peap && (
            <Check
              label="eap.fast-reconnect"
              checked={authentication.fastReconnect}
              onChange={(fastReconnect) => set({ fastReconnect })}
            />
          )}
          {peap && (
            <Check
              label="eap.cryptobinding"
              checked={authentication.requireCryptobinding}
              onChange={(requireCryptobinding) => set({ requireCryptobinding })}
            />
          )}
          <Check
            label="eap.privacy"
            checked={authentication.anonymousIdentity !== null}
            onChange={(hide) => set({ anonymousIdentity: hide ? 'anonymous' : null })}
          />
          {authentication.anonymousIdentity !== null && (
            <TextField
              label="eap.anonymous"
              value={authentication.anonymousIdentity}
              onChange={(name) => set({ anonymousIdentity: name ?? 'anonymous' })}
            />
          )}
        </div>
        <Buttons
          onOk={() => {
            onAccept(draft);
            onClose();
          }}
          onCancel={onClose}
        />
      </WindowFrame>
      {configuring && (
        <SmartCardDialog profile={draft} inner onAccept={setDraft} onClose={() => setConfiguring(false)} />
      )}
    </>
  );
}

/**
 * `Smart Card or other Certificate Properties` (windows7-ux 7.2). `inner`: inside PEAP, which has checked the server
 * already.
 */
export function SmartCardDialog({
  profile,
  inner = false,
  onAccept,
  onClose,
}: EapDialogProps & { readonly inner?: boolean }): ReactNode {
  const [draft, setDraft] = useState(profile);
  const set = (values: Partial<Profile['authentication']>): void => setDraft(change(draft, 'authentication', values));
  return (
    <WindowFrame
      id={`smart-card:${profile.name}`}
      title={t('eap.card-title')}
      icon={<VpnIcon />}
      width={380}
      onClose={onClose}
    >
      <div className="dialog-body form-page">
        <fieldset>
          <legend>{t('eap.when-connecting')}</legend>
          <TokenChoice
            source={draft.authentication.certificate}
            onChange={(certificate) => set({ certificate, privateKey: null, chosenCertificate: null })}
          />
        </fieldset>
        {!inner && <ServerValidation draft={draft} onChange={setDraft} />}
        <Check
          label="eap.other-user"
          checked={draft.authentication.username !== null}
          onChange={(other) => set({ username: other ? '' : null })}
        />
        {draft.authentication.username !== null && (
          <TextField
            label="properties.user-name"
            value={draft.authentication.username}
            onChange={(username) => set({ username: username ?? '' })}
          />
        )}
      </div>
      <Buttons
        onOk={() => {
          onAccept(draft.authentication.username === '' ? change(draft, 'authentication', { username: null }) : draft);
          onClose();
        }}
        onCancel={onClose}
      />
    </WindowFrame>
  );
}
