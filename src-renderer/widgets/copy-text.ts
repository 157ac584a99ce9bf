/**
 * Puts text on the clipboard, as Ctrl+C does: within a click or key of the person, and without the permission that the
 * asynchronous
 * clipboard needs, which no page of ours is ever granted. False: it was refused.
 */
export function copyText(text: string): boolean {
  let taken = false;
  const onCopy = (event: ClipboardEvent): void => {
    if (event.clipboardData === null) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    taken = true;
  };
  document.addEventListener('copy', onCopy, true);
  try {
    // The specification calls it obsolete; it is the only way that asks for no permission, and every engine keeps it.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return document.execCommand('copy') && taken;
  } finally {
    document.removeEventListener('copy', onCopy, true);
  }
}
