import { memo, useMemo, type ReactNode } from 'react';
import { bucketMs } from '../../src-main/api/round-trip-history';
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
import { bucketSamples, stretchesOf, viewHistory, type HistoryView, type Stretch } from './history-view';

/** Milliseconds; how often it is drawn anew, and the marks below it. */
export const historySpans = {
  minutes: { span: 600_000, every: 1_000, marks: 4, unit: 'mobility.minutes-ago', whole: 10 },
  hour: { span: 3_600_000, every: 5_000, marks: 4, unit: 'mobility.minutes-ago', whole: 60 },
  day: { span: 86_400_000, every: 15_000, marks: 4, unit: 'mobility.hours-ago', whole: 24 },
} as const;
export type HistorySpan = keyof typeof historySpans;

/** Drawn every few seconds, not at each sample: the store is read at that moment. */
function viewNow(connection: string, kind: HistorySpan, now: number): HistoryView {
  const { roundTrips, roundTripHistory } = useApp.getState();
  const { span } = historySpans[kind];
  return kind === 'minutes'
    ? viewHistory(bucketSamples(roundTrips[connection] ?? []), now, span, 20_000)
    : viewHistory(roundTripHistory[connection] ?? [], now, span, bucketMs);
}

const point = (plot: Plot, at: number, value: number): string => `${plot.x(at).toFixed(1)},${plot.y(value).toFixed(1)}`;

/** From the least to the most of each bucket, and the mean as a line. */
function Band({
  plot,
  stretch,
  colour,
}: {
  readonly plot: Plot;
  readonly stretch: Stretch;
  readonly colour: string;
}): ReactNode {
  const mean = stretch.buckets.map((bucket) => point(plot, bucket.at, bucket.mean ?? 0));
  const up = stretch.buckets.map((bucket) => point(plot, bucket.at, bucket.most ?? 0));
  const down = stretch.buckets.map((bucket) => point(plot, bucket.at, bucket.least ?? 0)).reverse();
  return (
    <g>
      {stretch.buckets.length > 1 && <polygon points={[...up, ...down].join(' ')} fill={colour} opacity="0.25" />}
      <polyline
        points={(mean.length === 1 ? [...mean, ...mean] : mean).join(' ')}
        fill="none"
        stroke={colour}
        strokeWidth="1.400"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </g>
  );
}

/** Round trips over minutes, an hour or a day. */
export const HistoryChart = memo(function HistoryChart({
  connection,
  labels,
  order,
  low,
  kind,
}: ChartProps & { readonly kind: HistorySpan }): ReactNode {
  const { span, every, marks, unit, whole } = historySpans[kind];
  const now = useNow(every);
  const view = useMemo(() => viewNow(connection, kind, now), [connection, kind, now]);
  const plot = plotOf(now, span, view.ceiling, low);
  const colour = (adapter: string): string => colourOf(adapter, order, view.adapters);
  const label = labelIn(labels);
  const summary = summaryOf(view);
  const times = Array.from({ length: marks + 1 }, (_, index) => ({
    part: index / marks,
    text: index === 0 ? t('mobility.now') : t(unit, { count: -Math.round((whole * index * 10) / marks) / 10 }),
  }));
  return (
    <>
      <div className="chart" style={{ height: plot.height }}>
        <svg
          viewBox={`0 0 ${plot.width} ${plot.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={t('mobility.chart-of', { span: t(`mobility.span.${kind}`), summary })}
          data-buckets={view.buckets.length}
        >
          <Grid plot={plot} ceiling={view.ceiling} times={times} />
          {stretchesOf(view).map((stretch) => (
            <Band
              key={`${stretch.adapter} ${stretch.buckets[0]?.at ?? 0}`}
              plot={plot}
              stretch={stretch}
              colour={colour(stretch.adapter)}
            />
          ))}
          <Switches plot={plot} switches={view.switches} label={label} />
          {view.buckets
            .filter(({ lost }) => lost > 0)
            .map(({ at, lost, answered }) => (
              <line
                key={at}
                className="lost"
                data-lost={lost}
                x1={plot.x(at)}
                x2={plot.x(at)}
                y1={plot.bottom - 3 - (9 * lost) / (lost + answered)}
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
