// One service of the simulator in a step: requests arrive, wait and are served, the answer goes back,
// and the autoscaler looks at how busy it was. Equations in simulate.ts, disturbances in
// conditions.ts.

import { admitStarted, autoscale, type Scaler, type ScalingPolicy } from "./autoscale.ts";
import type { Conditions } from "./conditions.ts";
import { fluidStep, waitingSeconds } from "./queueing.ts";
import { add, completedIn, type Link, STEP_SECONDS, type State, type Station } from "./state.ts";

/** Above this utilisation the stationary waiting time, infinite at 1, gives way to the backlog. */
const STATIONARY_LIMIT = 0.98;
const IDLE_CORES = 0.01;
const START_UP_CORES = 0.3;
const MEMORY_RETURN_MINUTES = 8;
/** The share of memory that is no longer needed that is kept over a step. */
const MEMORY_KEPT = Math.exp(-STEP_SECONDS / 60 / MEMORY_RETURN_MINUTES);

/** What a service can do in a step. */
interface Capacity {
  /** Replicas that are ready and not down. */
  readonly up: number;
  readonly serviceSeconds: number;
  /** Requests served per second when all workers are busy. */
  readonly rate: number;
  /** The same if nothing were down: what a queue is judged by when all is. */
  readonly nominalRate: number;
}

const capacityOf = ({ scalers }: State, station: Station, conditions: Conditions): Capacity => {
  const { spec, index: i } = station;
  const { ready } = scalers[i] as Scaler;
  const stretched = spec.cpuMs * (1 / (1 - (conditions.hogged[i] as number)) - 1);
  const serviceMs = spec.serviceMs * (conditions.serviceFactor[i] as number) + stretched;
  // The small number keeps what combined shares have lost to rounding from taking a whole replica.
  const up = Math.max(0, ready - Math.ceil((conditions.down[i] as number) * ready - 1e-9));
  return {
    up,
    serviceSeconds: serviceMs / 1000,
    rate: (up * spec.workersPerReplica * 1000) / serviceMs,
    nominalRate: (ready * spec.workersPerReplica * 1000) / serviceMs,
  };
};

/** The tries of its calls to a service that a caller makes in a step; notes them as calls. */
const triesOver = (
  state: State,
  { other, edge, callsPerRequest, from, to }: Link,
  step: number,
  tries: number,
): number => {
  const completed = completedIn(state, other, step - from, step - to);
  const made = ((callsPerRequest * completed) / (from - to)) * tries;
  add(state.minute.calls, edge, made);
  return made;
};

/**
 * Lets requests arrive, wait and be served for one step; `demand` arrives from outside. Callers go
 * before callees.
 */
export const serve = (
  state: State,
  station: Station,
  step: number,
  demand: number,
  conditions: Conditions,
): void => {
  const { spec, index: i } = station;
  const { minute } = state;
  const tries = (conditions.tries[i] as number) * (conditions.called[i] as number);
  let offered = demand;
  for (const link of station.callers) offered += triesOver(state, link, step, tries);
  const arrived = offered * (1 - (conditions.lost[i] as number));
  const { up, rate, nominalRate } = capacityOf(state, station, conditions);
  const capacity = rate * STEP_SECONDS;
  const limit = (up > 0 ? rate : nominalRate) * spec.patienceSeconds;
  const next = fluidStep(state.backlog[i] as number, arrived, capacity, limit);
  const { completed, backlog, shed } = next;
  state.backlog[i] = backlog;
  const row = step * state.backlog.length + i;
  const before = state.completedBefore[row] as number;
  state.completedBefore[row + state.backlog.length] = before + completed;
  const utilisation = capacity > 0 ? completed / capacity : Number(backlog > 0);
  add(state.busySeconds, i, utilisation * STEP_SECONDS);
  add(minute.busySeconds, i, utilisation * STEP_SECONDS);
  add(minute.arrived, i, arrived);
  add(minute.refused, i, shed);
  add(minute.completed, i, completed);
  add(minute.cpuSeconds, i, cpuSeconds(state, station, up, completed, conditions));
};

/** Processor time of one step: of requests, of replicas that idle or start, and of a hog. */
const cpuSeconds = (
  state: State,
  { spec, index: i }: Station,
  up: number,
  completed: number,
  { hogged }: Conditions,
): number => {
  const { starting } = state.scalers[i] as Scaler;
  const idle = (up + starting) * IDLE_CORES + starting * START_UP_CORES;
  const hog = (hogged[i] as number) * up * spec.workersPerReplica;
  return (completed * spec.cpuMs) / 1000 + idle * STEP_SECONDS + hog * STEP_SECONDS;
};

/**
 * Finds the response time of a service and the memory of the requests in it. Callees go before
 * callers.
 */
export const answer = (
  state: State,
  station: Station,
  step: number,
  conditions: Conditions,
): void => {
  const { spec, index: i } = station;
  const { up, serviceSeconds, rate, nominalRate } = capacityOf(state, station, conditions);
  const workers = up * spec.workersPerReplica;
  const completed = completedIn(state, i, step, step + 1);
  const load = Math.min((completed / STEP_SECONDS) * serviceSeconds, STATIONARY_LIMIT * workers);
  const waiting = up > 0 ? waitingSeconds(workers, load, serviceSeconds) : 0;
  const queueing = (state.backlog[i] as number) / (up > 0 ? rate : nominalRate);
  let response = serviceSeconds + waiting + queueing;
  for (const link of station.awaited) {
    response += link.callsPerRequest * callSeconds(state, link, conditions);
  }
  state.responseSeconds[i] = response;
  add(state.minute.responseSeconds, i, response * completed);
  const bytes = (completed / STEP_SECONDS) * response * spec.requestKilobytes * 1e3;
  const excess = Math.max(0, (state.requestBytes[i] as number) - bytes);
  state.requestBytes[i] = bytes + MEMORY_KEPT * excess;
};

/** How long a call takes in the mean, lost tries with it. */
const callSeconds = (
  { responseSeconds }: State,
  { other, edge }: Link,
  { lost, tries, called, latencySeconds, timeoutSeconds }: Conditions,
): number => {
  const lossChance = lost[other] as number;
  const answered = (responseSeconds[other] as number) + (latencySeconds[edge] as number);
  const oneTry = (1 - lossChance) * answered + lossChance * timeoutSeconds;
  return oneTry * (tries[other] as number) * (called[other] as number);
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

/** What happened at a service in a minute. */
export interface MinuteReport {
  /** In the order of `features`. */
  readonly features: readonly number[];
  readonly utilisation: number;
  /** Requests per second. */
  readonly arrivals: number;
  /** Requests per second. */
  readonly refused: number;
  /** Requests that wait when the minute ends. */
  readonly backlog: number;
}

/** What happened at a service in the minute that ends. */
export const report = (state: State, station: Station, conditions: Conditions): MinuteReport => {
  const { spec, index: i } = station;
  const { minute } = state;
  const { starting } = state.scalers[i] as Scaler;
  const replicas = capacityOf(state, station, conditions).up + starting;
  const completed = minute.completed[i] as number;
  const cpu = (minute.cpuSeconds[i] as number) / 60;
  const memory = replicas * spec.replicaMegabytes * 1e6 + (state.requestBytes[i] as number);
  const responseTime = completed > 0 ? (minute.responseSeconds[i] as number) / completed : 0;
  return {
    features: [cpu, memory, responseTime, completed / 60, replicas],
    utilisation: (minute.busySeconds[i] as number) / 60,
    arrivals: (minute.arrived[i] as number) / 60,
    refused: (minute.refused[i] as number) / 60,
    backlog: state.backlog[i] as number,
  };
};
