import { DOMParser, onErrorStopParsing, type Element, type Node } from '@xmldom/xmldom';

/** XML of Windows, read by local names: its namespaces differ from version to version. */

/** null: not well-formed, or with a DTD, which none of these formats has. */
export function parseXml(text: string): Element | null {
  if (/<!(ENTITY|DOCTYPE)/i.test(text)) return null;
  try {
    return new DOMParser({ onError: onErrorStopParsing }).parseFromString(text.trim(), 'text/xml').documentElement;
  } catch {
    return null;
  }
}

export function childrenOf(element: Element): readonly Element[] {
  const children: Element[] = [];
  for (let node: Node | null = element.firstChild; node !== null; node = node.nextSibling)
    if (node.nodeType === 1) children.push(node as Element);
  return children;
}

/** Below the element, at any depth, in the order of the text; names without case. */
export function elementsOf(element: Element, name: string): readonly Element[] {
  const wanted = name.toLowerCase();
  const found: Element[] = [];
  const stack = [...childrenOf(element)].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ((next.localName ?? '').toLowerCase() === wanted) found.push(next);
    for (const child of [...childrenOf(next)].reverse()) stack.push(child);
  }
  return found;
}

export function firstOf(element: Element, name: string): Element | null {
  return elementsOf(element, name)[0] ?? null;
}

export function textOf(element: Element | null): string {
  return (element?.textContent ?? '').trim();
}
