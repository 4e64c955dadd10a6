/** A sample's quantiles, in the sample's own unit. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Quantiles by nearest rank: every figure is a value that was really measured. Throws RangeError on an empty sample. */
export function percentilesOf(values: readonly number[]): Percentiles {
  return {
    count: values.length,
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    p99: quantile(values, 0.99),
    max: quantile(values, 1),
  };
}

/** The value that a share of the sample does not exceed; `share` above 0, at most 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  if (value === undefined) throw new RangeError("an empty sample has no quantile");
  return value;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
