// How the time of a step enters a forecaster: as sines of the phase of known cycles, as learned sines, or
// as a learned vector for each part of a cycle.

import type { Tensor } from "../../../core/tensor.ts";
import * as Time2Vec from "../../../nn/time2vec.ts";
import { cast, floor, minimum, mul } from "../../../ops/arithmetic.ts";
import { cos, sin } from "../../../ops/functions.ts";
import { take } from "../../../ops/gather.ts";
import { normal, splitKey } from "../../../ops/random.ts";
import { narrow } from "../../../ops/slice.ts";
import { concat, squeeze } from "../../../ops/structural.ts";
import { type Config, calendarParts, harmonics, learnedTimeWidth } from "./config.ts";

/** Learned sines, or a table [parts, width] for each cycle; nothing for "phase" and "none". */
export interface Params {
  readonly waves?: Time2Vec.Params;
  readonly tables?: readonly Tensor[];
}

/** Random weights of the encoding. */
export const init = (key: Tensor, { time, cycles }: Pick<Config, "time" | "cycles">): Params => {
  switch (time) {
    case "time2vec":
      return { waves: Time2Vec.init(key, { width: learnedTimeWidth }) };
    case "calendar":
      return {
        tables: splitKey(key, cycles).map((each) =>
          mul(normal(each, [calendarParts, learnedTimeWidth]), 0.1),
        ),
      };
    case "phase":
    case "none":
      return {};
  }
};

/**
 * The encoding of each step, or undefined when there is none to give.
 *
 *   clock [batch, window, cycles + 1]: phases in 0…1, then hours   → [batch, window, width]
 */
export const apply =
  ({ waves, tables }: Params, { time, cycles }: Pick<Config, "time" | "cycles">) =>
  (clock: Tensor): Tensor | undefined => {
    const phases = narrow(clock, 2, 0, cycles);
    switch (time) {
      case "phase": {
        if (cycles === 0) return undefined;
        const angle = (harmonic: number) => mul(phases, 2 * Math.PI * harmonic);
        const orders = Array.from({ length: harmonics }, (_, k) => k + 1);
        return concat({ axis: 2 })(orders.flatMap((k) => [sin(angle(k)), cos(angle(k))]));
      }
      case "time2vec":
        return Time2Vec.apply(waves as Time2Vec.Params)(squeeze(2)(narrow(clock, 2, cycles, 1))); // init made them
      case "calendar": {
        if (cycles === 0) return undefined;
        // A phase just below 1 may be rounded to 1.
        const part = cast("i32")(minimum(floor(mul(phases, calendarParts)), calendarParts - 1));
        const vectors = (tables as readonly Tensor[]).map(
          (
            table,
            k, // init made them
          ) => take({ axis: 0 })(table, squeeze(2)(narrow(part, 2, k, 1))),
        );
        return concat({ axis: 2 })(vectors);
      }
      case "none":
        return undefined;
    }
  };
