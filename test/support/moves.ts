// The moves of random programs: what can be done next with the tensors at hand. A move gives nothing where none of them fits.

import { broadcastShapes, range, type Shape, sizeOf } from "../../src/core/shape.ts";
import * as P from "../../src/index.ts";
import { show } from "./spec.ts";

type T = P.Tensor;

/** A tensor of a program, and the code that makes it. */
export interface Made {
  readonly name: string;
  readonly tensor: T;
  readonly code: string;
  /** The tensors that it was made of. */
  readonly uses: readonly T[];
}

/** One of n, as drawn. */
type Choose = (n: number) => number;

/** What a move makes of the tensors there are. */
export type Move = (made: readonly Made[], choose: Choose) => Omit<Made, "name"> | undefined;

interface Row {
  readonly move: Move;
  /** Whether its gradient jumps, so that one rounding more can change it wholly, or is not that of the values. */
  readonly hasKink?: boolean;
}

/** Elements that a tensor of a program may have. */
const maxSize = 64;

const oneOf = <X>(choose: Choose, items: readonly X[]): X => items[choose(items.length)] as X;

/** The result of an op on tensors; `code` has $0, $1 for their names. Too large a result is none. */
const result = (operands: readonly Made[], code: string, tensor: T) =>
  sizeOf(tensor.shape) > maxSize || tensor.shape.length > 4
    ? undefined
    : {
        tensor,
        uses: operands.map((operand) => operand.tensor),
        code: operands.reduce((text, { name }, i) => text.replaceAll(`$${i}`, name), code),
      };

/** A move on one tensor that fits, with the options that it draws. */
const onOne =
  (
    fits: (x: T) => boolean,
    apply: (x: T, choose: Choose) => readonly [code: string, result: T],
  ): Move =>
  (made, choose) => {
    const fitting = made.filter(({ tensor }) => fits(tensor));
    if (fitting.length === 0) return undefined;
    // Later ones are likelier, so that programs grow deep.
    const at = Math.max(choose(fitting.length), choose(fitting.length));
    const x = fitting[at] as Made;
    const [code, y] = apply(x.tensor, choose);
    return result([x], code, y);
  };

/** A move on a tensor and another one that goes with it. */
const onTwo =
  (
    go: (a: T, b: T) => boolean,
    apply: (a: T, b: T, choose: Choose) => readonly [code: string, result: T],
  ): Move =>
  (made, choose) => {
    const a = oneOf(choose, made);
    const others = made.filter(({ tensor }) => go(a.tensor, tensor));
    if (others.length === 0) return undefined;
    const b = oneOf(choose, others);
    const [code, y] = apply(a.tensor, b.tensor, choose);
    return result([a, b], code, y);
  };

const any = (): boolean => true;
const hasAxes = ({ shape }: T): boolean => shape.length > 0;
const hasMatrix = ({ shape }: T): boolean => shape.length >= 2;
const axisOf = ({ shape }: T, choose: Choose): number => choose(shape.length);
const sizeAt = ({ shape }: T, axis: number): number => shape[axis] as number;

const broadcast = (a: T, b: T): boolean => broadcastShapes(a.shape, b.shape)._tag === "Right";
const same = (a: T, b: T): boolean => a.shape.join() === b.shape.join();

const functions: readonly (readonly [string, (x: T) => T])[] = [
  ["tanh($0)", P.tanh],
  ["sin($0)", P.sin],
  ["cos($0)", P.cos],
  ["sigmoid($0)", P.sigmoid],
  ["erf($0)", P.erf],
  ["neg($0)", P.neg],
  ["mul(exp($0), 0.3)", (x) => P.mul(P.exp(x), 0.3)],
  ["mul(square($0), 0.5)", (x) => P.mul(P.square(x), 0.5)],
  ["log(add(square($0), 1))", (x) => P.log(P.add(P.square(x), 1))],
  ["rsqrt(add(square($0), 1))", (x) => P.rsqrt(P.add(P.square(x), 1))],
  ["mul(geluTanh($0), 0.7)", (x) => P.mul(P.geluTanh(x), 0.7)],
  ["mul(softplus($0), 0.7)", (x) => P.mul(P.softplus(x), 0.7)],
  ["mul(square(relu($0)), 0.5)", (x) => P.mul(P.square(P.relu(x)), 0.5)],
  [
    "checkpoint((x) => tanh(mul(x, sin(x))))($0)",
    P.checkpoint((x: T) => P.tanh(P.mul(x, P.sin(x)))),
  ],
];

const kinked: readonly (readonly [string, (x: T) => T])[] = [
  ["relu($0)", P.relu],
  ["abs($0)", P.abs],
  ["clamp({ min: -0.5, max: 0.5 })($0)", P.clamp({ min: -0.5, max: 0.5 })],
  ["where(greater($0, 0), sin($0), neg($0))", (x) => P.where(P.greater(x, 0), P.sin(x), P.neg(x))],
  ["mul(floor(mul($0, 2)), 0.5)", (x) => P.mul(P.floor(P.mul(x, 2)), 0.5)],
  ["stopGradient($0)", P.stopGradient],
];

const pairs: readonly (readonly [string, (a: T, b: T) => T])[] = [
  ["mul(add($0, $1), 0.5)", (a, b) => P.mul(P.add(a, b), 0.5)],
  ["mul(sub($0, $1), 0.5)", (a, b) => P.mul(P.sub(a, b), 0.5)],
  ["mul($0, $1)", (a, b) => P.mul(a, b)],
  ["div($0, add(square($1), 1))", (a, b) => P.div(a, P.add(P.square(b), 1))],
  ["tanh(sub($0, mul($1, 2)))", (a, b) => P.tanh(P.sub(a, P.mul(b, 2)))],
];

const kinkedPairs: readonly (readonly [string, (a: T, b: T) => T])[] = [
  ["maximum($0, $1)", (a, b) => P.maximum(a, b)],
  ["minimum($0, $1)", (a, b) => P.minimum(a, b)],
  ["where(less($0, $1), $0, mul($1, 0.5))", (a, b) => P.where(P.less(a, b), a, P.mul(b, 0.5))],
];

const means: readonly (readonly [string, (options: P.ReduceOptions) => (x: T) => T])[] = [
  ["mean", P.mean],
  ["logSumExp", (options) => (x) => P.mul(P.logSumExp(options)(x), 0.3)],
  ["prod", P.prod],
  ["variance", (options) => P.variance({ ...options, correction: 0 })],
];

const extrema: readonly (readonly [string, (options: P.ReduceOptions) => (x: T) => T])[] = [
  ["max", P.max],
  ["min", P.min],
];

const reducing = (table: typeof means): Move =>
  onOne(hasAxes, (x, choose) => {
    const [name, op] = oneOf(choose, table);
    const options = { axis: axisOf(x, choose), keepDims: choose(2) === 1 };
    const code = `${name}(${show(options)})($0)`;
    return [name === "logSumExp" ? `mul(${code}, 0.3)` : code, op(options)(x)];
  });

const indicesBelow = (n: number, count: number, choose: Choose): readonly number[] =>
  range(count).map(() => choose(n));

const i32 = (list: readonly number[]): T => P.tensor(list, { dtype: "i32" });
const asI32 = (list: readonly number[]): string => `tensor(${show(list)}, { dtype: "i32" })`;

/** Shapes of as many elements. */
const reshaped = (shape: Shape, choose: Choose): Shape => {
  const n = sizeOf(shape);
  const factors = range(n + 1).filter((d) => d > 1 && n % d === 0);
  return oneOf<Shape>(choose, [
    [n],
    [...shape, 1],
    [1, ...shape],
    ...factors.map((d) => [d, n / d]),
  ]);
};

const filtersFor = (channels: number): T =>
  P.tensor(
    range(2 * channels * 2).map((k) => Math.sin(k) / channels),
    { shape: [2, channels, 2] },
  );

/** Every move. */
export const moves: readonly Row[] = [
  { move: onOne(any, (x, choose) => applyOne(oneOf(choose, functions), x)) },
  { move: onOne(any, (x, choose) => applyOne(oneOf(choose, functions), x)) },
  { move: onOne(any, (x, choose) => applyOne(oneOf(choose, kinked), x)), hasKink: true },
  { move: onTwo(broadcast, (a, b, choose) => applyTwo(oneOf(choose, pairs), a, b)) },
  { move: onTwo(broadcast, (a, b, choose) => applyTwo(oneOf(choose, pairs), a, b)) },
  {
    move: onTwo(broadcast, (a, b, choose) => applyTwo(oneOf(choose, kinkedPairs), a, b)),
    hasKink: true,
  },
  { move: reducing(means) },
  { move: reducing(extrema), hasKink: true },
  {
    move: onTwo(
      (a, b) =>
        hasAxes(a) &&
        hasMatrix(b) &&
        a.shape.at(-1) === b.shape.at(-2) &&
        b.shape.length <= 3 &&
        a.shape.length <= 2,
      (a, b) => [
        `div(matmul($0, $1), ${a.shape.at(-1)})`,
        P.div(P.matmul(a, b), a.shape.at(-1) as number),
      ],
    ),
  },
  {
    move: onOne(hasMatrix, (x) => [
      `div(matmul($0, transpose($0)), ${x.shape.at(-1)})`,
      P.div(P.matmul(x, P.transpose(x)), x.shape.at(-1) as number),
    ]),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      return [`softmax({ axis: ${axis} })($0)`, P.softmax({ axis })(x)];
    }),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      const scale = 1 / sizeAt(x, axis);
      return [`mul(cumsum({ axis: ${axis} })($0), ${scale})`, P.mul(P.cumsum({ axis })(x), scale)];
    }),
  },
  {
    move: onOne(any, (x, choose) => {
      const shape = reshaped(x.shape, choose);
      return [`reshape(${show(shape)})($0)`, P.reshape(shape)(x)];
    }),
  },
  {
    move: onOne(hasMatrix, (x, choose) => {
      const axes = range(x.shape.length);
      axes.push(...axes.splice(0, 1 + choose(axes.length - 1)));
      return [`permute(${show(axes)})($0)`, P.permute(axes)(x)];
    }),
  },
  {
    move: onOne(any, (x, choose) => {
      const shape = [2 + choose(2), ...x.shape];
      return [`expand(${show(shape)})($0)`, P.expand(shape)(x)];
    }),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      const start = x.shape.map((n, at) => (at === axis ? choose(n) : 0));
      const step = x.shape.map((_, at) => (at === axis ? 1 + choose(2) : 1));
      return [`slice(${show({ start, step })})($0)`, P.slice({ start, step })(x)];
    }),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const widths = x.shape.map((): [number, number] => [choose(2), choose(2)]);
      return [`pad(${show({ widths })})($0)`, P.pad({ widths })(x)];
    }),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      return [`flip({ axis: ${axis} })($0)`, P.flip({ axis })(x)];
    }),
  },
  {
    move: onTwo(same, (a, b, choose) => {
      const axis = choose(a.shape.length + 1);
      return [`stack({ axis: ${axis} })([$0, $1])`, P.stack({ axis })([a, b])];
    }),
  },
  {
    move: onTwo(
      (a, b) => hasAxes(a) && same(a, b),
      (a, b, choose) => {
        const axis = axisOf(a, choose);
        return [`concat({ axis: ${axis} })([$0, $1, $0])`, P.concat({ axis })([a, b, a])];
      },
    ),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      const picks = indicesBelow(sizeAt(x, axis), 2 + choose(3), choose);
      return [`take({ axis: ${axis} })($0, ${asI32(picks)})`, P.take({ axis })(x, i32(picks))];
    }),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const segments = 2 + choose(2);
      const ids = indicesBelow(segments, sizeAt(x, 0), choose);
      return [
        `segmentMean({ segments: ${segments} })($0, ${asI32(ids)})`,
        P.segmentMean({ segments })(x, i32(ids)),
      ];
    }),
  },
  {
    move: onOne(
      ({ shape }) => shape.length === 3 && (shape[1] as number) >= 2,
      (x) => {
        const w = P.cast(x.dtype as "f32")(filtersFor(sizeAt(x, 2)));
        return [`mul(conv1d($0, sines([2, ${sizeAt(x, 2)}, 2])), 0.5)`, P.mul(P.conv1d(x, w), 0.5)];
      },
    ),
  },
  {
    move: onOne(hasAxes, (x) => [
      "vmap((x) => tanh(mul(x, mean(square(x)))))($0)",
      P.vmap((row: T) => P.tanh(P.mul(row, P.mean(P.square(row)))))(x),
    ]),
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      return [`sort({ axis: ${axis} })($0)`, P.sort({ axis })(x)];
    }),
    hasKink: true,
  },
  {
    move: onOne(hasAxes, (x, choose) => {
      const axis = axisOf(x, choose);
      return [
        `takeAlongAxis({ axis: ${axis} })($0, argmax({ axis: ${axis}, keepDims: true })($0))`,
        P.takeAlongAxis({ axis })(x, P.argmax({ axis, keepDims: true })(x)),
      ];
    }),
    hasKink: true,
  },
];

function applyOne([code, op]: (typeof functions)[number], x: T): readonly [string, T] {
  return [code, op(x)];
}

function applyTwo([code, op]: (typeof pairs)[number], a: T, b: T): readonly [string, T] {
  return [code, op(a, b)];
}
