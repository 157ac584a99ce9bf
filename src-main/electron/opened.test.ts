import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { offerOpened } from './open-files';
import { readArguments, readLink } from './opened';

const profile = Buffer.from('{"version":1}').toString('base64url');

describe('links', () => {
  it.each([
    `agilevpn:import?profile=${profile}`,
    `agilevpn://import?profile=${profile}`,
    `agilevpn://import/?profile=${profile}`,
    `AGILEVPN:IMPORT?profile=${profile}`,
  ])('%s offers an import', (link) => {
    expect(readLink(link)).toEqual({
      type: 'content',
      fileName: 'agilevpn link',
      content: new Uint8Array(Buffer.from('{"version":1}')),
    });
  });

  it.each([
    'agilevpn:connect?name=Contoso',
    'agilevpn:disconnect',
    'agilevpn:remove?name=Contoso',
    'agilevpn:',
    'agilevpn:import',
    'agilevpn:import?url=https://evil.example/x.agilevpn.json',
    'agilevpn:import?file=/etc/passwd',
    'agilevpn:import?path=../../x',
    `agilevpn:import?profile=${profile}&connect=1`,
    `agilevpn:import?profile=${profile}&profile=${profile}`,
    `agilevpn:import?profile=${profile}#connect`,
    `agilevpn://evil.example/import?profile=${profile}`,
    `agilevpn:import?profile=../../../etc/passwd`,
    'agilevpn:import?profile=',
    'agilevpn:import?profile=%00',
    `agilevpn:import?profile=${'A'.repeat(70_000)}`,
    'https://evil.example/',
    'javascript:alert(1)',
  ])('%s is refused', (link) => {
    expect(readLink(link.slice(0, 80_000)).type).toBe('refused');
  });
});

describe('arguments of a start', () => {
  it('links and files, never switches; relative names by the folder of whoever started it', () => {
    expect(
      readArguments(
        [
          '/opt/agile-vpn',
          '--background',
          '--no-sandbox',
          `agilevpn:import?profile=${profile}`,
          'office.agilevpn.json',
          '/tmp/x.sswan',
          '',
        ],
        '/home/alice',
        1,
      ),
    ).toEqual([
      { type: 'content', fileName: 'agilevpn link', content: new Uint8Array(Buffer.from('{"version":1}')) },
      { type: 'file', fileName: 'office.agilevpn.json', path: '/home/alice/office.agilevpn.json' },
      { type: 'file', fileName: 'x.sswan', path: '/tmp/x.sswan' },
    ]);
  });
  it('other schemes are refused, and a flood is cut off', () => {
    expect(
      readArguments(['x', 'https://evil.example/a', 'file:///etc/passwd', 'javascript:alert(1)'], '/', 1).map(
        ({ type }) => type,
      ),
    ).toEqual(['refused', 'refused', 'refused']);
    expect(readArguments(['x', ...Array.from({ length: 1000 }, (_, index) => `f${index}`)], '/', 1)).toHaveLength(8);
  });
});

describe('files that were opened', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'agile-vpn-open-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('only become an offer; what cannot be read or is refused is logged and nothing else happens', async () => {
    const path = join(directory, 'a.json');
    writeFileSync(path, '{}');
    const offers: string[] = [];
    const logged: string[] = [];
    const count = await offerOpened(
      [...readArguments(['x', path, join(directory, 'missing'), 'agilevpn:connect?name=x'], '/', 1)],
      { offerImport: ({ name }) => Promise.resolve(void offers.push(name)) },
      (error) => void logged.push(String(error)),
    );
    expect([count, offers]).toEqual([1, ['a.json']]);
    expect(logged).toHaveLength(2);
  });
});
