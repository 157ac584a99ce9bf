import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seriousViolations } from './support/axe';
import { cutOff } from './support/cut-off';
import { expect, root, test } from './support/fake-host';
import { openSurface, surfaceList } from './support/surface-list';

/**
 * Controls that Tab has to reach: radio buttons, tabs and rows of a list are one stop together, moved within by the
 * arrow keys.
 */
const stops =
  'button:not(:disabled):not([tabindex="-1"]), input:not(:disabled):not([tabindex="-1"]):not([type=radio]), select:not(:disabled)';

/**
 * What windows there are, by the source of the page: each `<WindowFrame` says what it is in its id; those of the
 * person's own windows are of `Surface`.
 */
function windowsOfTheSource(): readonly string[] {
  const folder = join(root, 'src-renderer');
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const ids = texts.flatMap((text) =>
    [...text.matchAll(/<WindowFrame\s+id=(?:"([\w-]+)"|\{`([\w-]+):|\{(id)\})/g)].map(
      ([, plain, start, own]) => plain ?? start ?? own ?? '',
    ),
  );
  expect(ids.length, 'every window was read').toBe(
    texts.reduce((sum, text) => sum + text.split('<WindowFrame').length - 1, 0),
  );
  const surfaces = [
    ...readFileSync(join(folder, 'surfaces.ts'), 'utf8')
      .split('export const')[0]!
      .matchAll(/readonly kind: '(\w+)'/g),
  ].map(([, kind = '']) => kind);
  return [...new Set([...ids.filter((id) => id !== 'id'), ...surfaces])].sort();
}

test('every window of the program is in the list', () => {
  const listed = surfaceList.flatMap(({ selector }) => /data-window="([\w-]+)"/.exec(selector)?.[1] ?? []);
  expect([...new Set(listed)].sort()).toEqual(windowsOfTheSource());
});

for (const surface of surfaceList) {
  for (const language of ['en', 'de']) {
    test(`${surface.name}, ${language}: nothing is cut off, also at 200 % zoom and from right to left`, async ({
      page,
      url,
      demo,
    }) => {
      await openSurface(page, url, demo, language, surface);
      const where = page.locator(surface.selector).last();
      // A window that does not fit any more is moved once the page has noticed.
      await expect.poll(() => cutOff(where)).toEqual([]);
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      await expect.poll(() => cutOff(where), 'right to left').toEqual([]);
      await page.evaluate(() => (document.documentElement.dir = 'ltr'));
      // 200 % zoom of a 1180 x 720 window is a viewport of half that size.
      await page.setViewportSize({ width: 590, height: 360 });
      // A menu closes with what it was opened at.
      if (surface.selector === '.menu') await surface.open(page, demo);
      await expect.poll(() => cutOff(where), '200 % zoom').toEqual([]);
    });
  }

  test(`${surface.name}: axe finds nothing serious, light or dark; the Tab key reaches every control`, async ({
    page,
    url,
    demo,
  }) => {
    await openSurface(page, url, demo, 'en', surface);
    for (const theme of ['light', 'dark']) {
      await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
      expect(await seriousViolations(page, surface.selector), theme).toEqual([]);
    }
    if (surface.selector === '.menu') return;
    const where = page.locator(surface.selector).last();
    const wanted = await where
      .locator(stops)
      .evaluateAll(
        (elements) =>
          elements
            .filter((element) => element.checkVisibility())
            .map((element) => element.setAttribute('data-wanted', '')).length,
      );
    for (let step = 0; step < 90; step++) {
      await page.keyboard.press('Tab');
      await page.evaluate(() => document.activeElement?.removeAttribute('data-wanted'));
    }
    expect(
      await where
        .locator('[data-wanted]')
        .evaluateAll((elements) => elements.map((element) => element.outerHTML.slice(0, 120))),
      `of ${wanted} controls`,
    ).toEqual([]);
  });
}
