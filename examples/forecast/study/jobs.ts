// One run of the study: a contender on a data set from a seed, trained if it has to be, and judged. A run that
// was broken off goes on from its checkpoint.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, printDevice } from "../../../src/index.ts";
import { Spatiotemporal } from "../../../src/models/index.ts";
import { adam, printFitProblem, summary, warmupCosine } from "../../../src/nn/index.ts";
import { type Case, cut, type DataName } from "./cases.ts";
import { type Contender, type ContenderName, contenders, type Trainable } from "./contenders.ts";
import { lookUp, type Score, scoresOf } from "./scores.ts";
import { type PooledScore, pooledScores } from "./tgcnProtocol.ts";

/** What to run. */
export interface Job {
  readonly data: DataName;
  readonly window: number;
  readonly contender: ContenderName;
  /** Null for baselines, which have none. */
  readonly seed: number | null;
}

/** How much to train. */
export interface Sizes {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Width of the models; each one's own when absent. */
  readonly hidden?: number;
  /** Minutes of simulated data. */
  readonly simulatedMinutes: number;
}

/** What came of it. */
export interface Result extends Job {
  readonly sizes: Sizes;
  readonly scores: readonly Score[];
  /** By T-GCN's protocol, on Los-loop. */
  readonly pooled?: readonly PooledScore[];
  readonly seconds: number;
  readonly parameters: number;
  /** From 1; 0 for baselines. */
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly device: string;
}

/** How a run is carried out. */
export interface Run {
  readonly loadCase: (data: DataName, window: number) => TE.TaskEither<string, Case>;
  readonly sizes: Sizes;
  readonly device: string | undefined;
  /** Where checkpoints go. */
  readonly folder: string;
  /** Called after every step of training with what to show. */
  readonly onProgress: (text: string) => void;
}

/** A run's name, which is also that of its folder. */
export const nameOf = ({ data, window, contender, seed }: Job): string =>
  [data, `window ${window}`, contender, ...(seed === null ? [] : [`seed ${seed}`])].join(", ");

/** Why a run gave nothing: somebody pressed Ctrl-C, or what went wrong. */
export type Failure = "interrupted" | { readonly reason: string };

/** Carries out a run. */
export const carryOut = (job: Job, run: Run): TE.TaskEither<Failure, Result> =>
  pipe(
    run.loadCase(job.data, job.window),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.chain((found) => {
      const contender: Contender = contenders[job.contender];
      return contender.kind === "baseline"
        ? TE.rightTask(() => judgeBaseline(job, run, found, contender.fit))
        : trainAndJudge(job, run, found, contender);
    }),
  );

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

const judgeBaseline = async (
  job: Job,
  { sizes }: Run,
  found: Case,
  fit: (windows: Spatiotemporal.Windows) => Spatiotemporal.Predictor,
): Promise<Result> => {
  const start = performance.now();
  const predictor = fit(found.windows);
  const pooled =
    job.data === "los-loop"
      ? { pooled: await pooledScores(found.windows, async (asked) => predictor(asked)) }
      : {};
  return {
    ...job,
    sizes,
    scores: scoresOf(found, predictor),
    ...pooled,
    seconds: secondsSince(start),
    parameters: 0,
    bestEpoch: 0,
    epochs: 0,
    device: "none",
  };
};

/** T-GCN is given values as it takes them, shares of the largest. */
const windowsFor = (job: Job, found: Case, { plainAdam = false }: Trainable) =>
  plainAdam
    ? cut(job.data, found.windows.series, job.window, { scaling: "maximum" })
    : E.right(found.windows);

/** Adam with a rate that falls, since there is no time for the thousands of epochs at 1e-3 of T-GCN's authors. */
const plainAdam = (steps: number) =>
  adam({ learningRate: warmupCosine({ peak: 0.01, steps, warmup: 20 }) });

const trainAndJudge = (
  job: Job,
  run: Run,
  found: Case,
  contender: Trainable,
): TE.TaskEither<Failure, Result> => {
  const { sizes, device, folder, onProgress } = run;
  const seed = job.seed ?? 0;
  const start = performance.now();
  return pipe(
    TE.fromEither(windowsFor(job, found, contender)),
    TE.bindTo("windows"),
    TE.let("model", ({ windows }) => contender.model(windows, seed, sizes.hidden)),
    TE.bind("trained", ({ windows, model }) =>
      pipe(
        Spatiotemporal.train(windows, model, {
          seed,
          epochs: sizes.epochs,
          batchSize: sizes.batchSize,
          learningRate: sizes.learningRate,
          ...(contender.plainAdam === true ? { optimizer: plainAdam, averaging: 0 } : {}),
          ...(device === undefined ? {} : { device }),
          checkpoints: {
            folder: join(folder, nameOf(job).replaceAll(/[^\w.]+/g, "-")),
            every: { seconds: 30 },
            keepLast: 1,
          },
          resume: true,
          signals: true,
          onStep: ({ step, steps, metrics }) => {
            const done = `step ${step}/${steps}`;
            const rate = `${(step / secondsSince(start)).toFixed(0)} steps/s`;
            onProgress(`${nameOf(job)}: ${done}, ${rate}, loss ${metrics.loss?.toPrecision(3)}`);
          },
        }),
        TE.mapLeft(printFitProblem),
      ),
    ),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.filterOrElse(
      ({ trained }) => trained.outcome !== "interrupted",
      (): Failure => "interrupted",
    ),
    TE.chainTaskK(({ windows, model, trained }) => async (): Promise<Result> => {
      const points = async (asked: readonly number[]): Promise<Float32Array> =>
        Spatiotemporal.pointsOf(model.quantiles, await trained.forecast(asked));
      const predictor = lookUp(windows, await points(windows.examples.test));
      const pooled = job.data === "los-loop" ? { pooled: await pooledScores(windows, points) } : {};
      return {
        ...job,
        sizes,
        scores: scoresOf({ windows, groups: found.groups }, predictor),
        ...pooled,
        seconds: secondsSince(start),
        parameters: summary(trained.params).count,
        bestEpoch: trained.bestEpoch + 1,
        epochs: trained.validation.length,
        device: printDevice(deviceInfo(device)),
      };
    }),
  );
};
