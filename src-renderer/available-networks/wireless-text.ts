import type { WirelessNetwork } from '../../src-main/api/contract';
import { formatNumber, safeText, t } from '../../src-text';

const signals = [
  'wireless.signal.very-weak',
  'wireless.signal.poor',
  'wireless.signal.fair',
  'wireless.signal.good',
  'wireless.signal.excellent',
] as const;

/** As many bars as SignalIcon lights, 1 to 5. `signal`: 0 to 100. */
const bars = (signal: number): number => Math.max(1, Math.min(5, Math.ceil(signal / 20)));

/** The band of a frequency in MHz, in GHz as people name it; null: none that 802.11 is used in here. */
export function bandOf(frequency: number): number | null {
  if (frequency >= 2_400 && frequency < 2_500) return 2.4;
  if (frequency >= 4_900 && frequency < 5_925) return 5;
  return frequency >= 5_925 && frequency <= 7_125 ? 6 : null;
}

/**
 * The lines of a row's tooltip (windows7-ux 1.1 row 13). NetworkManager does not say which generation of 802.11 an
 * access point speaks: the radio
 * type is its band, and is left out where the frequency is not known.
 */
export function wirelessTip({ name, signal, security, frequency }: WirelessNetwork): string {
  const band = bandOf(frequency);
  const shown = safeText(name, 64);
  return [
    t('wireless.tip.name', { value: shown }),
    t('wireless.tip.signal', { value: t(signals[bars(signal) - 1] ?? 'wireless.signal.very-weak') }),
    t('wireless.tip.security', { value: t(`wireless.security.${security}`) }),
    ...(band === null
      ? []
      : [
          t('wireless.tip.radio', {
            value: t('wireless.radio', { band: formatNumber(band, Number.isInteger(band) ? 0 : 1) }),
          }),
        ]),
    t('wireless.tip.ssid', { value: shown }),
  ].join('\n');
}

/**
 * Each adapter's networks under the adapter's heading: the first is `Wireless Network Connection`, the second has a 2.
 * `adapters`: names of all wireless adapters.
 */
export function wirelessSections(
  networks: readonly WirelessNetwork[],
  adapters: readonly string[],
): readonly { readonly adapter: string; readonly title: string; readonly networks: readonly WirelessNetwork[] }[] {
  const names = [...new Set([...adapters, ...networks.map(({ adapter }) => adapter)])].sort();
  const sections = names.map((adapter, index) => ({
    adapter,
    title: index === 0 ? t('panel.wireless') : t('panel.wireless-number', { number: index + 1 }),
    networks: networks.filter((network) => network.adapter === adapter),
  }));
  return sections.length > 0 ? sections : [{ adapter: '', title: t('panel.wireless'), networks: [] }];
}
