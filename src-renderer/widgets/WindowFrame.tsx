import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { CloseGlyph, MinimizeGlyph } from '../icons/icons';
import { t } from '../../src-text';
import { raise, sink, useStack } from './stack';

interface WindowFrameProps {
  readonly id: string;
  readonly title: string;
  readonly icon: ReactNode;
  /** Pixels at 96 dpi, frame included. */
  readonly width: number;
  readonly height?: number;
  readonly onClose: () => void;
  readonly onMinimize?: () => void;
  readonly hidden?: boolean;
  /** Windows that follow one another (credentials, progress, error) open where the one before stood. */
  readonly placeKey?: string;
  readonly children: ReactNode;
}

const taskbar = 40;
/** Each further window opens a little lower and further right, as Windows cascades them. */
let cascade = 0;

const lastPlaces = new Map<string, Place>();

interface Place {
  readonly left: number;
  readonly top: number;
}

function firstPlace(key: string, width: number, height: number | undefined): Place {
  const before = lastPlaces.get(key);
  if (before !== undefined && before.left < window.innerWidth - 80 && before.top < window.innerHeight - taskbar)
    return before;
  const step = (cascade++ % 6) * 26;
  const room = { width: window.innerWidth, height: window.innerHeight - taskbar };
  const place = {
    left: Math.max(4, Math.min(room.width - width - 4, Math.round(room.width * 0.24) + step)),
    top: Math.max(4, Math.min(room.height - (height ?? 320) - 4, Math.round(room.height * 0.12) + step)),
  };
  lastPlaces.set(key, place);
  return place;
}

const focusable =
  'button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex="0"]';

/**
 * A window with the Aero frame: moved by its caption, Escape closes it, focus goes in when it opens and back when it
 * closes.
 */
export function WindowFrame(props: WindowFrameProps): ReactNode {
  const { id, title, icon, width, height, onClose, onMinimize, hidden = false, placeKey = id, children } = props;
  const [place, setPlace] = useState(() => firstPlace(placeKey, width, height));
  const [drag, setDrag] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const frame = useRef<HTMLElement>(null);
  const titleId = useId();
  const level = useStack((state) => state.order.indexOf(id));
  const active = useStack((state) => state.order.at(-1) === id);

  useLayoutEffect(() => {
    const before = document.activeElement;
    raise(id);
    const element = frame.current;
    const wanted =
      element?.querySelector<HTMLElement>('[data-autofocus]') ??
      element?.querySelector<HTMLElement>(`.client ${focusable.split(', ').join(', .client ')}`);
    (wanted ?? element)?.focus();
    return () => {
      sink(id);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [id]);

  useEffect(() => {
    document.title = title;
  }, [title]);

  // A page that got smaller or was zoomed, and a dialog that grew, leave no part of it out of reach.
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const fit = (): void =>
      setPlace((now) => {
        const left = Math.max(4, Math.min(now.left, window.innerWidth - element.offsetWidth - 4));
        const top = Math.max(4, Math.min(now.top, window.innerHeight - taskbar - element.offsetHeight - 4));
        return left === now.left && top === now.top ? now : { left, top };
      });
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    window.addEventListener('resize', fit);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', fit);
    };
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0 || (event.target as HTMLElement).closest('button') !== null) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ x: event.clientX - place.left, y: event.clientY - place.top });
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (drag === null) return;
    const moved = {
      left: Math.max(80 - width, Math.min(window.innerWidth - 80, event.clientX - drag.x)),
      top: Math.max(0, Math.min(window.innerHeight - taskbar - 24, event.clientY - drag.y)),
    };
    lastPlaces.set(placeKey, moved);
    setPlace(moved);
  };

  return (
    <section
      ref={frame}
      role="dialog"
      aria-labelledby={titleId}
      tabIndex={-1}
      data-window={id.split(':', 1)[0]}
      hidden={hidden}
      className={active ? 'window' : 'window inactive'}
      style={{ ...place, width, height, zIndex: 100 + level, display: hidden ? 'none' : undefined }}
      onKeyDown={onKeyDown}
      onPointerDownCapture={() => raise(id)}
      onFocusCapture={() => raise(id)}
    >
      <header
        className="caption"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => setDrag(null)}
        onPointerCancel={() => setDrag(null)}
      >
        {icon}
        <h2 id={titleId}>{title}</h2>
        <div className="caption-buttons">
          {onMinimize !== undefined && (
            <button type="button" className="bare" aria-label={t('window.minimize')} onClick={onMinimize}>
              <MinimizeGlyph />
            </button>
          )}
          <button type="button" className="bare close" aria-label={t('window.close')} onClick={onClose}>
            <CloseGlyph />
          </button>
        </div>
      </header>
      <div className="client">{children}</div>
    </section>
  );
}
