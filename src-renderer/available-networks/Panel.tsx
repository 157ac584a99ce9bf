import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { AdapterView } from '../../src-main/api/contract';
import { PanelBlocked } from '../connect/Blocked';
import { PanelNotInForce } from '../status/NotInForce';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { isActive, isUp, isWorthShowing } from '../views';
import { ContextMenu, type MenuItem } from '../widgets/ContextMenu';
import { AdapterRow } from './AdapterRow';
import { ConnectionList } from './ConnectionList';
import { pressConnection } from './ConnectionRow';
import { useDoubleClick } from './double-click';
import { Section } from './Section';
import { Summary } from './Summary';
import { WirelessList } from './WirelessList';

interface OpenMenu {
  readonly name: string;
  readonly at: { readonly x: number; readonly y: number };
}

/** What a right click on a connection offers. */
function ConnectionMenu({ name, at, onClose }: OpenMenu & { readonly onClose: () => void }): ReactNode {
  const state = useApp(({ statuses }) => statuses[name]?.state ?? 'Disconnected');
  const items: readonly MenuItem[] = [
    {
      label: t(isActive(state) ? 'button.disconnect' : 'button.connect'),
      isDefault: true,
      act: () => pressConnection(name, state),
    },
    ...(isUp(state) ? [{ label: t('panel.status'), act: () => actions.open({ kind: 'status', name }) }] : []),
    { label: t('button.properties'), act: () => actions.open({ kind: 'properties', name }) },
  ];
  return <ContextMenu label={t('panel.menu', { name })} at={at} items={items} onClose={onClose} />;
}

/** The one row of the panel that is expanded. */
interface Selected {
  readonly list: 'connections' | 'wireless';
  readonly id: string;
}

/** With one connection there is nothing to choose. */
function firstSelected(): Selected | null {
  const [only, another] = useApp.getState().profiles;
  return only === undefined || another !== undefined ? null : { list: 'connections', id: only.name };
}

/** View Available Networks. Takes effect at once; a click anywhere else, or Escape, dismisses it. */
export function Panel({ onDismiss }: { readonly onDismiss: () => void }): ReactNode {
  const adapters = useApp((state) => state.adapters);
  const demo = useApp((state) => state.demo);
  const wireless = useApp((state) => state.wireless);
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const panel = useRef<HTMLElement>(null);
  const [list, setList] = useState<HTMLElement | null>(null);
  const [selected, setSelected] = useState(firstSelected);
  const selectConnection = useCallback((id: string) => setSelected({ list: 'connections', id }), []);
  const selectWireless = useCallback((id: string) => setSelected({ list: 'wireless', id }), []);
  const openMenu = useCallback((name: string, at: { x: number; y: number }) => setMenu({ name, at }), []);
  const closeMenu = useCallback(() => setMenu(null), []);
  const onClickCapture = useDoubleClick();

  // The demo has adapters of its own; this computer's are not what its connection roams between.
  const isDemo = ({ name }: AdapterView): boolean => demo?.some((each) => each.name === name) ?? false;
  const demoAdapters = adapters.filter(isDemo);
  const realAdapters = adapters.filter((adapter) => !isDemo(adapter) && isWorthShowing(adapter));

  useEffect(() => {
    panel.current?.focus();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(list?.querySelectorAll<HTMLElement>('button:not(:disabled), input:not(:disabled)') ?? [])];
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: buttons.length - 1,
    };
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
    <section
      ref={panel}
      className="panel"
      role="dialog"
      aria-label={t('panel.title')}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div className="panel-inner">
        <Summary adapters={demo === null ? realAdapters : demoAdapters} />
        <div ref={setList} className="panel-list" onClickCapture={onClickCapture}>
          <Section title={t('panel.dial-up-and-vpn')}>
            <PanelBlocked />
            <PanelNotInForce />
            <ConnectionList
              scroller={list}
              selected={selected?.list === 'connections' ? selected.id : null}
              onSelect={selectConnection}
              onMenu={openMenu}
            />
          </Section>
          {demo !== null && (
            <Section title={t('panel.demo-adapters')}>
              {demoAdapters.map((adapter) => (
                <AdapterRow
                  key={adapter.name}
                  adapter={adapter}
                  demo={demo.find((each) => each.name === adapter.name)}
                />
              ))}
            </Section>
          )}
          {wireless !== null && (
            <WirelessList
              networks={wireless}
              adapters={realAdapters.filter(({ kind }) => kind === 'wifi').map(({ name }) => name)}
              selected={selected?.list === 'wireless' ? selected.id : null}
              onSelect={selectWireless}
            />
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
