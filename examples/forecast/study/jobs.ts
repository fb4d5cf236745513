// One run of the study: a contender on a data set from a seed, trained if it has to be, and judged. A run that
// was broken off goes on from its checkpoint.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, printDevice } from "../../../src/index.ts";
import { Spatiotemporal } from "../../../src/models/index.ts";
import { adam, printFitProblem, summary, warmupCosine } from "../../../src/nn/index.ts";
import type { Failure, Finished, Run } from "../../study/study.ts";
import { secondsSince, trainingOf } from "../../study/training.ts";
import { type Case, cut, type DataName } from "./cases.ts";
import { type Contender, type ContenderName, contenders, type Trainable } from "./contenders.ts";
import { lookUp, type Score, scoresOf } from "./scores.ts";
import type { Sizes } from "./sizes.ts";
import { type PooledScore, pooledScores } from "./tgcnProtocol.ts";

/** What to run. */
export interface Job {
  readonly data: DataName;
  readonly window: number;
  readonly contender: ContenderName;
  /** Null for baselines, which have none. */
  readonly seed: number | null;
}

/** What came of it. */
export interface Result extends Job, Finished {
  readonly sizes: Sizes;
  readonly scores: readonly Score[];
  /** By T-GCN's protocol, on Los-loop. */
  readonly pooled?: readonly PooledScore[];
}

/** What reads a data set, cut into windows. */
export type CaseLoader = (data: DataName, window: number) => TE.TaskEither<string, Case>;

/** A run's name. */
export const nameOf = ({ data, window, contender, seed }: Job): string =>
  [data, `window ${window}`, contender, ...(seed === null ? [] : [`seed ${seed}`])].join(", ");

/** Carries out a run. */
export const carryOut = (
  job: Job,
  run: Run<Sizes>,
  load: CaseLoader,
): TE.TaskEither<Failure, Result> =>
  pipe(
    load(job.data, job.window),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.chain((found) => {
      const contender: Contender = contenders[job.contender];
      return contender.kind === "baseline"
        ? TE.rightTask(() => judgeBaseline(job, run, found, contender.fit))
        : trainAndJudge(job, run, found, contender);
    }),
  );

const judgeBaseline = async (
  job: Job,
  { sizes }: Run<Sizes>,
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
  run: Run<Sizes>,
  found: Case,
  contender: Trainable,
): TE.TaskEither<Failure, Result> => {
  const seed = job.seed ?? 0;
  const start = performance.now();
  return pipe(
    TE.fromEither(windowsFor(job, found, contender)),
    TE.map((windows) => ({ windows, model: contender.model(windows, seed, run.sizes.hidden) })),
    TE.chain((given) => trainIn(job, run, given, contender, start)),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.filterOrElse(
      ({ trained }) => trained.outcome !== "interrupted",
      (): Failure => "interrupted",
    ),
    TE.chainTaskK((made) => async (): Promise<Result> => {
      const { trained, isResumed } = made;
      return {
        ...job,
        sizes: run.sizes,
        ...(await judge(job, found, made)),
        seconds: secondsSince(start),
        ...(isResumed ? { isResumed: true } : {}),
        parameters: summary(trained.params).count,
        bestEpoch: trained.bestEpoch + 1,
        epochs: trained.validation.length,
        device: printDevice(deviceInfo(run.device)),
      };
    }),
  );
};

/** Windows and the model that is made for them. */
interface Given {
  readonly windows: Spatiotemporal.Windows;
  readonly model: Spatiotemporal.Model<unknown>;
}

interface Made extends Given {
  readonly trained: Spatiotemporal.Trained<unknown>;
  readonly isResumed: boolean;
}

/** Trains in the run's folder, from the newest checkpoint that lies there. */
const trainIn = (
  job: Job,
  run: Run<Sizes>,
  { windows, model }: Given,
  { plainAdam: isPlain = false }: Trainable,
  start: number,
): TE.TaskEither<string, Made> => {
  const { epochs, batchSize, learningRate } = run.sizes;
  const { options, isResumed } = trainingOf(nameOf(job), run, start);
  return pipe(
    Spatiotemporal.train(windows, model, {
      seed: job.seed ?? 0,
      epochs,
      batchSize,
      learningRate,
      ...(isPlain ? { optimizer: plainAdam, averaging: 0 } : {}),
      ...options,
    }),
    TE.mapLeft(printFitProblem),
    TE.map((trained) => ({ windows, model, trained, isResumed: isResumed() })),
  );
};

/** What the test part says of a trained model. */
const judge = async (
  { data }: Job,
  found: Case,
  { windows, model, trained }: Made,
): Promise<Pick<Result, "scores" | "pooled">> => {
  const points = async (asked: readonly number[]): Promise<Float32Array> =>
    Spatiotemporal.pointsOf(model.quantiles, await trained.forecast(asked));
  // Errors are in deviations, whatever the model was trained on.
  const forecasts = await points(windows.examples.test);
  const scaled =
    windows === found.windows
      ? forecasts
      : Spatiotemporal.rescale(windows, found.windows, forecasts);
  return {
    scores: scoresOf(found, lookUp(found.windows, scaled)),
    ...(data === "los-loop" ? { pooled: await pooledScores(windows, points) } : {}),
  };
};
