import type { ReactNode } from 'react';
import type { AdapterView } from '../../src-main/api/contract';
import { AdapterIcon, RefreshIcon, VpnIcon } from '../icons/icons';
import { request, useApp } from '../store';
import { t } from '../../src-text';
import { connectionLines, reachText } from '../../src-text/connectivity';
import { isUp } from '../views';
import { UserText } from '../widgets/UserText';

function UpConnection({ name }: { readonly name: string }): ReactNode {
  // As one text: the same as long as it says the same, so that counters draw nothing here.
  const text = useApp(({ statuses, profiles }) => {
    const status = statuses[name];
    return status === undefined
      ? ''
      : connectionLines(
          status,
          profiles.find((profile) => profile.name === name)?.network.useDefaultGateway ?? false,
        ).join('\n');
  });
  return (
    <div className="summary-network">
      <VpnIcon size={32} />
      <strong>
        <UserText text={name} />
      </strong>
      {text.split('\n').map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}

/** "Currently connected to:" with its lines for each network, or whether one could be connected. */
export function Summary({ adapters }: { readonly adapters: readonly AdapterView[] }): ReactNode {
  // As one text, for the same reason.
  const upNames = useApp((state) =>
    JSON.stringify(
      state.profiles.flatMap(({ name }) => (isUp(state.statuses[name]?.state ?? 'Disconnected') ? [name] : [])),
    ),
  );
  const inReach = useApp(({ wireless }) => wireless !== null && wireless.length > 0);
  const up = JSON.parse(upNames) as readonly string[];
  const connected = adapters.filter((adapter) => adapter.connected);
  const nothing = up.length === 0 && connected.length === 0;
  return (
    <div className="panel-summary">
      <h2>{nothing ? t('panel.not-connected') : t('panel.currently')}</h2>
      {nothing && <p>{t(inReach ? 'panel.available' : 'panel.none-available')}</p>}
      {up.map((name) => (
        <UpConnection key={`vpn-${name}`} name={name} />
      ))}
      {connected.map((adapter) => (
        <div className="summary-network" key={`adapter-${adapter.name}`}>
          <AdapterIcon size={32} kind={adapter.kind} signal={adapter.signal} connected />
          <strong>
            <UserText text={adapter.network ?? adapter.label} />
          </strong>
          <span>{reachText(adapter.internet === true ? 'internet' : 'no-internet')}</span>
        </div>
      ))}
      <button
        type="button"
        className="bare panel-refresh"
        title={t('panel.refresh')}
        aria-label={t('panel.refresh')}
        onClick={() => void request('refreshAdapters', null)}
      >
        <RefreshIcon />
      </button>
    </div>
  );
}
