// The training loop: batches through one compiled step, with evaluation, early stopping, checkpoints, logs, progress and Ctrl-C. Each of
// those is a piece of its own that can be used without this one.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { nextTurn } from "../../core/device/turn.ts";
import { fail } from "../../core/errors.ts";
import { compile } from "../../core/run/compile.ts";
import type { Tensor } from "../../core/tensor.ts";
import { tensorsOf, treeOf } from "../checkpoint/tree.ts";
import { batches, type Dealt } from "./dataset.ts";
import { batchesPerEpoch } from "./dealing.ts";
import { type Display, displayOn, type Progress, silent } from "./display.ts";
import { type Interruption, listenForInterrupt, noInterruption } from "./interrupt.ts";
import type { Scores } from "./logger.ts";
import { checkFinite, evaluated, log, progressOf, readScores } from "./measure.ts";
import {
  type AnyOptions,
  checkOptions,
  dealingOf,
  type FitOptions,
  type FitProblem,
  type Fitted,
  type StepResult,
} from "./options.ts";
import { afterStep, type RunState } from "./runState.ts";
import { beginLogs, flushLogs, savingFor } from "./saving.ts";
import { beginSession, type Session } from "./start.ts";

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
  const { epochs, readEvery = 1, loggers = [], between } = options;
  const steps = epochs * batchesPerEpoch(dealingOf(options));
  const nextBatch = feedFor(options, start.run);
  const step = stepFor(options, start.state);
  const save = savingFor(options);
  const isOver = (run: RunState): boolean => run.step >= steps || run.stopping.reason !== undefined;
  let [session, scores, coming] = [start, {} as Scores, nextBatch()];
  while (!isOver(session.run) && !interruption.isAsked()) {
    const at = await coming;
    const { state, metrics } = step(session.state, at.batch, at.isReal);
    coming = nextBatch(); // made while the device works
    const run = afterStep(session.run, at);
    const changed = await between?.(state, { step: run.step, epoch: at.epoch });
    session = { ...session, state: changed ?? state, run };
    if (run.step % readEvery === 0 || isOver(run)) {
      scores = await readScores(metrics);
      log(loggers, { step: run.step, epoch: at.epoch, phase: "training", metrics: scores });
    }
    const finite = checkFinite(options, run, scores);
    if (E.isLeft(finite)) return finite;
    session = await evaluated(options, session, at);
    await tell(options, display, progressOf(session.run, at, scores, { steps, epochs }));
    const isEnd = isOver(session.run) || interruption.isAsked();
    const saved = await save({ session, at, metrics }, isEnd)();
    if (E.isLeft(saved)) return saved;
  }
  return E.right(fitted(session, session.run.step >= steps));
};

/** What gives one batch after the other, as many as there are steps; a promise that is never waited for may fail. */
const feedFor = <S, B>(
  options: FitOptions<S, B>,
  { place }: RunState,
): (() => Promise<Dealt<B>>) => {
  const { epochs, ahead = 1, data } = options;
  const stream = batches(data, { ...dealingOf(options), epochs, from: place, ahead });
  return () => {
    const next = stream.next().then(({ value }) => value as Dealt<B>); // not beyond the last, which nobody waits for
    next.catch(() => undefined);
    return next;
  };
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
