import { useId, type ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { Blocked } from '../connect/Blocked';
import { VpnIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { formatNumber, t } from '../../src-text';
import { tunnelReach } from '../../src-text/connectivity';
import { formatDuration } from '../../src-text/time';
import { isActive, isUp, stateText } from '../views';
import { useShowTab } from '../widgets/Tabs';
import { useNow } from '../widgets/use-now';
import { NotInForce } from './NotInForce';

const connectivity = (status: StatusObject, family: 4 | 6, everything: boolean): string =>
  t(`status.connectivity.${tunnelReach(status, everything, family)}`);

/** Counts on through Dormant and through every switch. */
function Duration({ since }: { readonly since: string | null }): ReactNode {
  const now = useNow(250, since !== null);
  return <dd data-testid="duration">{since === null ? '' : formatDuration(now - Date.parse(since))}</dd>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function GeneralTab({ status }: { readonly status: StatusObject }): ReactNode {
  const everything = useApp(
    (state) => state.profiles.find((profile) => profile.name === status.connection)?.network.useDefaultGateway ?? false,
  );
  const ids = useId();
  const showTab = useShowTab();
  const { children } = status;
  const rows = [
    {
      key: 'bytes',
      label: t('status.bytes'),
      sent: formatNumber(sum(children.map((child) => child.bytesOut))),
      received: formatNumber(sum(children.map((child) => child.bytesIn))),
    },
    // IPComp (RFC 3173) is not negotiated: nothing is ever compressed, as with Windows' own IKEv2.
    {
      key: 'compression',
      label: t('status.compression'),
      sent: t('status.percent', { value: 0 }),
      received: t('status.percent', { value: 0 }),
    },
    {
      key: 'errors',
      label: t('status.errors'),
      sent: formatNumber(0),
      received: formatNumber(sum(children.map((child) => child.droppedAuth + child.droppedReplay))),
    },
  ];
  return (
    <div className="status-page">
      <Blocked name={status.connection} />
      <NotInForce status={status} />
      <section className="rule-group" aria-labelledby={`${ids}-c`}>
        <h3 id={`${ids}-c`}>{t('status.connection')}</h3>
        <dl className="pairs">
          <dt>{t('status.ipv4')}</dt>
          <dd>{connectivity(status, 4, everything)}</dd>
          <dt>{t('status.ipv6')}</dt>
          <dd>{connectivity(status, 6, everything)}</dd>
          <dt>{t('status.media-state')}</dt>
          <dd>{stateText(status.state)}</dd>
          <dt>{t('status.duration')}</dt>
          <Duration since={isUp(status.state) ? status.connectedSince : null} />
        </dl>
        <div className="button-row">
          <button type="button" onClick={() => showTab('details')}>
            {t('button.details')}
          </button>
        </div>
      </section>
      <section className="rule-group" aria-labelledby={`${ids}-a`}>
        <h3 id={`${ids}-a`}>{t('status.activity')}</h3>
        <div className="activity" role="table" aria-labelledby={`${ids}-a`}>
          <div role="row" style={{ display: 'contents' }}>
            <span role="cell" />
            <span role="columnheader" className="number">
              {t('status.sent')}
            </span>
            <span className="monitors" role="presentation">
              <VpnIcon size={32} />
            </span>
            <span role="columnheader" className="number">
              {t('status.received')}
            </span>
          </div>
          {rows.map((row) => (
            <div role="row" key={row.key} style={{ display: 'contents' }}>
              <span role="rowheader">{row.label}</span>
              <span role="cell" className="number">
                {row.sent}
              </span>
              <span className="middle" role="presentation" />
              <span role="cell" className="number">
                {row.received}
              </span>
            </div>
          ))}
        </div>
      </section>
      <div className="button-row">
        <button type="button" onClick={() => actions.open({ kind: 'properties', name: status.connection })}>
          {t('button.properties')}
        </button>
        <button type="button" disabled={!isActive(status.state)} onClick={() => actions.disconnect(status.connection)}>
          {t('button.disconnect')}
        </button>
        <button type="button" onClick={() => actions.open({ kind: 'diagnosis', name: status.connection })}>
          {t('button.diagnose')}
        </button>
      </div>
    </div>
  );
}
