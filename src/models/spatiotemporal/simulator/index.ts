// A test bed for forecasts: a simulated application of microservices under load.

export * from "./arrivals.ts";
export * from "./simulate.ts";
export * from "./workload.ts";
