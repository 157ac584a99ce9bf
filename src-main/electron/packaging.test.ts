import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, onErrorStopParsing } from '@xmldom/xmldom';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Packaging {
  readonly files: readonly string[];
  readonly asarUnpack: readonly string[];
  readonly extraResources: readonly { readonly from: string }[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly protocols: readonly { readonly schemes: readonly string[] }[];
  readonly fileAssociations: readonly { readonly ext: string; readonly mimeType: string }[];
  readonly deb: { readonly fpm: readonly string[] };
}
const configuration = async (): Promise<Packaging> =>
  ((await import(join(root, 'electron-builder.config.mjs'))) as { default: Packaging }).default;

const desktopEntry = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split('\n')
      .flatMap((line) =>
        /^[A-Za-z]/.test(line) ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const] : [],
      ),
  );

describe('packages of the app', () => {
  it('are described in the form electron-builder demands', async () => {
    const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
    const validate = ajv.compile(JSON.parse(read('node_modules/app-builder-lib/scheme.json')) as object);
    const config = await configuration();
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
    // The check itself can fail.
    expect(validate({ ...config, electronFuses: { runAsNode: 'no' } })).toBe(false);
    expect(validate({ ...config, nonsense: true })).toBe(false);
  });

  it('have every fuse that lets others run code in the app switched off', async () => {
    expect((await configuration()).electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('hold what the app needs and what the code looks for', async () => {
    const { files, asarUnpack, extraResources, deb } = await configuration();
    const { main, dependencies } = JSON.parse(read('package.json')) as {
      main: string;
      dependencies: Record<string, string>;
    };
    expect(files).toEqual(expect.arrayContaining(['out/main/**', 'out/preload/**', 'out/renderer/**', 'package.json']));
    expect(main.startsWith('out/main/')).toBe(true);
    for (const name of ['connected', 'busy', 'dormant', 'idle'])
      expect(existsSync(join(root, `assets/tray/${name}.png`))).toBe(true);
    expect(files).toContain('assets/tray/*.png');
    expect(files).toContain('native/build/Release/agile_vpn.node');
    expect(asarUnpack).toEqual(['native/build/Release/agile_vpn.node']);
    expect(extraResources.map(({ from }) => from)).toContain('native/build/Release/agile-vpn-helper');
    // What is no dependency of production is not in the package: only types may come from there.
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['ajv', 'ws', 'pkijs']));
    const client = read('src-main/system/linux/helper-client.ts');
    const places = deb.fpm.map((line) => line.split('=') as [string, string]);
    const helper = places.find(([from]) => from.endsWith('agile-vpn-helper'))?.[1];
    expect(client).toContain(`'${helper}'`);
    expect(read('assets/polkit/org.agilevpn.helper.policy')).toContain(`>${helper}<`);
    expect(read('assets/systemd/agile-vpn-helper@.service')).toContain(`ExecStart=${helper}`);
    for (const [from, to] of places) {
      expect(to).toMatch(/^\/usr\/(lib|libexec|share)\//);
      if (from.startsWith('assets/')) expect(existsSync(join(root, from)), from).toBe(true);
    }
  });

  it('links and files are the same in package, desktop file and MIME type', async () => {
    const { protocols, fileAssociations } = await configuration();
    const entry = desktopEntry(read('assets/desktop/agile-vpn.desktop'));
    const mimeType = fileAssociations[0]!.mimeType;
    expect(entry.get('MimeType')).toBe(`x-scheme-handler/${protocols[0]!.schemes[0]};${mimeType};`);
    expect(entry.get('Type')).toBe('Application');
    expect(entry.get('Exec')).toMatch(/ %U$/);
    expect(entry.get('Terminal')).toBe('false');
    const mime = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
      read('assets/mime/agile-vpn.xml'),
      'text/xml',
    );
    expect(mime.getElementsByTagName('mime-type')[0]?.getAttribute('type')).toBe(mimeType);
    expect(mime.getElementsByTagName('glob')[0]?.getAttribute('pattern')).toBe(`*.${fileAssociations[0]!.ext}`);
  });
});
