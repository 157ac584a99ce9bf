import type { ReactNode } from 'react';
import { formatNumber, safeText, t } from '../../src-text';
import type { Switch } from './round-trips';

/** Pixels; a lower one leaves room for the outage above it. */
const frame = { width: 334, left: 38, right: 6, top: 16, bottom: 18 };
const heights = { normal: 148, low: 104 };

/**
 * Told apart without red and green; the legend and the marks say the same in words. Defined in theme/chart.css, darker
 * and lighter.
 */
const colours = 6;

export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** Where a moment and a value are: `span` milliseconds before `now`, and up to `ceiling` milliseconds. */
export function plotOf(now: number, span: number, ceiling: number, low: boolean): Plot {
  const height = low ? heights.low : heights.normal;
  const inner = { width: frame.width - frame.left - frame.right, height: height - frame.top - frame.bottom };
  return {
    ...frame,
    height,
    bottom: frame.top + inner.height,
    x: (at) => frame.left + inner.width * (1 - (now - at) / span),
    y: (value) => frame.top + inner.height * (1 - Math.min(1.04, value / ceiling)),
  };
}

/** The same colour for an adapter as long as the computer lists it. */
export function colourOf(adapter: string, order: readonly string[], seen: readonly string[]): string {
  const index = order.indexOf(adapter);
  return `var(--line-${((index < 0 ? order.length + seen.indexOf(adapter) : index) % colours) + 1})`;
}

const axis = (value: number): string => formatNumber(value, Number.isInteger(value) ? 0 : value < 1 ? 2 : 1);
export const milliseconds = (value: number): string => formatNumber(value, value < 10 ? 1 : 0);

/** Lines, numbers and times around the plot. `times`: share of the span from the right, with its text. */
export function Grid({
  plot,
  ceiling,
  times,
}: {
  readonly plot: Plot;
  readonly ceiling: number;
  readonly times: readonly { readonly part: number; readonly text: string }[];
}): ReactNode {
  const innerHeight = plot.bottom - plot.top;
  const innerWidth = plot.width - plot.left - plot.right;
  return (
    <>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <line
          key={part}
          className="grid"
          x1={plot.left}
          x2={plot.width - plot.right}
          y1={plot.bottom - innerHeight * part}
          y2={plot.bottom - innerHeight * part}
        />
      ))}
      {[0, 0.5, 1].map((part) => (
        <text
          key={part}
          className="axis-text"
          x={plot.left - 4}
          y={plot.bottom - innerHeight * part + 3}
          textAnchor="end"
        >
          {part === 1 ? t('mobility.milliseconds', { value: axis(ceiling) }) : axis(ceiling * part)}
        </text>
      ))}
      {times.map(({ part, text }) => (
        <text
          key={part}
          className="axis-text"
          x={plot.left + innerWidth * (1 - part)}
          y={plot.height - 5}
          textAnchor={part === 0 ? 'end' : part === 1 ? 'start' : 'middle'}
        >
          {text}
        </text>
      ))}
    </>
  );
}

/** The moments of the switches; the newest few are also named, so that a day of them stays readable. */
export function Switches({
  plot,
  switches,
  label,
}: {
  readonly plot: Plot;
  readonly switches: readonly Switch[];
  readonly label: (adapter: string) => string;
}): ReactNode {
  const named = switches.length <= 4;
  return switches.slice(-60).map(({ at, to }) => {
    const near = plot.x(at) > plot.width - 90;
    return (
      <g key={at} data-switch={to}>
        <line className="switch-line" x1={plot.x(at)} x2={plot.x(at)} y1={plot.top - 4} y2={plot.bottom} />
        {named && (
          <text
            className="switch-text"
            x={plot.x(at) + (near ? -3 : 3)}
            y={plot.top - 5}
            textAnchor={near ? 'end' : 'start'}
          >
            {t('mobility.switch', { adapter: label(to) })}
          </text>
        )}
      </g>
    );
  });
}

interface LegendProps {
  readonly adapters: readonly string[];
  readonly lost: number;
  readonly colour: (adapter: string) => string;
  readonly label: (adapter: string) => string;
}

export function Legend({ adapters, lost, colour, label }: LegendProps): ReactNode {
  return (
    <div className="legend">
      {adapters.map((adapter) => (
        <span key={adapter}>
          <i style={{ background: colour(adapter) }} />
          {label(adapter)}
        </span>
      ))}
      {lost > 0 && (
        <span>
          <i className="lost" />
          {t('mobility.lost')}
        </span>
      )}
    </div>
  );
}

export interface Counted {
  readonly answered: number;
  readonly lost: number;
  readonly last: number | null;
  readonly longest: number | null;
}

export function summaryOf(view: Counted): string {
  if (view.answered + view.lost === 0) return t('mobility.no-samples');
  const numbers = {
    count: view.answered,
    lost: view.lost,
    longest: view.longest === null ? '-' : milliseconds(view.longest),
  };
  return view.last === null
    ? t('mobility.summary-lost', numbers)
    : t('mobility.summary', { ...numbers, last: milliseconds(view.last) });
}

/** What every chart of round trips is given. */
export interface ChartProps {
  readonly connection: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Adapters in the order the person knows them, so that a colour keeps its adapter. */
  readonly order: readonly string[];
  readonly low: boolean;
}

export const labelIn =
  (labels: Readonly<Record<string, string>>) =>
  (adapter: string): string =>
    safeText(labels[adapter] ?? adapter, 40);
