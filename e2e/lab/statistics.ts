export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** "3.2 / 7.9 ms": median and largest. */
export const medianAndLargest = (values: readonly number[]): string =>
  `${median(values).toFixed(1)} / ${largest(values).toFixed(1)} ms`;
