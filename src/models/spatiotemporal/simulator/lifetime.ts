// Services that are deployed during the run, or removed. Outside of its lifetime nobody calls a
// service, and nothing is measured of it.

import { type OptionProblem, optionProblem } from "../options.ts";
import type { ServiceGraph } from "./callgraph.ts";

/** When a service is there. Services without a lifetime are always there. */
export interface Lifetime {
  readonly service: string;
  /** The first minute of the run in which it is called; 0 for one that was there before. */
  readonly begin: number;
  /** The first minute in which it is no longer called; the length of the run for one that stays. */
  readonly end: number;
}

/** What is wrong with the lifetimes in a run of so many minutes, if anything. */
export const checkLifetimes = (
  graph: ServiceGraph,
  minutes: number,
  lifetimes: readonly Lifetime[],
): OptionProblem | undefined => {
  const names = lifetimes.map(({ service }) => service);
  const unknown = names.find((name) => !graph.services.some((spec) => spec.name === name));
  if (unknown !== undefined) {
    return optionProblem("lifetimes of known services expected", `"${unknown}"`);
  }
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) {
    return optionProblem("one lifetime a service expected", `"${twice}" twice`);
  }
  const wrong = lifetimes.find(
    ({ begin, end }) =>
      !(Number.isInteger(begin) && Number.isInteger(end) && begin >= 0) ||
      end <= begin ||
      end > minutes,
  );
  return wrong === undefined
    ? undefined
    : optionProblem(
        `whole minutes 0 ≤ begin < end ≤ ${minutes} expected for "${wrong.service}"`,
        `${wrong.begin} and ${wrong.end}`,
      );
};

/** Whether a service is there in a minute. */
export const isDeployed = (
  lifetimes: readonly Lifetime[],
  service: string,
  minute: number,
): boolean =>
  lifetimes.every(
    (life) => life.service !== service || (life.begin <= minute && minute < life.end),
  );
