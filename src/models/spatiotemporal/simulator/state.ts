// What the simulator keeps from step to step: arrays with one entry a service, or a call, that are
// changed in place. Only `record` of engine.ts sees them.

import { initialScaler, type Scaler } from "./autoscale.ts";
import { type CallSpec, meanCalls, type ServiceGraph, type ServiceSpec } from "./callgraph.ts";

/** The length of a step. */
export const STEP_SECONDS = 5;

/** A service with its place in the arrays and its calls. */
export interface Station {
  readonly spec: ServiceSpec;
  readonly index: number;
  readonly callers: readonly Link[];
  readonly awaited: readonly Link[];
}

/** A call as seen from one of its ends. */
export interface Link {
  /** The index of the service at the other end. */
  readonly other: number;
  /** The index of the call. */
  readonly edge: number;
  readonly callsPerRequest: number;
  /**
   * The completions that call now: those of the steps from `from` steps ago up to, not including,
   * `to` steps ago.
   */
  readonly from: number;
  readonly to: number;
}

const toLink = (other: number, edge: number, spec: CallSpec): Link => {
  const callsPerRequest = meanCalls(spec);
  const { lagSeconds } = spec;
  // A plain call happens in the step itself: from 0 steps ago up to the next one.
  if (lagSeconds === 0) return { other, edge, callsPerRequest, from: 0, to: -1 };
  const to = Math.round((0.5 * lagSeconds) / STEP_SECONDS);
  const from = Math.max(to + 1, Math.round((1.5 * lagSeconds) / STEP_SECONDS));
  return { other, edge, callsPerRequest, from, to };
};

/** The stations of a call graph in the order of these names, which are all of its services. */
export const toStations = (graph: ServiceGraph, order: readonly string[]): readonly Station[] => {
  const indexOf = new Map(graph.services.map(({ name }, index) => [name, index]));
  const at = (name: string) => indexOf.get(name) as number; // callOrder has checked the names
  const calls = [...graph.calls.entries()];
  return order.map((name) => ({
    spec: graph.services[at(name)] as ServiceSpec,
    index: at(name),
    callers: calls
      .filter(([, { target }]) => target === name)
      .map(([edge, spec]) => toLink(at(spec.source), edge, spec)),
    awaited: calls
      .filter(([, { source, lagSeconds }]) => source === name && lagSeconds === 0)
      .map(([edge, spec]) => toLink(at(spec.target), edge, spec)),
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
    readonly arrived: Float64Array;
    readonly refused: Float64Array;
    /** Σ utilisation · Δ */
    readonly busySeconds: Float64Array;
    /** One entry a call: how often it was made, lost tries with it. */
    readonly calls: Float64Array;
  };
}

/** Empty queues and the least replicas, with room for `steps` steps. */
export const initialState = ({ services, calls }: ServiceGraph, steps: number): State => {
  const zeros = () => new Float64Array(services.length);
  return {
    scalers: services.map(({ replicas }) => initialScaler(replicas)),
    backlog: zeros(),
    completedBefore: new Float64Array((steps + 1) * services.length),
    responseSeconds: zeros(),
    busySeconds: zeros(),
    requestBytes: zeros(),
    minute: {
      completed: zeros(),
      responseSeconds: zeros(),
      cpuSeconds: zeros(),
      arrived: zeros(),
      refused: zeros(),
      busySeconds: zeros(),
      calls: new Float64Array(calls.length),
    },
  };
};

/** Adds to one entry of an array. */
export const add = (sums: Float64Array, i: number, amount: number): void => {
  sums[i] = (sums[i] as number) + amount;
};

/** What a service completed from step `from` up to, not including, step `to`; nothing before 0. */
export const completedIn = (state: State, service: number, from: number, to: number): number => {
  const { completedBefore, backlog } = state;
  const [start, end] = [Math.max(0, from), Math.max(0, to)];
  const before = completedBefore[start * backlog.length + service] as number;
  return (completedBefore[end * backlog.length + service] as number) - before;
};

/** Begins a new minute. */
export const beginMinute = ({ minute }: State): void => {
  for (const sums of Object.values(minute)) sums.fill(0);
};
