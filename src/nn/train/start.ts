// How a run begins: anew, or where its newest checkpoint has left it; and how it is saved.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { snapshot } from "../../core/run/evaluate.ts";
import { inFile } from "../checkpoint/problem.ts";
import { type LoadedTree, loadTensors } from "../checkpoint/tree.ts";
import {
  checkpointPath,
  listCheckpoints,
  loadCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
} from "./folder.ts";
import { type FitOptions, type FitProblem, settingsOf } from "./options.ts";
import {
  type Best,
  beginRun,
  otherSetting,
  type RunState,
  runFromMetadata,
  runToMetadata,
} from "./runState.ts";

/** A run and its tensors. */
export interface Session<S> {
  readonly run: RunState;
  readonly state: S;
  /** The best state so far, on the host. */
  readonly best?: Best & { readonly state: S };
}

/** The session to go on from. The given state is copied, since steps take over what they are given. */
export const beginSession = <S, B>(
  options: FitOptions<S, B>,
): TE.TaskEither<FitProblem, Session<S>> => {
  const anew = TE.fromTask<Session<S>, FitProblem>(async () => ({
    run: beginRun,
    state: await snapshot(options.state),
  }));
  if (options.checkpoints === undefined) return anew;
  const { folder } = options.checkpoints;
  return pipe(
    listCheckpoints(folder),
    TE.chain(([newest, ...older]): TE.TaskEither<FitProblem, Session<S>> => {
      if (newest === undefined) return anew;
      return options.resume === true
        ? takeUp(options, folder, [newest, ...older])
        : TE.left(inUse(folder, newest));
    }),
  );
};

const inUse = (folder: string, newest: number): FitProblem => ({
  _tag: "FolderInUse",
  op: "fit",
  rule: "a folder without checkpoints expected",
  got: checkpointPath(folder, newest),
  hint: "set `resume` to go on with that run, or name another folder",
});

const takeUp = <S, B>(
  options: FitOptions<S, B>,
  folder: string,
  steps: readonly number[],
): TE.TaskEither<FitProblem, Session<S>> => {
  const newest = steps[0] as number; // there is one
  const path = checkpointPath(folder, newest);
  return pipe(
    checkpointFor(options, folder, newest),
    TE.chainFirst(({ metadata }) => TE.fromEither(checkSettings(path, options, metadata))),
    TE.bindW("run", ({ metadata }) =>
      TE.fromEither(pipe(runFromMetadata(metadata), E.mapLeft(inFile("fit", path)))),
    ),
    TE.chainW(({ tree, run }) => withBestState({ run, state: tree }, folder, steps)),
  );
};

/** The checkpoint of a step. Of tensors that are others, settings that are others are the cause, and say more. */
const checkpointFor = <S, B>(
  options: FitOptions<S, B>,
  folder: string,
  step: number,
): TE.TaskEither<FitProblem, LoadedTree<S>> => {
  const path = checkpointPath(folder, step);
  return pipe(
    loadCheckpoint(folder, step, options.state),
    TE.orElse((problem: FitProblem) =>
      pipe(
        loadTensors(path),
        TE.mapLeft(() => problem),
        TE.chainEitherK(({ metadata }) => checkSettings(path, options, metadata)),
        TE.chain(() => TE.left(problem)),
      ),
    ),
  );
};

const checkSettings = <S, B>(
  path: string,
  options: FitOptions<S, B>,
  metadata: Readonly<Record<string, string>>,
): E.Either<FitProblem, void> => {
  const other = otherSetting(metadata, settingsOf(options));
  if (other === undefined) return E.right(undefined);
  const { name, wanted, found } = other;
  const rule = `${path} of a run with ${name} ${wanted} expected`;
  const hint =
    "a run goes on with the options that it was begun with; name another folder for a new one";
  return E.left({ _tag: "OtherConfiguration", op: "fit", rule, got: found, hint });
};

/** A session with its best state, from the checkpoint of that step; forgotten where somebody has removed that. */
const withBestState = <S>(
  { run, state }: Session<S>,
  folder: string,
  steps: readonly number[],
): TE.TaskEither<FitProblem, Session<S>> => {
  const kept = run.best.filter(({ step }) => steps.includes(step));
  const [best] = kept;
  const session = { run: { ...run, best: kept }, state };
  return best === undefined
    ? TE.right(session)
    : pipe(
        loadCheckpoint(folder, best.step, state),
        TE.map(({ tree }) => ({ ...session, best: { ...best, state: tree } })),
      );
};

/** What writes a session into the folder, then removes what is not to be kept; nothing without a folder. */
export const saverFor = <S, B>(
  options: FitOptions<S, B>,
): ((session: Session<S>) => TE.TaskEither<FitProblem, void>) => {
  if (options.checkpoints === undefined) return () => TE.right(undefined);
  const { folder, keepLast = 2 } = options.checkpoints;
  const settings = settingsOf(options);
  return ({ run, state }) =>
    pipe(
      saveCheckpoint(folder, run.step, state, runToMetadata(run, settings)),
      TE.chain(() => listCheckpoints(folder)),
      TE.chain((steps) =>
        pruneCheckpoints(folder, [
          ...steps.slice(0, keepLast),
          ...run.best.map(({ step }) => step),
        ]),
      ),
    );
};
