// The training loop: batches through one compiled step, with evaluation, early stopping, checkpoints, logs, progress and Ctrl-C. Each of
// those is a piece of its own that can be used without this one.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { nextTurn } from "../../core/device/turn.ts";
import { fail } from "../../core/errors.ts";
import { compile } from "../../core/run/compile.ts";
import { item, ready, snapshot } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { writing } from "../checkpoint/problem.ts";
import { tensorsOf, treeOf } from "../checkpoint/tree.ts";
import { batches, type Dealt, type Place } from "./dataset.ts";
import { batchesPerEpoch } from "./dealing.ts";
import { type Display, displayOn, type Progress, silent } from "./display.ts";
import { type Interruption, listenForInterrupt, noInterruption } from "./interrupt.ts";
import { type Logger, type LogRecord, mapScores, type Scores } from "./logger.ts";
import {
  type AnyOptions,
  checkOptions,
  dealingOf,
  type Every,
  type FitOptions,
  type FitProblem,
  type Fitted,
  type StepResult,
} from "./options.ts";
import { afterEvaluation, afterStep, type RunState } from "./runState.ts";
import { beginSession, type Session, saverFor } from "./start.ts";

/** A place in the data, and whether an epoch ends with it. */
type At = Pick<Dealt<unknown>, "epoch" | "isLast">;

/**
 * Trains: puts batches through a compiled step until all epochs are done, the watched score does not improve any more, or Ctrl-C is
 * pressed. The same options on the same device give the same bits, whether the run was broken off and taken up again or not.
 *
 * A Left says what was wrong with options, files or the loss, and loses no checkpoint. What `step`, `data` and `evaluate` throw is thrown on.
 *
 * @example
 * const data = datasetOf({ x: tensor([[1], [2], [3], [4]]), y: tensor([[2], [4], [6], [8]]) });
 * const optimizer = sgd({ learningRate: 0.05 });
 * const params = { w: zeros([1, 1]) };
 * const run = await fit({
 *   state: { params, optimizer: optimizer.init(params) },
 *   step: ({ params, optimizer: before }, { x, y }: { x: Tensor; y: Tensor }) => {
 *     const [loss, slope] = valueAndGrad((p: typeof params) => meanSquaredError(matmul(x, p.w), y))(params);
 *     const [updates, after] = optimizer.update(slope, before, params);
 *     return { state: { params: applyUpdates(params, updates), optimizer: after }, metrics: { loss } };
 *   },
 *   data,
 *   batchSize: 2,
 *   epochs: 20,
 *   progress: "silent",
 * })();
 * run._tag === "Right" ? item(run.right.state.params.w).toFixed(3) : printFitProblem(run.left) // 2.000
 */
export const fit = <S, B>(options: FitOptions<S, B>): TE.TaskEither<FitProblem, Fitted<S>> =>
  pipe(
    TE.fromEither(checkOptions(options)),
    TE.chain(() => beginSession(options)),
    TE.chainFirst(({ run }) => beginLogs(options.loggers ?? [], run.step)),
    TE.chain((session) => () => withDisplay(options, session)),
  );

/** Trains with a display and an ear for Ctrl-C, both of which are gone afterwards, however it ends. */
const withDisplay = async <S, B>(
  options: FitOptions<S, B>,
  session: Session<S>,
): Promise<E.Either<FitProblem, Fitted<S>>> => {
  const display = displayFor(options.progress ?? "auto");
  const interruption = options.signals === false ? noInterruption : listenForInterrupt();
  try {
    const ended = await train(options, session, display, interruption);
    const flushed = await flushLogs(options.loggers ?? [])();
    return E.isLeft(flushed) && E.isRight(ended) ? flushed : ended;
  } finally {
    display.stop();
    interruption.stop();
  }
};

const displayFor = (wanted: "auto" | "silent" | Display): Display => {
  if (typeof wanted !== "string") return wanted;
  const output = typeof process === "undefined" ? undefined : process.stderr;
  return wanted === "silent" || output === undefined ? silent : displayOn(output);
};

const train = async <S, B>(
  options: FitOptions<S, B>,
  start: Session<S>,
  display: Display,
  interruption: Interruption,
): Promise<E.Either<FitProblem, Fitted<S>>> => {
  const dealing = dealingOf(options);
  const { epochs, ahead = 1, readEvery = 1 } = options;
  const steps = epochs * batchesPerEpoch(dealing);
  const step = stepFor(options, start.state);
  const save = savingFor(options);
  const isOver = (run: RunState): boolean => run.step >= steps || run.stopping.reason !== undefined;
  const stream = batches(options.data, { ...dealing, epochs, from: start.run.place, ahead });
  let [session, metrics]: [Session<S>, Scores] = [start, {}];
  const askForNext = (): ReturnType<typeof stream.next> => {
    const next = stream.next();
    next.catch(() => undefined); // it may never be waited for
    return next;
  };
  let coming = askForNext();
  while (!isOver(session.run) && !interruption.isAsked()) {
    const dealt = (await coming).value as Dealt<B>; // there are as many as steps
    const made = step(session.state, dealt.batch, dealt.isReal);
    coming = askForNext(); // made while the device works
    const run = afterStep(session.run, dealt);
    session = { ...session, state: made.state, run };
    if (run.step % readEvery === 0 || isOver(run))
      metrics = await measured(options, run, dealt, made.metrics);
    const finite = checkFinite(options, run, metrics);
    if (E.isLeft(finite)) return finite;
    session = await evaluated(options, session, dealt);
    await tell(options, display, progressOf(session.run, dealt, metrics, { steps, epochs }));
    const saved = await save(session, dealt, isOver(session.run) || interruption.isAsked())();
    if (E.isLeft(saved)) return saved;
  }
  return E.right(fitted(session, session.run.step >= steps));
};

/** The step as a program that takes over the state it is given. */
const stepFor = <S, B>(
  { step, device }: FitOptions<S, B>,
  like: S,
): ((state: S, batch: B, isReal: Tensor) => StepResult<S>) => {
  const program = compile(
    (state: S, batch: B, isReal: Tensor): StepResult<S> => step(state, batch, isReal),
    { name: "training step", donate: [0], ...(device === undefined ? {} : { device }) },
  );
  let isChecked = false;
  return (...args) => {
    const made = program(...args);
    if (!isChecked) requireSameTree(like, made.state);
    isChecked = true;
    return made;
  };
};

const requireSameTree = (like: unknown, made: unknown): void => {
  const same = treeOf(tensorsOf(made), like);
  if (E.isLeft(same))
    fail(
      "fit",
      "ShapeMismatch",
      "a step that returns a state like the one it gets expected",
      same.left.got,
    );
};

/** Reads what a step measured, and logs it. */
const measured = async (
  { loggers = [] }: AnyOptions,
  { step }: RunState,
  { epoch }: Place,
  metrics: Readonly<Record<string, Tensor>>,
): Promise<Scores> => {
  await ready(metrics);
  const scores = mapScores(metrics, item);
  log(loggers, { step, epoch, phase: "training", metrics: scores });
  return scores;
};

const log = (loggers: readonly Logger[], record: Omit<LogRecord, "time">): void => {
  const time = Date.now() / 1000;
  for (const logger of loggers) logger.write({ ...record, time });
};

/** Refuses a loss that is no number; any metric, where none is called so. */
const checkFinite = (
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

const isDue = ({ steps, epochs }: Every, run: RunState, { epoch, isLast }: At): boolean =>
  (steps !== undefined && run.step % steps === 0) ||
  (epochs !== undefined && isLast && (epoch + 1) % epochs === 0);

/** The session after the evaluation that is due, if one is. */
const evaluated = async <S, B>(
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

const progressOf = (
  { step, evaluations }: RunState,
  { epoch }: Place,
  metrics: Scores,
  { steps, epochs }: Required<Every>,
): Progress => {
  const evaluation = evaluations.at(-1)?.scores;
  const progress = { step, steps, epoch, epochs, metrics };
  return evaluation === undefined ? progress : { ...progress, evaluation };
};

/** Shows progress, and lets the event loop have a turn: signals are heard between turns only. */
const tell = async (
  { onStep }: AnyOptions,
  display: Display,
  progress: Progress,
): Promise<void> => {
  display.update(progress);
  await onStep?.(progress);
  await nextTurn();
};

const secondsNow = (): number => performance.now() / 1000;

/** What saves a session when that is due; logs are on the disk before the checkpoint that they lead to. */
const savingFor = <S, B>(options: FitOptions<S, B>) => {
  const { checkpoints, loggers = [] } = options;
  const { seconds = Number.POSITIVE_INFINITY, ...every } = checkpoints?.every ?? { epochs: 1 };
  const write = saverFor(options);
  let [savedAt, flushedAt] = [secondsNow(), secondsNow()];
  return (session: Session<S>, at: At, isEnd: boolean): TE.TaskEither<FitProblem, void> => {
    const { run } = session;
    const isBest = run.best.some(({ step }) => step === run.step);
    const now = secondsNow();
    const isWanted = isEnd || isBest || isDue(every, run, at) || now - savedAt >= seconds;
    if (!isWanted && now - flushedAt < 1) return TE.right(undefined);
    flushedAt = now;
    if (isWanted) savedAt = now;
    return pipe(
      flushLogs(loggers),
      TE.chain(() => (isWanted ? write(session) : TE.right(undefined))),
    );
  };
};

const beginLogs = (loggers: readonly Logger[], step: number): TE.TaskEither<FitProblem, unknown> =>
  TE.traverseSeqArray((logger: Logger) => writing("fit", logger.file, () => logger.begin(step)))(
    loggers,
  );

const flushLogs = (loggers: readonly Logger[]): TE.TaskEither<FitProblem, unknown> =>
  TE.traverseSeqArray((logger: Logger) => writing("fit", logger.file, logger.flush))(loggers);

const fitted = <S>({ run, state, best }: Session<S>, isComplete: boolean): Fitted<S> => {
  const { step, evaluations, stopping } = run;
  const outcome =
    stopping.reason !== undefined ? "stopped" : isComplete ? "finished" : "interrupted";
  return {
    outcome,
    ...(stopping.reason === undefined ? {} : { reason: stopping.reason }),
    state,
    step,
    evaluations,
    ...(best === undefined ? {} : { best }),
  };
};
