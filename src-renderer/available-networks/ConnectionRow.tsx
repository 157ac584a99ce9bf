import { memo, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import type { ConnectionState } from '../../src-core/connection/status';
import { VpnIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { isActive, isUp, stateText } from '../views';
import { UserText } from '../widgets/UserText';

export const pressConnection = (name: string, state: ConnectionState): void =>
  isActive(state) ? actions.disconnect(name) : actions.connect(name);

interface RowProps {
  readonly name: string;
  readonly position: number;
  readonly count: number;
  readonly selected: boolean;
  readonly onSelect: (name: string) => void;
  readonly onFocus: (name: string) => void;
  readonly onMenu: (name: string, at: { x: number; y: number }) => void;
}

/** A connection: one click selects and expands it. Drawn again only when its own state changed. */
export const ConnectionRow = memo(function ConnectionRow({
  name,
  position,
  count,
  selected,
  onSelect,
  onFocus,
  onMenu,
}: RowProps): ReactNode {
  const state = useApp(({ statuses }) => statuses[name]?.state ?? 'Disconnected');
  const busy = state === 'Disconnecting';
  const openMenu = (event: MouseEvent): void => {
    event.preventDefault();
    onSelect(name);
    onMenu(name, { x: event.clientX, y: event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) {
      event.preventDefault();
      const { left, bottom } = event.currentTarget.getBoundingClientRect();
      onMenu(name, { x: left + 20, y: bottom });
    }
  };
  return (
    <div
      role="listitem"
      aria-setsize={count}
      aria-posinset={position + 1}
      className={selected ? 'panel-row selected' : 'panel-row'}
      onContextMenu={openMenu}
      onFocus={() => onFocus(name)}
    >
      <button
        type="button"
        className="bare panel-row-line"
        aria-expanded={selected}
        data-connection={name}
        onClick={() => onSelect(name)}
        onKeyDown={onKeyDown}
      >
        <span className="panel-row-name">
          <UserText text={name} />
        </span>
        {state !== 'Disconnected' && (
          <span className={state === 'Connected' ? 'panel-row-state connected' : 'panel-row-state'}>
            {stateText(state)}
          </span>
        )}
        <VpnIcon size={18} />
      </button>
      {selected && (
        <div className="panel-row-actions">
          {isUp(state) && (
            <button type="button" onClick={() => actions.open({ kind: 'status', name })}>
              {t('panel.status')}
            </button>
          )}
          <button type="button" disabled={busy} onClick={() => pressConnection(name, state)}>
            {t(isActive(state) || busy ? 'button.disconnect' : 'button.connect')}
          </button>
        </div>
      )}
    </div>
  );
});
