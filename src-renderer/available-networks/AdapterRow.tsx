import type { ReactNode } from 'react';
import type { AdapterView, DemoAdapter } from '../../src-main/api/contract';
import { AdapterIcon } from '../icons/icons';
import { request } from '../store';
import { safeText, t } from '../../src-text';
import { reachText } from '../../src-text/connectivity';

function adapterText(adapter: AdapterView, demo: DemoAdapter | undefined): string {
  if (adapter.connected)
    return (
      adapter.addresses.map((address) => safeText(address, 64)).join(', ') ||
      reachText(adapter.internet === true ? 'internet' : 'no-internet')
    );
  if (demo !== undefined && !demo.plugged) return t(adapter.kind === 'wifi' ? 'panel.wifi-off' : 'panel.unplugged');
  return t('panel.not-connected-adapter');
}

export function AdapterRow({
  adapter,
  demo,
}: {
  readonly adapter: AdapterView;
  readonly demo: DemoAdapter | undefined;
}): ReactNode {
  const label = safeText(adapter.label, 64);
  return (
    <div className={adapter.connected ? 'panel-adapter' : 'panel-adapter absent'} data-adapter={adapter.name}>
      <AdapterIcon size={20} kind={adapter.kind} signal={adapter.signal} connected={adapter.connected} />
      <span title={adapter.signal === null ? undefined : t('panel.signal', { percent: adapter.signal })}>{label}</span>
      <span className="absent">{adapterText(adapter, demo)}</span>
      {demo !== undefined && (
        <button
          type="button"
          aria-label={t(demo.plugged ? 'panel.unplug-adapter' : 'panel.plug-in-adapter', { adapter: label })}
          onClick={() => void request('setDemoAdapter', { name: demo.name, plugged: !demo.plugged })}
        >
          {t(demo.plugged ? 'panel.unplug' : 'panel.plug-in')}
        </button>
      )}
    </div>
  );
}
