import { describe, expect, it, test } from 'vitest';
import { sampleProfile } from '../../e2e/support/fake-demo';
import { profileFile } from '../connections/new-connection';
import { adapterOrder, change, moved, outageChoices, serverNamesOf } from './draft';

const adapter = (name: string, kind = 'ethernet') => ({ name, kind });

describe('Network outage time', () => {
  it("has Windows' eight items", () => {
    expect(outageChoices(1800)).toEqual([300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800]);
  });
  it('shows an imported value of its own where it belongs', () => {
    expect(outageChoices(120)[0]).toBe(120);
    expect(outageChoices(5000)).toContain(5000);
  });
});

test('names of servers are typed in one line', () => {
  expect(serverNamesOf('radius.example ; *.b.example,radius.example')).toEqual(['radius.example', '*.b.example']);
});

describe('the order of adapters', () => {
  it('starts with those the profile names, then those present', () => {
    const profile = change(sampleProfile('A'), 'mobility', { adapterOrder: ['wlan0', 'gone0'] });
    expect(adapterOrder(profile, [adapter('eth0'), adapter('wlan0', 'wifi')])).toEqual(['wlan0', 'gone0', 'eth0']);
  });
  it('leaves out what cannot carry the tunnel: tunnels, shapers, bridges', () => {
    expect(
      adapterOrder(sampleProfile('A'), [
        adapter('ifb0', 'virtual'),
        adapter('eth0'),
        adapter('tunl0', 'other'),
        adapter('wwan0', 'mobile'),
      ]),
    ).toEqual(['eth0', 'wwan0']);
  });
  it('keeps the adapters of the demo and those of this computer apart', () => {
    const present = [adapter('demo-eth'), adapter('demo-wlan', 'wifi'), adapter('eth0')];
    const demo = ['demo-eth', 'demo-wlan'];
    expect(adapterOrder(sampleProfile('A'), present, demo)).toEqual(['eth0']);
    expect(
      adapterOrder(change(sampleProfile('A'), 'mobility', { adapterOrder: ['demo-wlan'] }), present, demo),
    ).toEqual(['demo-wlan', 'demo-eth']);
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
  const base = {
    name: ' Contoso ',
    server: ' vpn.contoso.test ',
    method: 'eap-mschapv2',
    username: 'alice',
    authority: '',
    certificate: 'PEM',
  } as const;
  it('says only what was asked', () => {
    expect(JSON.parse(profileFile(base))).toEqual({
      version: 1,
      name: 'Contoso',
      server: 'vpn.contoso.test',
      authentication: { method: 'eap-mschapv2', username: 'alice' },
    });
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
