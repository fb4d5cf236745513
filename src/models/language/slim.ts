// A Transformer with fewer parts: whole heads and whole neurons are removed, so that every matrix is smaller and everything that takes a model takes
// this one. Michel, Levy & Neubig, "Are sixteen heads really better than one?", NeurIPS 2019; McCarley et al., "Structured pruning of a
// BERT-based question answering model", 2019.

import { fail } from "../../core/errors.ts";
import { evaluate, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { dropLowest } from "../../nn/compress/prune/lowest.ts";
import { abs, mul } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/broadcast.ts";
import { tensor } from "../../ops/create.ts";
import { square } from "../../ops/functions.ts";
import { take } from "../../ops/gather.ts";
import type * as Attention from "./model/attention.ts";
import { type Config, groupsOf, headWidthOf, hiddenOf } from "./model/config.ts";
import type * as CrossAttention from "./model/crossAttention.ts";
import type * as FeedForward from "./model/feedForward.ts";
import type * as Layer from "./model/layer.ts";
import type { Projection } from "./model/projection.ts";
import type { Model, Params } from "./model/transformer.ts";

/** How much stays of every layer, and by what parts are judged. */
export interface SlimOptions {
  /** Heads that stay, in whole groups; all of them when absent. */
  readonly heads?: number;
  /** Neurons of a feed-forward part that stay; all of them when absent. */
  readonly hidden?: number;
  /** Gradients like the parameters: parts are then judged by Σ |w · g| (Molchanov et al., 2017) in place of Σ w², over the weights that read them. */
  readonly gradients?: Params;
}

/** What stays of a layer, by number, in order: groups of heads, of attention to an encoder too where there is some, and neurons. */
export interface LayerParts {
  readonly groups: readonly number[];
  readonly crossGroups?: readonly number[];
  readonly neurons: readonly number[];
}

/** The sum over each of some parts of the rows of a weight [rows, width], of its squares or of |w · g|. */
const importances = (w: Tensor, g: Tensor | undefined, parts: number): Float64Array => {
  const rows = Float64Array.from(
    values(sum({ axis: 1 })(g === undefined ? square(w) : abs(mul(w, g)))),
  );
  const each = rows.length / parts;
  return Float64Array.from({ length: parts }, (_, i) =>
    rows.subarray(i * each, (i + 1) * each).reduce((total, x) => total + x, 0),
  );
};

/** The numbers of the most important parts, in order. */
const best = (scores: Float64Array, count: number): readonly number[] => {
  const kept = new Uint8Array(scores.length).fill(1);
  dropLowest(scores, kept, scores.length - count);
  return [...kept.keys()].filter((i) => kept[i] === 1);
};

/** How many groups stay for so many heads. */
const groupsFor = (config: Config, heads: number): number => {
  const each = config.heads / groupsOf(config);
  const groups = heads / each;
  if (!(Number.isInteger(groups) && groups >= 1 && groups <= groupsOf(config))) {
    const rule = `1…${config.heads} heads in whole groups of ${each} expected`;
    fail("slim", "InvalidArgument", rule, String(heads));
  }
  return groups;
};

/**
 * What stays of each layer: the heads whose rows of the projection back are largest, and the neurons likewise. Every layer keeps as many.
 *
 * Fails with InvalidArgument for more parts than there are, for none, and for heads that are no whole groups.
 *
 * @example
 * import { Language } from "pullback/models";
 * const config = Language.configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * partsToKeep({ heads: 1 })(config, Language.init(key(0), config))[0]?.groups.length // 1
 */
export const partsToKeep =
  ({ heads, hidden, gradients }: SlimOptions) =>
  (config: Config, params: Params): readonly LayerParts[] => {
    const groups = groupsFor(config, heads ?? config.heads);
    const neurons = hidden ?? hiddenOf(config);
    if (!(Number.isInteger(neurons) && neurons >= 1 && neurons <= hiddenOf(config)))
      fail("slim", "InvalidArgument", `1…${hiddenOf(config)} neurons expected`, String(neurons));
    return params.layers.map((layer, i): LayerParts => {
      const slope = gradients?.layers[i];
      const bestGroups = (p: Projection, g: Projection | undefined): readonly number[] =>
        best(importances(p.weight, g?.weight, groupsOf(config)), groups);
      const down = importances(
        layer.forward.down.weight,
        slope?.forward.down.weight,
        hiddenOf(config),
      );
      return {
        groups: bestGroups(layer.attention.output, slope?.attention.output),
        ...(layer.cross === undefined
          ? {}
          : {
              crossGroups: bestGroups(layer.cross.attention.output, slope?.cross?.attention.output),
            }),
        neurons: best(down, neurons),
      };
    });
  };

/** Numbers of the `size` elements of each part, in order, from an offset on. */
const elementsOf = (parts: readonly number[], size: number, offset = 0): readonly number[] =>
  parts.flatMap((part) => Array.from({ length: size }, (_, i) => offset + part * size + i));

const taken = (x: Tensor, axis: number, indices: readonly number[]): Tensor =>
  take({ axis })(x, tensor([...indices], { dtype: "i32" }));

/** A projection with some of its outputs. */
const withOutputs = ({ weight, bias }: Projection, outputs: readonly number[]): Projection => ({
  weight: taken(weight, 1, outputs),
  ...(bias === undefined ? {} : { bias: taken(bias, 0, outputs) }),
});

/** A projection with some of its inputs. */
const withInputs = (p: Projection, inputs: readonly number[]): Projection => ({
  ...p,
  weight: taken(p.weight, 0, inputs),
});

/** Where queries, keys and values of groups are, and what is projected back. */
const headsIn = (config: Config, groups: readonly number[]) => {
  const width = headWidthOf(config);
  const wide = (config.heads / groupsOf(config)) * width; // queries of a group
  const [all, kept] = [config.heads * width, groupsOf(config) * width];
  return {
    queries: elementsOf(groups, wide),
    keysFrom: (start: number) => elementsOf(groups, width, start),
    queryWidth: all,
    keyWidth: kept,
  };
};

const slimAttention = (
  config: Config,
  { input, output }: Attention.Params,
  groups: readonly number[],
): Attention.Params => {
  const { queries, keysFrom, queryWidth, keyWidth } = headsIn(config, groups);
  const all = [...queries, ...keysFrom(queryWidth), ...keysFrom(queryWidth + keyWidth)];
  return { input: withOutputs(input, all), output: withInputs(output, queries) };
};

const slimCross = (
  config: Config,
  { query, memory, output }: CrossAttention.Params,
  groups: readonly number[],
): CrossAttention.Params => {
  const { queries, keysFrom, keyWidth } = headsIn(config, groups);
  return {
    query: withOutputs(query, queries),
    memory: withOutputs(memory, [...keysFrom(0), ...keysFrom(keyWidth)]),
    output: withInputs(output, queries),
  };
};

const slimForward = (
  { up, gate, down }: FeedForward.Params,
  neurons: readonly number[],
): FeedForward.Params => ({
  up: withOutputs(up, neurons),
  ...(gate === undefined ? {} : { gate: withOutputs(gate, neurons) }),
  down: withInputs(down, neurons),
});

const slimLayer = (
  config: Config,
  layer: Layer.Params,
  { groups, crossGroups, neurons }: LayerParts,
): Layer.Params => ({
  ...layer,
  attention: slimAttention(config, layer.attention, groups),
  forward: slimForward(layer.forward, neurons),
  ...(layer.cross === undefined || crossGroups === undefined
    ? {}
    : {
        cross: { ...layer.cross, attention: slimCross(config, layer.cross.attention, crossGroups) },
      }),
});

/** Refuses parts that are none, not in order, or not there. */
const requireParts = (what: string, parts: readonly number[], all: number): void => {
  const isRight = parts.every((n, i) => Number.isInteger(n) && n < all && n > (parts[i - 1] ?? -1));
  if (!(isRight && parts.length > 0))
    fail(
      "slim",
      "InvalidArgument",
      `one or more ${what} in 0…${all - 1}, in order, expected`,
      parts.length === 0 ? "none" : parts.join(", "),
    );
};

/**
 * The model with nothing but the given parts of each layer. Its logits are those of the whole one with weights of 0 where the others are projected
 * back. Fails with InvalidArgument where layers keep different numbers of parts, which no configuration says, and for parts that are none, not in order or
 * not there.
 *
 * @example
 * import { Language } from "pullback/models";
 * const config = Language.configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * keepParts([{ groups: [1], neurons: [0, 1, 2] }])(config, Language.init(key(0), config)).config.hidden // 3
 */
export const keepParts =
  (parts: readonly LayerParts[]) =>
  (config: Config, params: Params): Model => {
    const counts = new Set(
      parts.flatMap(({ groups, crossGroups = groups, neurons }) => [
        `${groups.length} and ${neurons.length}`,
        `${crossGroups.length} and ${neurons.length}`,
      ]),
    );
    if (counts.size !== 1 || parts.length !== params.layers.length) {
      const rule = "as many groups and neurons of each layer expected";
      fail("slim", "InvalidArgument", rule, [...counts].join(", ") || "none");
    }
    for (const { groups, crossGroups = groups, neurons } of parts) {
      requireParts("groups", groups, groupsOf(config));
      requireParts("groups", crossGroups, groupsOf(config));
      requireParts("neurons", neurons, hiddenOf(config));
    }
    const [{ groups, neurons }] = parts as readonly [LayerParts]; // as many as layers
    const layers = params.layers.map((layer, i) =>
      slimLayer(config, layer, parts[i] as LayerParts),
    ); // one each
    return {
      config: {
        ...config,
        heads: groups.length * (config.heads / groupsOf(config)),
        ...(config.groups === undefined ? {} : { groups: groups.length }),
        headWidth: headWidthOf(config),
        hidden: neurons.length,
      },
      params: evaluate({ ...params, layers }),
    };
  };

/**
 * A model without the heads and neurons that matter least, and the configuration that it has then: `headWidth` stays, `heads`, `groups` and `hidden`
 * fall. Fails as `partsToKeep`.
 *
 * @example
 * import { Language } from "pullback/models";
 * const config = Language.configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * const small = slim({ heads: 1, hidden: 16 })(config, Language.init(key(0), config));
 * small.params.layers[0]?.attention.output.weight // → [4, 8]
 */
export const slim =
  (options: SlimOptions) =>
  (config: Config, params: Params): Model =>
    keepParts(partsToKeep(options)(config, params))(config, params);
