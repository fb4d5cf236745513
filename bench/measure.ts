// How a run is timed, by our worker and by the TensorFlow.js peer alike: a first call, whose result is checked; warm-up;
// then as many repetitions as the budget allows, nine or more where it can. peers/torch_peer.py does the same.

import { readFileSync } from "node:fs";

/** The numbers that a run computed, or how to read them: copying them is no part of the work. */
export type Outcome = ArrayLike<number> | (() => ArrayLike<number>);

/** One unit of work; gives what it computed. */
export type Run = () => Outcome | Promise<Outcome>;

/** The numbers of an outcome. */
export const numbersOf = (outcome: Outcome): ArrayLike<number> =>
  typeof outcome === "function" ? outcome() : outcome;

/** How often and how long. */
export interface Budget {
  /** A fixed number of repetitions; 0 lets the time decide. */
  readonly repeat: number;
  /** Milliseconds that the repetitions may take together. */
  readonly budgetMs: number;
}

/** Milliseconds: the first call, compilation included, and the repetitions after warm-up. */
export interface Timing {
  readonly firstMs: number;
  readonly samples: readonly number[];
  /** What calls took together once V8 had settled, and what of it they spent inside compiled programs; 0 where nobody knows. */
  readonly loopMs: number;
  readonly insideMs: number;
}

const warmUpRuns = 3;
const settlingMs = 200; // until V8 has optimised most of what small programs call
const warmUpMs = 1000; // long enough for V8 to optimise, and for memory to be used again rather than anew
const usualMs = 1500;
const fewest = 11;
const most = 51;

/** The middle of the numbers in order of size; NaN when there are none. */
export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
};

/** Calls after which V8 has optimised what is called, or soon will have. */
const callsToOptimise = 20;
const optimiseMs = 60;
/** Calls of which the fastest counts, and how long they go on at least: some fall between what else the machine does. */
const fastestOf = 25;
const fastestMs = 120;

/** The least of what a clock says after warm-up, in its unit: what is possible, where `measure` says what is usual. */
export const fastest = (time: () => number): number => {
  const leastOf = (calls: number, ms: number): number => {
    const start = performance.now();
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < calls || performance.now() - start < ms; i++)
      least = Math.min(least, time());
    return least;
  };
  leastOf(callsToOptimise, optimiseMs);
  return leastOf(fastestOf, fastestMs);
};

/** Times the run. `check` sees the result of the first call, and throws if it is wrong; `inside` is a clock that goes while programs run. */
export const measure = async (
  run: Run,
  check: (result: ArrayLike<number>) => void,
  { repeat, budgetMs }: Budget,
  inside: () => number = () => 0,
): Promise<Timing> => {
  const [firstMs, result] = await timed(run);
  check(numbersOf(result));
  let warm = firstMs;
  let settled = { at: warm, inside: inside() };
  // One repetition is no measurement: `--smoke` asks only whether everything runs.
  const isMeasured = repeat !== 1;
  for (
    let runs = 1;
    isMeasured && (runs < warmUpRuns || warm < warmUpMs) && warm < budgetMs / 5;
    runs++
  ) {
    warm += (await timed(run))[0];
    if (warm - firstMs < settlingMs) settled = { at: warm, inside: inside() };
  }
  const [typicalMs] = await timed(run);
  const wanted = Math.min(most, Math.max(fewest, Math.floor(usualMs / typicalMs)));
  const runs =
    repeat > 0 ? repeat : Math.max(1, Math.min(wanted, Math.floor(budgetMs / typicalMs)));
  const samples: number[] = [];
  for (let i = 0; i < runs; i++) samples.push((await timed(run))[0]);
  const loopMs = warm - settled.at + typicalMs + total(samples);
  return { firstMs, samples, loopMs, insideMs: inside() - settled.inside };
};

const timed = async (run: Run): Promise<readonly [number, Outcome]> => {
  const start = performance.now();
  const result = await run();
  return [performance.now() - start, result];
};

/** The sum of numbers. */
export const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Throws unless every number is finite. */
export const requireFinite = (result: ArrayLike<number>): void => {
  for (let i = 0; i < result.length; i++) {
    if (!Number.isFinite(result[i])) throw new Error(`entry ${i} of the result is ${result[i]}`);
  }
};

/** Peak resident memory of this process in MiB. */
export const peakMB = (): number => {
  // Linux hands the peak of the parent down to `maxRSS` of a child; VmHWM belongs to the process itself.
  try {
    const own = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (own !== undefined) return Number(own) / 1024;
  } catch {
    // Other systems have no /proc.
  }
  return process.resourceUsage().maxRSS / 1024;
};

/** Milliseconds, megabytes and ratios as they are printed: three decimals. */
export const rounded = (number: number): number => Math.round(number * 1000) / 1000;
