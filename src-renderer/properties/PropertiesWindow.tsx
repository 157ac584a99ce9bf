import { useId, useState, type ReactNode } from 'react';
import type { AuthenticationMethod, Profile } from '../../src-core/profiles/profile';
import { VpnIcon } from '../icons/icons';
import { actions, request, surfaceId, useApp } from '../store';
import { t, type TextKey } from '../../src-text';
import { Tabs } from '../widgets/Tabs';
import { Check } from '../widgets/fields';
import { WindowFrame } from '../widgets/WindowFrame';
import { AdvancedDialog } from './AdvancedDialog';
import { CertificatePage } from './CertificatePage';
import { PeapDialog, SmartCardDialog } from './EapDialogs';
import { IkeSettingsDialog } from './IkeSettingsDialog';
import { OptionsPage } from './OptionsPage';
import { change, eapMethods } from './draft';

interface PageProps {
  readonly draft: Profile;
  readonly onChange: (profile: Profile) => void;
}

function GeneralPage({ draft, onChange, original }: PageProps & { readonly original: string }): ReactNode {
  const ids = useId();
  const [forgotten, setForgotten] = useState(false);
  const { username } = draft.authentication;
  return (
    <div className="form-page">
      <label htmlFor={`${ids}-name`}>{t('properties.connection-name')}</label>
      <input
        id={`${ids}-name`}
        type="text"
        maxLength={256}
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
      />
      <label htmlFor={`${ids}-host`}>{t('properties.host')}</label>
      <input
        id={`${ids}-host`}
        type="text"
        spellCheck={false}
        value={draft.server}
        onChange={(event) => onChange({ ...draft, server: event.target.value })}
      />
      <label htmlFor={`${ids}-user`}>{t('properties.user-name')}</label>
      <input
        id={`${ids}-user`}
        type="text"
        spellCheck={false}
        value={username ?? ''}
        onChange={(event) =>
          onChange(change(draft, 'authentication', { username: event.target.value === '' ? null : event.target.value }))
        }
      />
      <div>
        <button
          type="button"
          disabled={forgotten}
          onClick={() => void request('forgetSecrets', { name: original }).then((result) => setForgotten(result.ok))}
        >
          {t('properties.forget')}
        </button>
      </div>
      {forgotten && <p role="status">{t('properties.forgotten')}</p>}
    </div>
  );
}

type Kind = 'eap' | 'machine' | 'psk';
const kindOf = (method: AuthenticationMethod): Kind =>
  method === 'machine-certificate' ? 'machine' : method === 'psk' ? 'psk' : 'eap';
const methodOf: Readonly<Record<Kind, AuthenticationMethod>> = {
  eap: 'eap-mschapv2',
  machine: 'machine-certificate',
  psk: 'psk',
};
const kindLabels: Readonly<Record<Kind, TextKey>> = {
  eap: 'properties.use-eap',
  machine: 'properties.use-machine',
  psk: 'properties.use-psk',
};

interface SecurityProps extends PageProps {
  readonly onAdvanced: () => void;
  readonly onEapProperties: () => void;
}

function SecurityPage({ draft, onChange, onAdvanced, onEapProperties }: SecurityProps): ReactNode {
  const ids = useId();
  const { method } = draft.authentication;
  const kind = kindOf(method);
  const set = (next: AuthenticationMethod): void => onChange(change(draft, 'authentication', { method: next }));
  return (
    <div className="form-page">
      <label htmlFor={`${ids}-type`}>{t('properties.type-of-vpn')}</label>
      <select id={`${ids}-type`} value="ikev2" onChange={() => undefined}>
        <option value="ikev2">IKEv2</option>
      </select>
      <div className="to-right">
        <button type="button" onClick={onAdvanced}>
          {t('properties.advanced')}
        </button>
      </div>
      <label htmlFor={`${ids}-encryption`}>{t('properties.data-encryption')}</label>
      <select id={`${ids}-encryption`} value="require" onChange={() => undefined}>
        <option value="require">{t('properties.encryption.require')}</option>
      </select>
      <fieldset>
        <legend>{t('properties.authentication')}</legend>
        {(['eap', 'machine', 'psk'] as const).map((each) => (
          <div key={each}>
            <input
              id={`${ids}-${each}`}
              type="radio"
              name={`${ids}-kind`}
              checked={kind === each}
              onChange={() => set(methodOf[each])}
            />
            <label htmlFor={`${ids}-${each}`}>{t(kindLabels[each])}</label>
            {each === 'eap' && (
              <select
                className="dependent full"
                aria-label={t('properties.use-eap')}
                title={t(`properties.eap.${kind === 'eap' ? method : 'eap-mschapv2'}` as TextKey)}
                disabled={kind !== 'eap'}
                value={kind === 'eap' ? method : 'eap-mschapv2'}
                onChange={(event) => set(event.target.value as AuthenticationMethod)}
              >
                {eapMethods.map((eap) => (
                  <option key={eap} value={eap}>
                    {t(`properties.eap.${eap}` as TextKey)}
                  </option>
                ))}
              </select>
            )}
            {each === 'eap' && (
              <div className="to-right below">
                <button type="button" disabled={kind !== 'eap' || method === 'eap-mschapv2'} onClick={onEapProperties}>
                  {t('button.properties')}
                </button>
              </div>
            )}
          </div>
        ))}
      </fieldset>
    </div>
  );
}

function NetworkingPage({ draft, onChange }: PageProps): ReactNode {
  const { network } = draft;
  const set = (values: Partial<Profile['network']>): void => onChange(change(draft, 'network', values));
  return (
    <div className="form-page">
      <Check
        label="properties.default-gateway"
        checked={network.useDefaultGateway}
        onChange={(useDefaultGateway) => set({ useDefaultGateway })}
      />
      <Check
        label="properties.dns-server"
        checked={network.dnsServers === 'server'}
        onChange={(fromServer) => set({ dnsServers: fromServer ? 'server' : [] })}
      />
      <Check
        label="properties.ipv6-block"
        checked={network.ipv6 === 'tunnel-or-block'}
        onChange={(block) => set({ ipv6: block ? 'tunnel-or-block' : 'tunnel-or-leave' })}
      />
      <Check
        label="properties.kill-switch"
        checked={network.killSwitch}
        onChange={(killSwitch) => set({ killSwitch })}
      />
      <Check
        label="properties.allow-lan"
        checked={network.allowLan}
        disabled={!network.killSwitch}
        onChange={(allowLan) => set({ allowLan })}
      />
    </div>
  );
}

/** `<name> Properties`: a property sheet, so nothing is changed before OK. */
export function PropertiesWindow({ name, hidden }: { readonly name: string; readonly hidden: boolean }): ReactNode {
  const profile = useApp((state) => state.profiles.find((each) => each.name === name));
  return profile === undefined ? null : <PropertySheet key={name} profile={profile} hidden={hidden} />;
}

function PropertySheet({ profile, hidden }: { readonly profile: Profile; readonly hidden: boolean }): ReactNode {
  const [draft, setDraft] = useState(profile);
  const [advanced, setAdvanced] = useState(false);
  const [eap, setEap] = useState(false);
  const [ike, setIke] = useState(false);
  const id = surfaceId({ kind: 'properties', name: profile.name });
  const close = (): void => actions.close(id);
  const accept = async (): Promise<void> => {
    if (draft === profile || (await request('saveProfile', { profile: draft, previousName: profile.name })).ok) close();
  };
  const page = { draft, onChange: setDraft };
  return (
    <>
      <WindowFrame
        id={id}
        title={t('properties.title', { name: profile.name })}
        icon={<VpnIcon />}
        width={380}
        height={470}
        hidden={hidden}
        onClose={close}
        onMinimize={() => actions.minimize(id)}
      >
        <Tabs
          tabs={[
            {
              key: 'general',
              label: t('properties.tab.general'),
              content: <GeneralPage {...page} original={profile.name} />,
            },
            {
              key: 'options',
              label: t('properties.tab.options'),
              content: <OptionsPage {...page} onIkeSettings={() => setIke(true)} />,
            },
            {
              key: 'security',
              label: t('properties.tab.security'),
              content: (
                <SecurityPage {...page} onAdvanced={() => setAdvanced(true)} onEapProperties={() => setEap(true)} />
              ),
            },
            { key: 'certificate', label: t('properties.tab.certificate'), content: <CertificatePage {...page} /> },
            { key: 'networking', label: t('properties.tab.networking'), content: <NetworkingPage {...page} /> },
          ]}
        />
        <div className="dialog-buttons">
          <button type="button" className="default" onClick={() => void accept()}>
            {t('button.ok')}
          </button>
          <button type="button" onClick={close}>
            {t('button.cancel')}
          </button>
        </div>
      </WindowFrame>
      {eap &&
        !hidden &&
        (draft.authentication.method === 'eap-tls' ? (
          <SmartCardDialog profile={draft} onAccept={setDraft} onClose={() => setEap(false)} />
        ) : (
          <PeapDialog profile={draft} onAccept={setDraft} onClose={() => setEap(false)} />
        ))}
      {ike && !hidden && <IkeSettingsDialog profile={draft} onAccept={setDraft} onClose={() => setIke(false)} />}
      {advanced && !hidden && <AdvancedDialog profile={draft} onAccept={setDraft} onClose={() => setAdvanced(false)} />}
    </>
  );
}
