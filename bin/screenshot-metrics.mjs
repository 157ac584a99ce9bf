// What the pictures are measured against: the metrics of the Windows 7 surfaces (pixels at 96 dpi), each with where it
// is measured in the page.
// `why`: where this project differs on purpose.

/** surface -> [what, selector, measure (runs in the page), specified, why] */
const frame = [
  [
    'caption, with the line above it',
    '.window:last-of-type .caption',
    `(e) => e.getBoundingClientRect().bottom - e.closest('.window').getBoundingClientRect().top + 'px'`,
    '30px',
  ],
  [
    'frame at the side',
    '.window:last-of-type .client',
    `(e) => e.getBoundingClientRect().left + 1 - e.closest('.window').getBoundingClientRect().left - 1 + 'px'`,
    '8px',
  ],
  ['close button', '.window:last-of-type .caption-buttons .close', `(e) => e.offsetWidth + 'px'`, '48px'],
  ['dialog surface', '.window:last-of-type .client', `(e, s) => s.backgroundColor`, 'rgb(240, 240, 240)'],
];
const buttons = [
  ['command button, height', '.window:last-of-type .dialog-buttons button', `(e) => e.offsetHeight + 'px'`, '23px'],
  ['command button, least width', '.window:last-of-type .dialog-buttons button', `(e, s) => s.minWidth`, '75px'],
  ['between buttons', '.window:last-of-type .dialog-buttons', `(e, s) => s.columnGap`, '7px'],
  ['dialog margin', '.window:last-of-type .dialog-buttons', `(e, s) => s.paddingTop`, '11px'],
];
const text = [['body text', '.window:last-of-type .client', `(e, s) => s.fontSize`, '12px']];
const instruction = [
  ['main instruction', '.window:last-of-type .instruction-main', `(e, s) => s.fontSize`, '16px'],
  ['main instruction, colour', '.window:last-of-type .instruction-main', `(e, s) => s.color`, 'rgb(0, 51, 153)'],
];
const textBox = [
  [
    'text box, height',
    '.window:last-of-type :is(input[type=text], input[type=password])',
    `(e) => e.offsetHeight + 'px'`,
    '23px',
  ],
];
const dropDown = [['drop-down, height', '.window:last-of-type select', `(e) => e.offsetHeight + 'px'`, '23px']];
const check = [
  ['check box line', '.window:last-of-type input[type=checkbox] + label', `(e) => e.offsetHeight + 'px'`, '17px'],
];
const sheet = (width) => [
  [
    'property sheet, width',
    '.window:last-of-type',
    `(e) => e.offsetWidth + 'px'`,
    `${width}px`,
    'room for the longer German labels',
  ],
];
const panel = [
  ['flyout, outer width', '.panel', `(e) => e.offsetWidth + 'px'`, '306px'],
  ['flyout, inner width', '.panel-inner', `(e) => e.clientWidth + 'px'`, '290px'],
  [
    'flyout frame',
    '.panel-inner',
    `(e) => e.getBoundingClientRect().left + 1 - e.closest('.panel').getBoundingClientRect().left + 'px'`,
    '8px',
  ],
  [
    'gap to the taskbar',
    '.panel',
    `(e) => document.querySelector('.taskbar').getBoundingClientRect().top - e.getBoundingClientRect().bottom + 'px'`,
    '8px',
  ],
  [
    'header rule',
    '.panel-summary',
    `(e, s) => s.borderBottomWidth + ' ' + s.borderBottomColor`,
    '1px rgb(221, 224, 226)',
  ],
  ['footer band', '.panel-footer', `(e) => e.offsetHeight + 'px'`, '43px'],
  ['footer link', '.panel-footer .link', `(e, s) => s.color`, 'rgb(0, 102, 204)'],
  ['text', '.panel', `(e, s) => s.fontSize`, '12px'],
];

export const metrics = {
  'available-networks': panel,
  connect: [...frame, ...buttons, ...textBox, ...text],
  progress: [...frame],
  error: [...frame, ...buttons, ...instruction],
  'server-certificate': [...buttons, ...instruction],
  'client-certificate': [...buttons, ...instruction],
  pin: [...buttons, ...textBox],
  'change-password': [...buttons, ...textBox],
  'status-general': [...frame, ...buttons, ...sheet(363)],
  'status-details': [...frame, ...text],
  'properties-general': [...frame, ...textBox, ...sheet(363)],
  'properties-security': [...dropDown, ...buttons],
  'properties-advanced': [
    ...dropDown,
    ...check,
    ...buttons,
    ['property sheet, width', '.window:last-of-type', `(e) => e.offsetWidth + 'px'`, '363px'],
  ],
  'properties-peap': [...check, ...dropDown, ...buttons],
  'properties-smart-card': [...dropDown, ...buttons],
  'properties-certificate': [...textBox, ...dropDown],
  dormant: [['progress bar, height', '.window [role=progressbar]', `(e) => e.offsetHeight + 'px'`, '15px']],
  diagnosis: [...frame, ...buttons, ...instruction],
  import: [...buttons],
  'new-connection': [...buttons, ...instruction, ...textBox],
};

/** Measures what belongs to the surface on the page as it is. */
export async function measure(page, surface) {
  const result = [];
  for (const [what, selector, how, specified, why] of metrics[surface] ?? []) {
    const measured = await page.evaluate(
      // The functions above are this file's own text; the debugger evaluates them outside the page's CSP.
      `(() => { const e = document.querySelector(${JSON.stringify(selector)}); return e === null ? 'absent' : (${how})(e, getComputedStyle(e)); })()`,
    );
    if (measured === 'absent') throw new Error(`${surface}: ${what} is not in the page`);
    result.push({ what, specified, measured, why: measured === specified ? null : (why ?? null) });
  }
  return result;
}

/** The page that shows each picture beside what was measured in it. */
export function pageOf(shots) {
  const lines = [
    '# Surfaces',
    '',
    'Made by `npm run screenshots`. Each table compares what was measured in the page with the metrics of Windows 7 at 96 dpi.',
    '',
  ];
  for (const { name, title, rows } of shots) {
    lines.push(`## ${title}`, '', `![${title}](${name}.png)`, '');
    if (rows.length > 0) {
      lines.push('| metric | Windows 7 | measured | |', '| --- | --- | --- | --- |');
      for (const { what, specified, measured, why } of rows)
        lines.push(
          `| ${what} | ${specified} | ${measured} | ${measured === specified ? 'same' : `differs${why === null ? '' : `: ${why}`}`} |`,
        );
      lines.push('');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
