/**
 * Text from profiles, gateways and certificates is somebody else's. It is shown as text, and what could make it look
 * like something else is made visible or dropped: control characters, line separators, bidirectional overrides and
 * isolates (Unicode TR36 section 2), invisible characters.
 */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
// Default_Ignorable covers bidi marks, overrides and isolates, joiners, variation selectors and tag characters.
const invisible = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\ufff9-\ufffb]/gu;
const ellipsis = '\u2026';

/** At most `max` characters, nothing in them that draws outside of itself. */
export function safeText(text: string, max = 256): string {
  // Cut first: cleaning 10,000 characters that nobody will see is work for nothing. Twice as much leaves room for what
  // is dropped.
  const clean = text
    .slice(0, max * 2)
    .replace(invisible, '')
    .replace(controls, '\ufffd');
  const characters = [...clean];
  return characters.length > max || text.length > max * 2
    ? `${characters.slice(0, max - 1).join('')}${ellipsis}`
    : clean;
}
