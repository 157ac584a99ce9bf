import type { LogEntry } from '../../src-main/api/contract';
import type { LogLevel } from '../../src-core/ports/trace';
import { safeText, t } from '../../src-text';

const rank: Readonly<Record<LogLevel, number>> = { error: 0, warning: 1, info: 2, debug: 3 };

export interface LogFilter {
  readonly connection: string | null;
  readonly level: LogLevel;
  /** Lower case. */
  readonly search: string;
}

function matches(entry: LogEntry, search: string): boolean {
  if (entry.text.toLowerCase().includes(search) || entry.area.includes(search)) return true;
  const { exchange } = entry;
  if (exchange === undefined) return false;
  return (
    exchange.name.toLowerCase().includes(search) ||
    exchange.payloads.some(
      (payload) =>
        payload.name.toLowerCase().includes(search) ||
        payload.fields.some(
          ({ name, value }) => name.toLowerCase().includes(search) || value.toLowerCase().includes(search),
        ),
    )
  );
}

export function filterEntries(
  entries: readonly LogEntry[],
  { connection, level, search }: LogFilter,
): readonly LogEntry[] {
  if (connection === null && level === 'debug' && search === '') return entries;
  return entries.filter(
    (entry) =>
      rank[entry.level] <= rank[level] &&
      (connection === null || entry.connection === null || entry.connection === connection) &&
      (search === '' || matches(entry, search)),
  );
}

/** `14:03:07.120` */
export const timeOf = (entry: LogEntry): string => entry.at.slice(11, 23);

/** One line: the sentence, or the message by its RFC name with its payloads. */
export function lineOf(entry: LogEntry): string {
  const { exchange } = entry;
  if (exchange === undefined) return entry.text;
  const payloads = exchange.payloads.map((payload) => payload.name).join(', ');
  return `${entry.text}${payloads === '' ? '' : ` { ${payloads} }`}`;
}

/** The message in full, payload by payload. */
export function detailOf(entry: LogEntry): string {
  const { exchange } = entry;
  if (exchange === undefined) return entry.text;
  const head = t('log.message', {
    direction: t(exchange.direction === 'sent' ? 'log.sent' : 'log.received'),
    name: exchange.name,
    kind: t(exchange.response ? 'log.response' : 'log.request'),
    id: exchange.messageId,
    from: exchange.from,
    to: exchange.to,
  });
  const payloads = exchange.payloads.flatMap((payload) => [
    payload.name,
    ...payload.fields.map(({ name, value }) => `    ${name}: ${value}`),
  ]);
  return [entry.text, head, ...payloads].join('\n');
}

/** What goes into the clipboard or a file. */
export function exportText(entries: readonly LogEntry[], mask: (text: string) => string): string {
  const lines = entries.flatMap((entry) =>
    detailOf(entry)
      .split('\n')
      .map((line, index) =>
        index === 0 ? `${entry.at} ${entry.level.padEnd(7)} ${entry.area.padEnd(11)} ${line}` : `        ${line}`,
      ),
  );
  return `${lines.map((line) => safeText(mask(line), 4000)).join('\n')}\n`;
}
