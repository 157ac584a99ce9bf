import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useApp } from '../store';
import { t } from '../../src-text';
import { segments, useVisibleRows } from '../widgets/visible-rows';
import { ConnectionRow } from './ConnectionRow';

/** A row that is not expanded, border included: `.panel-row` of theme/panel.css. */
const rowHeight = 28;

interface ListProps {
  /** What scrolls the list; null until it is in the page. */
  readonly scroller: HTMLElement | null;
  /** The connection whose row is expanded. */
  readonly selected: string | null;
  readonly onSelect: (name: string) => void;
  readonly onMenu: (name: string, at: { x: number; y: number }) => void;
}

/** All connections; only rows near what is seen are in the page, and the one with the focus with its neighbours. */
export function ConnectionList({ scroller, selected, onSelect, onMenu }: ListProps): ReactNode {
  const profiles = useApp((state) => state.profiles);
  const names = useMemo(() => profiles.map(({ name }) => name), [profiles]);
  const [focused, setFocused] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const range = useVisibleRows(scroller, list, rowHeight);
  const focus = useCallback((name: string) => setFocused(name), []);

  if (names.length === 0) return <p className="panel-empty">{t('panel.no-vpn')}</p>;
  const at = focused === null ? -2 : names.indexOf(focused);
  // The first and the last row are what Home and End go to.
  const pinned = [0, names.length - 1, at - 1, at, at + 1, selected === null ? -1 : names.indexOf(selected)];
  return (
    <div ref={list} role="list" aria-label={t('panel.dial-up-and-vpn')}>
      {segments(names.length, range, pinned).map((segment) => {
        if (segment.type === 'gap')
          return <div key={`gap-${segment.first}`} role="presentation" style={{ height: segment.rows * rowHeight }} />;
        const name = names[segment.index] ?? '';
        return (
          <ConnectionRow
            key={name}
            name={name}
            position={segment.index}
            count={names.length}
            selected={selected === name}
            onSelect={onSelect}
            onFocus={focus}
            onMenu={onMenu}
          />
        );
      })}
    </div>
  );
}
