import { afterEach, describe, expect, it } from 'vitest';
import { sampleStatus } from '../e2e/support/fake-demo';
import { connectionLines, reachText, trayText, tunnelReach } from './connectivity';
import { setLanguage } from './index';

afterEach(() => void setLanguage('en'));

const connected = sampleStatus('Contoso', {
  state: 'Connected',
  adapter: 'eth0',
  adapterLabel: 'Ethernet',
  tunnelAddresses: ['10.77.0.1/32'],
});

describe('how far a tunnel leads', () => {
  it.each([
    ['all traffic, IPv4', { everything: true, family: 4 }, 'internet'],
    ['all traffic, but no IPv6 address', { everything: true, family: 6 }, 'none'],
    ['some networks', { everything: false, family: 4 }, 'no-internet'],
    ['by either family', { everything: true, family: undefined }, 'internet'],
  ] as const)('%s', (_, { everything, family }, reach) => {
    expect(tunnelReach(connected, everything, family)).toBe(reach);
  });
  it.each([
    ['Dormant', 'none'],
    ['WaitingToReconnect', 'none'],
    ['Connecting', 'not-connected'],
    ['Disconnected', 'not-connected'],
  ] as const)('%s: %s', (state, reach) => {
    expect(tunnelReach({ ...connected, state }, true, 4)).toBe(reach);
  });
  it('is said as Windows says it', () => {
    const all = ['internet', 'no-internet', 'none', 'not-connected'] as const;
    expect(all.map(reachText)).toEqual(['Internet access', 'No Internet access', 'No network access', 'Not connected']);
    setLanguage('de');
    expect(all.map(reachText)).toEqual([
      'Internetzugriff',
      'Kein Internetzugriff',
      'Kein Netzwerkzugriff',
      'Nicht verbunden',
    ]);
  });
});

describe('what stands under the name of a connection', () => {
  it('is how far it leads and through what, or why it does not', () => {
    expect(connectionLines(connected, true)).toEqual(['Internet access', 'Connected through Ethernet']);
    expect(connectionLines(sampleStatus('Contoso', { state: 'WaitingToReconnect' }), true)).toEqual([
      'Dormant: Waiting to reconnect',
    ]);
  });
});

describe('the tooltip of the tray', () => {
  it('names each connection that is up or on its way', () => {
    const others = [
      sampleStatus('Branch', { state: 'Dormant' }),
      sampleStatus('Home'),
      sampleStatus('Lab', { state: 'Disconnecting' }),
    ];
    expect(trayText([connected, ...others], new Set(['Contoso']), true)).toBe(
      'Contoso\nInternet access\nConnected through Ethernet\nBranch\nDormant\nLab\nDisconnecting...',
    );
    expect(trayText([connected], new Set(), true)).toBe('Contoso\nNo Internet access\nConnected through Ethernet');
  });
  it('says whether there is anything to connect through', () => {
    expect(trayText([sampleStatus('Home')], new Set(), true)).toBe('Not connected - Connections are available');
    expect(trayText([], new Set(), false)).toBe('Not connected - No connections are available');
  });
  it('speaks the language in force and shows names as text', () => {
    setLanguage('de-DE');
    expect(trayText([sampleStatus('B', { state: 'Dormant' })], new Set(), true)).toBe('B\nRuhend');
    expect(
      trayText([sampleStatus('Evil\u202e\u0007\nName', { state: 'Connecting' })], new Set(), true).split('\n'),
    ).toHaveLength(2);
  });
});
