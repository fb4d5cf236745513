// How much memory a training step takes, from its plan, before it is ever run, whatever model it trains.

import { compile } from "../core/run/compile.ts";
import { deviceOf } from "./running.ts";

/** Bytes of a training step. */
export interface StepMemory {
  /** Of everything that is alive at once, at most: parameters, optimiser, batch and temporaries. */
  readonly peakBytes: number;
  /** Of temporaries alone: what waits for the backward pass is among them. */
  readonly temporaryBytes: number;
}

/** What a step takes that goes from a state, which it takes over, to the next by a batch, by the plan that it is run by. */
export const memoryOf = <S, B>(
  step: (state: S, batch: B) => unknown,
  state: S,
  batch: B,
  device?: string,
): StepMemory => {
  const { peakBytes, arenaBytes } = compile(step, { donate: [0], ...deviceOf(device) }).plan(
    state,
    batch,
  );
  return { peakBytes, temporaryBytes: arenaBytes };
};
