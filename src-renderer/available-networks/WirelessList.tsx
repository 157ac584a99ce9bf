import type { ReactNode } from 'react';
import type { WirelessNetwork } from '../../src-main/api/contract';
import { t } from '../../src-text';
import { Section } from './Section';
import { wirelessSections } from './wireless-text';
import { WirelessRow } from './WirelessRow';

interface ListProps {
  readonly networks: readonly WirelessNetwork[];
  /** Kernel names of the wireless adapters. */
  readonly adapters: readonly string[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
}

/** One section a wireless adapter, with the networks that it reaches. */
export function WirelessList({ networks, adapters, selected, onSelect }: ListProps): ReactNode {
  return wirelessSections(networks, adapters).map((section) => (
    <Section key={section.adapter} title={section.title}>
      {section.networks.length === 0 ? (
        <p className="panel-empty">{t('wireless.none')}</p>
      ) : (
        <div role="list" aria-label={section.title}>
          {section.networks.map((network) => (
            <WirelessRow key={network.id} network={network} selected={selected === network.id} onSelect={onSelect} />
          ))}
        </div>
      )}
    </Section>
  ));
}
