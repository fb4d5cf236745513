// What recipes ask for, done: models trained from nothing, or the study's own taken and changed step by step.

import { dirname, join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { key, mul } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { Compress, chain, type FitProblem, scale } from "../../../src/nn/index.ts";
import { folderOf } from "../../study/study.ts";
import { isPruned } from "../shrink.ts";
import { optimizerNamed } from "./optimizers.ts";
import type { Recipe, Scratch, Step } from "./recipes.ts";
import type { Sizes } from "./sizes.ts";

/** Where a recipe is carried out. */
export interface Place {
  readonly corpus: Language.Corpus & { readonly symbols: number };
  readonly seed: number;
  readonly sizes: Sizes;
  /** For the checkpoints of this run. */
  readonly folder: string;
  /** The text's name, by which the study's model of it is found. */
  readonly text: string;
  /** Options of `fit` for a run in a folder that is shown by a name. */
  readonly running: (name: string, folder: string) => Partial<Language.TrainingOptions>;
}

/** A model that was made, and how its training from nothing went, where it was trained so. */
export interface Made {
  readonly specimen: Language.Specimen;
  readonly trained?: Language.Trained<unknown>;
  /** Bytes of a step of that training. */
  readonly memory?: Language.StepMemory;
}

type Outcome<A> = TE.TaskEither<FitProblem | "interrupted", A>;

const configFor = ({ corpus, sizes }: Place, changes: Partial<Language.Config> = {}) => {
  const { symbols: _, ...rest } = changes; // that of the text
  return Language.configOf("nano", corpus.symbols, {
    ...sizes.changes,
    ...rest,
    ...(sizes.isSmoke ? sizes.changes : {}),
  });
};

const optionsOf = (
  place: Place,
  { rate = 1, precision = "f32", optimizer = "AdamW", factor = 1 }: Scratch,
) => {
  const { iterations, batchSize, time, learningRate } = place.sizes;
  const peak = rate * learningRate;
  const own = optimizerNamed(optimizer, peak);
  return {
    seed: place.seed,
    iterations,
    batchSize,
    time,
    learningRate: peak,
    optimizer: (updates) => (factor === 1 ? own(updates) : chain(scale(1 / factor), own(updates))),
    precision,
    evaluateEvery: Math.ceil(iterations / 8),
    settings: { optimizer },
  } satisfies Language.TrainingOptions;
};

/** Refuses a run that was broken off. */
const whole = <P>(
  run: TE.TaskEither<FitProblem, Language.Trained<P>>,
): Outcome<Language.Trained<P>> =>
  pipe(
    run,
    TE.filterOrElseW(
      ({ outcome }) => outcome !== "interrupted",
      () => "interrupted" as const,
    ),
  );

/** The study's model of a seed, trained once and found again by its checkpoint. */
const baseOf = (place: Place): Outcome<Made> => {
  const { sizes, seed, text } = place;
  const name = `${text}, baseline, seed ${seed}`;
  const folder = join(dirname(place.folder), folderOf(name, sizes));
  return fromScratch({ ...place, folder }, {}, name);
};

/** A learner with its loss multiplied by a factor. */
const multiplied = <P>(learner: Language.Learner<P>, factor: number): Language.Learner<P> => ({
  ...learner,
  loss: (own, batch, drawn) => mul(factor)(learner.loss(own, batch, drawn)),
});

const fromScratch = (place: Place, scratch: Scratch, name: string): Outcome<Made> => {
  const config = configFor(place, scratch.changes);
  const params = Language.init(key(place.seed), config);
  const options = { ...optionsOf(place, scratch), ...place.running(name, place.folder) };
  const trainOf = <P>(learner: Language.Learner<P>, paramsOf: (trained: P) => Language.Params) =>
    pipe(
      whole(Language.train(place.corpus, learner, options)),
      TE.map(
        (trained): Made => ({
          specimen: { config, params: paramsOf(trained.params) },
          trained,
          memory: Language.stepMemory(learner, options),
        }),
      ),
    );
  if (scratch.taughtBy === undefined)
    return trainOf(multiplied(Language.learnerOf(config, params), scratch.factor ?? 1), (it) => it);
  return pipe(
    baseOf(place),
    TE.chain(({ specimen: teacher }) =>
      scratch.taughtBy === "probabilities"
        ? trainOf(Language.studentOf({ config, params }, teacher), (trained) => trained)
        : trainOf(
            Language.imitatorOf({ config, params }, teacher, { key: key(place.seed + 1) }),
            ({ model }) => model,
          ),
    ),
  );
};

/** How a model is trained on: for a share of the iterations, with other pieces of the text. */
const tuneOptions = (
  place: Place,
  { share, name }: { readonly share: number; readonly name: string },
): Language.TrainingOptions => {
  const { optimizer: _, ...options } = optionsOf(place, { rate: place.sizes.tuneRate });
  const iterations = Math.max(12, Math.round(share * place.sizes.iterations));
  return {
    ...options,
    seed: place.seed + 1000,
    iterations,
    evaluateEvery: iterations,
    settings: { name },
    ...place.running(name, join(place.folder, name.replaceAll(/[^\w.]+/g, "-"))),
  };
};

const finished = (run: TE.TaskEither<FitProblem, Language.Tuned>): Outcome<Language.Specimen> =>
  pipe(
    run,
    TE.filterOrElseW(
      ({ trained }) => trained.outcome !== "interrupted",
      () => "interrupted" as const,
    ),
    TE.map(({ specimen }) => specimen),
  );

/** What is pruned, as by the command. */
const choose = isPruned;

const pruningOf = (
  how: (Step & { do: "prune" })["how"],
  sparsity: number,
  seed: number,
): Compress.Pruning => {
  switch (how) {
    case "magnitude":
      return Compress.magnitude({ sparsity, choose });
    case "magnitude over all leaves":
      return Compress.magnitude({ sparsity, choose, scope: "global" });
    case "random":
      return Compress.random(key(seed), { sparsity, choose });
    case "2:4":
      return Compress.nOfM({ n: 2, m: 4, choose });
  }
};

/** Prunes round by round while it is trained on. */
const pruneGradually = (
  place: Place,
  specimen: Language.Specimen,
  { share, ...gradually }: Step & { do: "prune gradually" },
  name: string,
): Outcome<Language.Specimen> =>
  finished(
    Language.prunedGradually(place.corpus, tuneOptions(place, { share, name }), {
      ...gradually,
      choose,
    })(specimen),
  );

const slimmed = (
  specimen: Language.Specimen,
  { heads, neurons }: Step & { do: "slim" },
): Language.Specimen => {
  const { config, params } = specimen;
  const part = (n: number, share = 1): number => Math.max(1, Math.round(n * share));
  return Language.slim({
    heads: part(config.heads, heads),
    hidden: part(config.hidden ?? 4 * config.width, neurons),
  })(config, params);
};

const apply = (
  place: Place,
  teacher: Language.Model,
  step: Step,
  name: string,
): ((specimen: Language.Specimen) => Outcome<Language.Specimen>) => {
  switch (step.do) {
    case "prune":
      return (it) => TE.right(Language.pruned(pruningOf(step.how, step.sparsity, place.seed))(it));
    case "prune gradually":
      return (it) => pruneGradually(place, it, step, name);
    case "slim":
      return (it) => TE.right(slimmed(it, step));
    case "round":
      return (it) =>
        TE.right({
          ...Language.rounded(step.format)(it),
          config: step.activations === true ? { ...it.config, activations: "int8" } : it.config,
        });
    case "tune":
      return (it) =>
        finished(
          Language.tuned(
            place.corpus,
            tuneOptions(place, { share: step.share, name }),
            step.taught === true ? { teacher } : {},
          )(it),
        );
  }
};

/** Carries out a recipe. */
export const make = (
  place: Place,
  name: string,
  { scratch, steps = [] }: Recipe,
): Outcome<Made> => {
  const beginning =
    scratch === undefined || Object.keys(scratch).length === 0
      ? baseOf(place)
      : fromScratch(place, scratch, name);
  return pipe(
    beginning,
    TE.chain((begun) =>
      steps.length === 0
        ? TE.right(begun)
        : pipe(
            steps.reduce<Outcome<Language.Specimen>>(
              (before, step, i) =>
                pipe(
                  before,
                  TE.chain(apply(place, begun.specimen, step, `${name}, step ${i + 1}`)),
                ),
              TE.right(begun.specimen),
            ),
            TE.map((specimen): Made => ({ specimen })),
          ),
    ),
  );
};
