import type { ReactNode } from 'react';
import type { WirelessNetwork } from '../../src-main/api/contract';
import { AdapterIcon } from '../icons/icons';
import { request } from '../store';
import { safeText, t } from '../../src-text';

const open: ReadonlySet<WirelessNetwork['security']> = new Set(['open', 'owe']);

/** A wireless network, joined or left through NetworkManager. One that would ask for a key is joined in the desktop's own settings. */
export function WirelessRow({ network }: { readonly network: WirelessNetwork }): ReactNode {
  const { id, adapter, name, signal, security, state, joinable } = network;
  const shown = safeText(name, 64);
  const busy = state === 'connecting' || state === 'disconnecting';
  const text = state === 'available' ? t(open.has(security) ? 'wireless.open' : 'wireless.secured') : t(`wireless.${state}`);
  return (
    <div className="panel-adapter" data-network={id}>
      <AdapterIcon size={20} kind="wifi" signal={signal} connected />
      <span title={t('panel.signal', { percent: signal })}>
        <bdi>{shown}</bdi>
      </span>
      <span className="absent">{text}</span>
      {state === 'available' && joinable && (
        <button type="button" aria-label={t('wireless.join', { name: shown })} onClick={() => void request('connectWireless', { id })}>
          {t('button.connect')}
        </button>
      )}
      {state !== 'available' && (
        <button type="button" disabled={busy} aria-label={t('wireless.leave', { name: shown })} onClick={() => void request('disconnectWireless', { adapter })}>
          {t('button.disconnect')}
        </button>
      )}
    </div>
  );
}
