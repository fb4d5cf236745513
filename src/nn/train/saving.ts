// When `fit` writes checkpoints, and the logs that lead to them.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Tensor } from "../../core/tensor.ts";
import { writing } from "../checkpoint/problem.ts";
import type { Logger } from "./logger.ts";
import { type At, checkFinite, isDue, readScores } from "./measure.ts";
import type { FitOptions, FitProblem } from "./options.ts";
import { type Session, saverFor } from "./start.ts";

const secondsNow = (): number => performance.now() / 1000;

/** A session after a step, where in the data that was, and what it measured. */
export interface Step<S> {
  readonly session: Session<S>;
  readonly at: At;
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** What saves a session when that is due; logs are on the disk before the checkpoint that they lead to. */
export const savingFor = <S, B>(
  options: FitOptions<S, B>,
): ((after: Step<S>, isEnd: boolean) => TE.TaskEither<FitProblem, void>) => {
  const { checkpoints, loggers = [] } = options;
  const { seconds = Number.POSITIVE_INFINITY, ...every } = checkpoints?.every ?? { epochs: 1 };
  const write = saverFor(options);
  let [savedAt, flushedAt] = [secondsNow(), secondsNow()];
  return ({ session, at, metrics }, isEnd) => {
    const { run } = session;
    const isBest = run.best.some(({ step }) => step === run.step);
    const now = secondsNow();
    const isWanted = isEnd || isBest || isDue(every, run, at) || now - savedAt >= seconds;
    if (!isWanted && now - flushedAt < 1) return TE.right(undefined);
    flushedAt = now;
    if (isWanted) savedAt = now;
    return pipe(
      flushLogs(loggers),
      // A step whose metrics are not read otherwise is read here: what is saved has a finite loss.
      TE.chain(() => (isWanted ? TE.fromTask(() => readScores(metrics)) : TE.right({}))),
      TE.chainEitherK((scores) => checkFinite(options, run, scores)),
      TE.chain(() => (isWanted ? write(session) : TE.right(undefined))),
    );
  };
};

/** Tells loggers where a run begins. */
export const beginLogs = (
  loggers: readonly Logger[],
  step: number,
): TE.TaskEither<FitProblem, unknown> =>
  TE.traverseSeqArray((logger: Logger) => writing("fit", logger.file, () => logger.begin(step)))(
    loggers,
  );

/** Waits until all that was logged is on the disk. */
export const flushLogs = (loggers: readonly Logger[]): TE.TaskEither<FitProblem, unknown> =>
  TE.traverseSeqArray((logger: Logger) => writing("fit", logger.file, logger.flush))(loggers);
