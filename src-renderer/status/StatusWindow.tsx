import type { ReactNode } from 'react';
import { VpnIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { Tabs } from '../widgets/Tabs';
import { WindowFrame } from '../widgets/WindowFrame';
import { DetailsTab } from './DetailsTab';
import { GeneralTab } from './GeneralTab';
import { MobilityTab } from './MobilityTab';

/** `<name> Status`: modeless, General, Details and Mobility, one Close button. */
export function StatusWindow({ name, hidden }: { readonly name: string; readonly hidden: boolean }): ReactNode {
  const status = useApp((state) => state.statuses[name]);
  const id = `status:${name}`;
  const close = (): void => actions.close(id);
  if (status === undefined) return null;
  return (
    <WindowFrame
      id={id}
      title={t('status.title', { name })}
      icon={<VpnIcon />}
      width={380}
      height={520}
      hidden={hidden}
      onClose={close}
      onMinimize={() => actions.minimize(id)}
    >
      <Tabs
        tabs={[
          { key: 'general', label: t('status.tab.general'), content: <GeneralTab status={status} /> },
          { key: 'details', label: t('status.tab.details'), content: <DetailsTab status={status} /> },
          {
            key: 'mobility',
            label: t('status.tab.mobility'),
            content: hidden ? null : <MobilityTab status={status} />,
          },
        ]}
      />
      <div className="dialog-buttons">
        <button type="button" onClick={close}>
          {t('button.close')}
        </button>
      </div>
    </WindowFrame>
  );
}
