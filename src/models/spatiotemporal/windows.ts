// From a series to training examples: a chronological split, normalisation by the training part,
// windows of the recent past as input and values some minutes ahead as output, and the way back to
// original units.
//
//   steps    0 ───────── train 60 % ─────────┬── validation 20 % ──┬── test 20 % ── n
//   example  [now − window + 1 … now] → now + each horizon
//
// An example belongs to a part only if its whole window and all its targets lie in that part. So no
// step of the validation and test parts is seen in training, and no test window reaches back over
// the border; the few examples that straddle a border are dropped. Borders are rounded down.
//
// What was not measured (NaN) is left out of means, losses and metrics. In a window the last value
// known before stands in for it, and a mask tells the model so.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type OptionProblem, optionProblem } from "./options.ts";
import {
  fillForward,
  fitMaximum,
  fitNormalizer,
  type Normalizer,
  normalize,
  restore,
  scaledIn,
} from "./scaling.ts";
import type { ServiceSeries } from "./series.ts";

/** The parts of a split. */
export const parts = ["train", "validation", "test"] as const;

/** One part of a split. */
export type Part = (typeof parts)[number];

/** How to cut a series into examples. */
export interface WindowOptions {
  /** Names of the features to forecast. */
  readonly targets: readonly string[];
  /** How far ahead, in minutes; multiples of the series' step. */
  readonly horizonMinutes: readonly number[];
  /** Steps of the past that the model sees, 12 by default. */
  readonly window?: number;
  /**
   * Shares of the training and validation parts, 0.6 and 0.2 by default; the rest is the test part.
   */
  readonly shares?: { readonly train: number; readonly validation: number };
  /**
   * The lengths of cycles whose phase goes into `clock`, in minutes: a day and a week by default.
   */
  readonly cycleMinutes?: readonly number[];
  /**
   * What a value is measured in: "deviation" (default), deviations from the mean of its node and
   * feature; "maximum", shares of the largest value of its feature on any node, as T-GCN has it.
   * Either of the training part.
   */
  readonly scaling?: "deviation" | "maximum";
  /**
   * Names of features of heavy tails, such as response times, whose deviations are of log(1 + value / median):
   * those of each node's values above 0. They are never below 0. Nothing to scaling by the maximum.
   */
  readonly logarithmic?: readonly string[];
}

/** A series cut into examples. An example is known by its present step, the last of its window. */
export interface Windows {
  readonly series: ServiceSeries;
  /** The series, scaled, [time, node, feature]; NaN where nothing was measured. */
  readonly scaled: Float32Array;
  /** `scaled` with the last value known before in place of NaN, and 0 before there is any. */
  readonly filled: Float32Array;
  /** Whether anything was not measured. */
  readonly hasGaps: boolean;
  readonly normalizer: Normalizer;
  readonly window: number;
  /** Indices of the targets among the features. */
  readonly targets: readonly number[];
  /** Steps ahead. */
  readonly horizons: readonly number[];
  readonly cycleSeconds: readonly number[];
  /** Where each part begins, and the series ends: [train, validation, test, end]. */
  readonly borders: readonly [number, number, number, number];
  /** The present steps of the examples of each part, in order of time. */
  readonly examples: Readonly<Record<Part, readonly number[]>>;
}

/**
 * The examples in a series. A Left when a feature that is named is unknown, one that is logarithmic goes below
 * 0, a horizon is no multiple of the step, or the series is too short for an example in each part.
 */
export const makeWindows = (
  series: ServiceSeries,
  options: WindowOptions,
): E.Either<OptionProblem, Windows> => {
  const { window = 12, shares = { train: 0.6, validation: 0.2 } } = options;
  const { cycleMinutes = [1440, 10080], logarithmic = [] } = options;
  const borders = findBorders(series.times.length, shares);
  return pipe(
    checkNumbers(window, shares, cycleMinutes),
    E.chain(() => checkLogarithmic(series, logarithmic)),
    E.chain(() => findTargets(series, options.targets)),
    E.bindTo("targets"),
    E.bind("horizons", () => toSteps(series, options.horizonMinutes)),
    E.bind("examples", ({ horizons }) => findExamples(borders, window, Math.max(...horizons))),
    E.map((found) => ({
      series,
      ...scale(series, borders[1], options),
      window,
      cycleSeconds: cycleMinutes.map((minutes) => minutes * 60),
      borders,
      ...found,
    })),
  );
};

/** Values as a model sees them, scaled by the first `steps` steps. */
const scale = (
  series: ServiceSeries,
  steps: number,
  { scaling = "deviation", logarithmic = [] }: WindowOptions,
): Pick<Windows, "scaled" | "filled" | "hasGaps" | "normalizer"> => {
  const normalizer =
    scaling === "deviation" ? fitNormalizer(series, steps, logarithmic) : fitMaximum(series, steps);
  const scaled = normalize(normalizer, series.values);
  return {
    scaled,
    filled: fillForward(scaled, normalizer.mean.length),
    hasGaps: scaled.some(Number.isNaN),
    normalizer,
  };
};

type Shares = Required<WindowOptions>["shares"];

// The small number keeps a whole product whole: 0.29 · 100 is 28.999999999999996.
const findBorders = (n: number, { train, validation }: Shares): Windows["borders"] => [
  0,
  Math.floor(train * n + 1e-9),
  Math.floor((train + validation) * n + 1e-9),
  n,
];

const checkNumbers = (
  window: number,
  { train, validation }: Shares,
  cycleMinutes: readonly number[],
): E.Either<OptionProblem, null> => {
  if (!Number.isInteger(window) || window < 1) {
    return E.left(optionProblem("a window of at least 1 step expected", String(window)));
  }
  if (!(train > 0 && validation > 0 && train + validation < 1)) {
    const rule = "positive shares of training and validation with a sum below 1 expected";
    return E.left(optionProblem(rule, `${train} and ${validation}`));
  }
  const wrong = cycleMinutes.find((minutes) => !(minutes > 0));
  return wrong === undefined
    ? E.right(null)
    : E.left(optionProblem("cycles of more than 0 minutes expected", String(wrong)));
};

const checkLogarithmic = (
  { features, values }: ServiceSeries,
  names: readonly string[],
): E.Either<OptionProblem, null> => {
  const unknown = names.find((name) => !features.includes(name));
  if (unknown !== undefined) {
    const rule = `logarithmic features among ${features.join(", ")} expected`;
    return E.left(optionProblem(rule, `"${unknown}"`));
  }
  const nameAt = (at: number): string => features[at % features.length] as string;
  const negative = values.findIndex((value, at) => value < 0 && names.includes(nameAt(at)));
  if (negative < 0) return E.right(null);
  const got = `${nameAt(negative)} ${values[negative]}`;
  return E.left(optionProblem("logarithmic features of at least 0 expected", got));
};

const findTargets = (
  { features }: ServiceSeries,
  names: readonly string[],
): E.Either<OptionProblem, readonly number[]> => {
  const unknown = names.find((name) => !features.includes(name));
  if (names.length === 0) return E.left(optionProblem("at least one target expected", "none"));
  return unknown === undefined
    ? E.right(names.map((name) => features.indexOf(name)))
    : E.left(optionProblem(`targets among ${features.join(", ")} expected`, `"${unknown}"`));
};

const toSteps = (
  { stepSeconds }: ServiceSeries,
  horizonMinutes: readonly number[],
): E.Either<OptionProblem, readonly number[]> => {
  const steps = horizonMinutes.map((minutes) => (minutes * 60) / stepSeconds);
  const wrong = steps.findIndex((step) => !Number.isInteger(step) || step < 1);
  if (steps.length === 0) return E.left(optionProblem("at least one horizon expected", "none"));
  return wrong < 0
    ? E.right(steps)
    : E.left(
        optionProblem(
          `horizons in whole steps of ${stepSeconds} s expected`,
          `${horizonMinutes[wrong]} min`,
        ),
      );
};

const findExamples = (
  borders: Windows["borders"],
  window: number,
  furthest: number,
): E.Either<OptionProblem, Windows["examples"]> => {
  const within = (begin: number, end: number): number[] =>
    Array.from(
      { length: Math.max(0, end - begin - window + 1 - furthest) },
      (_, k) => begin + window - 1 + k,
    );
  const [train, validation, test, end] = borders;
  const examples = {
    train: within(train, validation),
    validation: within(validation, test),
    test: within(test, end),
  };
  const empty = parts.find((part) => examples[part].length === 0);
  return empty === undefined
    ? E.right(examples)
    : E.left(
        optionProblem(
          `${window + furthest} steps or more in the ${empty} part expected`,
          `borders ${borders.join(", ")} (window ${window}, horizon ${furthest})`,
        ),
      );
};

/** Predictions or truths [batch, node, target, horizon] in original units. */
export const denormalize = (windows: Windows, y: ArrayLike<number>): Float64Array => {
  const original = restore(windows.normalizer);
  return Float64Array.from(y, (value, at) => original(columnAt(windows, at), value));
};

/** The same, scaled as other windows of the same series and targets are. */
export const rescale = (from: Windows, to: Windows, y: ArrayLike<number>): Float32Array => {
  const scaled = scaledIn(to.normalizer);
  return Float32Array.from(denormalize(from, y), (value, at) => scaled(columnAt(to, at), value));
};

/** The column, node · features + feature, of a place in [batch, node, target, horizon]. */
const columnAt = ({ series, targets, horizons }: Windows, at: number): number => {
  const target = Math.floor(at / horizons.length) % targets.length;
  const node = Math.floor(at / (horizons.length * targets.length)) % series.services.length;
  return node * series.features.length + (targets[target] as number);
};
