// The laws of queues that the simulator stands on, as functions of plain numbers.
//
//   offered load   a = λ·s       erlangs: servers kept busy by λ requests/s of s seconds each
//   utilisation    ρ = a / c     of c servers
//   Erlang B       B(0) = 1, B(k) = a·B(k−1) / (k + a·B(k−1))
//                  chance that all k servers are busy where nobody may wait
//   Erlang C       C = B / (1 − ρ·(1 − B))      chance that a request has to wait
//   waiting time   W = C·s / (c − a)            mean over all requests, for a < c
//   Little         L = λ·R       requests present; R the mean time that each stays
//
// Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
// telephone exchanges", 1917; Little, "A proof for the queuing formula L = λW", 1961; Kleinrock,
// "Queueing Systems I", 1975, §3.5.

/** The chance that a request finds all `servers` busy where none may wait (Erlang B). */
export const erlangB = (servers: number, offeredLoad: number): number => {
  let blocking = 1;
  for (let k = 1; k <= servers; k++) {
    blocking = (offeredLoad * blocking) / (k + offeredLoad * blocking);
  }
  return blocking;
};

/**
 * The chance that a request has to wait in an M/M/c queue (Erlang C); 1 when the load is not below
 * the servers.
 */
export const erlangC = (servers: number, offeredLoad: number): number => {
  if (offeredLoad >= servers) return 1;
  const blocking = erlangB(servers, offeredLoad);
  return blocking / (1 - (offeredLoad / servers) * (1 - blocking));
};

/**
 * Mean waiting time in seconds of an M/M/c queue in equilibrium, before service.
 * Infinite when the offered load is not below the number of servers.
 */
export const waitingSeconds = (
  servers: number,
  offeredLoad: number,
  serviceSeconds: number,
): number =>
  offeredLoad >= servers
    ? Number.POSITIVE_INFINITY
    : (erlangC(servers, offeredLoad) * serviceSeconds) / (servers - offeredLoad);

/** Requests that enter, leave and stay during one step of a fluid queue. */
export interface FluidStep {
  readonly completed: number;
  readonly backlog: number;
  /** Requests refused because the backlog was at its limit. */
  readonly shed: number;
}

/**
 * One step of a fluid queue, in which requests are a quantity and not individuals: what arrives
 * joins the backlog, at most `capacity` of it is served, and what exceeds `limit` is refused.
 *
 *   backlog + arrivals = completed + shed + backlog′,  completed ≤ capacity,  backlog′ ≤ limit
 */
export const fluidStep = (
  backlog: number,
  arrivals: number,
  capacity: number,
  limit: number,
): FluidStep => {
  const present = backlog + arrivals;
  const completed = Math.min(present, capacity);
  const left = present - completed;
  const kept = Math.min(left, limit);
  return { completed, backlog: kept, shed: left - kept };
};
