// How many requests knock at the front end: a day that repeats, slow growth, a wandering mood,
// flash crowds, and the chance of single arrivals. Arrivals are open-loop: users do not wait for
// each other, so slowness does not slow them.
//
//   λ(t) = load · base · [ (1 + growth·t/T) · day(t) · e^{m(t)} + crowd(t) ]     mean rate, req/s
//   day(t)   = 1 + swing · (0.8·sin θ + 0.2·sin 2θ),  θ = 2π·t / day length
//   m(t)     a stationary autoregression of order 1 with deviation `moodDeviation` and
//            correlation time `moodMinutes`
//   crowd(t) jumps at Poisson times by exponential sizes of mean `crowdSize`, and halves every
//            `crowdHalfLifeMinutes`
//   arrivals in a step of Δ s: normal with mean and variance λ·Δ, the Poisson law's limit for
//            large λ·Δ, cut at 0
//
// The ingredients are those of Feitelson, "Workload Modeling for Computer Systems Performance
// Evaluation", 2015.

import { normals, uniforms } from "../prng.ts";

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

/** The streams of random numbers that `arrivals` uses; others begin at `firstFreeStream`. */
const streams = { mood: 0, crowdTimes: 1, crowdSizes: 2, counts: 3 } as const;

/** Streams from here on are free for other uses of the same seed. */
export const firstFreeStream = 16;

/**
 * Requests that arrive in each of `steps` steps of `stepSeconds`. The same arguments give the same
 * numbers.
 */
export const arrivals = (
  workload: Workload,
  seed: number,
  steps: number,
  stepSeconds: number,
): Float64Array => {
  const stepMinutes = stepSeconds / 60;
  const moodKept = Math.exp(-stepMinutes / workload.moodMinutes);
  const moodAdded = workload.moodDeviation * Math.sqrt(1 - moodKept * moodKept);
  const crowdKept = 2 ** (-stepMinutes / workload.crowdHalfLifeMinutes);
  const crowdChance = (workload.crowdsPerHour * stepMinutes) / 60;
  const moodNoise = normals(seed, streams.mood);
  const crowdStarts = uniforms(seed, streams.crowdTimes);
  const crowdSizes = uniforms(seed, streams.crowdSizes);
  const countNoise = normals(seed, streams.counts);

  const counts = new Float64Array(steps);
  let mood = 0;
  let crowd = 0;
  for (let step = 0; step < steps; step++) {
    mood = moodKept * mood + moodAdded * moodNoise(step);
    crowd *= crowdKept;
    // −ln u is an exponential draw of mean 1.
    if (crowdStarts(step) < crowdChance) crowd -= workload.crowdSize * Math.log(crowdSizes(step));
    const trend = 1 + (workload.growth * step) / steps;
    const regular = trend * dayShape(workload, step * stepMinutes) * Math.exp(mood);
    const mean = workload.load * workload.baseRequestsPerSecond * (regular + crowd) * stepSeconds;
    const chance = workload.hasRandomArrivals ? Math.sqrt(mean) * countNoise(step) : 0;
    counts[step] = Math.max(0, mean + chance);
  }
  return counts;
};

const dayShape = ({ dayMinutes, dailySwing }: Workload, minute: number): number => {
  const angle = (2 * Math.PI * minute) / dayMinutes;
  return 1 + dailySwing * (0.8 * Math.sin(angle) + 0.2 * Math.sin(2 * angle));
};
