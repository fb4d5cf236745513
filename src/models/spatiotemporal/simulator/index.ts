// A test bed for forecasts: simulated applications of microservices under load, with incidents,
// missing measurements and the truth about all of it.

export * from "./arrivals.ts";
export { type CallSpec, callOrder, type ServiceGraph, type ServiceSpec } from "./callgraph.ts";
export * from "./chance.ts";
export * from "./describe.ts";
export { type MissingOptions, nothingMissing } from "./gaps.ts";
export * from "./graphSummary.ts";
export {
  defaultResilience,
  type Incident,
  type IncidentKind,
  type IncidentReach,
  incidentKinds,
  incidentReach,
  printIncident,
  type Resilience,
} from "./incident.ts";
export type { Lifetime } from "./lifetime.ts";
export { type Bursts, type Drift, type Regime, type RegimePlan, regimesOf } from "./patterns.ts";
export * from "./randomGraph.ts";
export { shop } from "./shop.ts";
export { defaultSimulation, type SimulatorOptions, simulate } from "./simulate.ts";
export * from "./testBed.ts";
export * from "./workload.ts";
