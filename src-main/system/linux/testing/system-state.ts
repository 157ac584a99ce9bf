import type { Namespace } from './namespace';

/** Everything the helper may change, as the system's own tools show it. */
export async function systemState(net: Namespace): Promise<string> {
  const parts = [
    ['ip', 'addr'],
    ['ip', '-4', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', '-4', 'route', 'show', 'table', 'all'],
    ['ip', '-6', 'route', 'show', 'table', 'all'],
    // Table by table: a table that was made anew comes last in the whole.
    ['sh', '-c', 'for table in $(nft list tables | sort | cut -d" " -f3); do nft list table inet "$table"; done'],
    ['sh', '-c', 'cat /etc/resolv.conf; ls -lA --time-style=+ /etc; sysctl net.ipv4.conf.all.src_valid_mark'],
  ];
  const texts: string[] = [];
  for (const part of parts) texts.push(await net.run(...part));
  return texts.join('\n---\n').replaceAll(/valid_lft \S+ preferred_lft \S+|expires \d+sec/g, '');
}

/** Milliseconds until `look` says true; rejects after `milliseconds`. */
export async function until(look: () => Promise<boolean>, milliseconds: number): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < milliseconds) {
    if (await look()) return performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not happen within ${milliseconds} ms`);
}
