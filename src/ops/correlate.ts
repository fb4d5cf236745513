// Sums of products over windows: what convolution, both of its adjoints and average pooling have in common. Axes are named by
// letters, as in einsum, except that an axis of the left operand may have two: with position i and tap k it is read at
// stride · i + dilation · k − before, and what lies outside counts as zero. In one dimension, with batches n, channels c, filters f:
//
//   y[n, i, f] = Σ x[n, s·i + d·k − b, c] · w[k, c, f]   over k and c       convolution:        correlate
//   w[k, c, f] = Σ x[n, s·i + d·k − b, c] · y[n, i, f]   over n and i       its adjoint in w:   correlate, letters exchanged
//   x[n, j, c] = Σ y[n, i, f] · w[k, c, f]   where s·i + d·k − b = j        its adjoint in x:   spreadWindows
//
// These three are each other's derivatives, so gradients of any order stay among them. All of them run as `sumWindows`, sums of
// products of two elements at affine coordinates: nothing is copied out of windows beforehand.

import * as E from "fp-ts/lib/Either.js";
import { addIndex, coordinate, scaleIndex } from "../core/kernel/affine.ts";
import { call, reduce } from "../core/kernel/build.ts";
import type { Axis, Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { sameAvals } from "./call.ts";
import { padAxes, sliceAxes } from "./slice.ts";
import { flipAxes } from "./structural.ts";

/** The coordinate stride · position + dilation · tap − before, position and tap being letters. */
export interface Window {
  readonly position: string;
  readonly tap: string;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

/** How an axis of the left operand is addressed: by a letter, or by two. */
type Address = string | Window;

interface CorrelateAttributes {
  readonly left: readonly Address[];
  readonly right: string;
  readonly output: string;
  /** Shape of the result. Letters that it lacks have the sizes of the right operand. */
  readonly shape: Shape;
}

const ofShape = (inputs: readonly Aval[], shape: Shape): ReturnType<typeof sameAvals> => {
  const same = sameAvals(inputs);
  return E.isLeft(same) ? same : E.right({ ...same.right, shape });
};

/** The sizes of letters: those of the result, then those of the right operand. */
const sizesOf = ({ shape: rightShape }: Aval, { right, output, shape }: CorrelateAttributes) =>
  new Map([
    ...[...right].map((letter, i) => [letter, rightShape[i] as number] as const),
    ...[...output].map((letter, i) => [letter, shape[i] as number] as const),
  ]);

/** Sums of x · w over windows of x. */
export const correlatePrimitive: Primitive<CorrelateAttributes> = {
  name: "correlate",
  shape: (inputs, { shape }) => ofShape(inputs, shape),
  vjp: ({ g, inputs: [x, w], attributes: { left, right, output }, wanted }) => {
    const [input, filters] = [x as Tensor, w as Tensor];
    const spread = { left, shape: input.shape };
    const hasPositions = left.some((at) => typeof at !== "string" && output.includes(at.position));
    return [
      !wanted[0]
        ? null
        : hasPositions
          ? spreadWindows(g, filters, { ...spread, positions: output, taps: right })
          : spreadWindows(filters, g, { ...spread, positions: right, taps: output }),
      wanted[1]
        ? correlate(input, g, { left, right: output, output: right, shape: filters.shape })
        : null,
    ];
  },
  lower: {
    _tag: "Compose",
    build: ([x, w], attributes) => {
      const input = x as Tensor;
      const sizes = sizesOf(w as Tensor, attributes);
      const last = (letter: string): number => (sizes.get(letter) as number) - 1;
      const [before, after]: [number[], number[]] = [[], []];
      const left = attributes.left.map((address, at): Address => {
        if (typeof address === "string") {
          before.push(0);
          after.push(0);
          return address;
        }
        const { position, tap, stride, dilation } = address;
        const front = Math.max(0, address.before);
        const end = stride * last(position) + dilation * last(tap) - address.before + 1;
        before.push(front);
        after.push(Math.max(0, end - (input.shape[at] as number)));
        return { ...address, before: address.before - front };
      });
      const padded = padAxes(input, { before, after });
      return apply(sumWindowsPrimitive, { ...attributes, left }, [padded, w as Tensor]);
    },
  },
};

/** A correlation that reads nothing outside of x: a plain contraction. */
export const sumWindowsPrimitive: Primitive<CorrelateAttributes> = {
  ...correlatePrimitive,
  name: "sumWindows",
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    reads: (_, [, w], __, { right, output }) =>
      sizeOf((w as Aval).shape.filter((_, i) => !output.includes(right[i] as string))),
    pull: ({ inputs, attributes: { left, right, output } }) => {
      const [x, w] = inputs as readonly [Delayed, Delayed];
      return (coords) => {
        const at = new Map([...output].map((letter, i) => [letter, coords[i] as Expr]));
        const summed = [...right].flatMap((letter, i) => {
          if (at.has(letter)) return [];
          const loop = coordinate(w.shape[i] as number);
          at.set(letter, loop);
          return loop.tag === "axis" ? [loop] : [];
        });
        const read = (letter: string): Expr => at.get(letter) as Expr;
        const locate = (address: Address): Expr =>
          typeof address === "string"
            ? read(address)
            : addIndex(
                scaleIndex(read(address.position), address.stride, -address.before),
                scaleIndex(read(address.tap), address.dilation),
              );
        return summed.reduceRight<Expr>(
          (body, loop: Axis) => reduce("sum", loop, body),
          call("mul", x.at(left.map(locate)), w.at([...right].map(read))),
        );
      };
    },
  },
};

/** Sums of x · w over windows of x. */
export const correlate = (x: Tensor, w: Tensor, attributes: CorrelateAttributes): Tensor =>
  apply(correlatePrimitive, attributes, [x, w]);

interface SpreadAttributes {
  /** How the result is addressed. */
  readonly left: readonly Address[];
  /** Letters of the operand that has the positions, and of the one that has the taps. */
  readonly positions: string;
  readonly taps: string;
  /** Shape of the result. */
  readonly shape: Shape;
}

/** The adjoint of `correlate` in its left operand: products y · w added up where their window reads. */
export const spreadWindowsPrimitive: Primitive<SpreadAttributes> = {
  name: "spreadWindows",
  shape: (inputs, { shape }) => ofShape(inputs, shape),
  vjp: ({ g, inputs: [y, w], attributes: { left, positions, taps }, wanted }) => {
    const [values, filters] = [y as Tensor, w as Tensor];
    return [
      wanted[0]
        ? correlate(g, filters, { left, right: taps, output: positions, shape: values.shape })
        : null,
      wanted[1]
        ? correlate(g, values, { left, right: positions, output: taps, shape: filters.shape })
        : null,
    ];
  },
  lower: {
    _tag: "Compose",
    build: ([y, w], attributes) => spreadByPhases(y as Tensor, w as Tensor, attributes),
  },
};

/** Products of y and w added up where the windows of a tensor of the given shape read. */
export const spreadWindows = (y: Tensor, w: Tensor, attributes: SpreadAttributes): Tensor =>
  apply(spreadWindowsPrimitive, attributes, [y, w]);

/**
 * The places j = s·q + r with one remainder r, a phase, get what every s-th tap sends them: j = s·i + k and k = s·m + r mean
 * i = q − m. So a phase is like a filter: with r as a letter of its own, and the taps reversed, the adjoint is a correlation of
 * stride 1, which multiplies none of the zeros between the elements of a strided grid.
 */
const spreadByPhases = (
  y: Tensor,
  w: Tensor,
  { left, positions, taps, shape }: SpreadAttributes,
): Tensor => {
  let [filters, right] = [w, taps];
  const addresses = new Map<string, Window>();
  const parts = left.map((address, at) => {
    const size = shape[at] as number;
    if (typeof address === "string") return { letters: address, sizes: [size] };
    const phases = splitTaps(filters, right.indexOf(address.tap), address);
    const phase = address.tap.toUpperCase();
    filters = phases.filters;
    right = right.replace(address.tap, address.tap + phase);
    addresses.set(address.position, { ...address, ...phases.window });
    return {
      letters: address.position + phase,
      sizes: [Math.ceil(size / address.stride), address.stride],
    };
  });
  const spread = correlate(y, filters, {
    left: [...positions].map((letter) => addresses.get(letter) ?? letter),
    right,
    output: parts.map(({ letters }) => letters).join(""),
    shape: parts.flatMap(({ sizes }) => sizes),
  });
  const whole = reshapeTo(
    spread,
    parts.map(({ sizes }) => sizeOf(sizes)),
  );
  // The last of the strides may go beyond the end.
  return sliceAxes(whole, { start: shape.map(() => 0), step: shape.map(() => 1), size: shape });
};

/** The axis of taps as [count, stride], counted from the last to the first, and how these taps read the grid of positions. */
const splitTaps = (w: Tensor, at: number, { stride, dilation, before }: Window) => {
  // Taps of a strided window are spread out and begin at a multiple of the stride; those of a dense one stay as they are.
  const isDense = stride === 1;
  const front = isDense ? 0 : (stride - (before % stride)) % stride;
  const gap = isDense ? 0 : dilation - 1;
  const extent = front + ((w.shape[at] as number) - 1) * (gap + 1) + 1;
  const count = Math.ceil(extent / stride);
  const only = (n: number): number[] => w.shape.map((_, i) => (i === at ? n : 0));
  const spread = padAxes(w, {
    before: only(front),
    after: only(count * stride - extent),
    interior: only(gap),
  });
  const split = [...w.shape.slice(0, at), count, stride, ...w.shape.slice(at + 1)];
  const apart = isDense ? dilation : 1;
  return {
    filters: flipAxes(reshapeTo(spread, split), [at]),
    window: {
      stride: 1,
      dilation: apart,
      before: (count - 1) * apart - (before + front) / stride,
    },
  };
};
