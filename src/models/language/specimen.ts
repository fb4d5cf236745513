// A model on the bench: what it is built from, and what was done to it so far. Each way of making a model cheaper is a function from specimens to
// specimens, so that they follow each other in any order: pruned, then taught by what it was, then rounded, and trained on as each of these.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { evaluate, ready } from "../../core/run/evaluate.ts";
import { zipTrees } from "../../core/tree.ts";
import * as Compress from "../../nn/compress/index.ts";
import type { FitProblem } from "../../nn/train/index.ts";
import { notEqual } from "../../ops/arithmetic.ts";
import { invalidOption, isCount } from "../refusals.ts";
import { studentOf } from "./distil.ts";
import type { Model, Params } from "./model/transformer.ts";
import {
  type Between,
  type Corpus,
  type Learner,
  learnerOf,
  type Trained,
  type TrainingOptions,
  through,
  train,
  usualOptimizer,
} from "./training.ts";

/** A model with what holds for it from now on. */
export interface Specimen extends Model {
  /** Which weights are left, bool by leaf: the others are 0 and stay so. */
  readonly masks?: Params;
  /** How leaves are stored: what it is judged by, and learns to bear when it is trained on. */
  readonly formats?: Compress.Formats;
}

/** A specimen with less weights: those that are pruned already stay so. */
export const pruned =
  (pruning: Compress.Pruning) =>
  (specimen: Specimen): Specimen => {
    const masks = pruning(specimen.params, specimen.masks);
    return { ...specimen, masks, params: Compress.makePermanent(masks)(specimen.params) };
  };

/**
 * A specimen with no other masks than those of what is 0 in the leaves that are chosen, by leaf and path (those of two axes or more by default): what a file
 * that was pruned says no more. Without masks where nothing is 0.
 *
 * @example
 * import { Language } from "pullback/models";
 * import { Compress } from "pullback/nn";
 * const config = Language.configOf("nano", 8, { width: 4, heads: 2, layers: 1 });
 * const half = Language.pruned(Compress.magnitude({ sparsity: 0.5 }))({ config, params: Language.init(key(0), config) });
 * const { masks } = keepingZeros()({ config, params: half.params });
 * masks === undefined ? 0 : Compress.sparsityOf(masks) // 0.5
 */
export const keepingZeros =
  (choose?: Compress.ChooseOptions["choose"]) =>
  ({ masks: _, ...specimen }: Specimen): Specimen => {
    const whole = Compress.magnitude({ sparsity: 0, choose })(specimen.params);
    const masks = remasked(whole, specimen.params);
    return Compress.sparsityOf(masks) === 0 ? specimen : { ...specimen, masks };
  };

/** A specimen whose leaves are stored in other formats; every leaf of two axes or more where it is a format that is given. */
export const rounded =
  (formats: Compress.Formats | Compress.Format) =>
  (specimen: Specimen): Specimen => ({
    ...specimen,
    formats: isFormat(formats)
      ? Compress.formatsOf(specimen.params, Compress.matrices(formats))
      : formats,
  });

const isFormat = (it: Compress.Formats | Compress.Format): it is Compress.Format =>
  typeof it.kind === "string";

/** What a specimen's parameters pass through before they are used. */
const worn = ({ masks, formats }: Specimen) => {
  const masked = masks === undefined ? <P>(params: P): P => params : Compress.applyMask(masks);
  const coarse =
    formats === undefined ? <P>(params: P): P => params : Compress.fakeQuantizeTree(formats);
  return (params: Params): Params => coarse(masked(params));
};

/** Options of `trainable`. */
export interface Training {
  /** Who teaches it; the text alone when absent. */
  readonly teacher?: Model;
  readonly distillation?: Compress.DistillationOptions;
  readonly recompute?: boolean;
}

/** A specimen as a learner: what is pruned stays 0, and what is rounded learns to be (by gradients that go straight through). */
export const trainable = (
  specimen: Specimen,
  { teacher, distillation, recompute = false }: Training = {},
): Learner<Params> =>
  through(worn(specimen))(
    teacher === undefined
      ? learnerOf(specimen.config, specimen.params, { recompute })
      : studentOf(specimen, teacher, { ...distillation, recompute }),
  );

/** A specimen that was trained on, with how that went. */
export interface Tuned {
  readonly specimen: Specimen;
  readonly trained: Trained<Params>;
}

/** A specimen after more training on a text, by which no weight comes back that was pruned. */
export const tuned =
  (corpus: Corpus, options: TrainingOptions, training: Training = {}) =>
  (specimen: Specimen): TE.TaskEither<FitProblem, Tuned> =>
    pipe(
      train(corpus, trainable(specimen, training), options),
      TE.map((trained) => ({ specimen: withParams(specimen, trained.params), trained })),
    );

/** How weights go while a specimen is trained on. */
export interface Gradually {
  /** The share of the weights of matrices that is gone in the end. */
  readonly sparsity: number;
  /** In how many rounds they go, in the first three quarters of the training. */
  readonly rounds: number;
  /** Which leaves weights go from, by leaf and path; default: matrices. */
  readonly choose?: Compress.ChooseOptions["choose"];
}

/**
 * A specimen that lost its smallest weights round by round while it was trained on (Zhu & Gupta, 2017): fast at first, and none in the last quarter. Fails
 * with InvalidOption in f16 and with micro-batches, whose optimisers have no place for masks that grow, where there are less than four updates for three
 * rounds, and for a share or rounds that are none.
 */
export const prunedGradually =
  (
    corpus: Corpus,
    options: TrainingOptions,
    { sparsity, rounds, choose }: Gradually,
    training: Training = {},
  ) =>
  (specimen: Specimen): TE.TaskEither<FitProblem, Tuned> => {
    const { precision = "f32", microBatches = 1, iterations } = options;
    const { optimizer = usualOptimizer(options) } = options;
    const refuse = (rule: string, got: string) =>
      TE.left(invalidOption("Language.prunedGradually", rule, got));
    if (!(sparsity >= 0 && sparsity <= 1)) return refuse("a sparsity in 0…1", String(sparsity));
    if (!isCount(rounds, 1)) return refuse("rounds ≥ 1", String(rounds));
    const every = Math.floor((0.75 * iterations) / rounds);
    if (precision.startsWith("f16") || microBatches > 1 || every < 1) {
      const got = `${precision}, ${microBatches} micro-batches, ${iterations} updates and ${rounds} rounds`;
      return refuse("f32 or bf16, no micro-batches and four updates for three rounds", got);
    }
    const at = Compress.gradualSparsity({ final: sparsity, steps: rounds, every });
    const grown = (step: number, params: Params, masks: Params): Params =>
      Compress.magnitude({ sparsity: at(step), of: "all", choose })(params, masks);
    const first = Compress.magnitude({ sparsity: 0, choose })(specimen.params, specimen.masks);
    const between: Between<Params> = async (state, { step }) => {
      if (step % every !== 0 || step > rounds * every) return state;
      const { params, optimizer: inner } = await ready(state);
      const before = (inner as Compress.MaskedState).masks as Params; // the optimiser is `masked`
      const masks = grown(step, params, before);
      return {
        ...state,
        params: Compress.makePermanent(masks)(params),
        optimizer: Compress.remask(masks)(inner as Compress.MaskedState),
      };
    };
    const masked = {
      ...options,
      optimizer: (updates: number) => Compress.masked(first)(optimizer(updates)),
      settings: { ...(options.settings ?? {}), sparsity, rounds },
    };
    return pipe(
      train(corpus, trainable(specimen, training), masked, between),
      // Masks are in the parameters, for a run that was resumed behind its last round, too.
      TE.map((trained) => ({
        specimen: {
          ...specimen,
          params: trained.params,
          masks: remasked(first, trained.params),
        },
        trained,
      })),
    );
  };

/** Masks of what is 0 in the leaves that have masks of their own; those of the others stay. */
const remasked = (masks: Params, params: Params): Params =>
  zipTrees((mask, x) => (mask.shape.length === 0 ? mask : evaluate(notEqual(x, 0))), masks, params);

const withParams = (specimen: Specimen, params: Params): Specimen => ({
  ...specimen,
  params: specimen.masks === undefined ? params : Compress.makePermanent(specimen.masks)(params),
});

/** What a specimen is stored as: parts of leaves in their formats. */
export interface Stored {
  readonly formats: Compress.Formats;
  readonly packed: Compress.Packed<Params>;
}

/** A specimen's parameters as they are stored. */
export const stored = ({ params, formats = {} }: Specimen): Stored => ({
  formats,
  packed: Compress.pack(formats)(params),
});
