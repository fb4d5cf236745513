// An autoscaler that keeps the utilisation of a service near a target, after Kubernetes'
// HorizontalPodAutoscaler:
//
//   wanted = ⌈ready · utilisation / target⌉, or `ready` where the ratio is near 1
//
// New replicas take time to start, and nothing more is started meanwhile (cool-down). Replicas are
// removed only down to the largest number wanted during the stabilisation window, so that a short
// lull removes nobody. kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale,
// "Algorithm details".

/** What the autoscaler aims for and how patient it is. */
export interface ScalingPolicy {
  readonly targetUtilisation: number;
  readonly tolerance: number;
  readonly checkSeconds: number;
  readonly startSeconds: number;
  readonly stabilisationSeconds: number;
}

/**
 * Kubernetes' defaults, but a check every 30 s instead of 15 and a window of 3 minutes for the
 * shorter days.
 */
export const defaultScaling: ScalingPolicy = {
  targetUtilisation: 0.6,
  tolerance: 0.1,
  checkSeconds: 30,
  startSeconds: 45,
  stabilisationSeconds: 180,
};

/** The least and the greatest number of replicas; equal for a service that is not scaled. */
export interface ReplicaBounds {
  readonly min: number;
  readonly max: number;
}

/** The replicas of one service. */
export interface Scaler {
  /** Replicas that serve. */
  readonly ready: number;
  /** Replicas that have been started and will serve at `readyAtSeconds`. */
  readonly starting: number;
  readonly readyAtSeconds: number;
  /** Numbers wanted at past checks that still hold replicas back from being removed. */
  readonly wanted: readonly { readonly atSeconds: number; readonly replicas: number }[];
}

/** A service with its least number of replicas. */
export const initialScaler = ({ min }: ReplicaBounds): Scaler => ({
  ready: min,
  starting: 0,
  readyAtSeconds: 0,
  wanted: [],
});

/** The replicas after those that were starting and are due have joined. */
export const admitStarted = (scaler: Scaler, nowSeconds: number): Scaler =>
  scaler.starting > 0 && nowSeconds >= scaler.readyAtSeconds
    ? { ...scaler, ready: scaler.ready + scaler.starting, starting: 0 }
    : scaler;

/**
 * The replicas after a check that found this mean `utilisation` (0 … 1) of the ready ones since the
 * last check.
 */
export const autoscale = (
  policy: ScalingPolicy,
  { min, max }: ReplicaBounds,
  scaler: Scaler,
  nowSeconds: number,
  utilisation: number,
): Scaler => {
  const ratio = utilisation / policy.targetUtilisation;
  const isNear = Math.abs(ratio - 1) <= policy.tolerance;
  const aim = isNear ? scaler.ready : Math.ceil(scaler.ready * ratio);
  const replicas = Math.min(max, Math.max(min, aim));
  const wanted = [
    ...scaler.wanted.filter(
      ({ atSeconds }) => nowSeconds - atSeconds < policy.stabilisationSeconds,
    ),
    { atSeconds: nowSeconds, replicas },
  ];
  if (scaler.starting > 0) return { ...scaler, wanted };
  if (replicas > scaler.ready) {
    const starting = replicas - scaler.ready;
    return { ...scaler, wanted, starting, readyAtSeconds: nowSeconds + policy.startSeconds };
  }
  const held = Math.max(...wanted.map((past) => past.replicas));
  return { ...scaler, wanted, ready: Math.min(scaler.ready, held) };
};
