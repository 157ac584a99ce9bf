import { memo, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import type { AdapterView, DemoAdapter } from '../../src-main/api/contract';
import type { StatusObject } from '../../src-core/connection/status';
import { AdapterIcon, Chevron, RefreshIcon, VpnIcon } from '../icons/icons';
import { actions, request, useApp } from '../store';
import { safeText, t } from '../text';
import { isActive, isUp, isWorthShowing, stateText, upText } from '../views';
import { ContextMenu, type MenuItem } from '../widgets/ContextMenu';
import { UserText } from '../widgets/UserText';

/** "Currently connected to:" with one pair of lines a network, or what could be connected. */
function Summary({ statuses, adapters }: { readonly statuses: readonly StatusObject[]; readonly adapters: readonly AdapterView[] }): ReactNode {
  const up = statuses.filter((status) => isUp(status.state));
  const connected = adapters.filter((adapter) => adapter.connected);
  const nothing = up.length === 0 && connected.length === 0;
  return (
    <div className="panel-summary">
      <h2>{nothing ? t('panel.not-connected') : t('panel.currently')}</h2>
      {nothing && <p>{t('panel.none-available')}</p>}
      {up.map((status) => (
        <div className="summary-network" key={`vpn-${status.connection}`}>
          <VpnIcon size={32} />
          <strong>
            <UserText text={status.connection} />
          </strong>
          <span>{upText(status)}</span>
        </div>
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

function Section({ title, folded = false, children }: { readonly title: string; readonly folded?: boolean; readonly children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(!folded);
  return (
    <section className="panel-section" aria-label={title}>
      <h3>
        <button type="button" className="bare panel-section-header" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span>{title}</span>
          <Chevron open={open} />
        </button>
      </h3>
      {open && children}
    </section>
  );
}

interface RowProps {
  readonly status: StatusObject;
  readonly selected: boolean;
  readonly onSelect: (name: string) => void;
  readonly onMenu: (status: StatusObject, at: { x: number; y: number }) => void;
}

const press = (status: StatusObject): void => (isActive(status.state) ? actions.disconnect(status.connection) : actions.connect(status.connection));

/** A connection: one click selects and expands it, a double click does what its button does. Drawn again only when it changed. */
const ConnectionRow = memo(function ConnectionRow({ status, selected, onSelect, onMenu }: RowProps): ReactNode {
  const busy = status.state === 'Disconnecting';
  const openMenu = (event: MouseEvent): void => {
    event.preventDefault();
    onSelect(status.connection);
    onMenu(status, { x: event.clientX, y: event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) {
      event.preventDefault();
      const { left, bottom } = event.currentTarget.getBoundingClientRect();
      onMenu(status, { x: left + 20, y: bottom });
    }
  };
  return (
    <div className={selected ? 'panel-row selected' : 'panel-row'} onContextMenu={openMenu}>
      <button
        type="button"
        className="bare panel-row-line"
        aria-expanded={selected}
        data-connection={status.connection}
        onClick={() => onSelect(status.connection)}
        onDoubleClick={() => !busy && press(status)}
        onKeyDown={onKeyDown}
      >
        <span className="panel-row-name">
          <UserText text={status.connection} />
        </span>
        {status.state !== 'Disconnected' && <span className={status.state === 'Connected' ? 'panel-row-state connected' : 'panel-row-state'}>{stateText(status.state)}</span>}
        <VpnIcon size={18} />
      </button>
      {selected && (
        <div className="panel-row-actions">
          {isUp(status.state) && (
            <button type="button" onClick={() => actions.open({ kind: 'status', name: status.connection })}>
              {t('panel.status')}
            </button>
          )}
          <button type="button" disabled={busy} onClick={() => press(status)}>
            {t(isActive(status.state) || busy ? 'button.disconnect' : 'button.connect')}
          </button>
        </div>
      )}
    </div>
  );
});

function adapterText(adapter: AdapterView, demo: DemoAdapter | undefined): string {
  if (adapter.connected) return adapter.addresses.map((address) => safeText(address, 64)).join(', ') || t('panel.network');
  if (demo !== undefined && !demo.plugged) return t(adapter.kind === 'wifi' ? 'panel.wifi-off' : 'panel.unplugged');
  return t('panel.not-connected-adapter');
}

function AdapterRow({ adapter, demo }: { readonly adapter: AdapterView; readonly demo: DemoAdapter | undefined }): ReactNode {
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

/** View Available Networks. Takes effect at once; a click anywhere else, or Escape, dismisses it. */
export function Panel({ onDismiss }: { readonly onDismiss: () => void }): ReactNode {
  const profiles = useApp((state) => state.profiles);
  const byName = useApp((state) => state.statuses);
  const adapters = useApp((state) => state.adapters);
  const demo = useApp((state) => state.demo);
  const [selected, setSelected] = useState<string | null>(() => (profiles.length === 1 ? (profiles[0]?.name ?? null) : null));
  const [menu, setMenu] = useState<{ readonly status: StatusObject; readonly at: { x: number; y: number } } | null>(null);
  const panel = useRef<HTMLElement>(null);
  const openMenu = useCallback((status: StatusObject, at: { x: number; y: number }) => setMenu({ status, at }), []);
  const closeMenu = useCallback(() => setMenu(null), []);

  // The demo has adapters of its own; this computer's are not what its connection roams between.
  const isDemo = ({ name }: AdapterView): boolean => demo?.some((each) => each.name === name) ?? false;
  const demoAdapters = adapters.filter(isDemo);
  const realAdapters = adapters.filter((adapter) => !isDemo(adapter) && isWorthShowing(adapter));
  const statuses = useMemo(() => profiles.flatMap((profile) => byName[profile.name] ?? []), [profiles, byName]);

  useEffect(() => {
    panel.current?.focus();
  }, []);

  const items = (status: StatusObject): readonly MenuItem[] => [
    { label: t(isActive(status.state) ? 'button.disconnect' : 'button.connect'), isDefault: true, act: () => press(status) },
    ...(isUp(status.state) ? [{ label: t('panel.status'), act: () => actions.open({ kind: 'status', name: status.connection }) }] : []),
    { label: t('button.properties'), act: () => actions.open({ kind: 'properties', name: status.connection }) },
  ];
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape') {
      event.preventDefault();
      onDismiss();
    } else if (move !== 0) {
      event.preventDefault();
      const buttons = [...(panel.current?.querySelectorAll<HTMLElement>('.panel-list button:not(:disabled)') ?? [])];
      buttons.at((buttons.indexOf(document.activeElement as HTMLElement) + move) % buttons.length)?.focus();
    }
  };

  return (
    <section ref={panel} className="panel" role="dialog" aria-label={t('panel.title')} tabIndex={-1} onKeyDown={onKeyDown}>
      <div className="panel-inner">
        <Summary statuses={statuses} adapters={demo === null ? realAdapters : demoAdapters} />
        <div className="panel-list">
          <Section title={t('panel.dial-up-and-vpn')}>
            {statuses.length === 0 && <p className="panel-empty">{t('panel.no-vpn')}</p>}
            {statuses.map((status) => (
              <ConnectionRow
                key={status.connection}
                status={status}
                selected={selected === status.connection}
                onSelect={setSelected}
                onMenu={openMenu}
              />
            ))}
          </Section>
          {demo !== null && (
            <Section title={t('panel.demo-adapters')}>
              {demoAdapters.map((adapter) => (
                <AdapterRow key={adapter.name} adapter={adapter} demo={demo.find((each) => each.name === adapter.name)} />
              ))}
            </Section>
          )}
          <Section title={t('panel.adapters')} folded={demo !== null}>
            {realAdapters.length === 0 && <p className="panel-empty">{t('panel.no-adapter')}</p>}
            {realAdapters.map((adapter) => (
              <AdapterRow key={adapter.name} adapter={adapter} demo={undefined} />
            ))}
          </Section>
        </div>
        <div className="panel-footer">
          <button type="button" className="bare link" onClick={() => actions.open({ kind: 'connections' })}>
            {t('panel.footer')}
          </button>
        </div>
      </div>
      {menu !== null && <ContextMenu label={t('panel.menu', { name: menu.status.connection })} at={menu.at} items={items(menu.status)} onClose={closeMenu} />}
    </section>
  );
}
