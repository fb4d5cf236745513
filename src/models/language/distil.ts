// Students that learn from a teacher: from its probabilities of all tokens (Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network",
// 2015), and from what its layers make on the way (Romero et al., "FitNets", ICLR 2015). Both are learners, and train as any other.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import * as Compress from "../../nn/compress/index.ts";
import { normalWith } from "../../nn/init.ts";
import { add, div, mul } from "../../ops/arithmetic.ts";
import { foldIn } from "../../ops/random.ts";
import type { Config } from "./model/config.ts";
import { logits, logitsAndHidden, type Model, type Params } from "./model/transformer.ts";
import type { Learner } from "./training.ts";

const requireSymbols = (op: string, student: Config, teacher: Config): void => {
  if (student.symbols !== teacher.symbols) {
    const rule = `a teacher of ${student.symbols} symbols expected, as the student`;
    fail(op, "ShapeMismatch", rule, String(teacher.symbols));
  }
};

/** Options of `studentOf`. */
export interface StudentOptions extends Compress.DistillationOptions {
  /** Whether what is inside of the student's layers is computed again in the backward pass; default false. */
  readonly recompute?: boolean;
}

/**
 * A learner whose loss is (1 − α) · cross-entropy + α · T² · KL(teacher ‖ student), both softened by T. No gradient goes into the teacher. Fails with
 * ShapeMismatch for a teacher of other symbols.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf, init, studentOf } = Language;
 * const modelOf = (width: number) => {
 *   const config = configOf("nano", 5, { width, heads: 2, layers: 1 });
 *   return { config, params: init(key(0), config) };
 * };
 * studentOf(modelOf(4), modelOf(8), { temperature: 2 }).logits(modelOf(4).params, zeros([1, 3], "i32")) // → [1, 3, 5]
 */
export const studentOf = (
  student: Model,
  teacher: Model,
  { recompute = false, ...options }: StudentOptions = {},
): Learner<Params> => {
  requireSymbols("studentOf", student.config, teacher.config);
  const { config, params } = student;
  const cost = Compress.distillationLoss(options);
  return {
    params,
    loss: (own, { tokens, following }, drawn) =>
      cost(
        logits(config, own, { key: drawn, recompute })(tokens),
        logits(teacher.config, teacher.params)(tokens),
        following,
      ),
    logits: (own, tokens) => logits(config, own)(tokens),
  };
};

/** A student with what takes its hidden states to those of the teacher: [student width, teacher width] for each of its layers and the embedding. */
export interface Imitator {
  readonly model: Params;
  readonly projections: readonly Tensor[];
}

/** Options of `imitatorOf`. */
export interface ImitationOptions extends Compress.DistillationOptions {
  /** What the distance of hidden states is multiplied by, beside the loss of `studentOf`; default 1. */
  readonly weight?: number;
  /** What projections are drawn from. */
  readonly key: Tensor;
}

/**
 * A learner with the loss of `studentOf` and, times a weight, the mean squared distance of its hidden states, projected, from those of the teacher: layer i of n
 * looks at layer i · N / n of N, rounded. What is wanted in the end is `model` of what is trained.
 */
export const imitatorOf = (
  student: Model,
  teacher: Model,
  { weight = 1, key, ...options }: ImitationOptions,
): Learner<Imitator> => {
  requireSymbols("imitatorOf", student.config, teacher.config);
  const { config, params } = student;
  const cost = Compress.distillationLoss(options);
  const scale = normalWith(1 / Math.sqrt(config.width));
  const projections = Array.from({ length: config.layers + 1 }, (_, i) =>
    scale(foldIn(key, i), [config.width, teacher.config.width]),
  );
  const layerOf = (i: number): number => Math.round((i * teacher.config.layers) / config.layers);
  return {
    params: { model: params, projections },
    loss: (own, { tokens, following }, drawn) => {
      const ours = logitsAndHidden(config, own.model, { key: drawn })(tokens);
      const theirs = logitsAndHidden(teacher.config, teacher.params)(tokens);
      const distances = ours.hidden.map((hidden, i) =>
        Compress.hiddenLoss({ projection: own.projections[i] as Tensor })(
          hidden,
          theirs.hidden[layerOf(i)] as Tensor, // a layer of the teacher
        ),
      );
      const distance = div(
        distances.reduce((a, b) => add(a, b)),
        distances.length,
      );
      return add(cost(ours.logits, theirs.logits, following), mul(distance, weight));
    },
    logits: (own, tokens) => logits(config, own.model)(tokens),
  };
};
