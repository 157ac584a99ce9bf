import {
  createContext,
  useCallback,
  useContext,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';

export interface Tab {
  readonly key: string;
  readonly label: string;
  readonly content: ReactNode;
}

const ShowTab = createContext<(key: string) => void>(() => undefined);

/**
 * For what is on a tab's page: brings another tab of the same sheet to the front and gives it the focus, because what
 * had it is gone with its page.
 */
export const useShowTab = (): ((key: string) => void) => useContext(ShowTab);

/** Property-sheet tabs: arrow keys, Home and End move; only the tab in front is rendered. */
export function Tabs({ tabs, initial }: { readonly tabs: readonly Tab[]; readonly initial?: string }): ReactNode {
  const [current, setCurrent] = useState(initial ?? tabs[0]?.key);
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const index = Math.max(
    0,
    tabs.findIndex((tab) => tab.key === current),
  );
  const tab = tabs[index];

  const show = useCallback(
    (key: string): void => {
      setCurrent(key);
      document.getElementById(`${prefix}-${key}`)?.focus();
    },
    [prefix],
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = (move + tabs.length) % tabs.length;
    setCurrent(tabs[next]?.key);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };

  return (
    <div className="tabs">
      <div className="tab-list" role="tablist" ref={list} onKeyDown={onKeyDown}>
        {tabs.map((each, position) => (
          <button
            key={each.key}
            type="button"
            role="tab"
            className="bare"
            id={`${prefix}-${each.key}`}
            aria-selected={position === index}
            aria-controls={`${prefix}-page`}
            tabIndex={position === index ? 0 : -1}
            onClick={() => setCurrent(each.key)}
          >
            {each.label}
          </button>
        ))}
      </div>
      {tab !== undefined && (
        <div
          className="tab-page"
          role="tabpanel"
          id={`${prefix}-page`}
          aria-labelledby={`${prefix}-${tab.key}`}
          tabIndex={0}
        >
          <ShowTab.Provider value={show}>{tab.content}</ShowTab.Provider>
        </div>
      )}
    </div>
  );
}
