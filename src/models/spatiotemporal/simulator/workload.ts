// The shape of the load at the front end: a day that repeats, slow growth, a wandering mood, flash
// crowds, and where they are asked for regimes, drift, bursts and a closed loop. arrivals.ts has the
// equations.

import { type OptionProblem, optionProblem } from "../options.ts";
import { type Bursts, checkPatterns, type Drift, type RegimePlan } from "./patterns.ts";

/** The shape of the load at the front end. */
export interface Workload {
  /** Mean of the daily pattern at load 1, before growth and crowds. */
  readonly baseRequestsPerSecond: number;
  /** Scales everything: the level of concurrent load. */
  readonly load: number;
  /** The length of a simulated day; shorter than 1440 to see many days in a short run. */
  readonly dayMinutes: number;
  /** 0 is flat; below 1, so that the rate stays positive. */
  readonly dailySwing: number;
  /** Relative growth from the start to the end of the run. */
  readonly growth: number;
  readonly moodDeviation: number;
  readonly moodMinutes: number;
  readonly crowdsPerHour: number;
  /** Mean height of a flash crowd as a share of `baseRequestsPerSecond`. */
  readonly crowdSize: number;
  readonly crowdHalfLifeMinutes: number;
  /** Whether the number of arrivals in a step is random around its mean. */
  readonly hasRandomArrivals: boolean;
  readonly regimes?: RegimePlan;
  readonly drift?: Drift;
  readonly bursts?: Bursts;
  /**
   * A closed loop: λ(t)·thinkSeconds users each send a request, wait for the answer and think for so
   * long, so that λ(t) comes about when answers take no time, and less when they are slow.
   */
  readonly thinkSeconds?: number;
}

/**
 * Twelve days of two hours in a run of 1440 minutes, 20 % growth, about one flash crowd in 40
 * minutes.
 */
export const defaultWorkload: Workload = {
  baseRequestsPerSecond: 60,
  load: 1,
  dayMinutes: 120,
  dailySwing: 0.7,
  growth: 0.2,
  moodDeviation: 0.08,
  moodMinutes: 8,
  crowdsPerHour: 1.5,
  crowdSize: 0.4,
  crowdHalfLifeMinutes: 5,
  hasRandomArrivals: true,
};

/** The same rate for ever, without chance: what tests of equilibrium need. */
export const steadyWorkload = (requestsPerSecond: number): Workload => ({
  ...defaultWorkload,
  baseRequestsPerSecond: requestsPerSecond,
  dailySwing: 0,
  growth: 0,
  moodDeviation: 0,
  crowdsPerHour: 0,
  hasRandomArrivals: false,
});

/**
 * Ready-made shapes of load, by what is special about them. All but `stationary` have days; use
 * `{ ...loadPatterns.bursty, load: 2 }` for another level.
 */
export const loadPatterns = {
  stationary: {
    ...defaultWorkload,
    dailySwing: 0,
    growth: 0,
    crowdsPerHour: 0,
  },
  daily: defaultWorkload,
  /** The load doubles, days grow to twice their length and lose two thirds of their swing. */
  drifting: {
    ...defaultWorkload,
    growth: 1,
    drift: { dayMinutes: 240, dailySwing: 0.25 },
  },
  /** Three levels of concurrency at random times, about two hours each. */
  switching: {
    ...defaultWorkload,
    dailySwing: 0.3,
    regimes: {
      regimes: [{ scale: 0.5 }, { scale: 1 }, { scale: 1.6 }],
      holdMinutes: 120,
      order: "random",
    },
  },
  bursty: {
    ...defaultWorkload,
    dailySwing: 0.3,
    crowdsPerHour: 0,
    bursts: { kind: "markov", factor: 3, burstMinutes: 4, quietMinutes: 20 },
  },
  selfSimilar: {
    ...defaultWorkload,
    dailySwing: 0.3,
    crowdsPerHour: 0,
    bursts: { kind: "selfSimilar", sources: 16, hurst: 0.85, meanMinutes: 5 },
  },
} as const satisfies Readonly<Record<string, Workload>>;

/** What is wrong with a workload, if anything. */
export const checkWorkload = (workload: Workload): OptionProblem | undefined => {
  const { dailySwing, growth } = workload;
  const field = positiveFields.find((name) => !isPositive(workload[name] ?? 1));
  if (field !== undefined) {
    return optionProblem(`a positive ${field} expected`, String(workload[field]));
  }
  if (!(dailySwing >= 0 && dailySwing < 1)) {
    return optionProblem("dailySwing in 0…1, without 1, expected", String(dailySwing));
  }
  if (!(growth > -1 && Number.isFinite(growth))) {
    return optionProblem("growth above −1 expected", String(growth));
  }
  const other = zeroFields.find((name) => !(workload[name] === 0 || isPositive(workload[name])));
  return other === undefined
    ? checkPatterns(workload)
    : optionProblem(`${other} of at least 0 expected`, String(workload[other]));
};

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);

const positiveFields = [
  "load",
  "baseRequestsPerSecond",
  "dayMinutes",
  "moodMinutes",
  "crowdHalfLifeMinutes",
  "thinkSeconds",
] as const satisfies readonly (keyof Workload)[];

const zeroFields = [
  "moodDeviation",
  "crowdsPerHour",
  "crowdSize",
] as const satisfies readonly (keyof Workload)[];
