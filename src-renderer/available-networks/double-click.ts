import { useRef, type MouseEvent } from 'react';

/**
 * A double click on a row is the same as pressing its button (windows7-ux 1.1 row 11). The first click expands the row
 * and folds another one, so
 * that the second may come down on something else: what counts is where the first one went. For `onClickCapture` of
 * what holds the rows.
 */
export function useDoubleClick(): (event: MouseEvent) => void {
  const first = useRef<Element | null>(null);
  return (event) => {
    if (event.detail !== 2) {
      first.current =
        event.target instanceof Element && event.target.closest('.panel-row-line') !== null
          ? event.target.closest('.panel-row')
          : null;
      return;
    }
    if (first.current === null) return;
    event.stopPropagation();
    event.preventDefault();
    first.current.querySelector<HTMLElement>('.panel-row-actions > button:last-child')?.click();
  };
}
