// One run of the study: a contender made by its recipe from a seed, stored as it would be passed on, and judged on the whole validation text.

import { statSync } from "node:fs";
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, leavesOf, printDevice } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import {
  Compress,
  printFileProblem,
  printFitProblem,
  saveTree,
  summary,
} from "../../../src/nn/index.ts";
import type { AnyJob, Failure, Finished, Run } from "../../study/study.ts";
import { secondsSince, trainingOf } from "../../study/training.ts";
import { shareOfZeros } from "../zeros.ts";
import { type Recipe, recipes } from "./recipes.ts";
import type { Sizes, StudyText, TextName } from "./sizes.ts";
import { type Made, make } from "./workshop.ts";

/** What to run. */
export interface Job extends AnyJob {
  readonly text: TextName;
  readonly seed: number;
}

/** What came of it. */
export interface Result extends Job, Finished {
  readonly sizes: Sizes;
  /** Of the validation text, in nats a character; null where training came to a loss that is no number. */
  readonly loss: number | null;
  /** Bytes of the file that the model is passed on in. */
  readonly bytes: number;
  /** The share of weights that are 0. */
  readonly sparsity: number;
  /** Of training from nothing: losses of the validation text on the way, and bytes of temporaries of a step by its plan. */
  readonly curve?: readonly { readonly iteration: number; readonly loss: number }[];
  readonly temporaryBytes?: number;
}

/** A run's name. */
export const nameOf = ({ text, contender, seed }: Job): string =>
  `${text}, ${contender}, seed ${seed}`;

/** What opens the text of a job. */
export type TextLoader = (name: TextName) => TE.TaskEither<string, StudyText>;

/** Judges a model by what it is stored as. */
const judged = async (
  { specimen, trained, memory }: Made,
  corpus: StudyText,
  { sizes, device, folder }: Run<Sizes>,
): Promise<Omit<Result, keyof Job | keyof Finished>> => {
  const { formats, packed } = Language.stored(specimen);
  const unpack = Compress.unpack(formats);
  const judge = Language.judgeOf(
    (parts: typeof packed, tokens) => Language.logits(specimen.config, unpack(parts))(tokens),
    { time: sizes.time, device },
  );
  const { loss } = await judge(packed, corpus.validation);
  const path = join(folder, "model.safetensors");
  const saved = await (specimen.masks === undefined
    ? Compress.savePacked(path, { formats, packed })
    : saveTree(path, Compress.packSparse()(packed), { formats: JSON.stringify(formats) }))();
  if (saved._tag === "Left") throw new Error(printFileProblem(saved.left)); // into the folder of its checkpoints
  return {
    loss,
    bytes: statSync(path).size,
    sparsity: shareOfZeros(leavesOf(specimen.params)),
    ...(trained === undefined ? {} : { curve: trained.validation }),
    ...(memory === undefined ? {} : { temporaryBytes: memory.temporaryBytes }),
  };
};

/** Carries out a run. */
export const carryOut = (
  job: Job,
  run: Run<Sizes>,
  load: TextLoader,
): TE.TaskEither<Failure, Result> =>
  pipe(
    load(job.text),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.chain((corpus) => {
      const start = performance.now();
      const recipe = recipes.get(job.contender) as Recipe; // jobs are made of its names
      let isResumed = false;
      const place = {
        corpus,
        seed: job.seed,
        sizes: run.sizes,
        folder: run.folder,
        text: job.text,
        running: (name: string, folder: string) => {
          const training = trainingOf(name, { ...run, folder }, start);
          const onStep = training.options.onStep;
          return {
            ...training.options,
            onStep: (progress: Parameters<NonNullable<typeof onStep>>[0]) => {
              onStep?.(progress);
              isResumed ||= training.isResumed();
            },
          };
        },
      };
      const finish = async (made: Made | "no number"): Promise<Result> => {
        const scores =
          made === "no number"
            ? { loss: null, bytes: 0, sparsity: 0 }
            : await judged(made, corpus, run);
        return {
          ...job,
          sizes: run.sizes,
          ...scores,
          seconds: secondsSince(start),
          ...(isResumed ? { isResumed: true as const } : {}),
          parameters: made === "no number" ? 0 : summary(made.specimen.params).count,
          bestEpoch: 1,
          epochs: 1,
          device: printDevice(deviceInfo(run.device)),
        };
      };
      return pipe(
        make(place, job.contender, recipe),
        TE.map((made): Made | "no number" => made),
        TE.orElse((problem) =>
          problem !== "interrupted" && problem._tag === "NonFinite"
            ? TE.right("no number" as const)
            : TE.left(problem),
        ),
        TE.mapLeft(
          (problem): Failure =>
            problem === "interrupted" ? problem : { reason: printFitProblem(problem) },
        ),
        TE.chainTaskK((made) => () => finish(made)),
      );
    }),
  );
