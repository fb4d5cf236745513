// The call graph that is simulated by default: a shop of twelve services, written by hand.

import type { CallSpec, ServiceGraph, ServiceSpec } from "./callgraph.ts";

const service = (
  name: string,
  [serviceMs, cpuMs]: readonly [number, number],
  [workersPerReplica, min, max]: readonly [number, number, number],
  [replicaMegabytes, requestKilobytes]: readonly [number, number],
  patienceSeconds = 10,
): ServiceSpec => ({
  name,
  serviceMs,
  cpuMs,
  workersPerReplica,
  replicas: { min, max },
  replicaMegabytes,
  requestKilobytes,
  patienceSeconds,
});

const call = (
  source: string,
  target: string,
  callsPerRequest: number,
  lagSeconds = 0,
): CallSpec => ({ source, target, callsPerRequest, lagSeconds });

/**
 * A shop of twelve services in six levels. The cache and the database are shared and not scaled;
 * visitors fill a cart about two minutes after they arrive and pay two minutes later; mail is sent
 * by one worker behind a broker, which falls behind at the busiest hour. The sizes are invented, of
 * the order that small web services show.
 */
export const shop: ServiceGraph = {
  entry: "gateway",
  services: [
    //       name              [service, cpu ms] [workers, replicas min, max] [MB, kB a request]
    service("gateway", [6, 5], [1, 1, 4], [60, 200]),
    service("storefront", [40, 32], [1, 1, 16], [150, 1500]),
    service("catalogue", [12, 10], [1, 1, 10], [90, 400]),
    service("search", [60, 50], [1, 1, 10], [400, 3000]),
    service("recommendation", [35, 33], [1, 1, 12], [250, 2000]),
    service("cart", [15, 9], [1, 1, 6], [120, 500]),
    service("checkout", [80, 30], [1, 1, 6], [120, 1000]),
    service("payment", [150, 20], [2, 1, 6], [80, 300]),
    service("shipping", [40, 25], [1, 1, 4], [80, 300]),
    service("mail", [110, 60], [2, 1, 1], [70, 200], 1800),
    service("cache", [0.8, 0.7], [1, 1, 1], [500, 50]),
    service("database", [18, 9], [4, 1, 1], [900, 4000]),
  ],
  calls: [
    call("gateway", "storefront", 1),
    call("storefront", "catalogue", 1.2),
    call("storefront", "search", 0.35),
    call("storefront", "recommendation", 0.8),
    call("storefront", "cart", 0.5, 120),
    call("cart", "checkout", 0.25, 120),
    call("recommendation", "catalogue", 1),
    call("recommendation", "cache", 1),
    call("search", "cache", 1),
    call("search", "database", 0.6),
    call("catalogue", "cache", 1.5),
    call("catalogue", "database", 0.25),
    call("cart", "cache", 2),
    call("cart", "database", 0.3),
    call("checkout", "catalogue", 1),
    call("checkout", "payment", 1),
    call("checkout", "shipping", 1),
    call("checkout", "mail", 1, 60),
    call("checkout", "database", 2),
    call("payment", "database", 1),
    call("shipping", "database", 0.5),
  ],
};
