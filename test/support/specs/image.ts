// Rows for convolution, pooling and resizing.

import fc from "fast-check";
import { apply } from "../../../src/core/primitive.ts";
import type { Shape } from "../../../src/core/shape.ts";
import * as P from "../../../src/index.ts";
import * as Correlate from "../../../src/ops/correlate.ts";
import * as Maxima from "../../../src/ops/maxima.ts";
import { type Call, distinct, exact, float, rounded, type Spec, show } from "../spec.ts";

type T = P.Tensor;

const conv1dOptions = [
  {},
  { stride: 2 },
  { pad: 1 },
  { pad: "same" as const, stride: 2 },
  { dilation: 2, pad: 2 },
  { groups: 2 },
];
const conv2dOptions = [
  {},
  { stride: 2, pad: 1 },
  { stride: [1, 2] as const, pad: [0, 1] as const },
  { pad: "same" as const },
  { dilation: [2, 1] as const },
  { groups: 2, pad: 1 },
];

const groupsOf = (options: { readonly groups?: number }): number => options.groups ?? 1;

const convolutions: fc.Arbitrary<Call> = fc.oneof(
  fc.constantFrom(...conv1dOptions).map(
    (options): Call => ({
      code: `conv1d(${show(options)})(x, y)`,
      apply: (x, y) => P.conv1d(options)(x as T, y as T),
      inputs: [float([2, 6, 2]), float([3, 2 / groupsOf(options), 2])],
    }),
  ),
  fc.constantFrom(...conv2dOptions).map(
    (options): Call => ({
      code: `conv2d(${show(options)})(x, y)`,
      apply: (x, y) => P.conv2d(options)(x as T, y as T),
      inputs: [float([1, 4, 5, 2]), float([2, 3, 2 / groupsOf(options), 2])],
    }),
  ),
);

const transposed: fc.Arbitrary<Call> = fc.oneof(
  fc
    .constantFrom(...conv1dOptions.filter(({ pad }) => pad !== "same"), { stride: 2, outputPad: 1 })
    .map(
      (options): Call => ({
        code: `convTranspose1d(${show(options)})(x, y)`,
        apply: (x, y) => P.convTranspose1d(options)(x as T, y as T),
        inputs: [float([2, 4, 2]), float([3, 1, 2])],
      }),
    ),
  fc.constantFrom(...conv2dOptions, { stride: 2, pad: 1, outputPad: 1 }).map(
    (options): Call => ({
      code: `convTranspose2d(${show(options)})(x, y)`,
      apply: (x, y) => P.convTranspose2d(options)(x as T, y as T),
      inputs: [float([1, 3, 3, 2]), float([2, 3, 1, 2])],
    }),
  ),
);

/** A window sum that stays inside: y[n, i] = Σ x[n, s·i + d·k] · w[k]. */
const windowSums: fc.Arbitrary<Call> = fc
  .constantFrom([1, 1] as const, [2, 1] as const, [1, 2] as const)
  .map(([stride, dilation]): Call => {
    const window = { position: "i", tap: "k", stride, dilation, before: 0 };
    return {
      code: `sumWindows({ stride: ${stride}, dilation: ${dilation} })(x, y)`,
      apply: (x, y) =>
        apply(
          Correlate.sumWindowsPrimitive,
          { left: ["n", window], right: "k", output: "ni", shape: [2, 3] },
          [x as T, y as T],
        ),
      inputs: [float([2, 7]), float([3])],
    };
  });

const poolOptions = [
  { size: 2 },
  { size: 2, stride: 1 },
  { size: 3, stride: 2, pad: 1 },
  { size: [1, 2] as const, stride: [2, 1] as const },
];
const imageShapes: readonly Shape[] = [
  [1, 4, 4, 1],
  [1, 3, 5, 2],
];

const pooling = (
  code: (options: string) => string,
  op: (options: (typeof poolOptions)[number]) => (x: T) => T,
  tolerance = exact,
): Spec => ({
  tolerance,
  calls: fc.tuple(fc.constantFrom(...poolOptions), fc.constantFrom(...imageShapes)).map(
    ([options, shape]): Call => ({
      code: code(show(options)),
      apply: (x) => op(options)(x as T),
      inputs: [float(shape, distinct)],
    }),
  ),
});

const pooled = { size: [2, 2], stride: [1, 2], pad: [0, 1] } as const;

const sizes = fc.constantFrom<(readonly [number, number])[]>([2, 2], [5, 3], [1, 7], [6, 8]);

type Resize = (size: readonly [number, number]) => (x: T) => T;

const nearest: Resize = (size) => (x) => P.resizeNearest({ size })(x);
const bilinear: Resize = (size) => (x) => P.resizeBilinear({ size })(x);
const cornered: Resize = (size) => (x) => P.resizeBilinear({ size, alignCorners: true })(x);

const resizing = (name: string, ...ways: readonly Resize[]): Spec => ({
  tolerance: rounded,
  calls: fc.tuple(sizes, fc.constantFrom(...ways)).map(
    ([size, resize]): Call => ({
      code: `${name}(${show({ size })}${resize === cornered ? ", alignCorners" : ""})(x)`,
      apply: (x) => resize(size)(x as T),
      inputs: [float([1, 3, 4, 2])],
    }),
  ),
});

/** The adjoint, as the gradient has it. */
const resizingBack = (name: string, ...ways: readonly Resize[]): Spec => ({
  tolerance: rounded,
  calls: fc.tuple(sizes, fc.constantFrom(...ways)).map(
    ([size, resize]): Call => ({
      code: `vjp(${name}(${show({ size })}${resize === cornered ? ", alignCorners" : ""}), …).pullback(x)`,
      apply: (x) => P.vjp(resize(size), P.zeros([1, 3, 4, 2], (x as T).dtype)).pullback(x)[0],
      inputs: [float([1, ...size, 2])],
    }),
  ),
});

/** Where the maxima of windows of x are. */
const maxima = (x: T): T => P.maxPoolWithIndices2d(pooled)(x).indices;

/** Convolution, pooling and resizing. */
export const image = {
  correlate: { calls: convolutions, tolerance: rounded },
  spreadWindows: { calls: transposed, tolerance: rounded },
  sumWindows: { calls: windowSums, tolerance: rounded },
  resampleNearest: resizing("resizeNearest", nearest),
  resampleNearestTransposed: resizingBack("resizeNearest", nearest),
  resampleLinear: resizing("resizeBilinear", bilinear, cornered),
  resampleLinearTransposed: resizingBack("resizeBilinear", bilinear, cornered),
  maxPool: pooling((options) => `maxPool2d(${options})(x)`, P.maxPool2d),
  maxPoolIndices: pooling(
    (options) => `maxPoolWithIndices2d(${options})(x).indices`,
    (options) => (x) => P.maxPoolWithIndices2d(options)(x).indices,
  ),
  placeMaxima: {
    tolerance: rounded,
    calls: fc.constant<Call>({
      code: `maxUnpool2d({ size: [3, 4] })(x, maxPoolWithIndices2d(${show(pooled)})(y).indices)`,
      apply: (x, y) => P.maxUnpool2d({ size: [3, 4] })(x as T, maxima(y as T)),
      inputs: [float([1, 2, 3, 2]), float([1, 3, 4, 2], distinct)],
    }),
  },
  pickMaxima: {
    tolerance: exact,
    calls: fc.constant<Call>({
      code: `pickMaxima(x, maxPoolWithIndices2d(${show(pooled)})(y).indices)`,
      apply: (x, y) => apply(Maxima.pickMaximaPrimitive, pooled, [x as T, maxima(y as T)]),
      inputs: [float([1, 3, 4, 2]), float([1, 3, 4, 2], distinct)],
    }),
  },
} satisfies Record<string, Spec>;

/** Functions made of them. */
export const derivedImage = {
  avgPool2d: pooling((options) => `avgPool2d(${options})(x)`, P.avgPool2d, rounded),
  avgPool2dInside: pooling(
    (options) => `avgPool2d({ ...${options}, countIncludePad: false })(x)`,
    (options) => P.avgPool2d({ ...options, countIncludePad: false }),
    rounded,
  ),
  globalAvgPool2d: pooling(
    () => "globalAvgPool2d(x)",
    () => P.globalAvgPool2d,
    rounded,
  ),
  globalMaxPool2d: pooling(
    () => "globalMaxPool2d(x)",
    () => P.globalMaxPool2d,
  ),
  maxUnpool2d: {
    tolerance: rounded,
    calls: fc.constant<Call>({
      code: "maxUnpool2d({ size: [2, 2] })(x, y)",
      apply: (x, y) => P.maxUnpool2d({ size: [2, 2] })(x as T, y as T),
      inputs: [
        float([2, 1, 2, 1]),
        {
          shape: [2, 1, 2, 1],
          dtype: "i32",
          values: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
        },
      ],
    }),
  },
} satisfies Record<string, Spec>;
