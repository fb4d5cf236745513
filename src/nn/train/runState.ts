// Where a training run stands besides its tensors: plain data, which a checkpoint holds as text. It depends on the run alone, never on the
// clock or on when checkpoints were written, so that an unbroken run and one that was taken up end with the same bytes.

import * as E from "fp-ts/lib/Either.js";
import { isRecord, parseJson } from "../checkpoint/json.ts";
import { type FormatProblem, formatProblem } from "../checkpoint/problem.ts";
import type { Metadata } from "../checkpoint/safetensors.ts";
import type { Place } from "./dataset.ts";
import { mapScores, numberFromJson, numberToJson, type Scores } from "./logger.ts";
import {
  beginStopping,
  isBetter,
  type StoppingOptions,
  type StoppingState,
  stopping,
} from "./stopping.ts";

/** What an evaluation found. */
export interface Evaluation {
  /** The steps done before it. */
  readonly step: number;
  /** The epoch of the last of them, from 0. */
  readonly epoch: number;
  readonly scores: Scores;
}

/** A step and what the evaluation after it gave for the watched score. */
export interface Best {
  readonly step: number;
  readonly value: number;
}

/** Where a run stands. */
export interface RunState {
  /** Steps done. */
  readonly step: number;
  /** The next batch. */
  readonly place: Place;
  readonly evaluations: readonly Evaluation[];
  readonly stopping: StoppingState;
  /** The best evaluations so far, best first. */
  readonly best: readonly Best[];
}

/** A run before its first step. */
export const beginRun: RunState = {
  step: 0,
  place: { epoch: 0, position: 0 },
  evaluations: [],
  stopping: beginStopping,
  best: [],
};

/** The run after the step on a batch. */
export const afterStep = (
  run: RunState,
  { epoch, position, isLast }: Place & { readonly isLast: boolean },
): RunState => ({
  ...run,
  step: run.step + 1,
  place: isLast ? { epoch: epoch + 1, position: 0 } : { epoch, position: position + 1 },
});

/** What to watch among the scores of evaluations. */
export interface Monitor extends StoppingOptions {
  /** The name of the score. */
  readonly score: string;
}

/** The run after an evaluation, of which the `keep` best are remembered. */
export const afterEvaluation = (
  run: RunState,
  evaluation: Evaluation,
  monitor: Monitor | undefined,
  keep: number,
): RunState => {
  const evaluations = [...run.evaluations, evaluation];
  const value = monitor === undefined ? undefined : evaluation.scores[monitor.score];
  if (monitor === undefined || value === undefined) return { ...run, evaluations };
  return {
    ...run,
    evaluations,
    stopping: stopping(monitor)(run.stopping, value),
    best: withBest(run.best, { step: run.step, value }, monitor).slice(0, keep),
  };
};

/** A list, best first, with one more; of equals the older is the better. */
const withBest = (best: readonly Best[], found: Best, { mode }: Monitor): readonly Best[] => {
  if (!Number.isFinite(found.value)) return best;
  const rules = mode === undefined ? {} : { mode };
  const worse = best.findIndex(({ value }) => isBetter(found.value, value, rules));
  return worse < 0 ? [...best, found] : [...best.slice(0, worse), found, ...best.slice(worse)];
};

const runKey = "pullback.run";
const settingsKey = "pullback.settings";
const version = 1;

/** A setting that decides what a run does, as plain data. */
export type Settings = Readonly<Record<string, unknown>>;

/** JSON whose records have their names in order, so that equal data are equal texts. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    isRecord(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : typeof part === "number"
        ? numberToJson(part)
        : part,
  ) ?? "null"; // undefined and functions have no JSON

/** What a checkpoint says of a run beside its tensors. */
export const runToMetadata = (run: RunState, settings: Settings): Metadata => {
  const evaluations = run.evaluations.map((it) => ({
    ...it,
    scores: mapScores(it.scores, numberToJson),
  }));
  return {
    [runKey]: JSON.stringify({ version, ...run, evaluations }),
    [settingsKey]: canonicalJson(settings),
  };
};

/** The run of a checkpoint. Fails where it is not one of a training run. */
export const runFromMetadata = (metadata: Metadata): E.Either<FormatProblem, RunState> => {
  const said = parseJson(metadata[runKey] ?? "");
  if (!isRecord(said) || said["version"] !== version)
    return E.left(
      formatProblem(
        "BadHeader",
        `a checkpoint of a training run (version ${version}) expected`,
        metadata[runKey] ?? "none",
      ),
    );
  const { version: _version, ...run } = said as unknown as RunState & { version: number }; // written here, under a checksum
  const evaluations = run.evaluations.map((it) => ({
    ...it,
    scores: mapScores(it.scores, numberFromJson),
  }));
  return E.right({ ...run, evaluations });
};

/** A setting in which runs differ: its name, `training.rate` where it lies within another, what is expected and what is there. */
interface OtherSetting {
  readonly name: string;
  readonly wanted: string;
  readonly found: string;
}

/** Where two values that are not equal differ first: within records of the same names, else in the whole. */
const differenceIn = (name: string, wanted: unknown, found: unknown): OtherSetting => {
  if (isRecord(wanted) && isRecord(found)) {
    const names = Object.keys(wanted).sort();
    const areSame = canonicalJson(names) === canonicalJson(Object.keys(found).sort());
    const other = names.find((it) => canonicalJson(wanted[it]) !== canonicalJson(found[it]));
    if (areSame && other !== undefined)
      return differenceIn(`${name}.${other}`, wanted[other], found[other]);
  }
  return { name, wanted: canonicalJson(wanted), found: canonicalJson(found) };
};

/** The first setting in which a checkpoint's run differs from another, as deep as both have the same names. */
export const otherSetting = (metadata: Metadata, settings: Settings): OtherSetting | undefined => {
  const said = parseJson(metadata[settingsKey] ?? "{}");
  const found = isRecord(said) ? said : {};
  const wanted = parseJson(canonicalJson(settings)) as Settings; // as the checkpoint would have it: without what is undefined
  const names = [...new Set([...Object.keys(settings), ...Object.keys(found)])];
  const other = names.find((it) => canonicalJson(wanted[it]) !== canonicalJson(found[it]));
  return other === undefined ? undefined : differenceIn(other, wanted[other], found[other]);
};
