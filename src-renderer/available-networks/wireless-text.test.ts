import { afterEach, describe, expect, it } from 'vitest';
import type { WirelessNetwork } from '../../src-main/api/contract';
import { setLanguage } from '../../src-text';
import { bandOf, wirelessSections, wirelessTip } from './wireless-text';

afterEach(() => void setLanguage('en'));

const network = (id: string, change: Partial<WirelessNetwork> = {}): WirelessNetwork => ({
  id,
  adapter: 'wlan0',
  name: id,
  signal: 80,
  security: 'wpa2',
  frequency: 2437,
  state: 'available',
  joinable: true,
  automatically: true,
  ...change,
});

describe('the tooltip of a wireless network', () => {
  it('has the five lines of Windows, in its order', () => {
    expect(wirelessTip(network('Corp-WLAN')).split('\n')).toEqual([
      'Name: Corp-WLAN',
      'Signal Strength: Good',
      'Security Type: WPA2-PSK',
      'Radio Type: 802.11, 2.4 GHz',
      'SSID: Corp-WLAN',
    ]);
  });
  it('leaves out the radio type where the frequency is not known', () => {
    expect(
      wirelessTip(network('A', { frequency: 0 }))
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['Name', 'Signal Strength', 'Security Type', 'SSID']);
  });
  it('shows names as text, and speaks German', () => {
    setLanguage('de');
    expect(wirelessTip(network('A\u202e\nB', { security: 'open', signal: 3 })).split('\n')).toEqual([
      'Name: A\ufffdB',
      'Signalstärke: Sehr schwach',
      'Sicherheitstyp: Unsicher',
      'Funktyp: 802.11, 2,4 GHz',
      'SSID: A\ufffdB',
    ]);
  });
  it.each([
    [0, 'Very weak'],
    [20, 'Very weak'],
    [21, 'Poor'],
    [60, 'Fair'],
    [61, 'Good'],
    [100, 'Excellent'],
  ])('%d %% is %s, as the bars show', (signal, word) => {
    expect(wirelessTip(network('A', { signal }))).toContain(`Signal Strength: ${word}`);
  });
  it.each([
    [2412, 2.4],
    [2484, 2.4],
    [5180, 5],
    [5885, 5],
    [5955, 6],
    [7115, 6],
    [0, null],
    [60_480, null],
  ])('%d MHz is in the band of %s GHz', (frequency, band) => {
    expect(bandOf(frequency)).toBe(band);
  });
});

describe('sections of wireless networks', () => {
  it('are one an adapter; a second adapter has a number, also while it reaches nothing', () => {
    const sections = wirelessSections([network('B', { adapter: 'wlan1' }), network('A')], ['wlan2', 'wlan0']);
    expect(sections.map(({ title, networks }) => [title, networks.map(({ id }) => id)])).toEqual([
      ['Wireless Network Connection', ['A']],
      ['Wireless Network Connection 2', ['B']],
      ['Wireless Network Connection 3', []],
    ]);
  });
  it('are one where no adapter is known', () => {
    expect(wirelessSections([], [])).toEqual([{ adapter: '', title: 'Wireless Network Connection', networks: [] }]);
  });
});
