import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSystemAuthorities } from './trust-store';

describe('system trust store', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trust-store-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads the first bundle that holds certificates and passes over what cannot be read in it', async () => {
    const empty = join(folder, 'empty.pem');
    const bundle = join(folder, 'bundle.pem');
    await writeFile(empty, '# nothing\n');
    await writeFile(bundle, `# comment\n${rootCertificates[0]!}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${rootCertificates[1]!}\n`);
    expect(await readSystemAuthorities([join(folder, 'absent.pem'), empty, bundle])).toHaveLength(2);
  });

  it("falls back to Node's own list", async () => {
    expect(await readSystemAuthorities([join(folder, 'absent.pem')])).toHaveLength(rootCertificates.length);
  });
});
