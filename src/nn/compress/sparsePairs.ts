// Two of every four: weights of which a group of four neighbours keeps two at most (Mishra et al., "Accelerating sparse deep neural networks", 2021),
// as those two and where they were, in 17/32 of the bytes. A product of a few rows reads them as they are.

import { fail } from "../../core/errors.ts";
import { values as elements } from "../../core/run/evaluate.ts";
import { printShape, sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../core/tensor.ts";
import { add, cast, equal, greater, less, mod, mul, where } from "../../ops/arithmetic.ts";
import { reshape, sum } from "../../ops/broadcast.ts";
import { axisOf } from "../../ops/call.ts";
import { matmul } from "../../ops/contract.ts";
import { narrow } from "../../ops/slice.ts";
import { moveAxis, stack } from "../../ops/structural.ts";

/**
 * values f32 (or codes i8) [inputs / 4, 2, ...others], the two of a group in order; places i4 [inputs / 4, ...others]. A place is −8 where the first of the
 * two is the first of the four, plus 1 where the second is the fourth, plus 2 where what is left to say is "the first is the second, the second the
 * third": a bit for each choice that `pairsMatmul` makes.
 */
export interface Pairs {
  readonly values: Tensor;
  readonly places: Tensor;
}

/** Codes of places by 4 · first + second. */
const codes: Readonly<Record<number, number>> = { 1: -8, 2: -6, 3: -7, 6: 2, 7: 3, 11: 1 };

/** The axis along which there are groups of four. */
export interface PairsOptions {
  /** Default −2: along the inputs of a linear layer or a convolution. */
  readonly axis?: number;
}

/** The places of the two of a group; the first free ones where fewer are not 0, −1 where more are. */
const placesOf = (group: readonly number[]): readonly [number, number] | -1 => {
  const used = [0, 1, 2, 3].filter((k) => group[k] !== 0);
  if (used.length > 2) return -1;
  const free = [0, 1, 2, 3].filter((k) => group[k] === 0);
  const [a, b] = [...used, ...free].slice(0, 2).sort((x, y) => x - y) as [number, number]; // two of four
  return [a, b];
};

/**
 * A tensor as pairs. Fails with InvalidArgument where 4 does not divide the axis, or a group has more than two elements that are not 0.
 *
 * @example
 * const { values, places } = Compress.toPairs()(tensor([[0], [5], [0], [7]]));
 * console.log(toArray(values), toArray(places)) // [[[5], [7]]] [[3]]
 */
export const toPairs =
  ({ axis = -2 }: PairsOptions = {}) =>
  (w: Tensor): Pairs => {
    const front = moveAxis(w, axisOf("toPairs", axis, w.shape.length), 0); // [inputs, ...others]
    const [inputs, ...others] = front.shape as readonly [number, ...number[]];
    if (inputs % 4 !== 0)
      fail(
        "toPairs",
        "InvalidArgument",
        "groups of 4 that divide the axis expected",
        printShape(w.shape),
      );
    const [groups, columns] = [inputs / 4, sizeOf(others)];
    const all = elements(cast("f32")(front));
    const kept = new Float32Array(groups * 2 * columns);
    const packed = new Uint8Array(Math.ceil((groups * columns) / 2));
    for (let g = 0; g < groups; g++)
      for (let j = 0; j < columns; j++) {
        const group = [0, 1, 2, 3].map((k) => all[(4 * g + k) * columns + j] as number);
        const places = placesOf(group);
        if (places === -1)
          return fail(
            "toPairs",
            "InvalidArgument",
            "two of every four that are not 0 expected",
            `${group.join(", ")}`,
            "prune with nOfM({ n: 2, m: 4 }) and applyMask first",
          );
        const at = g * columns + j;
        places.forEach((place, i) => {
          kept[(2 * g + i) * columns + j] = group[place] as number;
        });
        const code = codes[4 * places[0] + places[1]] as number; // one of six
        packed[at >> 1] = (packed[at >> 1] as number) | ((code & 15) << (4 * (at & 1)));
      }
    return {
      values: fromTypedArray([groups, 2, ...others], "f32", kept),
      places: fromTypedArray([groups, ...others], "i4", packed),
    };
  };

/** What is known of a place: whether the first is 0; the second 3; else whether they are the other one of two. */
const choicesOf = ({ places }: Pairs) => {
  const code = cast("i32")(places);
  return {
    isFirst: less(0)(code),
    isLast: equal(1)(mod(code, 2)),
    isNext: greater(1)(mod(code, 4)),
  };
};

/** The first and the second value of each group, f32 [groups, ...others]. */
const valuesOf = ({ values, places }: Pairs): readonly [Tensor, Tensor] => {
  const value = (k: number): Tensor => reshape(places.shape)(cast("f32")(narrow(values, 1, k, 1)));
  return [value(0), value(1)];
};

/**
 * The dense tensor that pairs stand for: a graph, which is computed where it is read. Gradients flow to the values.
 *
 * @example
 * toArray(Compress.fromPairs()(Compress.toPairs()(tensor([[0], [5], [0], [7]])))) // [[0], [5], [0], [7]]
 */
export const fromPairs =
  ({ axis = -2 }: PairsOptions = {}) =>
  (pairs: Pairs): Tensor => {
    const { isFirst, isLast, isNext } = choicesOf(pairs);
    const [a, b] = valuesOf(pairs);
    const four = [
      where(isFirst, a, 0),
      where(isFirst, where(isLast, 0, where(isNext, 0, b)), where(isNext, a, 0)),
      where(isFirst, where(isLast, 0, where(isNext, b, 0)), where(isNext, where(isLast, 0, b), a)),
      where(isLast, b, 0),
    ];
    const [groups, ...others] = pairs.places.shape as readonly [number, ...number[]]; // of one axis or more
    const front = reshape([4 * groups, ...others])(stack({ axis: 1 })(four));
    return moveAxis(front, 0, axisOf("fromPairs", axis, front.shape.length));
  };

/** Up to how many rows a product reads pairs as they are; beyond, making weights dense once for all rows is cheaper. Measured on the cpu device. */
const fewRows = 3;

/**
 * The product with the matrix that pairs stand for.
 *
 *   x f32 [..., inputs]   values [inputs / 4, 2, outputs]   → [..., outputs]
 *
 * Of up to 3 rows each output is a sum over groups of two values, each times one of four inputs; with more rows the dense matrix is made
 * on the way. Fails with ShapeMismatch where the inputs are not those of the pairs.
 *
 * @example
 * const pairs = Compress.toPairs()(tensor([[0], [5], [0], [7]]));
 * toArray(Compress.pairsMatmul(tensor([[1, 2, 3, 4]]), pairs)) // [[38]]
 */
export const pairsMatmul = (x: Tensor, pairs: Pairs): Tensor => {
  const [groups, outputs] = pairs.places.shape as readonly [number, number];
  const inputs = x.shape.at(-1) ?? 1;
  if (pairs.places.shape.length !== 2 || inputs !== 4 * groups)
    fail(
      "pairsMatmul",
      "ShapeMismatch",
      `pairs for ${inputs} inputs expected`,
      printShape(pairs.places.shape),
    );
  const front = x.shape.slice(0, -1);
  const rows = sizeOf(front);
  if (rows > fewRows) return matmul(x, fromPairs()(pairs));
  return reshape([...front, outputs])(sumOfPairs(reshape([rows, groups, 4])(x), pairs));
};

/** x [rows, groups, 4] → [rows, outputs] */
const sumOfPairs = (x: Tensor, pairs: Pairs): Tensor => {
  const { isFirst, isLast, isNext } = choicesOf(pairs);
  const [a, b] = valuesOf(pairs); // [groups, outputs]
  const input = (k: number): Tensor => narrow(x, 2, k, 1); // [rows, groups, 1]
  const first = where(isFirst, input(0), where(isNext, input(1), input(2)));
  const second = where(isLast, input(3), where(isNext, input(2), input(1)));
  return sum({ axis: 1 })(add(mul(a, first), mul(b, second)));
};
