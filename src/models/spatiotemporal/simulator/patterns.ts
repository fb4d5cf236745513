// Load that is not the same day after day: regimes that follow each other, days that change in length
// and swing, and bursts on all scales. workload.ts puts them together.

import { type Dice, makeDice } from "../../dice.ts";
import { type OptionProblem, optionProblem } from "../options.ts";
import { streams } from "./streams.ts";

/** A way in which the application is used for a while. */
export interface Regime {
  /** Scales the load: a level of concurrency. */
  readonly scale: number;
  /** Takes the place of the workload's in this regime. */
  readonly dailySwing?: number;
  readonly dayMinutes?: number;
}

/** Regimes and when they change. The first one begins. */
export interface RegimePlan {
  readonly regimes: readonly Regime[];
  /** How long one holds: just so in a cycle, in the mean at random. */
  readonly holdMinutes: number;
  /**
   * "cycle": one after the other, then from the start. "random": a Markov chain, in which every
   * other regime is as likely to come next and holds for an exponential time, in whole minutes.
   */
  readonly order: "cycle" | "random";
}

/** What the length of a day and its swing are at the end of the run, approached on a line. */
export interface Drift {
  readonly dayMinutes?: number;
  readonly dailySwing?: number;
}

/**
 * Two states, as of a Markov-modulated Poisson process: `factor` times as many requests in a burst
 * as in quiet, either held for an exponential time. Fischer & Meier-Hellstern, "The
 * Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993.
 */
export interface MarkovBursts {
  readonly kind: "markov";
  readonly factor: number;
  readonly burstMinutes: number;
  readonly quietMinutes: number;
}

/**
 * Sources that are on and off in turn, for times of Pareto's law with the infinite variance of shape
 * α = 3 − 2·hurst; the sum of many is self-similar with that Hurst exponent. Willinger, Taqqu,
 * Sherman, Wilson, "Self-similarity through high-variability", IEEE/ACM Transactions on Networking
 * 5, 1997.
 */
export interface SelfSimilarBursts {
  readonly kind: "selfSimilar";
  /** Fewer sources give wilder bursts: the relative deviation is 1 / √sources. */
  readonly sources: number;
  /** Above ½, below 1. */
  readonly hurst: number;
  /** The mean time for which a source is on, or off. */
  readonly meanMinutes: number;
}

/** Load that comes in bursts, with mean factor 1. */
export type Bursts = MarkovBursts | SelfSimilarBursts;

/**
 * The index of the regime of each of `minutes` minutes.
 *
 * @example
 * const regimes = [{ scale: 1 }, { scale: 2 }];
 * Array.from(regimesOf({ regimes, holdMinutes: 2, order: "cycle" }, 1, 5)) // [0, 0, 1, 1, 0]
 */
export const regimesOf = (
  { regimes, holdMinutes, order }: RegimePlan,
  seed: number,
  minutes: number,
): Uint8Array => {
  const result = new Uint8Array(minutes);
  if (order === "cycle") {
    return result.map((_, minute) => Math.floor(minute / holdMinutes) % regimes.length);
  }
  const dice = makeDice(seed, streams.regimes);
  const nextAfter = (index: number) =>
    regimes.length === 1 ? 0 : (index + dice.integer(1, regimes.length - 1)) % regimes.length;
  for (let minute = 0, index = 0; minute < minutes; index = nextAfter(index)) {
    const held = Math.max(1, Math.round(dice.exponential(holdMinutes)));
    result.fill(index, minute, minute + held);
    minute += held;
  }
  return result;
};

/**
 * The factor of each of `steps` steps of `stepMinutes`, at least 0, of mean 1.
 *
 * @example
 * const bursts = { kind: "markov", factor: 3, burstMinutes: 4, quietMinutes: 20 } as const;
 * burstsOf(bursts, 1, 720, 1 / 12).length // 720
 */
export const burstsOf = (
  bursts: Bursts,
  seed: number,
  steps: number,
  stepMinutes: number,
): Float64Array =>
  bursts.kind === "markov"
    ? markovFactors(bursts, seed, steps, stepMinutes)
    : selfSimilarFactors(bursts, seed, steps, stepMinutes);

const markovFactors = (
  { factor, burstMinutes, quietMinutes }: MarkovBursts,
  seed: number,
  steps: number,
  stepMinutes: number,
): Float64Array => {
  const dice = makeDice(seed, streams.burst);
  const mean = (quietMinutes + factor * burstMinutes) / (quietMinutes + burstMinutes);
  const leaving = (minutes: number) => -Math.expm1(-stepMinutes / minutes);
  let isBurst = dice.chance(burstMinutes / (quietMinutes + burstMinutes));
  return new Float64Array(steps).map(() => {
    if (dice.chance(leaving(isBurst ? burstMinutes : quietMinutes))) isBurst = !isBurst;
    return (isBurst ? factor : 1) / mean;
  });
};

const selfSimilarFactors = (
  { sources, hurst, meanMinutes }: SelfSimilarBursts,
  seed: number,
  steps: number,
  stepMinutes: number,
): Float64Array => {
  const shape = 3 - 2 * hurst;
  const least = (meanMinutes * (shape - 1)) / shape; // so that the mean is meanMinutes
  const factors = new Float64Array(steps);
  for (let source = 0; source < sources; source++) {
    const dice = makeDice(seed, streams.sources + source);
    addSource(factors, dice, () => dice.pareto(shape, least) / stepMinutes, 2 / sources);
  }
  return factors;
};

/** Adds `amount` in each step in which a source is on, which it is half of the time. */
const addSource = (
  factors: Float64Array,
  dice: Dice,
  drawSteps: () => number,
  amount: number,
): void => {
  let isOn = dice.chance(0.5);
  for (let from = 0; from < factors.length; isOn = !isOn) {
    const to = from + drawSteps();
    const last = Math.min(factors.length, Math.round(to));
    for (let step = Math.round(from); isOn && step < last; step++) {
      factors[step] = (factors[step] as number) + amount;
    }
    from = to;
  }
};

/** The parts of a workload that this file holds. */
export interface Patterns {
  readonly regimes?: RegimePlan;
  readonly drift?: Drift;
  readonly bursts?: Bursts;
}

/** What is wrong with regimes, drift or bursts, if anything. */
export const checkPatterns = ({ regimes, drift, bursts }: Patterns): OptionProblem | undefined =>
  (regimes && checkRegimes(regimes)) ??
  (drift && checkDay(drift)) ??
  (bursts && checkBursts(bursts));

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);

const checkDay = ({ dayMinutes = 1, dailySwing = 0 }: Drift): OptionProblem | undefined => {
  if (!isPositive(dayMinutes)) {
    return optionProblem("positive dayMinutes expected", String(dayMinutes));
  }
  return dailySwing >= 0 && dailySwing < 1
    ? undefined
    : optionProblem("dailySwing in 0…1, without 1, expected", String(dailySwing));
};

const checkRegimes = ({ regimes, holdMinutes }: RegimePlan): OptionProblem | undefined => {
  if (regimes.length < 1 || regimes.length > 255) {
    return optionProblem("1 to 255 regimes expected", String(regimes.length));
  }
  if (!(isPositive(holdMinutes) && holdMinutes >= 1)) {
    return optionProblem("regimes held for at least a minute expected", String(holdMinutes));
  }
  const wrong = regimes.find(({ scale }) => !isPositive(scale));
  if (wrong !== undefined) {
    return optionProblem("regimes of positive scale expected", String(wrong.scale));
  }
  return regimes.map(checkDay).find((problem) => problem !== undefined);
};

const checkBursts = (bursts: Bursts): OptionProblem | undefined => {
  if (bursts.kind === "selfSimilar") {
    const { sources, hurst, meanMinutes } = bursts;
    return Number.isInteger(sources) && sources > 0 && hurst > 0.5 && hurst < 1 && meanMinutes > 0
      ? undefined
      : optionProblem(
          "whole sources, hurst in ½…1 and positive meanMinutes expected",
          `${sources}, ${hurst} and ${meanMinutes}`,
        );
  }
  const { factor, burstMinutes, quietMinutes } = bursts;
  return [factor, burstMinutes, quietMinutes].every(isPositive)
    ? undefined
    : optionProblem(
        "positive factor, burstMinutes and quietMinutes expected",
        `${factor}, ${burstMinutes} and ${quietMinutes}`,
      );
};
