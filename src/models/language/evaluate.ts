// How well a model knows a text: the mean of what it pays for each token, over all of it.

import { fail } from "../../core/errors.ts";
import { compile } from "../../core/run/compile.ts";
import { ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { cast, mul, notEqual } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/broadcast.ts";
import { stack } from "../../ops/structural.ts";
import { isCount } from "../refusals.ts";
import { deviceOf } from "../running.ts";
import { allWindows, type Batch, nothing, type WindowOptions } from "./windows.ts";

/** How a model is judged. */
export interface JudgeOptions extends WindowOptions {
  /** Pieces that are read at once; default 64. */
  readonly batchSize?: number;
  readonly device?: string | undefined;
}

/** What a model pays for a text. */
export interface Judgement {
  /** Mean of −ln p over the tokens: nats a token. */
  readonly loss: number;
  /** How many tokens were predicted. */
  readonly tokens: number;
}

/**
 * A judge of texts that compiles once: the mean loss over all tokens of a text but the first, each predicted from those before it in its piece, which are side
 * by side: the first of a piece has only one before it.
 */
export const judgeOf = <P>(
  logits: (params: P, tokens: Tensor) => Tensor,
  { time, batchSize = 64, device }: JudgeOptions,
): ((params: P, text: Int32Array) => Promise<Judgement>) => {
  if (!isCount(batchSize, 1))
    fail("judgeOf", "InvalidArgument", "a whole batchSize ≥ 1 expected", String(batchSize));
  const paid = compile((params: P, { tokens, following }: Batch) => {
    const count = sum(cast("f32")(notEqual(following, nothing)));
    const mean = crossEntropy({ ignoreIndex: nothing })(logits(params, tokens), following);
    return stack({ axis: 0 })([mul(mean, count), count]);
  }, deviceOf(device));
  return async (params, text) => {
    const pieces = allWindows(text, { time });
    let [loss, tokens] = [0, 0];
    for (let from = 0; from < pieces.length; from += batchSize) {
      const size = Math.min(batchSize, pieces.length - from);
      const batch = await pieces.batch(Array.from({ length: size }, (_, i) => from + i));
      const [some, count] = values(await ready(paid(params, batch))) as unknown as [number, number];
      loss += some;
      tokens += count;
    }
    return { loss: loss / tokens, tokens };
  };
};
