// Examples as arrays: batches of windows and targets, dealt in order of time or shuffled by a seed.

import { shuffled } from "./prng.ts";
import type { ServiceSeries } from "./series.ts";
import type { Part, Windows } from "./windows.ts";

/** Examples as arrays in C order. x and y are in deviations. */
export interface Batch {
  readonly size: number;
  /** [batch, window, node, feature] */
  readonly x: Float32Array;
  /** [batch, node, target, horizon] */
  readonly y: Float32Array;
  /**
   * [batch, window, cycles + 1]: the phase of each cycle in 0 … 1, then the hours since the series
   * began.
   */
  readonly clock: Float32Array;
}

/** The batch of the examples with these present steps. */
export const gather =
  (windows: Windows) =>
  (examples: readonly number[]): Batch => {
    const { scaled, series, window, targets, horizons, cycleSeconds } = windows;
    const nodes = series.services.length;
    const columns = nodes * series.features.length;
    const x = new Float32Array(examples.length * window * columns);
    const y: number[] = [];
    const clock: number[] = [];
    for (const [k, now] of examples.entries()) {
      const begin = now - window + 1;
      x.set(scaled.subarray(begin * columns, (now + 1) * columns), k * window * columns);
      for (let step = begin; step <= now; step++) {
        clock.push(...clockAt(series, cycleSeconds, step));
      }
      for (let node = 0; node < nodes; node++) {
        for (const target of targets) {
          for (const ahead of horizons) {
            const row = (now + ahead) * nodes + node;
            y.push(scaled[row * series.features.length + target] as number);
          }
        }
      }
    }
    return { size: examples.length, x, y: Float32Array.from(y), clock: Float32Array.from(clock) };
  };

/** Phases and hours; unix time 0 was a Thursday, from which the phase of the week counts. */
const clockAt = (
  { times }: ServiceSeries,
  cycleSeconds: readonly number[],
  step: number,
): readonly number[] => {
  const time = times[step] as number;
  const hours = (time - (times[0] as number)) / 3600;
  return [...cycleSeconds.map((cycle) => time / cycle - Math.floor(time / cycle)), hours];
};

/** How to deal examples into batches. */
export interface BatchOptions {
  readonly size: number;
  /** Shuffles by this seed and the epoch; in order of time when absent. */
  readonly shuffle?: { readonly seed: number; readonly epoch: number };
  /**
   * Whether to leave out a last batch that is not full: a compiled step wants one shape. False by
   * default.
   */
  readonly dropLast?: boolean;
}

/**
 * The examples of each batch. The same options give the same batches, so a run can be resumed at
 * any of them. Throws a RangeError for a size below 1.
 */
export const deal = (
  examples: readonly number[],
  { size, shuffle, dropLast = false }: BatchOptions,
): readonly (readonly number[])[] => {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new RangeError(`deal: a batch size of at least 1 expected, got ${size}`);
  }
  const order = shuffle === undefined ? examples : shuffled(shuffle.seed, shuffle.epoch)(examples);
  const count = dropLast ? Math.floor(order.length / size) : Math.ceil(order.length / size);
  return Array.from({ length: count }, (_, k) => order.slice(k * size, (k + 1) * size));
};

/** The batches of one part of the series, made one by one. */
export function* batches(windows: Windows, part: Part, options: BatchOptions): Generator<Batch> {
  for (const examples of deal(windows.examples[part], options)) yield gather(windows)(examples);
}
