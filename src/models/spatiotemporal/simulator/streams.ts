// Where each use of a run's seed has its streams of random numbers.

/** The streams of a seed by what they are for; no two uses share one. */
export const streams = {
  mood: 0,
  crowdTimes: 1,
  crowdSizes: 2,
  counts: 3,
  burst: 4,
  regimes: 5,
  /** Errors of measurement: one a feature and service, then one a call. */
  errors: 16,
  graph: 2 ** 20,
  incidents: 2 ** 20 + 1,
  lifetimes: 2 ** 20 + 2,
  gaps: 2 ** 21,
  lostCells: 2 ** 22,
  lostRates: 2 ** 23,
  /** Arrivals at the second entry and later ones. */
  otherCounts: 2 ** 24,
  sources: 2 ** 25,
} as const;
