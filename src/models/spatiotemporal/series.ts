// What every source of data gives, and all that the forecaster knows of it: services that call each
// other, and a grid of measurements, one row of features for each service at each of evenly spaced
// times.

/** A call from the service at index `source` to the service at index `target`. */
export type Edge = readonly [source: number, target: number];

/** A directed graph of services with the metrics of each over time. */
export interface ServiceSeries {
  readonly services: readonly string[];
  readonly features: readonly string[];
  /** The unit of each feature. */
  readonly units: readonly string[];
  /** Unix seconds, `stepSeconds` apart. */
  readonly times: Float64Array;
  /** [time, service, feature], in C order, in `units`; NaN where nothing was measured. */
  readonly values: Float64Array;
  readonly edges: readonly Edge[];
  /** The weight of each edge, above 0; all 1 when absent. */
  readonly weights?: Float64Array;
  /**
   * Calls per second over each edge at each time, [time, edge], NaN where none were recorded; absent when
   * they were not measured at all.
   */
  readonly callRates?: Float64Array;
  readonly stepSeconds: number;
}

/** The unit of each feature that the simulator gives, and Online Boutique's measurements have. */
export const featureUnits = {
  cpu: "cores",
  memory: "bytes",
  /**
   * Mean over the step's requests, with the time spent waiting for callees; 0 when there were none.
   */
  responseTime: "s",
  /** Requests completed per second. */
  throughput: "req/s",
  replicas: "instances",
} as const;

/** A metric of a service. */
export type Feature = keyof typeof featureUnits;

/** The features in the order in which they lie in `values`. */
export const features: readonly Feature[] = [
  "cpu",
  "memory",
  "responseTime",
  "throughput",
  "replicas",
];

/** The unit of each of `features`. */
export const unitsOfFeatures: readonly string[] = features.map((name) => featureUnits[name]);
