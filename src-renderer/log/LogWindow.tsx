import {
  useDeferredValue,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import type { LogEntry } from '../../src-main/api/contract';
import type { LogLevel } from '../../src-core/ports/trace';
import { LogIcon } from '../icons/icons';
import { actions, surfaceId, useApp } from '../store';
import { safeText, t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';
import { copyText } from '../widgets/copy-text';
import { saveFile } from '../widgets/save-file';
import { detailOf, exportText, filterEntries, lineOf, timeOf } from './entries';
import { createMask } from './mask';

const rowHeight = 19;
/** Rows drawn beyond what is visible, each side. */
const margin = 12;
const levels: readonly LogLevel[] = ['error', 'warning', 'info', 'debug'];
const unmasked = (text: string): string => text;

interface ListProps {
  readonly entries: readonly LogEntry[];
  readonly follow: boolean;
  readonly selected: number | null;
  readonly mask: (text: string) => string;
  readonly onSelect: (id: number) => void;
  readonly onScrollBack: () => void;
}

/** Only what is in view is in the page: a hundred thousand entries scroll like fifty. */
function LogList({ entries, follow, selected, mask, onSelect, onScrollBack }: ListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 300 });

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (follow && element !== null) element.scrollTop = element.scrollHeight;
  }, [follow, entries]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - margin);
  const visible = entries.slice(first, first + Math.ceil(view.height / rowHeight) + 2 * margin);
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (move === 0) return;
    event.preventDefault();
    const index = entries.findIndex((entry) => entry.id === selected);
    const next =
      entries[
        Math.max(0, Math.min(entries.length - 1, index < 0 ? (move > 0 ? 0 : entries.length - 1) : index + move))
      ];
    if (next === undefined) return;
    onSelect(next.id);
    const top = entries.indexOf(next) * rowHeight;
    const element = box.current;
    if (element !== null && (top < element.scrollTop || top > element.scrollTop + element.clientHeight - 2 * rowHeight))
      element.scrollTop = top - element.clientHeight / 2;
  };

  return (
    <div
      ref={box}
      className="list-view log-list"
      // An empty listbox is no listbox: it must own options.
      role={entries.length === 0 ? 'region' : 'listbox'}
      aria-label={t('log.title')}
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `log-${selected}`}
      onKeyDown={onKeyDown}
      onWheel={(event) => event.deltaY < 0 && onScrollBack()}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <div style={{ height: entries.length * rowHeight, position: 'relative' }} role="presentation">
        {visible.map((entry, index) => (
          <div
            key={entry.id}
            id={`log-${entry.id}`}
            role="option"
            aria-selected={entry.id === selected}
            className={`log-row ${entry.level}`}
            style={{ top: (first + index) * rowHeight }}
            onClick={() => onSelect(entry.id)}
          >
            <span>{timeOf(entry)}</span>
            <span>{entry.area}</span>
            <bdi>{safeText(mask(lineOf(entry)), 400)}</bdi>
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className="panel-empty">{t('log.empty')}</p>}
    </div>
  );
}

/** The readable IKEv2 log: filter, search, follow, and a copy for support. */
export function LogWindow({ name, hidden }: { readonly name: string | null; readonly hidden: boolean }): ReactNode {
  const log = useApp((state) => state.log);
  const profiles = useApp((state) => state.profiles);
  const [level, setLevel] = useState<LogLevel>('info');
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const [masked, setMasked] = useState(false);
  const [selected, setSelected] = useState<number | null>(null);
  const [copied, setCopied] = useState(false);
  const ids = useId();
  // Typing and following stay smooth while a hundred thousand entries are filtered.
  const wanted = useDeferredValue(search.toLowerCase());
  const all = useDeferredValue(log);
  const entries = useMemo(
    () => (hidden ? [] : filterEntries(all, { connection: name, level, search: wanted })),
    [hidden, all, name, level, wanted],
  );
  const mask = useMemo(() => (masked ? createMask(profiles) : unmasked), [masked, profiles]);
  const detail = useMemo(() => entries.find((entry) => entry.id === selected), [entries, selected]);
  const id = surfaceId({ kind: 'log', name });

  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => setCopied(false), 1500);
    return () => window.clearTimeout(timer);
  }, [copied]);

  const copy = (): void => setCopied(copyText(exportText(entries, mask)));
  const save = (): void => saveFile('agile-vpn-log.txt', new Blob([exportText(entries, mask)], { type: 'text/plain' }));

  return (
    <WindowFrame
      id={id}
      title={name === null ? t('log.title') : t('log.title-of', { name })}
      icon={<LogIcon />}
      width={760}
      height={480}
      hidden={hidden}
      onClose={() => actions.close(id)}
      onMinimize={() => actions.minimize(id)}
    >
      <div className="tool-band">
        <label htmlFor={`${ids}-search`}>{t('log.search')}</label>
        <input id={`${ids}-search`} type="text" value={search} onChange={(event) => setSearch(event.target.value)} />
        <label htmlFor={`${ids}-level`}>{t('log.level')}</label>
        <select id={`${ids}-level`} value={level} onChange={(event) => setLevel(event.target.value as LogLevel)}>
          {levels.map((each) => (
            <option key={each} value={each}>
              {t(`log.level.${each}`)}
            </option>
          ))}
        </select>
        <span>
          <input
            id={`${ids}-follow`}
            type="checkbox"
            checked={follow}
            onChange={(event) => setFollow(event.target.checked)}
          />
          <label htmlFor={`${ids}-follow`}>{t('log.follow')}</label>
        </span>
        <span>
          <input
            id={`${ids}-mask`}
            type="checkbox"
            checked={masked}
            onChange={(event) => setMasked(event.target.checked)}
          />
          <label htmlFor={`${ids}-mask`}>{t('log.mask')}</label>
        </span>
      </div>
      <LogList
        entries={entries}
        follow={follow}
        selected={selected}
        mask={mask}
        onSelect={setSelected}
        onScrollBack={() => setFollow(false)}
      />
      <pre className="log-detail selectable" role="region" tabIndex={0} aria-label={t('button.details')}>
        {detail === undefined
          ? ''
          : mask(detailOf(detail))
              .split('\n')
              .map((line) => `${safeText(line, 1000)}\n`)}
      </pre>
      <div className="dialog-buttons spread">
        <span role="status" className="soft">
          {copied ? t('log.copied') : t('log.count', { count: entries.length })}
        </span>
        <button type="button" onClick={copy}>
          {t('button.copy')}
        </button>
        <button type="button" onClick={save}>
          {t('button.save')}
        </button>
        <button type="button" onClick={() => actions.close(id)}>
          {t('button.close')}
        </button>
      </div>
    </WindowFrame>
  );
}
