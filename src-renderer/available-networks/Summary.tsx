import type { ReactNode } from 'react';
import type { AdapterView } from '../../src-main/api/contract';
import { AdapterIcon, RefreshIcon, VpnIcon } from '../icons/icons';
import { request, useApp } from '../store';
import { t } from '../../src-text';
import { isUp, upText } from '../views';
import { UserText } from '../widgets/UserText';

function UpConnection({ name }: { readonly name: string }): ReactNode {
  const text = useApp((state) => {
    const status = state.statuses[name];
    return status === undefined ? '' : upText(status);
  });
  return (
    <div className="summary-network">
      <VpnIcon size={32} />
      <strong>
        <UserText text={name} />
      </strong>
      <span>{text}</span>
    </div>
  );
}

/** "Currently connected to:" with one pair of lines a network, or what could be connected. */
export function Summary({ adapters }: { readonly adapters: readonly AdapterView[] }): ReactNode {
  // As one text: the same as long as it is the same connections, so that counters draw nothing here.
  const upNames = useApp((state) => JSON.stringify(state.profiles.flatMap(({ name }) => (isUp(state.statuses[name]?.state ?? 'Disconnected') ? [name] : []))));
  const up = JSON.parse(upNames) as readonly string[];
  const connected = adapters.filter((adapter) => adapter.connected);
  const nothing = up.length === 0 && connected.length === 0;
  return (
    <div className="panel-summary">
      <h2>{nothing ? t('panel.not-connected') : t('panel.currently')}</h2>
      {nothing && <p>{t('panel.none-available')}</p>}
      {up.map((name) => (
        <UpConnection key={`vpn-${name}`} name={name} />
      ))}
      {connected.map((adapter) => (
        <div className="summary-network" key={`adapter-${adapter.name}`}>
          <AdapterIcon size={32} kind={adapter.kind} signal={adapter.signal} connected />
          <strong>
            <UserText text={adapter.network ?? adapter.label} />
          </strong>
          <span>{t(adapter.internet === true ? 'panel.internet' : 'panel.network')}</span>
        </div>
      ))}
      <button type="button" className="bare panel-refresh" title={t('panel.refresh')} aria-label={t('panel.refresh')} onClick={() => void request('refreshAdapters', null)}>
        <RefreshIcon />
      </button>
    </div>
  );
}
