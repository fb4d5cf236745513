// How many requests knock at the front end: a day that repeats, slow growth, a wandering mood,
// flash crowds, and the chance of single arrivals; where they are asked for, regimes, drift and
// bursts (patterns.ts). Arrivals are open-loop, users do not wait for each other and slowness does
// not slow them, unless `thinkSeconds` is given (engine.ts).
//
//   λ(t) = load · scale(t) · base · [ (1 + growth·t/T) · day(t) · e^{m(t)} · burst(t) + crowd(t) ]
//   day(t)   = 1 + swing · (0.8·sin θ + 0.2·sin 2θ),  θ = 2π·t / day length, or its integral where
//              the length changes
//   m(t)     a stationary autoregression of order 1 with deviation `moodDeviation` and
//            correlation time `moodMinutes`
//   crowd(t) jumps at Poisson times by exponential sizes of mean `crowdSize`, and halves every
//            `crowdHalfLifeMinutes`
//   scale(t), burst(t)   1 unless there are regimes and bursts
//   arrivals in a step of Δ s: normal with mean and variance λ·Δ, the Poisson law's limit for
//            large λ·Δ, cut at 0
//
// The ingredients are those of Feitelson, "Workload Modeling for Computer Systems Performance
// Evaluation", 2015.

import { normals, uniforms } from "../../prng.ts";
import { burstsOf, regimesOf } from "./patterns.ts";
import { streams } from "./streams.ts";
import type { Workload } from "./workload.ts";

/** Streams from here on are free for other uses of the same seed. */
export const firstFreeStream = streams.errors;

/** A run in steps. Regimes begin after the warm-up, in which the first one holds. */
export interface Steps {
  readonly steps: number;
  readonly stepSeconds: number;
  readonly warmUpSteps?: number;
}

/**
 * Requests that arrive in each of `steps` steps of `stepSeconds`. The same arguments give the same
 * numbers.
 *
 * @example
 * Array.from(arrivals(Spatiotemporal.steadyWorkload(10), 1, 2, 5)) // [50, 50]
 */
export const arrivals = (
  workload: Workload,
  seed: number,
  steps: number,
  stepSeconds: number,
): Float64Array => {
  const noise = countNoise(workload, seed, 0);
  return meanArrivals(workload, seed, { steps, stepSeconds }).map((mean, step) =>
    countAround(mean, noise(step)),
  );
};

/** Requests that arrive where `mean` are expected; `noise` is normal, or 0 for no chance. */
export const countAround = (mean: number, noise: number): number =>
  Math.max(0, mean + Math.sqrt(mean) * noise);

/** The standard normal noise of the arrivals at an entry, by index of step; 0 without chance. */
export const countNoise = (
  { hasRandomArrivals }: Workload,
  seed: number,
  entry: number,
): ((step: number) => number) =>
  hasRandomArrivals
    ? normals(seed, entry === 0 ? streams.counts : streams.otherCounts + entry)
    : () => 0;

/** λ(t)·Δ in each step: how many requests are expected. */
export const meanArrivals = (workload: Workload, seed: number, run: Steps): Float64Array => {
  const { steps, stepSeconds } = run;
  const stepMinutes = stepSeconds / 60;
  const moodKept = Math.exp(-stepMinutes / workload.moodMinutes);
  const moodAdded = workload.moodDeviation * Math.sqrt(1 - moodKept * moodKept);
  const crowdKept = 2 ** (-stepMinutes / workload.crowdHalfLifeMinutes);
  const crowdChance = (workload.crowdsPerHour * stepMinutes) / 60;
  const moodNoise = normals(seed, streams.mood);
  const crowdStarts = uniforms(seed, streams.crowdTimes);
  const crowdSizes = uniforms(seed, streams.crowdSizes);
  const days = daysOf(workload, seed, run);
  const bursts = workload.bursts && burstsOf(workload.bursts, seed, steps, stepMinutes);

  const means = new Float64Array(steps);
  let mood = 0;
  let crowd = 0;
  for (let step = 0; step < steps; step++) {
    mood = moodKept * mood + moodAdded * moodNoise(step);
    crowd *= crowdKept;
    // −ln u is an exponential draw of mean 1.
    if (crowdStarts(step) < crowdChance) crowd -= workload.crowdSize * Math.log(crowdSizes(step));
    const trend = 1 + (workload.growth * step) / steps;
    const day = days[step] as Day; // one a step
    const regular = trend * dayShape(day) * Math.exp(mood) * (bursts?.[step] ?? 1);
    const rate = workload.load * workload.baseRequestsPerSecond * (regular + crowd);
    means[step] = rate * stepSeconds * day.scale;
  }
  return means;
};

/** Where in its day a step is, how much the day swings, and the scale of the regime. */
interface Day {
  readonly angle: number;
  readonly swing: number;
  readonly scale: number;
}

const dayShape = ({ angle, swing }: Day): number =>
  1 + swing * (0.8 * Math.sin(angle) + 0.2 * Math.sin(2 * angle));

const daysOf = (
  workload: Workload,
  seed: number,
  { steps, stepSeconds, warmUpSteps = 0 }: Steps,
): readonly Day[] => {
  const { dayMinutes, dailySwing, drift, regimes: plan } = workload;
  const stepMinutes = stepSeconds / 60;
  const regimes = plan && regimesOf(plan, seed, Math.ceil((steps - warmUpSteps) * stepMinutes));
  const isSteady = drift === undefined && !plan?.regimes.some((it) => it.dayMinutes !== undefined);
  let grown = 0;
  return Array.from({ length: steps }, (_, step) => {
    const minute = Math.floor(((step - warmUpSteps) * stepSeconds) / 60);
    const regime = plan?.regimes[regimes?.[minute] ?? 0]; // the first before the first minute
    const towards = (from: number, to = from) => from + ((to - from) * step) / steps;
    const length = regime?.dayMinutes ?? towards(dayMinutes, drift?.dayMinutes);
    const swing = regime?.dailySwing ?? towards(dailySwing, drift?.dailySwing);
    const angle = isSteady ? (2 * Math.PI * (step * stepMinutes)) / dayMinutes : grown;
    grown += (2 * Math.PI * stepMinutes) / length;
    return { angle, swing, scale: regime?.scale ?? 1 };
  });
};
