import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

export interface MenuItem {
  readonly label: string;
  readonly isDefault?: boolean;
  readonly act: () => void;
}

interface ContextMenuProps {
  readonly label: string;
  readonly at: { readonly x: number; readonly y: number };
  readonly items: readonly MenuItem[];
  readonly onClose: () => void;
}

/** A menu at the pointer: arrows move, Enter acts, Escape or a click elsewhere closes. Items that do not apply are left out by the caller. */
export function ContextMenu({ label, at, items, onClose }: ContextMenuProps): ReactNode {
  const menu = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: at.x, top: at.y });
  useLayoutEffect(() => {
    const element = menu.current;
    if (element === null) return undefined;
    const keepInside = (): void => {
      const left = Math.max(2, Math.min(at.x, window.innerWidth - element.offsetWidth - 2));
      const top = Math.max(2, Math.min(at.y, window.innerHeight - element.offsetHeight - 2));
      setPlace((place) => (place.left === left && place.top === top ? place : { left, top }));
    };
    keepInside();
    // It grows when its font arrives.
    const observer = new ResizeObserver(keepInside);
    observer.observe(element);
    return () => observer.disconnect();
  }, [at, items.length]);
  useEffect(() => {
    const before = document.activeElement;
    menu.current?.querySelector<HTMLElement>('button')?.focus();
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node) || menu.current?.contains(event.target) !== true) onClose();
    };
    window.addEventListener('pointerdown', outside, true);
    // What it was opened at is elsewhere now.
    window.addEventListener('resize', onClose);
    return () => {
      window.removeEventListener('resize', onClose);
      window.removeEventListener('pointerdown', outside, true);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [onClose]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(menu.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const moves: Readonly<Record<string, number>> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 };
    const move = moves[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (move !== undefined) {
      event.preventDefault();
      buttons.at(move % buttons.length)?.focus();
    }
  };

  // Of the page itself: glass is a filter, and a filter holds what is fixed inside of it.
  return createPortal(
    <div ref={menu} className="menu" role="menu" aria-label={label} style={{ position: 'fixed', ...place }} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={item.isDefault === true ? 'bare default-item' : 'bare'}
          onClick={() => {
            onClose();
            item.act();
          }}
        >
          {item.label}
        </button>
      ))}
    </div>,
    document.body,
  );
}
