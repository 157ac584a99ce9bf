import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { SubmenuGlyph } from '../icons/icons';

/** What is chosen, what leads to more, or a line between groups. Items that do not apply are left out by the caller. */
export type MenuItem =
  | { readonly label: string; readonly isDefault?: boolean; readonly act: () => void }
  | { readonly label: string; readonly items: readonly MenuItem[] }
  | { readonly separator: true };

interface Point {
  readonly x: number;
  readonly y: number;
}

interface MenuProps {
  readonly label: string;
  readonly at: Point;
  /**
   * Where its other edge goes when there is no room beside `at`, pixels from the left; the menu is only moved when
   * absent.
   */
  readonly otherEdge?: number;
  readonly items: readonly MenuItem[];
  readonly takesFocus: boolean;
  readonly onClose: () => void;
  /** Back to the menu that it belongs to; null for the first. */
  readonly onBack: (() => void) | null;
}

interface OpenSubmenu extends Pick<MenuProps, 'label' | 'at' | 'otherEdge' | 'items' | 'takesFocus'> {
  readonly index: number;
}

const edge = 2;
const isRightToLeft = (): boolean => document.documentElement.dir === 'rtl';

function Menu({ label, at, otherEdge, items, takesFocus, onClose, onBack }: MenuProps): ReactNode {
  const menu = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: at.x, top: at.y });
  const [submenu, setSubmenu] = useState<OpenSubmenu | null>(null);
  useLayoutEffect(() => {
    const element = menu.current;
    if (element === null) return undefined;
    const keepInside = (): void => {
      const { offsetWidth: width, offsetHeight: height } = element;
      const fits = at.x >= edge && at.x + width <= window.innerWidth - edge;
      const wanted = fits || otherEdge === undefined ? at.x : otherEdge - width;
      const left = Math.max(edge, Math.min(wanted, window.innerWidth - width - edge));
      const top = Math.max(edge, Math.min(at.y, window.innerHeight - height - edge));
      setPlace((now) => (now.left === left && now.top === top ? now : { left, top }));
    };
    keepInside();
    // It grows when its font arrives.
    const observer = new ResizeObserver(keepInside);
    observer.observe(element);
    return () => observer.disconnect();
  }, [at, otherEdge, items.length]);
  useEffect(() => {
    if (takesFocus) menu.current?.querySelector<HTMLElement>('button')?.focus();
  }, [takesFocus]);

  const ownButtons = (): readonly HTMLElement[] => [
    ...(menu.current?.querySelectorAll<HTMLElement>(':scope > button') ?? []),
  ];
  const open = (index: number, button: HTMLElement, focus: boolean): void => {
    const item = items[index];
    if (item === undefined || !('items' in item)) return setSubmenu(null);
    const { left, right, top } = button.getBoundingClientRect();
    const y = top - 3;
    // In a page from right to left it opens towards the left; its own left edge is not known before it is drawn.
    const sides = isRightToLeft()
      ? { at: { x: Number.NEGATIVE_INFINITY, y }, otherEdge: left }
      : { at: { x: right - 2, y }, otherEdge: left + 2 };
    setSubmenu({ ...sides, index, label: item.label, items: item.items, takesFocus: focus });
  };
  const back = useCallback((index: number) => {
    setSubmenu(null);
    menu.current?.querySelector<HTMLElement>(`:scope > [data-item="${index}"]`)?.focus();
  }, []);
  const onBackFromSubmenu = useCallback(() => back(submenu?.index ?? 0), [back, submenu?.index]);

  const onKeyDown = (event: KeyboardEvent): void => {
    // A submenu is inside of the menu that it belongs to: its keys are its own.
    event.stopPropagation();
    const buttons = ownButtons();
    const focused = document.activeElement as HTMLElement;
    const index = buttons.indexOf(focused);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index < 0 ? -1 : index - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const move = moves[event.key];
    const [further, backward] = isRightToLeft() ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
    if (event.key === 'Tab' || (event.key === 'Escape' && onBack === null)) onClose();
    else if (event.key === 'Escape' || (event.key === backward && onBack !== null)) onBack?.();
    else if (event.key === further && index >= 0) open(Number(focused.dataset['item']), focused, true);
    else if (move !== undefined) buttons.at(move % buttons.length)?.focus();
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={menu}
      className={onBack === null ? 'menu' : 'menu submenu'}
      role="menu"
      aria-label={label}
      style={{ position: 'fixed', ...place }}
      onKeyDown={onKeyDown}
    >
      {items.map((item, index) => {
        if ('separator' in item) return <div key={`line-${index}`} role="separator" className="menu-line" />;
        const leads = 'items' in item;
        const isDefault = !leads && item.isDefault === true;
        return (
          <button
            key={`${index} ${item.label}`}
            type="button"
            role="menuitem"
            tabIndex={-1}
            data-item={index}
            aria-haspopup={leads ? 'menu' : undefined}
            aria-expanded={leads ? submenu?.index === index : undefined}
            className={isDefault ? 'bare default-item' : leads ? 'bare leads' : 'bare'}
            onPointerEnter={(event) => submenu?.index !== index && open(index, event.currentTarget, false)}
            onClick={(event) => {
              if (leads) return open(index, event.currentTarget, true);
              onClose();
              item.act();
            }}
          >
            {item.label}
            {leads && <SubmenuGlyph />}
          </button>
        );
      })}
      {submenu !== null && (
        <Menu
          key={submenu.index}
          label={submenu.label}
          at={submenu.at}
          otherEdge={submenu.otherEdge}
          items={submenu.items}
          takesFocus={submenu.takesFocus}
          onClose={onClose}
          onBack={onBackFromSubmenu}
        />
      )}
    </div>
  );
}

/** A menu at the pointer: arrows move and open submenus, Enter acts, Escape or a click elsewhere closes. */
export function ContextMenu({
  label,
  at,
  items,
  onClose,
}: Pick<MenuProps, 'label' | 'at' | 'items' | 'onClose'>): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node) || holder.current?.contains(event.target) !== true) onClose();
    };
    window.addEventListener('pointerdown', outside, true);
    // What it was opened at is elsewhere now.
    window.addEventListener('resize', onClose);
    return () => {
      window.removeEventListener('resize', onClose);
      window.removeEventListener('pointerdown', outside, true);
    };
  }, [onClose]);
  // Taken before the menu takes the focus: effects of children run first.
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    [before],
  );

  // Of the page itself: glass is a filter, and a filter holds what is fixed inside of it.
  return createPortal(
    <div ref={holder}>
      <Menu label={label} at={at} items={items} takesFocus onClose={onClose} onBack={null} />
    </div>,
    document.body,
  );
}
