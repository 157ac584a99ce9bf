import { useId, useState, type ReactNode } from 'react';
import type { WirelessNetwork } from '../../src-main/api/contract';
import { AdapterIcon } from '../icons/icons';
import { request } from '../store';
import { safeText, t } from '../../src-text';
import { wirelessTip } from './wireless-text';

interface RowProps {
  readonly network: WirelessNetwork;
  readonly selected: boolean;
  readonly onSelect: (id: string) => void;
}

/**
 * A wireless network, joined or left through NetworkManager: one click selects and expands it. One that would ask for a
 * key is joined in the
 * desktop's own settings, which know how to ask.
 */
export function WirelessRow({ network, selected, onSelect }: RowProps): ReactNode {
  const { id, adapter, name, signal, security, state, joinable } = network;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const ids = useId();
  const shown = safeText(name, 64);
  const idle = state === 'available';
  const automatically = chosen ?? network.automatically;
  const press = (): void => {
    if (!idle && state !== 'disconnecting') void request('disconnectWireless', { adapter });
    // What was ticked is what it is joined with; from then on NetworkManager knows.
    else if (idle && joinable)
      void request('connectWireless', { id, automatically }).then(({ ok }) => ok && setChosen(null));
  };
  return (
    <div role="listitem" className={selected ? 'panel-row selected' : 'panel-row'}>
      <button
        type="button"
        className="bare panel-row-line"
        aria-expanded={selected}
        data-network={id}
        title={wirelessTip(network)}
        onClick={() => onSelect(id)}
      >
        <span className="panel-row-name">
          <bdi>{shown}</bdi>
        </span>
        {!idle && (
          <span className={state === 'connected' ? 'panel-row-state connected' : 'panel-row-state'}>
            {t(`wireless.${state}`)}
          </span>
        )}
        <AdapterIcon size={18} kind="wifi" signal={signal} connected />
      </button>
      {selected && idle && security === 'open' && <p className="panel-row-note">{t('wireless.unsecured')}</p>}
      {selected && idle && !joinable && <p className="panel-row-note">{t('wireless.elsewhere')}</p>}
      {selected && (!idle || joinable) && (
        <div className="panel-row-actions">
          {idle && automatically !== null && (
            <div className="check">
              <input
                id={`${ids}-auto`}
                type="checkbox"
                checked={automatically}
                onChange={(event) => setChosen(event.target.checked)}
              />
              <label htmlFor={`${ids}-auto`}>{t('wireless.automatically')}</label>
            </div>
          )}
          <button
            type="button"
            disabled={state === 'disconnecting'}
            aria-label={t(idle ? 'wireless.join' : 'wireless.leave', { name: shown })}
            onClick={press}
          >
            {t(idle ? 'button.connect' : 'button.disconnect')}
          </button>
        </div>
      )}
    </div>
  );
}
