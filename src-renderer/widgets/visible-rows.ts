import { useLayoutEffect, useState, type RefObject } from 'react';

/**
 * A long list as it is put into the page: the rows near what is seen, and gaps that are as high as the rows they stand
 * for.
 */
export type Segment =
  | { readonly type: 'row'; readonly index: number }
  | { readonly type: 'gap'; readonly first: number; readonly rows: number };

export interface RowRange {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
}

/** Rows in the page beyond what is visible, each side. */
const margin = 10;
/** Before anything was measured. */
const initial: RowRange = { first: 0, end: 30 };

/**
 * The rows of `range`, and the `pinned` ones wherever they are (a row with the focus must not vanish under the person).
 */
export function segments(count: number, range: RowRange, pinned: readonly number[]): readonly Segment[] {
  const shown = new Set(pinned.filter((index) => index >= 0 && index < count));
  for (let index = Math.max(0, range.first); index < Math.min(count, range.end); index++) shown.add(index);
  const result: Segment[] = [];
  let next = 0;
  for (const index of [...shown].sort((a, b) => a - b)) {
    if (index > next) result.push({ type: 'gap', first: next, rows: index - next });
    result.push({ type: 'row', index });
    next = index + 1;
  }
  if (next < count) result.push({ type: 'gap', first: next, rows: count - next });
  return result;
}

/** Which rows of a scrolled window of `height` pixels are near it, when the list begins `top` pixels above it. */
export function rangeAt(top: number, height: number, rowHeight: number): RowRange {
  return { first: Math.floor(top / rowHeight) - margin, end: Math.ceil((top + height) / rowHeight) + margin };
}

/** Follows the scrolling of `scroller` for the list at `list`, whose rows are `rowHeight` pixels high. */
export function useVisibleRows(
  scroller: HTMLElement | null,
  list: RefObject<HTMLElement | null>,
  rowHeight: number,
): RowRange {
  const [range, setRange] = useState(initial);
  useLayoutEffect(() => {
    if (scroller === null) return undefined;
    const measure = (): void => {
      const element = list.current;
      if (element === null) return;
      const next = rangeAt(
        scroller.getBoundingClientRect().top - element.getBoundingClientRect().top,
        scroller.clientHeight,
        rowHeight,
      );
      setRange((before) => (before.first === next.first && before.end === next.end ? before : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    scroller.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener('scroll', measure);
    };
  }, [scroller, list, rowHeight]);
  return range;
}
