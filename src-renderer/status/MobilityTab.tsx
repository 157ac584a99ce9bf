import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import type { PathStatus, StatusObject } from '../../src-core/connection/status';
import { useApp, watchRoundTrips } from '../store';
import { formatNumber, safeText, t, tOr } from '../../src-text';
import { formatCountdown } from '../../src-text/time';
import { stateText } from '../views';
import { useNow } from '../widgets/use-now';
import { HistoryChart, historySpans, type HistorySpan } from './HistoryChart';
import { RoundTripChart } from './RoundTripChart';

/** Dormant: how long the connection will still be kept, and what it waits for. */
function Outage({ status, endsAt }: { readonly status: StatusObject; readonly endsAt: string }): ReactNode {
  const now = useNow(250);
  const left = Date.parse(endsAt) - now;
  const whole = Math.max(1, Date.parse(endsAt) - Date.parse(status.since));
  const percent = Math.max(0, Math.min(100, (left / whole) * 100));
  return (
    <div className="outage" role="status">
      <span>{t('mobility.outage', { state: stateText(status.state), time: formatCountdown(left) })}</span>
      {status.waitingFor !== null && <span>{tOr(`mobility.waiting.${status.waitingFor}`, status.waitingFor)}</span>}
      <div
        role="progressbar"
        className="paused"
        aria-label={t('advanced.outage')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percent)}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}

function LastSwitch({
  status,
  label,
}: {
  readonly status: StatusObject;
  readonly label: (adapter: string) => string;
}): ReactNode {
  const { lastRoam } = status;
  if (lastRoam === null) return t('mobility.never');
  return t('mobility.last-switch', {
    from: label(lastRoam.from ?? ''),
    to: label(lastRoam.to),
    milliseconds: formatNumber(lastRoam.milliseconds, lastRoam.milliseconds < 10 ? 1 : 0),
    reason: tOr(`mobility.reason.${lastRoam.reason}`, lastRoam.reason),
  });
}

/**
 * What Windows never showed: the round trips through the tunnel, each switch, the outage, and why a path is or is not
 * used.
 */
export function MobilityTab({ status }: { readonly status: StatusObject }): ReactNode {
  const adapters = useApp((state) => state.adapters);
  const [span, setSpan] = useState<'live' | HistorySpan>('live');
  const ids = useId();
  const { connection } = status;
  const labels = useMemo(
    () => Object.fromEntries(adapters.map((adapter) => [adapter.name, adapter.label])),
    [adapters],
  );
  const order = useMemo(() => adapters.map((adapter) => adapter.name), [adapters]);
  const chart = { connection, labels, order, low: status.outageEndsAt !== null };
  useEffect(() => {
    watchRoundTrips(connection, true);
    return () => watchRoundTrips(connection, false);
  }, [connection]);
  const label = (adapter: string): string => labels[adapter] ?? adapter;
  return (
    <div className="status-page" style={{ gap: 7 }}>
      <h3 className="visually-hidden">{t('mobility.round-trip')}</h3>
      {status.outageEndsAt !== null && <Outage status={status} endsAt={status.outageEndsAt} />}
      <div className="chart-span">
        <label htmlFor={`${ids}-span`}>{t('mobility.span')}</label>
        <select
          id={`${ids}-span`}
          value={span}
          onChange={(event) => setSpan(event.target.value as 'live' | HistorySpan)}
        >
          {(['live', ...Object.keys(historySpans)] as ('live' | HistorySpan)[]).map((each) => (
            <option key={each} value={each}>
              {t(`mobility.span.${each}`)}
            </option>
          ))}
        </select>
      </div>
      {span === 'live' ? <RoundTripChart {...chart} /> : <HistoryChart {...chart} kind={span} />}
      <p data-testid="last-switch">
        <LastSwitch status={status} label={label} />
      </p>
      <div className="list-view paths">
        <table aria-label={t('mobility.paths')}>
          <thead>
            <tr>
              <th scope="col" style={{ width: '21%' }}>
                {t('mobility.path.adapter')}
              </th>
              <th scope="col" style={{ width: '25%' }}>
                {t('mobility.path.address')}
              </th>
              <th scope="col" style={{ width: '22%' }}>
                {t('mobility.path.state')}
              </th>
              <th scope="col">{t('mobility.path.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {status.paths.map((path) => (
              <tr key={`${path.adapter} ${path.originAddress} ${path.destinationAddress}`} className={path.state}>
                <td>{safeText(label(path.adapter), 64)}</td>
                <td>{safeText(path.originAddress, 64)}</td>
                <td>{tOr(`mobility.state.${path.state}`, path.state)}</td>
                <td className="wraps">{why(path)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {status.paths.length === 0 && <p className="panel-empty">{t('mobility.no-paths')}</p>}
      </div>
    </div>
  );
}

/** What the network says comes first: it is what a person can do something about. */
function why({ why: word, reason, connectivity, roundTripMs }: PathStatus): string {
  if (connectivity === 'captive-portal' || connectivity === 'no-internet') return t(`mobility.waiting.${connectivity}`);
  const text = tOr(`mobility.why.${word ?? ''}`, safeText(reason));
  return roundTripMs === null ? text : `${text}, ${formatNumber(roundTripMs)} ms`;
}
