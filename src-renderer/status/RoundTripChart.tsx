import type { ReactNode } from 'react';
import type { RoundTripSample } from '../../src-main/api/contract';
import { formatNumber, safeText, t } from '../../src-text';
import { useNow } from '../widgets/use-now';
import { viewRoundTrips, type RoundTripView } from './round-trips';

/** Seconds that the chart shows. */
const span = 30;
/** Pixels; a lower one leaves room for the outage above it. */
const frame = { width: 334, left: 38, right: 6, top: 16, bottom: 18 };
const heights = { normal: 148, low: 104 };

/** Told apart without red and green; the legend and the marks say the same in words. */
const palette = ['#1f6fc4', '#e07b00', '#7b3fb5', '#00838a', '#a23b5e', '#5d6b00'];

interface ChartProps {
  readonly samples: readonly RoundTripSample[];
  readonly labels: Readonly<Record<string, string>>;
  /** Adapters in the order the person knows them, so that a colour keeps its adapter. */
  readonly order: readonly string[];
  readonly low: boolean;
}

const milliseconds = (value: number): string => formatNumber(value, value < 10 ? 1 : 0);
const axis = (value: number): string => formatNumber(value, Number.isInteger(value) ? 0 : value < 1 ? 2 : 1);

function summaryOf(view: RoundTripView): string {
  if (view.samples.length === 0) return t('mobility.no-samples');
  const numbers = { count: view.answered, lost: view.lost, longest: view.longest === null ? '-' : milliseconds(view.longest) };
  return view.last === null ? t('mobility.summary-lost', numbers) : t('mobility.summary', { ...numbers, last: milliseconds(view.last) });
}

/** One line for each stretch on one adapter; a lost ping or a switch ends it. */
function stretches(view: RoundTripView, x: (at: number) => number, y: (value: number) => number): readonly { readonly adapter: string; readonly points: string }[] {
  const lines: { readonly adapter: string; readonly points: string[] }[] = [];
  let broken = true;
  for (const { at, milliseconds: time, adapter } of view.samples) {
    if (time === null || adapter === null) {
      broken = true;
      continue;
    }
    if (broken || lines.at(-1)?.adapter !== adapter) lines.push({ adapter, points: [] });
    broken = false;
    lines.at(-1)?.points.push(`${x(at).toFixed(1)},${y(time).toFixed(1)}`);
  }
  return lines.map(({ adapter, points }) => ({ adapter, points: (points.length === 1 ? [...points, ...points] : points).join(' ') }));
}

/** Round-trip time through the tunnel over the last minute, coloured by the adapter that carried it. */
export function RoundTripChart({ samples, labels, order, low }: ChartProps): ReactNode {
  const box = { ...frame, height: low ? heights.low : heights.normal };
  const inner = { width: box.width - box.left - box.right, height: box.height - box.top - box.bottom };
  const now = useNow(200);
  const view = viewRoundTrips(samples, now, span * 1000);
  const colour = (adapter: string): string => {
    const index = order.indexOf(adapter);
    return palette[(index < 0 ? order.length + view.adapters.indexOf(adapter) : index) % palette.length] ?? '#000';
  };
  const label = (adapter: string): string => safeText(labels[adapter] ?? adapter, 40);
  const x = (at: number): number => box.left + inner.width * (1 - (now - at) / (span * 1000));
  const y = (value: number): number => box.top + inner.height * (1 - Math.min(1.04, value / view.ceiling));
  const bottom = box.top + inner.height;
  const summary = summaryOf(view);

  return (
    <>
      <div className="chart" style={{ height: box.height }}>
        <svg viewBox={`0 0 ${box.width} ${box.height}`} preserveAspectRatio="none" role="img" aria-label={t('mobility.chart', { seconds: span, summary })}>
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <line key={part} className="grid" x1={box.left} x2={box.width - box.right} y1={bottom - inner.height * part} y2={bottom - inner.height * part} />
          ))}
          {[0, 0.5, 1].map((part) => (
            <text key={part} className="axis-text" x={box.left - 4} y={bottom - inner.height * part + 3} textAnchor="end">
              {part === 1 ? t('mobility.milliseconds', { value: axis(view.ceiling) }) : axis(view.ceiling * part)}
            </text>
          ))}
          {[0, 10, 20, 30].map((ago) => (
            <text key={ago} className="axis-text" x={x(now - ago * 1000)} y={box.height - 5} textAnchor={ago === 0 ? 'end' : ago === span ? 'start' : 'middle'}>
              {ago === 0 ? t('mobility.now') : t('mobility.seconds-ago', { seconds: -ago })}
            </text>
          ))}
          {view.switches.map(({ at, to }) => {
            const near = x(at) > box.width - 90;
            return (
              <g key={at} data-switch={to}>
                <line className="switch-line" x1={x(at)} x2={x(at)} y1={box.top - 4} y2={bottom} />
                <text className="switch-text" x={x(at) + (near ? -3 : 3)} y={box.top - 5} textAnchor={near ? 'end' : 'start'}>
                  {t('mobility.switch', { adapter: label(to) })}
                </text>
              </g>
            );
          })}
          {stretches(view, x, y).map(({ adapter, points }, index) => (
            <polyline key={`${index}-${adapter}`} points={points} fill="none" stroke={colour(adapter)} strokeWidth="1.600" strokeLinecap="round" strokeLinejoin="round" />
          ))}
          {view.samples
            .filter((sample) => sample.milliseconds === null)
            .map((sample) => (
              <line key={sample.at} className="lost" data-lost="" x1={x(sample.at)} x2={x(sample.at)} y1={bottom - 9} y2={bottom} />
            ))}
        </svg>
      </div>
      <div className="legend">
        {view.adapters.map((adapter) => (
          <span key={adapter}>
            <i style={{ background: colour(adapter) }} />
            {label(adapter)}
          </span>
        ))}
        {view.lost > 0 && (
          <span>
            <i style={{ background: '#c5201b' }} />
            {t('mobility.lost')}
          </span>
        )}
      </div>
      <p className="soft" data-testid="round-trip-summary" data-lost-count={view.lost} data-answered-count={view.answered}>
        {summary}
      </p>
    </>
  );
}
