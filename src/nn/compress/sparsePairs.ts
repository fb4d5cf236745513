// Two of every four: weights of which a group of four neighbours keeps two at most (Mishra et al., "Accelerating sparse deep neural networks", 2021),
// as those two and where they were: in f32 17/32 of the bytes. Products of a row read them as they are.

import { fail } from "../../core/errors.ts";
import { values as elements, evaluate } from "../../core/run/evaluate.ts";
import { printShape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import {
  abs,
  add,
  cast,
  equal,
  greaterEqual,
  less,
  mod,
  mul,
  sub,
  where,
} from "../../ops/arithmetic.ts";
import { expandTo, reshape } from "../../ops/broadcast.ts";
import { axisOf } from "../../ops/call.ts";
import { matmul } from "../../ops/contract.ts";
import { iota } from "../../ops/create.ts";
import { clamp } from "../../ops/piecewise.ts";
import { narrow } from "../../ops/slice.ts";
import { moveAxis, stack } from "../../ops/structural.ts";

/**
 * values [inputs / 2, ...others], the two of a group one after the other; places i4 [inputs / 4, ...others]: first + 4 · (second − 2), where first and
 * second, in 0…3, are the places of the two.
 */
export interface Pairs {
  readonly values: Tensor;
  readonly places: Tensor;
}

/** The axis along which there are groups of four. */
export interface PairsOptions {
  /** Default −2: along the inputs of a linear layer or a convolution. */
  readonly axis?: number;
}

/** Who asks, and for which leaf of a tree: what refusals name. */
export interface Asking {
  readonly op: string;
  readonly leaf?: string;
}

const ofLeaf = ({ leaf }: Asking): string => (leaf === undefined ? "" : ` of "${leaf}"`);

/** Where groups lie in a tensor. Fails where 4 does not divide the axis. */
const groupsOf = (w: Tensor, { axis = -2 }: PairsOptions, asking: Asking) => {
  const at = axisOf(asking.op, axis, w.shape.length);
  const inputs = w.shape[at] as number; // an axis of it
  if (inputs % 4 !== 0)
    fail(
      asking.op,
      "InvalidArgument",
      `groups of 4 that divide axis ${at}${ofLeaf(asking)} expected`,
      printShape(w.shape),
      "leaves whose inputs are no multiple of 4 have to stay dense",
    );
  return { at, groups: inputs / 4, stride: sizeOf(w.shape.slice(at + 1)) };
};

/** Fails where a group has more than two elements that are not 0, or 4 does not divide the axis. Looks at values. */
export const requirePairs = (w: Tensor, options: PairsOptions, asking: Asking): void => {
  const { stride } = groupsOf(w, options, asking);
  const all = elements(w);
  for (let block = 0; block < all.length; block += 4 * stride)
    for (let i = block; i < block + stride; i++) {
      let used = 0;
      for (let k = 0; k < 4; k++) used += Number(all[i + k * stride] !== 0);
      if (used > 2)
        fail(
          asking.op,
          "InvalidArgument",
          `two of every four${ofLeaf(asking)} that are not 0 expected`,
          `${[0, 1, 2, 3].map((k) => all[i + k * stride]).join(", ")} in ${printShape(w.shape)}`,
          "prune with nOfM({ n: 2, m: 4 }) and makePermanent first",
        );
    }
};

/** Whether each of four tensors is among the two of largest size; of equal ones the last are, as `nOfM` has it. */
const largestTwo = (four: readonly Tensor[]): readonly Tensor[] => {
  const sizes = four.map((x) => abs(x));
  return sizes.map((size, i) => {
    const above = sizes.flatMap((other, j) => {
      if (i === j) return [];
      return [cast("i32")(i < j ? greaterEqual(other, size) : less(other)(size))];
    });
    return less(
      above.reduce((a, b) => add(a, b)),
      2,
    );
  });
};

/** The two largest of every four, and where they are, as graphs. Gradients go to these two. */
export const splitPairs = (w: Tensor, options: PairsOptions, asking: Asking): Pairs => {
  const { at, groups } = groupsOf(w, options, asking);
  const front = moveAxis(w, at, 0); // [inputs, ...others]
  const others = front.shape.slice(1);
  const fours = reshape([groups, 4, ...others])(front);
  const four = [0, 1, 2, 3].map((k) => reshape([groups, ...others])(narrow(fours, 1, k, 1)));
  const [is0, is1, is2, is3] = largestTwo(four) as [Tensor, Tensor, Tensor, Tensor]; // one each
  const [w0, w1, w2, w3] = four as unknown as [Tensor, Tensor, Tensor, Tensor]; // of four
  const two = [where(is0, w0, where(is1, w1, w2)), where(is3, w3, where(is2, w2, w1))];
  const first = where(is0, 0, where(is1, 1, 2));
  const second = where(is3, 3, where(is2, 2, 1));
  return {
    values: reshape([2 * groups, ...others])(stack({ axis: 1 })(two)),
    places: cast("i4")(cast("i32")(add(first, mul(sub(second, 2), 4)))),
  };
};

/** The dense tensor that pairs stand for, as a graph: each of the two where the place is its own. */
export const joinPairs = ({ values, places }: Pairs, { axis = -2 }: PairsOptions): Tensor => {
  const [groups, ...others] = places.shape as readonly [number, ...number[]]; // of one axis or more
  const all = [groups, 4, ...others];
  const place = iota(all, 1);
  const code = expandTo(reshape([groups, 1, ...others])(cast("i32")(places)), all);
  const first = mod(code, 4);
  // The rest, −4, 0 or 4, stands for 1, 2 or 3: in steps of one, held to what there is.
  const second = clamp({ min: 1, max: 3 })(add(sub(code, first), 2));
  const two = reshape([groups, 2, ...others])(values);
  const [a, b] = [first, second].map((at, i) =>
    where(equal(at, place), expandTo(narrow(two, 1, i, 1), all), 0),
  ) as unknown as [Tensor, Tensor]; // of two
  const front = reshape([4 * groups, ...others])(add(a, b));
  return moveAxis(front, 0, axisOf("fromPairs", axis, front.shape.length));
};

/**
 * A tensor as pairs. Fails with InvalidArgument where 4 does not divide the axis, or a group has more than two elements that are not 0.
 *
 * @example
 * const { values, places } = Compress.toPairs()(tensor([[0], [5], [0], [7]]));
 * console.log(toArray(values), toArray(places)) // [[5], [7]] [[5]]
 */
export const toPairs =
  (options: PairsOptions = {}) =>
  (w: Tensor): Pairs => {
    requirePairs(w, options, { op: "toPairs" });
    return evaluate(splitPairs(w, options, { op: "toPairs" }));
  };

/**
 * The dense tensor that pairs stand for: a graph, which is computed where it is read. Gradients flow to the values.
 *
 * @example
 * toArray(Compress.fromPairs()(Compress.toPairs()(tensor([[0], [5], [0], [7]])))) // [[0], [5], [0], [7]]
 */
export const fromPairs =
  (options: PairsOptions = {}) =>
  (pairs: Pairs): Tensor => {
    const { values, places } = pairs;
    return joinPairs(
      { values: cast(values.dtype === "f64" ? "f64" : "f32")(values), places },
      options,
    );
  };

/**
 * The product with the matrix that pairs stand for: `matmul(x, fromPairs()(pairs))`, of which devices store no dense matrix.
 *
 *   x [..., inputs]   values [inputs / 2, outputs]   → [..., outputs]
 *
 * On the cpu device each output of up to three rows is a sum of two values of a group, each times one of four inputs. Fails with ShapeMismatch where the
 * inputs are not those of the pairs.
 *
 * @example
 * const pairs = Compress.toPairs()(tensor([[0], [5], [0], [7]]));
 * toArray(Compress.pairsMatmul(tensor([[1, 2, 3, 4]]), pairs)) // [[38]]
 */
export const pairsMatmul = (x: Tensor, pairs: Pairs): Tensor => {
  const [groups] = pairs.places.shape as readonly [number];
  const inputs = x.shape.at(-1) ?? 1;
  if (pairs.places.shape.length !== 2 || inputs !== 4 * groups)
    fail(
      "pairsMatmul",
      "ShapeMismatch",
      `pairs for ${inputs} inputs expected`,
      printShape(pairs.places.shape),
    );
  return matmul(x, fromPairs()(pairs));
};
