// What a benchmark case is: a name shared with the peers, the work it does, and how to start it on a device.

import type { Plan } from "../../src/index.ts";
import type { Run } from "../measure.ts";

/** The size that is timed, or the tiny one of `--smoke` and of checks against the reference device. */
export type Scale = "full" | "small";

/** A case made ready on a device. */
export interface Job {
  readonly run: Run;
  /** Throws when the result of `run` is wrong. */
  readonly check: (result: ArrayLike<number>) => void;
  /** What the result was or will be compared with, for people. */
  readonly checked: string;
}

/** One case. */
export interface Case {
  readonly name: string;
  readonly about: string;
  /** Scalar operations of one run at full size, a multiply and add counted as two; decides what is too slow to run. */
  readonly work: number;
  readonly start: (scale: Scale, device: string) => Promise<Job>;
  /** The program of one run, on a device that is open; at full size if none is given. */
  readonly plan: (device: string, scale?: Scale) => Plan;
  /** The losses of a tiny model over so many training steps; training cases only. */
  readonly losses?: (device: string, steps: number) => Promise<readonly number[]>;
}

/** Numbers spread evenly over −1 … 1 from a seed, the same on every machine (mulberry32). */
export const noise = (seed: number, count: number): Float32Array => {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
};
