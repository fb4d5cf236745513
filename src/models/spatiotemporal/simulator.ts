// A seeded simulator of a microservice application under load: the data set that is always at hand.
//
// Requests are a fluid that flows down the call graph in steps of 5 s. In each step and service
//
//   arrivals      = Σ over callers of calls per request · the caller's completions (spread over lag/2 … 3·lag/2 ago)
//   completions   = at most replicas · workers · Δ / service time; the rest waits as backlog, carried to the next step
//   utilisation ρ = completions / that most, so ρ ≤ 1
//   own time      = service time + M/M/c waiting time at min(ρ, 0.98) + backlog / rate of service
//   response time = own time + Σ over awaited callees of calls per request · the callee's response time
//   cpu           = completions · cpu time / Δ + idle and start-up cores of the replicas
//   memory        = replicas · base + request memory · λ·R (Little), which rises at once and is given back over minutes
//
// and an autoscaler sets the replicas. The stationary waiting time keeps a queue's randomness below saturation, the fluid
// backlog its build-up above: the split of Newell, "Applications of Queueing Theory", 1982, ch. 2. Workers are not held
// while a request waits for callees, and refused requests are not retried.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import {
  admitStarted,
  autoscale,
  defaultScaling,
  initialScaler,
  type Scaler,
  type ScalingPolicy,
} from "./autoscale.ts";
import {
  type CallGraph,
  type CallSpec,
  callOrder,
  type OptionProblem,
  optionProblem,
  type ServiceSpec,
  shop,
} from "./callgraph.ts";
import { normals } from "./prng.ts";
import { fluidStep, waitingSeconds } from "./queueing.ts";
import { features, type ServiceSeries } from "./series.ts";
import { arrivals, defaultWorkload, firstFreeStream, type Workload } from "./workload.ts";

/** What to simulate. Every field has a default. */
export interface SimulatorOptions {
  readonly seed?: number;
  readonly minutes?: number;
  readonly graph?: CallGraph;
  readonly workload?: Workload;
  readonly scaling?: ScalingPolicy;
  /** Scales the errors of measurement; 0 reports the exact state. */
  readonly measurementNoise?: number;
}

const STEP_SECONDS = 5;
const STEPS_PER_MINUTE = 60 / STEP_SECONDS;
/** Simulated before the first reported minute, so that lags and replicas have settled. */
const WARM_UP_MINUTES = 30;
/** Above this the stationary waiting time, infinite at 1, gives way to the backlog. */
const STATIONARY_LIMIT = 0.98;
const IDLE_CORES = 0.01;
const START_UP_CORES = 0.3;
const MEMORY_RETURN_MINUTES = 8;
/** Deviation of the relative error of measurement of cpu, memory, response time and throughput. */
const METER_ERRORS = [0.05, 0.004, 0.04, 0.03] as const;
/** 2024-01-01 00:00 UTC, a Monday. */
const START_TIME = Date.UTC(2024, 0, 1) / 1000;

/**
 * One value per service, feature and minute of a simulated application: the shop, 1440 minutes, unless options say otherwise.
 * The same options give the same values. Fails when the call graph has a cycle or a number is out of range.
 */
export const simulate = (options: SimulatorOptions = {}): E.Either<OptionProblem, ServiceSeries> =>
  pipe(
    checkOptions(options),
    E.chain(() => callOrder(options.graph ?? shop)),
    E.map((order) => run(options, order)),
  );

const checkOptions = ({
  minutes = 1440,
  workload: w = defaultWorkload,
}: SimulatorOptions): E.Either<OptionProblem, null> => {
  const refuse = (rule: string, got: number) => E.left(optionProblem(rule, String(got)));
  if (!Number.isInteger(minutes) || minutes < 1) return refuse("whole minutes expected", minutes);
  if (!(w.load > 0)) return refuse("a positive load expected", w.load);
  if (!(w.baseRequestsPerSecond > 0)) {
    return refuse("positive baseRequestsPerSecond expected", w.baseRequestsPerSecond);
  }
  return w.dailySwing >= 0 && w.dailySwing < 1
    ? E.right(null)
    : refuse("dailySwing in 0…1, without 1, expected", w.dailySwing);
};

/** A service with its place in the arrays and its calls. */
interface Station {
  readonly spec: ServiceSpec;
  readonly index: number;
  readonly isEntry: boolean;
  readonly callers: readonly Link[];
  readonly awaited: readonly Link[];
}

interface Link {
  /** The index of the service at the other end. */
  readonly other: number;
  readonly callsPerRequest: number;
  /** The lag's window, in steps before the present one. */
  readonly from: number;
  readonly to: number;
}

const toLink = (other: number, { callsPerRequest, lagSeconds }: CallSpec): Link => {
  // A plain call happens in the step itself: the window of length 1 that ends with it.
  if (lagSeconds === 0) return { other, callsPerRequest, from: 0, to: -1 };
  const to = Math.round((0.5 * lagSeconds) / STEP_SECONDS);
  const from = Math.max(to + 1, Math.round((1.5 * lagSeconds) / STEP_SECONDS));
  return { other, callsPerRequest, from, to };
};

const toStations = (graph: CallGraph, order: readonly string[]): readonly Station[] => {
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
interface State {
  readonly scalers: Scaler[];
  readonly backlog: Float64Array;
  /** Completions of all steps before s, at [s, service]: windows of past completions are differences of two rows. */
  readonly completedBefore: Float64Array;
  readonly responseSeconds: Float64Array;
  /** Mean utilisation since the last check of the autoscaler. */
  readonly busySeconds: Float64Array;
  readonly requestBytes: Float64Array;
  /** Sums over the minute so far. */
  readonly minute: {
    completed: Float64Array;
    responseSeconds: Float64Array;
    cpuSeconds: Float64Array;
  };
}

const run = (options: SimulatorOptions, order: readonly string[]): ServiceSeries => {
  const { seed = 1, minutes = 1440, graph = shop, workload = defaultWorkload } = options;
  const { scaling = defaultScaling, measurementNoise = 1 } = options;
  const stations = toStations(graph, order);
  const n = stations.length;
  const steps = (WARM_UP_MINUTES + minutes) * STEPS_PER_MINUTE;
  const demand = arrivals(workload, seed, steps, STEP_SECONDS);
  const state = initialState(graph, steps);
  const measure = meter(seed, n, measurementNoise);
  const values = new Float64Array(minutes * n * features.length);

  for (let step = 0; step < steps; step++) {
    for (const station of stations) serve(state, station, n, step, demand[step] as number);
    for (const station of stations.toReversed()) answer(state, station, n, step);
    for (const station of stations) scale(state, station, scaling, step);
    if ((step + 1) % STEPS_PER_MINUTE !== 0) continue;
    const minute = (step + 1) / STEPS_PER_MINUTE - WARM_UP_MINUTES - 1;
    for (const station of stations) {
      const row = report(state, station);
      if (minute < 0) continue;
      for (const [feature, value] of row.entries()) {
        values[(minute * n + station.index) * features.length + feature] = measure(
          minute,
          station.index,
          feature,
          value,
        );
      }
    }
  }
  const indexOf = (name: string) => graph.services.findIndex((spec) => spec.name === name);
  return {
    services: graph.services.map(({ name }) => name),
    features,
    times: Float64Array.from({ length: minutes }, (_, minute) => START_TIME + 60 * minute),
    values,
    edges: graph.calls.map(({ source, target }) => [indexOf(source), indexOf(target)] as const),
    stepSeconds: 60,
  };
};

const initialState = ({ services }: CallGraph, steps: number): State => {
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

/** Requests served per second when all ready workers are busy. */
const serviceRate = ({ spec }: Station, { ready }: Scaler): number =>
  (ready * spec.workersPerReplica * 1000) / spec.serviceMs;

const add = (sums: Float64Array, i: number, amount: number): void => {
  sums[i] = (sums[i] as number) + amount;
};

/** Lets requests arrive, wait and be served for one step. Callers have been served before. */
const serve = (state: State, station: Station, n: number, step: number, demand: number): void => {
  const { spec, index: i, callers } = station;
  const { completedBefore } = state;
  let arrived = station.isEntry ? demand : 0;
  for (const { other, callsPerRequest, from, to } of callers) {
    const rowAt = (stepsAgo: number) => Math.max(0, step - stepsAgo) * n + other;
    const completed =
      (completedBefore[rowAt(to)] as number) - (completedBefore[rowAt(from)] as number);
    arrived += (callsPerRequest * completed) / (from - to);
  }
  const scaler = state.scalers[i] as Scaler;
  const rate = serviceRate(station, scaler);
  const capacity = rate * STEP_SECONDS;
  const limit = rate * spec.patienceSeconds;
  const { completed, backlog } = fluidStep(state.backlog[i] as number, arrived, capacity, limit);
  state.backlog[i] = backlog;
  completedBefore[(step + 1) * n + i] = (completedBefore[step * n + i] as number) + completed;
  add(state.busySeconds, i, (completed / capacity) * STEP_SECONDS);
  const replicas = scaler.ready + scaler.starting;
  const cores = replicas * IDLE_CORES + scaler.starting * START_UP_CORES;
  add(state.minute.cpuSeconds, i, (completed * spec.cpuMs) / 1000 + cores * STEP_SECONDS);
  add(state.minute.completed, i, completed);
};

/** Finds the response time of a service, and the memory of the requests in it. Callees have answered before. */
const answer = (state: State, station: Station, n: number, step: number): void => {
  const { spec, index: i, awaited } = station;
  const rowAt = (s: number) => state.completedBefore[s * n + i] as number;
  const completed = rowAt(step + 1) - rowAt(step);
  const scaler = state.scalers[i] as Scaler;
  const workers = scaler.ready * spec.workersPerReplica;
  const serviceSeconds = spec.serviceMs / 1000;
  const load = Math.min((completed / STEP_SECONDS) * serviceSeconds, STATIONARY_LIMIT * workers);
  let response = serviceSeconds + waitingSeconds(workers, load, serviceSeconds);
  response += (state.backlog[i] as number) / serviceRate(station, scaler);
  for (const { other, callsPerRequest } of awaited) {
    response += callsPerRequest * (state.responseSeconds[other] as number);
  }
  state.responseSeconds[i] = response;
  add(state.minute.responseSeconds, i, response * completed);
  const present = (completed / STEP_SECONDS) * response;
  const bytes = present * spec.requestKilobytes * 1e3;
  const kept = Math.exp(-STEP_SECONDS / 60 / MEMORY_RETURN_MINUTES);
  state.requestBytes[i] = Math.max(
    bytes,
    bytes + kept * ((state.requestBytes[i] as number) - bytes),
  );
};

const scale = (
  state: State,
  { spec, index: i }: Station,
  policy: ScalingPolicy,
  step: number,
): void => {
  const now = (step + 1) * STEP_SECONDS;
  const scaler = admitStarted(state.scalers[i] as Scaler, now);
  const isCheck = now % policy.checkSeconds < STEP_SECONDS;
  const utilisation = (state.busySeconds[i] as number) / policy.checkSeconds;
  state.scalers[i] = isCheck ? autoscale(policy, spec.replicas, scaler, now, utilisation) : scaler;
  if (isCheck) state.busySeconds[i] = 0;
};

/** The features of a service over the minute that ends, in the order of `features`. Clears the minute's sums. */
const report = (
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

/** Adds the error of measurement: relative, normal, and never so large that a value turns negative. */
const meter =
  (seed: number, n: number, noise: number) =>
  (minute: number, service: number, feature: number, value: number): number => {
    const deviation = noise * (METER_ERRORS[feature] ?? 0);
    const error = normals(seed, firstFreeStream + feature * n + service)(minute);
    return Math.max(0, value * (1 + deviation * error));
  };
