import { describe, expect, it } from 'vitest';
import { sampleProfile } from '../../e2e/support/fake-demo';
import { profileFile } from '../connections/new-connection';
import { adapterOrder, change, moved, outageChoices } from './draft';

describe('Network outage time', () => {
  it("has Windows' eight items", () => {
    expect(outageChoices(1800)).toEqual([300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800]);
  });
  it('shows an imported value of its own where it belongs', () => {
    expect(outageChoices(120)[0]).toBe(120);
    expect(outageChoices(5000)).toContain(5000);
  });
});

describe('the order of adapters', () => {
  it('starts with those the profile names, then those present', () => {
    const profile = change(sampleProfile('A'), 'mobility', { adapterOrder: ['wlan0', 'gone0'] });
    expect(adapterOrder(profile, ['eth0', 'wlan0'])).toEqual(['wlan0', 'gone0', 'eth0']);
  });
  it.each([
    [0, 1, ['b', 'a', 'c']],
    [2, -1, ['a', 'c', 'b']],
    [0, 2, ['b', 'c', 'a']],
    [0, -1, ['a', 'b', 'c']],
    [2, 5, ['a', 'b', 'c']],
    [7, -1, ['a', 'b', 'c']],
  ])('moves entry %d by %d', (index, by, result) => {
    expect(moved(['a', 'b', 'c'], index, by)).toEqual(result);
  });
});

describe('the file of a new connection', () => {
  const base = { name: ' Contoso ', server: ' vpn.contoso.test ', method: 'eap-mschapv2', username: 'alice', authority: '', certificate: 'PEM' } as const;
  it('says only what was asked', () => {
    expect(JSON.parse(profileFile(base))).toEqual({ version: 1, name: 'Contoso', server: 'vpn.contoso.test', authentication: { method: 'eap-mschapv2', username: 'alice' } });
  });
  it('carries a certificate only for a method that uses one', () => {
    expect(JSON.parse(profileFile({ ...base, method: 'machine-certificate', authority: 'CA' }))).toEqual({
      version: 1,
      name: 'Contoso',
      server: 'vpn.contoso.test',
      authentication: { method: 'machine-certificate', certificate: 'PEM' },
      serverCertificate: { authorities: ['CA'] },
    });
  });
});
