// A test bed for forecasts: a simulated application of microservices under load.

export * from "./arrivals.ts";
export { type CallGraph, type CallSpec, callOrder, type ServiceSpec } from "./callgraph.ts";
export * from "./graphSummary.ts";
export * from "./randomGraph.ts";
export { shop } from "./shop.ts";
export * from "./simulate.ts";
export * from "./workload.ts";
