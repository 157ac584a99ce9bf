import { memo, type ReactNode } from 'react';
import type { RoundTripSample } from '../../src-main/api/contract';
import { useApp } from '../store';
import { t } from '../../src-text';
import { useNow } from '../widgets/use-now';
import {
  colourOf,
  Grid,
  labelIn,
  Legend,
  plotOf,
  summaryOf,
  Switches,
  type ChartProps,
  type Plot,
} from './chart-parts';
import { viewRoundTrips, type RoundTripView } from './round-trips';

/** Seconds that the live chart shows. */
export const liveSpan = 30;

const none: readonly RoundTripSample[] = [];

/** One line for each stretch on one adapter; a lost ping or a switch ends it. */
function stretches(view: RoundTripView, plot: Plot): readonly { readonly adapter: string; readonly points: string }[] {
  const lines: { readonly adapter: string; readonly points: string[] }[] = [];
  let broken = true;
  for (const { at, milliseconds: time, adapter } of view.samples) {
    if (time === null || adapter === null) {
      broken = true;
      continue;
    }
    if (broken || lines.at(-1)?.adapter !== adapter) lines.push({ adapter, points: [] });
    broken = false;
    lines.at(-1)?.points.push(`${plot.x(at).toFixed(1)},${plot.y(time).toFixed(1)}`);
  }
  return lines.map(({ adapter, points }) => ({
    adapter,
    points: (points.length === 1 ? [...points, ...points] : points).join(' '),
  }));
}

/**
 * Round-trip time through the tunnel over the last half minute, sample by sample, coloured by the adapter that carried
 * it.
 */
export const RoundTripChart = memo(function RoundTripChart({ connection, labels, order, low }: ChartProps): ReactNode {
  const samples = useApp((state) => state.roundTrips[connection]) ?? none;
  const now = useNow(200);
  const view = viewRoundTrips(samples, now, liveSpan * 1000);
  const plot = plotOf(now, liveSpan * 1000, view.ceiling, low);
  const colour = (adapter: string): string => colourOf(adapter, order, view.adapters);
  const label = labelIn(labels);
  const summary = summaryOf(view);
  const times = [0, 10, 20, 30].map((ago) => ({
    part: ago / liveSpan,
    text: ago === 0 ? t('mobility.now') : t('mobility.seconds-ago', { seconds: -ago }),
  }));

  return (
    <>
      <div className="chart" style={{ height: plot.height }}>
        <svg
          viewBox={`0 0 ${plot.width} ${plot.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={t('mobility.chart', { seconds: liveSpan, summary })}
        >
          <Grid plot={plot} ceiling={view.ceiling} times={times} />
          <Switches plot={plot} switches={view.switches} label={label} />
          {stretches(view, plot).map(({ adapter, points }, index) => (
            <polyline
              key={`${index}-${adapter}`}
              points={points}
              fill="none"
              stroke={colour(adapter)}
              strokeWidth="1.600"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          ))}
          {view.samples
            .filter((sample) => sample.milliseconds === null)
            .map((sample) => (
              <line
                key={sample.at}
                className="lost"
                data-lost=""
                x1={plot.x(sample.at)}
                x2={plot.x(sample.at)}
                y1={plot.bottom - 9}
                y2={plot.bottom}
              />
            ))}
        </svg>
      </div>
      <Legend adapters={view.adapters} lost={view.lost} colour={colour} label={label} />
      <p
        className="soft"
        data-testid="round-trip-summary"
        data-lost-count={view.lost}
        data-answered-count={view.answered}
      >
        {summary}
      </p>
    </>
  );
});
