import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { AdapterView } from '../../src-main/api/contract';
import { PanelBlocked } from '../connect/Blocked';
import { PanelNotInForce } from '../status/NotInForce';
import { Chevron } from '../icons/icons';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { isActive, isUp, isWorthShowing } from '../views';
import { ContextMenu, type MenuItem } from '../widgets/ContextMenu';
import { AdapterRow } from './AdapterRow';
import { ConnectionList } from './ConnectionList';
import { pressConnection } from './ConnectionRow';
import { Summary } from './Summary';
import { WirelessRow } from './WirelessRow';

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

interface OpenMenu {
  readonly name: string;
  readonly at: { readonly x: number; readonly y: number };
}

/** What a right click on a connection offers. */
function ConnectionMenu({ name, at, onClose }: OpenMenu & { readonly onClose: () => void }): ReactNode {
  const state = useApp(({ statuses }) => statuses[name]?.state ?? 'Disconnected');
  const items: readonly MenuItem[] = [
    { label: t(isActive(state) ? 'button.disconnect' : 'button.connect'), isDefault: true, act: () => pressConnection(name, state) },
    ...(isUp(state) ? [{ label: t('panel.status'), act: () => actions.open({ kind: 'status', name }) }] : []),
    { label: t('button.properties'), act: () => actions.open({ kind: 'properties', name }) },
  ];
  return <ContextMenu label={t('panel.menu', { name })} at={at} items={items} onClose={onClose} />;
}

/** View Available Networks. Takes effect at once; a click anywhere else, or Escape, dismisses it. */
export function Panel({ onDismiss }: { readonly onDismiss: () => void }): ReactNode {
  const adapters = useApp((state) => state.adapters);
  const demo = useApp((state) => state.demo);
  const wireless = useApp((state) => state.wireless);
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const panel = useRef<HTMLElement>(null);
  const [list, setList] = useState<HTMLElement | null>(null);
  const openMenu = useCallback((name: string, at: { x: number; y: number }) => setMenu({ name, at }), []);
  const closeMenu = useCallback(() => setMenu(null), []);

  // The demo has adapters of its own; this computer's are not what its connection roams between.
  const isDemo = ({ name }: AdapterView): boolean => demo?.some((each) => each.name === name) ?? false;
  const demoAdapters = adapters.filter(isDemo);
  const realAdapters = adapters.filter((adapter) => !isDemo(adapter) && isWorthShowing(adapter));

  useEffect(() => {
    panel.current?.focus();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(list?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? [])];
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const moves: Readonly<Record<string, number>> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 };
    const move = moves[event.key];
    if (event.key === 'Escape') {
      event.preventDefault();
      onDismiss();
    } else if (move !== undefined) {
      event.preventDefault();
      buttons.at(move % buttons.length)?.focus();
    }
  };

  return (
    <section ref={panel} className="panel" role="dialog" aria-label={t('panel.title')} tabIndex={-1} onKeyDown={onKeyDown}>
      <div className="panel-inner">
        <Summary adapters={demo === null ? realAdapters : demoAdapters} />
        <div ref={setList} className="panel-list">
          <Section title={t('panel.dial-up-and-vpn')}>
            <PanelBlocked />
            <PanelNotInForce />
            <ConnectionList scroller={list} onMenu={openMenu} />
          </Section>
          {demo !== null && (
            <Section title={t('panel.demo-adapters')}>
              {demoAdapters.map((adapter) => (
                <AdapterRow key={adapter.name} adapter={adapter} demo={demo.find((each) => each.name === adapter.name)} />
              ))}
            </Section>
          )}
          {wireless !== null && (
            <Section title={t('wireless.title')}>
              {wireless.length === 0 && <p className="panel-empty">{t('wireless.none')}</p>}
              {wireless.map((network) => (
                <WirelessRow key={network.id} network={network} />
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
      {menu !== null && <ConnectionMenu name={menu.name} at={menu.at} onClose={closeMenu} />}
    </section>
  );
}
