import type { Locator } from '@playwright/test';

/**
 * Texts of a surface of which a part can neither be seen nor scrolled to, now: outside of the page, clipped by a box
 * that does not scroll,
 * or wider than the button that bears them. Names that people chose may be shortened with an ellipsis: they are in
 * `bdi`.
 */
export function cutOff(surface: Locator): Promise<readonly string[]> {
  return surface.evaluate((root) => {
    const found: string[] = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const slack = 1.5;
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = (node.textContent ?? '').trim();
      const parent = node.parentElement;
      if (
        text === '' ||
        parent === null ||
        parent.closest('bdi, option, .visually-hidden, svg, [aria-hidden=true]') !== null ||
        !parent.checkVisibility({ checkOpacity: true, visibilityProperty: true })
      )
        continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width < 1 || rect.height < 1) continue;
        let { left, right, top, bottom } = rect;
        let why = '';
        for (let box: HTMLElement | null = parent; box !== null && why === ''; box = box.parentElement) {
          const style = getComputedStyle(box);
          if (style.display === 'inline' || style.display === 'contents') continue;
          const frame = box.getBoundingClientRect();
          const across = style.overflowX;
          const down = style.overflowY;
          if (across !== 'visible' && (left < frame.left - slack || right > frame.right + slack)) {
            if (across === 'hidden' || across === 'clip') why = `across, by ${box.className || box.tagName}`;
            else [left, right] = [frame.left, frame.right];
          }
          if (down !== 'visible' && (top < frame.top - slack || bottom > frame.bottom + slack)) {
            if (down === 'hidden' || down === 'clip') why = `down, by ${box.className || box.tagName}`;
            else [top, bottom] = [frame.top, frame.bottom];
          }
          if (
            box.tagName === 'BUTTON' &&
            across === 'visible' &&
            (left < frame.left - slack || right > frame.right + slack)
          )
            why = 'across, by its button';
        }
        if (
          why === '' &&
          (left < -slack || top < -slack || right > window.innerWidth + slack || bottom > window.innerHeight + slack)
        )
          why = 'by the edge of the page';
        if (why !== '') found.push(`"${text.slice(0, 60)}" ${why}`);
        if (why !== '') break;
      }
    }
    // The text of a field's choice is no text node: it has to fit, or to be the tooltip as well.
    const measure = document.createElement('canvas').getContext('2d');
    for (const select of root.querySelectorAll('select')) {
      if (measure === null || !select.checkVisibility() || select.size > 1) continue;
      measure.font = getComputedStyle(select).font;
      const text = select.selectedOptions[0]?.text ?? '';
      if (select.title !== text && measure.measureText(text).width > select.clientWidth + slack)
        found.push(`"${text}" in its field`);
    }
    return found;
  });
}
