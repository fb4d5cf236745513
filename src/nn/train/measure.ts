// What happens between two steps of `fit`: metrics are read and held to be finite, and the evaluation that is due is made.

import * as E from "fp-ts/lib/Either.js";
import { fail } from "../../core/errors.ts";
import { item, ready, snapshot } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Dealt, Place } from "./dataset.ts";
import type { Progress } from "./display.ts";
import { type Logger, type LogRecord, mapScores, type Scores } from "./logger.ts";
import type { AnyOptions, Every, FitOptions, FitProblem } from "./options.ts";
import { afterEvaluation, type RunState } from "./runState.ts";
import type { Session } from "./start.ts";

/** A place in the data, and whether an epoch ends with it. */
export type At = Pick<Dealt<unknown>, "epoch" | "isLast">;

/** The metrics of a step as numbers; waits for the device. */
export const readScores = async (metrics: Readonly<Record<string, Tensor>>): Promise<Scores> => {
  await ready(metrics);
  return mapScores(metrics, item);
};

/** Hands a record to all loggers, with the time. */
export const log = (loggers: readonly Logger[], record: Omit<LogRecord, "time">): void => {
  const time = Date.now() / 1000;
  for (const logger of loggers) logger.write({ ...record, time });
};

/** Refuses a loss that is no number; any metric, where none is called so. */
export const checkFinite = (
  { nonFinite = "stop", checkpoints }: AnyOptions,
  { step }: RunState,
  metrics: Scores,
): E.Either<FitProblem, void> => {
  const names = "loss" in metrics ? ["loss"] : Object.keys(metrics);
  const name = names.find((it) => !Number.isFinite(metrics[it]));
  if (nonFinite === "continue" || name === undefined) return E.right(undefined);
  const hint =
    checkpoints === undefined
      ? "a lower learning rate or clipped gradients may help; `nonFinite` lets training go on"
      : `the checkpoints in ${checkpoints.folder} are from before`;
  const rule = `a finite ${name} after step ${step} expected`;
  return E.left({ _tag: "NonFinite", op: "fit", rule, got: String(metrics[name]), hint });
};

/** Whether something is to be done after this step. */
export const isDue = ({ steps, epochs }: Every, run: RunState, { epoch, isLast }: At): boolean =>
  (steps !== undefined && run.step % steps === 0) ||
  (epochs !== undefined && isLast && (epoch + 1) % epochs === 0);

/** The session after the evaluation that is due, if one is. */
export const evaluated = async <S, B>(
  { evaluate, evaluateEvery = { epochs: 1 }, monitor, checkpoints, loggers = [] }: FitOptions<S, B>,
  session: Session<S>,
  dealt: At,
): Promise<Session<S>> => {
  const { run, state } = session;
  if (evaluate === undefined || !isDue(evaluateEvery, run, dealt)) return session;
  const at = { step: run.step, epoch: dealt.epoch };
  const scores = await evaluate(state, at);
  if (monitor !== undefined && !(monitor.score in scores))
    fail(
      "fit",
      "InvalidArgument",
      `a score "${monitor.score}" expected`,
      Object.keys(scores).join(", "),
    );
  log(loggers, { ...at, phase: "evaluation", metrics: scores });
  const after = afterEvaluation(run, { ...at, scores }, monitor, checkpoints?.keepBest ?? 1);
  const [best] = after.best;
  return best?.step === run.step
    ? { run: after, state, best: { ...best, state: await snapshot(state) } }
    : { ...session, run: after };
};

/** Where a run stands, for a display. */
export const progressOf = (
  { step, evaluations }: RunState,
  { epoch }: Place,
  metrics: Scores,
  { steps, epochs }: Required<Every>,
): Progress => {
  const evaluation = evaluations.at(-1)?.scores;
  const progress = { step, steps, epoch, epochs, metrics };
  return evaluation === undefined ? progress : { ...progress, evaluation };
};
