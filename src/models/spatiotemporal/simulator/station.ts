// One service of the simulator from step to step: requests arrive, wait and are served, the answer
// goes back, and the autoscaler looks at how busy it was. Equations in simulate.ts. State is kept
// in arrays with one entry a service and is changed in place; only `simulate` sees it.

import {
  admitStarted,
  autoscale,
  initialScaler,
  type Scaler,
  type ScalingPolicy,
} from "./autoscale.ts";
import type { CallGraph, CallSpec, ServiceSpec } from "./callgraph.ts";
import { fluidStep, waitingSeconds } from "./queueing.ts";

/** The length of a step. */
export const STEP_SECONDS = 5;
/** Above this utilisation the stationary waiting time, infinite at 1, gives way to the backlog. */
const STATIONARY_LIMIT = 0.98;
const IDLE_CORES = 0.01;
const START_UP_CORES = 0.3;
const MEMORY_RETURN_MINUTES = 8;

/** A service with its place in the arrays and its calls. */
export interface Station {
  readonly spec: ServiceSpec;
  readonly index: number;
  readonly isEntry: boolean;
  readonly callers: readonly Link[];
  readonly awaited: readonly Link[];
}

/** A call as seen from one of its ends. */
interface Link {
  /** The index of the service at the other end. */
  readonly other: number;
  readonly callsPerRequest: number;
  /**
   * The completions that call now: those of the steps from `from` steps ago up to, not including,
   * `to` steps ago.
   */
  readonly from: number;
  readonly to: number;
}

const toLink = (other: number, { callsPerRequest, lagSeconds }: CallSpec): Link => {
  // A plain call happens in the step itself: from 0 steps ago up to the next one.
  if (lagSeconds === 0) return { other, callsPerRequest, from: 0, to: -1 };
  const to = Math.round((0.5 * lagSeconds) / STEP_SECONDS);
  const from = Math.max(to + 1, Math.round((1.5 * lagSeconds) / STEP_SECONDS));
  return { other, callsPerRequest, from, to };
};

/** The stations of a call graph in the order of these names, which are all of its services. */
export const toStations = (graph: CallGraph, order: readonly string[]): readonly Station[] => {
  const indexOf = new Map(graph.services.map(({ name }, index) => [name, index]));
  const at = (name: string) => indexOf.get(name) as number; // callOrder has checked the names
  return order.map((name) => ({
    spec: graph.services[at(name)] as ServiceSpec,
    index: at(name),
    isEntry: name === graph.entry,
    callers: graph.calls
      .filter(({ target }) => target === name)
      .map((spec) => toLink(at(spec.source), spec)),
    awaited: graph.calls
      .filter(({ source, lagSeconds }) => source === name && lagSeconds === 0)
      .map((spec) => toLink(at(spec.target), spec)),
  }));
};

/** What changes from step to step, one entry a service. */
export interface State {
  readonly scalers: Scaler[];
  readonly backlog: Float64Array;
  /**
   * Completions of all steps before s, at [s, service]: what a window completed is a difference of
   * two rows.
   */
  readonly completedBefore: Float64Array;
  readonly responseSeconds: Float64Array;
  /** Σ utilisation · Δ since the last check of the autoscaler. */
  readonly busySeconds: Float64Array;
  /** Memory held by requests, present ones and those whose memory has not been given back. */
  readonly requestBytes: Float64Array;
  /** Sums over the minute so far; the response time is weighted by completions. */
  readonly minute: {
    readonly completed: Float64Array;
    readonly responseSeconds: Float64Array;
    readonly cpuSeconds: Float64Array;
  };
}

/** Empty queues and the least replicas, with room for `steps` steps. */
export const initialState = ({ services }: CallGraph, steps: number): State => {
  const zeros = () => new Float64Array(services.length);
  return {
    scalers: services.map(({ replicas }) => initialScaler(replicas)),
    backlog: zeros(),
    completedBefore: new Float64Array((steps + 1) * services.length),
    responseSeconds: zeros(),
    busySeconds: zeros(),
    requestBytes: zeros(),
    minute: { completed: zeros(), responseSeconds: zeros(), cpuSeconds: zeros() },
  };
};

const add = (sums: Float64Array, i: number, amount: number): void => {
  sums[i] = (sums[i] as number) + amount;
};

/** What a service completed from step `from` up to, not including, step `to`. */
const completedIn = (state: State, service: number, from: number, to: number): number => {
  const { completedBefore, backlog } = state;
  const before = (step: number) =>
    completedBefore[Math.max(0, step) * backlog.length + service] as number;
  return before(to) - before(from);
};

/** Requests served per second when all ready workers are busy. */
const serviceRate = ({ spec }: Station, { ready }: Scaler): number =>
  (ready * spec.workersPerReplica * 1000) / spec.serviceMs;

/**
 * Lets requests arrive, wait and be served for one step; `demand` arrives from outside. Callers go
 * before callees.
 */
export const serve = (state: State, station: Station, step: number, demand: number): void => {
  const { spec, index: i } = station;
  const calls = station.callers.map(({ other, callsPerRequest, from, to }) => {
    const completed = completedIn(state, other, step - from, step - to);
    return (callsPerRequest * completed) / (from - to);
  });
  const arrived = calls.reduce((a, b) => a + b, station.isEntry ? demand : 0);
  const scaler = state.scalers[i] as Scaler;
  const rate = serviceRate(station, scaler);
  const capacity = rate * STEP_SECONDS;
  const limit = rate * spec.patienceSeconds;
  const { completed, backlog } = fluidStep(state.backlog[i] as number, arrived, capacity, limit);
  state.backlog[i] = backlog;
  const row = step * state.backlog.length + i;
  const before = state.completedBefore[row] as number;
  state.completedBefore[row + state.backlog.length] = before + completed;
  add(state.busySeconds, i, (completed / capacity) * STEP_SECONDS);
  const idle = (scaler.ready + scaler.starting) * IDLE_CORES + scaler.starting * START_UP_CORES;
  add(state.minute.cpuSeconds, i, (completed * spec.cpuMs) / 1000 + idle * STEP_SECONDS);
  add(state.minute.completed, i, completed);
};

/**
 * Finds the response time of a service and the memory of the requests in it. Callees go before
 * callers.
 */
export const answer = (state: State, station: Station, step: number): void => {
  const { spec, index: i } = station;
  const scaler = state.scalers[i] as Scaler;
  const workers = scaler.ready * spec.workersPerReplica;
  const serviceSeconds = spec.serviceMs / 1000;
  const completed = completedIn(state, i, step, step + 1);
  const load = Math.min((completed / STEP_SECONDS) * serviceSeconds, STATIONARY_LIMIT * workers);
  const queueing = (state.backlog[i] as number) / serviceRate(station, scaler);
  const own = serviceSeconds + waitingSeconds(workers, load, serviceSeconds) + queueing;
  const response = station.awaited.reduce(
    (sum, call) => sum + call.callsPerRequest * (state.responseSeconds[call.other] as number),
    own,
  );
  state.responseSeconds[i] = response;
  add(state.minute.responseSeconds, i, response * completed);
  const bytes = (completed / STEP_SECONDS) * response * spec.requestKilobytes * 1e3;
  const excess = Math.max(0, (state.requestBytes[i] as number) - bytes);
  const kept = Math.exp(-STEP_SECONDS / 60 / MEMORY_RETURN_MINUTES);
  state.requestBytes[i] = bytes + kept * excess;
};

/** Lets started replicas join, and the autoscaler look when it is time. */
export const scale = (
  state: State,
  { spec, index: i }: Station,
  policy: ScalingPolicy,
  step: number,
): void => {
  const now = (step + 1) * STEP_SECONDS;
  state.scalers[i] = admitStarted(state.scalers[i] as Scaler, now);
  if (now % policy.checkSeconds >= STEP_SECONDS) return;
  const utilisation = (state.busySeconds[i] as number) / policy.checkSeconds;
  state.scalers[i] = autoscale(policy, spec.replicas, state.scalers[i] as Scaler, now, utilisation);
  state.busySeconds[i] = 0;
};

/**
 * The features of a service over the minute that ends, in the order of `features`. Begins a new
 * minute.
 */
export const report = (
  { scalers, minute, requestBytes }: State,
  { spec, index: i }: Station,
): number[] => {
  const { ready, starting } = scalers[i] as Scaler;
  const completed = minute.completed[i] as number;
  const cpu = (minute.cpuSeconds[i] as number) / 60;
  const memory = (ready + starting) * spec.replicaMegabytes * 1e6 + (requestBytes[i] as number);
  const responseTime = completed > 0 ? (minute.responseSeconds[i] as number) / completed : 0;
  for (const sums of [minute.completed, minute.cpuSeconds, minute.responseSeconds]) sums[i] = 0;
  return [cpu, memory, responseTime, completed / 60, ready + starting];
};
