// Runs the stations of a call graph step by step and keeps what happened in each minute, exactly:
// without errors of measurement, and with what no meter sees. The equations are in simulate.ts.
//
// In a closed loop (`thinkSeconds` Z) the users of an entry whose answers take R send λ(t)·Z / (Z + R)
// requests a second: the interactive response time law, Denning & Buzen, "The operational analysis of
// queueing network models", ACM Computing Surveys 10, 1978. R is a moving mean over about a minute,
// without which rate and response time would swing from step to step near saturation.

import { features } from "../series.ts";
import { countAround, countNoise, meanArrivals } from "./arrivals.ts";
import type { ScalingPolicy } from "./autoscale.ts";
import { entryShares, type ServiceGraph } from "./callgraph.ts";
import { type Conditions, conditionsAt, type Disturbances } from "./conditions.ts";
import {
  beginMinute,
  initialState,
  STEP_SECONDS,
  type State,
  type Station,
  toStations,
} from "./state.ts";
import { answer, report, scale, serve } from "./station.ts";
import type { Workload } from "./workload.ts";

const STEPS_PER_MINUTE = 60 / STEP_SECONDS;
/** Simulated before the first minute that is kept, so that lags and replicas have settled. */
const WARM_UP_MINUTES = 30;

/** All that determines a run. */
export interface Run extends Disturbances {
  readonly seed: number;
  readonly minutes: number;
  readonly graph: ServiceGraph;
  /** The names of the services, callers before callees. */
  readonly order: readonly string[];
  readonly workload: Workload;
  readonly scaling: ScalingPolicy;
}

/** What happened in each minute; services and calls in the order of the graph. */
export interface Recording {
  /** [time, service, feature], in the units of `features`. */
  readonly values: Float64Array;
  /** Calls per second, lost tries with them, [time, call]. */
  readonly callRates: Float64Array;
  /** The share of the workers' time in which they were busy, [time, service]. */
  readonly utilisation: Float64Array;
  /** Requests per second that reached the service, [time, service]. */
  readonly arrivals: Float64Array;
  /** Requests per second that were turned away since they would have waited too long. */
  readonly refused: Float64Array;
  /** Requests that wait at the end of the minute, [time, service]. */
  readonly backlog: Float64Array;
  /** Requests per second that users send, at all entries together, [time]. */
  readonly demand: Float64Array;
}

/** Simulates a run. The same run gives the same recording. */
export const record = (run: Run): Recording => {
  const { graph, order, scaling, minutes } = run;
  const stations = toStations(graph, order);
  const callersLast = stations.toReversed();
  const steps = (WARM_UP_MINUTES + minutes) * STEPS_PER_MINUTE;
  const state = initialState(graph, steps);
  const recording = emptyRecording(run);
  const visitors = visitorsOf(run, stations, steps);
  let conditions = conditionsAt(graph, run, -WARM_UP_MINUTES);

  for (let step = 0; step < steps; step++) {
    const minute = Math.floor(step / STEPS_PER_MINUTE) - WARM_UP_MINUTES;
    if (step % STEPS_PER_MINUTE === 0) conditions = conditionsAt(graph, run, minute);
    const demand = visitors(state, conditions, step);
    for (const station of stations) {
      serve(state, station, step, demand[station.index] as number, conditions);
    }
    for (const station of callersLast) answer(state, station, step, conditions);
    for (const station of stations) scale(state, station, scaling, step);
    if (minute >= 0) keepDemand(recording, demand, minute);
    if ((step + 1) % STEPS_PER_MINUTE !== 0) continue;
    if (minute >= 0) keepMinute(recording, state, stations, conditions, minute);
    beginMinute(state);
  }
  return recording;
};

type Visitors = (state: State, conditions: Conditions, step: number) => Float64Array;

/** The requests of each step from outside, by index of service; one array, filled anew each time. */
const visitorsOf = (run: Run, stations: readonly Station[], steps: number): Visitors => {
  const { graph, workload, seed } = run;
  const warmUpSteps = WARM_UP_MINUTES * STEPS_PER_MINUTE;
  const means = meanArrivals(workload, seed, { steps, stepSeconds: STEP_SECONDS, warmUpSteps });
  const entries = [...entryShares(graph)].map(([name, share], k) => ({
    share,
    index: graph.services.findIndex((spec) => spec.name === name),
    noise: countNoise(workload, seed, k),
  }));
  const { thinkSeconds } = workload;
  const demand = new Float64Array(stations.length);
  const noticed = new Float64Array(stations.length);
  return ({ responseSeconds }, { demandFactor, called }, step) => {
    for (const { share, index, noise } of entries) {
      const held = noticed[index] as number;
      noticed[index] = held + ((responseSeconds[index] as number) - held) / STEPS_PER_MINUTE;
      const patience = thinkSeconds === undefined ? 1 : thinkSeconds / (thinkSeconds + held);
      const factor = share * (demandFactor[index] as number) * (called[index] as number) * patience;
      demand[index] = countAround((means[step] as number) * factor, noise(step));
    }
    return demand;
  };
};

const emptyRecording = ({ graph, minutes }: Run): Recording => {
  const n = graph.services.length;
  return {
    values: new Float64Array(minutes * n * features.length),
    callRates: new Float64Array(minutes * graph.calls.length),
    utilisation: new Float64Array(minutes * n),
    arrivals: new Float64Array(minutes * n),
    refused: new Float64Array(minutes * n),
    backlog: new Float64Array(minutes * n),
    demand: new Float64Array(minutes),
  };
};

const keepDemand = ({ demand: kept }: Recording, demand: Float64Array, minute: number): void => {
  kept[minute] = (kept[minute] as number) + demand.reduce((a, b) => a + b, 0) / 60;
};

const keepMinute = (
  recording: Recording,
  state: State,
  stations: readonly Station[],
  conditions: Conditions,
  minute: number,
): void => {
  for (const station of stations) {
    const kept = report(state, station, conditions);
    const at = minute * stations.length + station.index;
    recording.values.set(kept.features, at * features.length);
    for (const name of ["utilisation", "arrivals", "refused", "backlog"] as const) {
      recording[name][at] = kept[name];
    }
  }
  const { calls } = state.minute;
  recording.callRates.set(
    calls.map((made) => made / 60),
    minute * calls.length,
  );
};
