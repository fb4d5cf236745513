// Diffusion convolution: what random walks of a few steps bring, along the edges and against them. Li,
// Yu, Shahabi & Liu, "Diffusion convolutional recurrent neural network: data-driven traffic
// forecasting", ICLR 2018, equation 2.

import { fail } from "../../core/errors.ts";
import { range } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { expand } from "../../ops/broadcast.ts";
import { concat } from "../../ops/structural.ts";
import * as Linear from "../linear.ts";
import { type Adjacency, propagate, randomWalk, reverse } from "./adjacency.ts";

/**
 * weight [(1 + 2 · steps) · inputs, outputs], bias [outputs]: rows for the node itself, then for
 * 1 … steps steps along the edges, then for as many against them.
 */
export type Params = Linear.Params;

/** Sizes of the layer, and how many steps a walk has in either direction. */
export interface Config extends Linear.Config {
  readonly steps: number;
}

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * DiffusionConvolution.init(key(0), { inputs: 3, outputs: 2, steps: 2 }).weight // → [15, 2]
 */
export const init = (key: Tensor, { inputs, outputs, steps }: Config): Params =>
  Linear.init(key, { inputs: (1 + 2 * steps) * inputs, outputs });

/** P h, P² h, … */
const walk = (transition: Adjacency, steps: number, h: Tensor): readonly Tensor[] => {
  const step = propagate(transition);
  const places: Tensor[] = [];
  for (const k of range(steps)) places.push(step(places[k - 1] ?? h));
  return places;
};

const stepsOf = ({ weight }: Params, h: Tensor): number => {
  const [rows, inputs] = [weight.shape[0] as number, h.shape.at(-1) as number]; // a matrix, and features
  const steps = (rows / inputs - 1) / 2;
  const rule = "a weight for the node itself and for as many steps either way expected";
  return Number.isInteger(steps) && steps >= 0
    ? steps
    : fail(
        "DiffusionConvolution.apply",
        "ShapeMismatch",
        rule,
        `${rows} rows for ${inputs} features`,
      );
};

/**
 * h W₀ + Σₖ (D⁻¹ A)ᵏ h Wₖ + Σₖ (D′⁻¹ Aᵀ)ᵏ h Vₖ + b over k = 1 … steps, with the row sums of A in D and
 * those of Aᵀ in D′. The paper counts from k = 0, where both directions are the node itself.
 *
 *   adjacency [..., nodes, nodes] in any form, as it is   h [..., nodes, inputs]
 *   → [..., nodes, outputs]
 *
 * The number of steps is that of the weight. Fails with ShapeMismatch when rows do not fit it.
 *
 * @example
 * const roads = Graph.edges({ nodes: 4 })([[0, 1], [1, 2], [2, 3]], tensor([1, 0.5, 2]));
 * const layer = DiffusionConvolution.init(key(0), { inputs: 3, outputs: 2, steps: 2 });
 * DiffusionConvolution.apply(layer, roads)(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply = (params: Params, adjacency: Adjacency): ((h: Tensor) => Tensor) => {
  const along = randomWalk()(adjacency);
  const against = randomWalk()(reverse(adjacency));
  return (h) => {
    const steps = stepsOf(params, h);
    const places = [...walk(along, steps, h), ...walk(against, steps, h)];
    const own = expand((places[0] ?? h).shape)(h); // the adjacency may bring leading axes
    return Linear.apply(params)(concat({ axis: -1 })([own, ...places]));
  };
};
