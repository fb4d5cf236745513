// What tests of the model share: a small call graph, configurations of any choices, parameters that are no longer as they began, and
// inputs; all in f64.

import fc from "fast-check";
import {
  add,
  cast,
  concat,
  exp,
  greater,
  key,
  mapTree,
  mul,
  type Tensor,
  take,
  tensor,
} from "../../../../src/index.ts";
import type { CallGraph } from "../../../../src/models/spatiotemporal/model/callGraph.ts";
import {
  type Choices,
  type Config,
  defaultChoices,
  type Sizes,
} from "../../../../src/models/spatiotemporal/model/config.ts";
import * as Forecaster from "../../../../src/models/spatiotemporal/model/forecaster.ts";
import type { Edge } from "../../../../src/models/spatiotemporal/series.ts";
import { arbitrary } from "../../../support/slopes.ts";

export const sizes: Sizes = {
  nodes: 4,
  features: 3,
  targets: [2, 0],
  horizons: 3,
  window: 3,
  cycles: 2,
  hasGaps: false,
};
const pairs: readonly Edge[] = [
  [0, 1],
  [1, 2],
  [0, 2],
  [3, 1],
];
const weights = add(arbitrary([pairs.length], 9), 1.5);
export const graph: CallGraph = { nodes: sizes.nodes, pairs, weights };
/** The same nodes, and nobody calls. */
export const noCalls: CallGraph = { nodes: sizes.nodes, pairs: [], weights: arbitrary([0]) };

/** The default choices, narrow, but for those given. */
export const configOf = (choices: Partial<Config> = {}): Config => ({
  ...sizes,
  ...defaultChoices,
  hidden: 6,
  embedding: 2,
  ...choices,
});

/** Parameters some way from where they begin, so that no part is silent. */
export const paramsOf = (config: Config, seed = 1): Forecaster.Params => {
  let leaf = 0;
  return mapTree(Forecaster.init(key(seed), config), (p) =>
    add(cast("f64")(p), mul(arbitrary(p.shape, seed + leaf++), 0.3)),
  );
};

/** How many examples inputs have. */
export const batch = 2;

/** What a forecaster of a configuration sees, with every input that it may need and no other. */
export const inputsOf = (
  { nodes, features, window, cycles, hasGaps, edges }: Config,
  { pairs: { length } }: CallGraph = graph,
): Forecaster.Inputs => {
  const seen = [batch, window, nodes, features];
  const phases = mul(add(arbitrary([batch, window, cycles], 4), 1), 0.49);
  const hours = mul(arbitrary([batch, window, 1], 5), 20);
  return {
    x: arbitrary(seen, 3),
    clock: concat({ axis: 2 })([phases, hours]),
    ...(hasGaps ? { observed: cast("f64")(greater(arbitrary(seen, 6), -0.5)) } : {}),
    ...(edges === "calls" ? { callRates: exp(arbitrary([batch, window, length], 7)) } : {}),
  };
};

/** Entries along an axis, in another order or only some of them. */
export const pick =
  (axis: number, order: readonly number[]) =>
  (x: Tensor): Tensor =>
    take({ axis })(x, tensor([...order], { dtype: "i32" }));

/** A tensor whose last entries along an axis are multiplied by 10. */
export const changeLast =
  (axis: number) =>
  (x: Tensor): Tensor => {
    const size = x.shape[axis] as number; // the axis is one of it
    const factors = Array.from({ length: size }, (_, i) => (i === size - 1 ? 10 : 1));
    const shape = x.shape.map((_, i) => (i === axis ? size : 1));
    return mul(x, tensor(Float64Array.from(factors), { shape }));
  };

const each = {
  embedding: [0, 2],
  depth: [0, 1, 2],
  direction: ["in", "out", "both", "either"],
  edges: ["given", "calls"],
  recurrence: ["gru", "tgcn", "none"],
  time: ["phase", "time2vec", "calendar", "none"],
  autoregression: [true, false],
  quantiles: [[], [0.5], [0.1, 0.5, 0.7, 0.9]],
  hasGaps: [false, true],
  cycles: [0, 1, 2],
} as const satisfies Partial<Record<keyof Config, readonly unknown[]>>;

/** T-GCN's cell has one adjacency. */
const isModel = ({ recurrence, direction }: Partial<Choices>): boolean =>
  !(recurrence === "tgcn" && direction === "both");

/** Any choices that make a model. */
export const anyChoices: fc.Arbitrary<Partial<Config>> = fc
  .record({
    embedding: fc.constantFrom(...each.embedding),
    depth: fc.constantFrom(...each.depth),
    direction: fc.constantFrom(...each.direction),
    edges: fc.constantFrom(...each.edges),
    recurrence: fc.constantFrom(...each.recurrence),
    time: fc.constantFrom(...each.time),
    autoregression: fc.constantFrom(...each.autoregression),
    quantiles: fc.constantFrom(...each.quantiles),
    hasGaps: fc.constantFrom(...each.hasGaps),
    cycles: fc.constantFrom(...each.cycles),
  })
  .filter(isModel);

/** All choices that make a model. */
export const everyChoice = (): readonly Partial<Config>[] =>
  Object.entries(each)
    .reduce<readonly Partial<Config>[]>(
      (all, [name, options]) =>
        all.flatMap((choices) => options.map((option) => ({ ...choices, [name]: option }))),
      [{}],
    )
    .filter(isModel);
