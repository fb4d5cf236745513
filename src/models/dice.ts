// Random choices in a row, for what is drawn once: graphs, sizes, incidents, streets. Each set of
// dice throws the same in every run of the program.

import { uniforms } from "./prng.ts";

/** Random draws, each from the next number of one stream. */
export interface Dice {
  /** In (0, 1). */
  readonly share: () => number;
  readonly chance: (probability: number) => boolean;
  readonly between: (low: number, high: number) => number;
  /** Evenly spread in its logarithm. */
  readonly logBetween: (low: number, high: number) => number;
  /** A whole number from `low` to `high`, both included. */
  readonly integer: (low: number, high: number) => number;
  readonly exponential: (mean: number) => number;
  /** Pareto's law: at least `least`, with the tail x^−shape. */
  readonly pareto: (shape: number, least: number) => number;
  /** One of the items, which are not none, each with its weight. */
  readonly pick: <A>(items: readonly A[], weightOf?: (item: A) => number) => A;
}

/** Dice whose throws are the numbers of one stream of a seed. */
export const makeDice = (seed: number, stream: number): Dice => {
  const draw = uniforms(seed, stream);
  let thrown = 0;
  const share = () => draw(thrown++);
  const between = (low: number, high: number) => low + (high - low) * share();
  return {
    share,
    chance: (probability) => share() < probability,
    between,
    logBetween: (low, high) => Math.exp(between(Math.log(low), Math.log(high))),
    integer: (low, high) => low + Math.floor(share() * (high - low + 1)),
    exponential: (mean) => -mean * Math.log(share()),
    pareto: (shape, least) => least * share() ** (-1 / shape),
    pick: (items, weightOf = () => 1) => {
      const total = items.reduce((sum, item) => sum + weightOf(item), 0);
      let left = share() * total;
      const found = items.find((item) => {
        left -= weightOf(item);
        return left < 0;
      });
      return found ?? (items.at(-1) as (typeof items)[number]); // rounding may leave a crumb
    },
  };
};
