import { inNamespace } from './topology';

/** What must be the same after as before: each reading with its heading, volatile counters and lifetimes left out. */
const readings: readonly (readonly [heading: string, command: string, args: readonly string[]])[] = [
  ['addresses', 'ip', ['-o', 'address']],
  ['links', 'ip', ['-o', 'link']],
  ['routes', 'ip', ['-4', 'route', 'show', 'table', 'all']],
  ['routes6', 'ip', ['-6', 'route', 'show', 'table', 'all']],
  ['rules', 'ip', ['-4', 'rule']],
  ['rules6', 'ip', ['-6', 'rule']],
  ['nft', 'nft', ['list', 'ruleset']],
  ['resolv.conf', 'cat', ['/etc/resolv.conf']],
  [
    'sysctl',
    'sysctl',
    [
      '-a',
      '--pattern',
      '^net\\.ipv[46]\\.conf\\.[^.]*\\.(rp_filter|disable_ipv6|accept_ra|src_valid_mark|forwarding)$',
    ],
  ],
];

export async function takeSnapshot(namespace: string): Promise<string> {
  const parts = await Promise.all(
    readings.map(async ([heading, command, args]) => {
      const { stdout } = await inNamespace(namespace, command, args, { mayFail: true });
      const lines = stdout
        .split('\n')
        .map((line) => line.replace(/ (expires|valid_lft|preferred_lft|age) \S+| tentative/g, '').trimEnd())
        .filter((line) => line !== '');
      return `## ${heading}\n${heading === 'resolv.conf' || heading === 'nft' ? lines.join('\n') : lines.sort().join('\n')}\n`;
    }),
  );
  return parts.join('\n');
}

/** Lines that differ, "- before" and "+ after"; empty when nothing does. */
export function difference(before: string, after: string): string {
  const left = before.split('\n');
  const right = after.split('\n');
  return [
    ...left.filter((line) => !right.includes(line)).map((line) => `- ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `+ ${line}`),
  ].join('\n');
}
