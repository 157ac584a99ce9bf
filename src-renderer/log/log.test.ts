import { describe, expect, it } from 'vitest';
import { sampleProfile } from '../../e2e/support/fake-demo';
import type { LogEntry } from '../../src-main/api/contract';
import { detailOf, exportText, filterEntries, lineOf, timeOf } from './entries';
import { createMask } from './mask';

const entry = (id: number, change: Partial<LogEntry> = {}): LogEntry => ({
  id,
  at: '2026-11-23T14:03:07.120Z',
  connection: 'Contoso',
  level: 'info',
  area: 'ike',
  text: `Entry ${id}`,
  ...change,
});
const message = entry(9, {
  level: 'debug',
  text: 'Sent IKE_AUTH request 1',
  exchange: {
    direction: 'sent',
    name: 'IKE_AUTH',
    messageId: 1,
    response: false,
    from: '10.10.0.2:40000',
    to: '10.10.0.1:4500',
    payloads: [
      { name: 'IDi', fields: [{ name: 'identity', value: 'alice' }] },
      { name: 'SA', fields: [] },
    ],
  },
});

describe('the log list', () => {
  const entries = [
    entry(1),
    entry(2, { level: 'error' }),
    entry(3, { connection: 'Other' }),
    entry(4, { connection: null, text: 'Wi-Fi is up' }),
    message,
  ];
  const ids = (filter: Parameters<typeof filterEntries>[1]): readonly number[] =>
    filterEntries(entries, filter).map(({ id }) => id);

  it('filters by level, connection (what belongs to none stays) and search', () => {
    expect(ids({ connection: null, level: 'debug', search: '' })).toEqual([1, 2, 3, 4, 9]);
    expect(ids({ connection: null, level: 'error', search: '' })).toEqual([2]);
    expect(ids({ connection: 'Contoso', level: 'info', search: '' })).toEqual([1, 2, 4]);
    expect(ids({ connection: null, level: 'info', search: 'wi-fi' })).toEqual([4]);
  });
  it('searches payload names and values', () => {
    expect(ids({ connection: null, level: 'debug', search: 'idi' })).toEqual([9]);
    expect(ids({ connection: null, level: 'debug', search: 'alice' })).toEqual([9]);
  });
  it('names a message with its payloads, and shows them in full below', () => {
    expect(timeOf(message)).toBe('14:03:07.120');
    expect(lineOf(message)).toBe('Sent IKE_AUTH request 1 { IDi, SA }');
    expect(detailOf(message).split('\n')).toEqual([
      'Sent IKE_AUTH request 1',
      'sent IKE_AUTH request, message 1, 10.10.0.2:40000 to 10.10.0.1:4500',
      'IDi',
      '    identity: alice',
      'SA',
    ]);
  });
});

describe('a masked log', () => {
  const mask = createMask([
    sampleProfile('Contoso'),
    sampleProfile('Lab', { server: '203.0.113.9', remoteIdentity: 'gw.lab.test' }),
  ]);
  it('hides addresses, servers, accounts and connection names, the same thing under the same word', () => {
    expect(mask('alice at 10.10.0.2 asks vpn.contoso.test (203.0.113.9), 10.10.0.2 again')).toBe(
      '<account-1> at <address-1> asks <server-1> (<server-2>), <address-1> again',
    );
    expect(mask('Contoso: bob@contoso.test')).toBe('<connection-1>: <account-2>');
    expect(mask('from fe80::1 and 2001:db8::5:1')).toBe('from <address-2> and <address-3>');
  });
  it('leaves times, SPIs and algorithm names alone', () => {
    for (const text of [
      '2026-11-23T14:03:07.120Z',
      'SPI 882c554b3c9d68ad',
      'aes256gcm16-prfsha384-ecp256',
      'RFC 7296 section 2.23',
      '12:30:45',
    ])
      expect(createMask([])(text)).toBe(text);
  });
  it('goes into what is copied, with control characters made visible', () => {
    const text = exportText([message, entry(2, { text: 'alice\u001b[2J' })], mask);
    expect(text).not.toContain('alice');
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')[0]).toBe('2026-11-23T14:03:07.120Z debug   ike         Sent IKE_AUTH request 1');
  });
});
