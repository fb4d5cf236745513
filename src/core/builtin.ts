// The few primitives that the engine itself needs: constants, sums of cotangents, and names for "the same value".

import * as E from "fp-ts/lib/Either.js";
import { computeDtype, type Dtype, integerRange, isFloat } from "./dtype.ts";
import { convert, reduce, call as scalar } from "./kernel/build.ts";
import { axis, constant, type Expr } from "./kernel/expr.ts";
import type { Delayed } from "./lowering.ts";
import { apply } from "./primitive.ts";
import type { Shape } from "./shape.ts";
import { type Aval, noGradient, type Primitive, storageOf, type Tensor } from "./tensor.ts";

interface FullAttributes {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly value: number;
}

/** An array of one repeated value. */
export const fullPrimitive: Primitive<FullAttributes> = {
  name: "full",
  shape: (_, { shape, dtype }) => E.right({ shape, dtype }),
  vjp: noGradient("a constant depends on nothing"),
  lower: {
    _tag: "Pull",
    role: "elementwise",
    cost: 0,
    pull:
      ({ attributes }) =>
      () =>
        constant(attributes.value, computeDtype(attributes.dtype)),
  },
};

/** A tensor of one repeated value, rounded to what the dtype holds so that it is the same in place and stored. */
export const fillTensor = (shape: Shape, value: number, dtype: Dtype): Tensor =>
  apply(fullPrimitive, { shape, dtype, value: dtype === "f32" ? Math.fround(value) : value }, []);

/**
 * The value of a tensor that is one repeated constant, else undefined. Where values are known already it is a leaf like any other: programs are shared
 * by graphs whose leaves differ.
 */
export const constantValue = (x: Tensor): number | undefined =>
  x.origin._tag === "Apply" && x.origin.primitive === fullPrimitive && storageOf(x) === undefined
    ? (x.origin.attributes as FullAttributes).value // full's attributes, by the line above
    : undefined;

const sameAsFirst = (inputs: readonly Aval[]) =>
  E.right({ shape: (inputs[0] as Aval).shape, dtype: (inputs[0] as Aval).dtype });

/**
 * The same value under a new identity, so that a gradient can be taken with respect to this use alone.
 * Compiled programs contain none.
 */
export const aliasPrimitive: Primitive<unknown> = {
  name: "alias",
  isElementwise: true,
  shape: (inputs) => sameAsFirst(inputs),
  vjp: ({ g }) => [g],
  lower: {
    _tag: "Pull",
    role: "elementwise",
    cost: 0,
    pull:
      ({ inputs: [x] }) =>
      (coords) =>
        (x as NonNullable<typeof x>).at(coords),
  },
  simplify: ([x]) => x,
};

/** The same value under a new identity. */
export const alias = (x: Tensor): Tensor => apply(aliasPrimitive, null, [x]);

/**
 * The first input, computed again after the second is known. Common-subexpression elimination does not see through it, which is
 * what makes `checkpoint` recompute.
 */
export const barrierPrimitive: Primitive<{ readonly mark: number }> = {
  ...aliasPrimitive,
  name: "barrier",
  vjp: ({ g }) => [g, null],
  simplify: () => undefined,
};

let barrierCount = 0;

/** x, as something to be computed again once `after` is there. */
export const barrier = (x: Tensor, after: Tensor): Tensor =>
  apply(barrierPrimitive, { mark: barrierCount++ }, [x, after]);

/** The sum of tensors of equal shape: how cotangents from several uses meet. */
export const addAllPrimitive: Primitive<null> = {
  name: "addAll",
  isElementwise: true,
  shape: sameAsFirst,
  vjp: ({ g, inputs }) => inputs.map(() => g),
  lower: {
    _tag: "Pull",
    role: "elementwise",
    cost: 1,
    pull:
      ({ inputs }) =>
      (coords) =>
        inputs.map((x) => x.at(coords)).reduce((a, b) => scalar("add", a, b)),
  },
  simplify: (inputs) => {
    if (inputs.length === 1) return inputs[0];
    const kept = inputs.filter((x) => constantValue(x) !== 0);
    return kept.length === inputs.length ? undefined : kept.length === 0 ? inputs[0] : sumOf(kept);
  },
};

/** The primitive that made a tensor, if one did. */
export const makerOf = (x: Tensor): Primitive | undefined =>
  x.origin._tag === "Apply" ? x.origin.primitive : undefined;

/** The sum of one or more tensors of equal shape and dtype. */
export const sumOf = (tensors: readonly Tensor[]): Tensor =>
  tensors.length === 1 ? (tensors[0] as Tensor) : apply(addAllPrimitive, null, tensors);

/** Inputs that one node may have: what has more is built as a tree, so that every device can run it. */
export const maxArity = 6;

/** Combines many tensors by an associative op that takes several at a time. */
export const combineInTree = (
  tensors: readonly Tensor[],
  combine: (some: readonly Tensor[]) => Tensor,
): Tensor => {
  if (tensors.length <= maxArity) return combine(tensors);
  const size = Math.ceil(tensors.length / maxArity);
  const parts: Tensor[] = [];
  for (let from = 0; from < tensors.length; from += size) {
    parts.push(combineInTree(tensors.slice(from, from + size), combine));
  }
  return combine(parts);
};

const stripLeading = ([count, ...rest]: Shape): readonly [number, Shape] => [count as number, rest];

/** `count` copies along a new leading axis; the adjoint of `collapse`. */
export const replicatePrimitive: Primitive<{ readonly count: number }> = {
  name: "replicate",
  shape: ([x], { count }) =>
    E.right({ shape: [count, ...(x as Aval).shape], dtype: (x as Aval).dtype }),
  vjp: ({ g }) => [collapse(g)],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull:
      ({ inputs: [x] }) =>
      ([, ...rest]) =>
        (x as Delayed).at(rest),
  },
};

/** The sum over the leading axis; the adjoint of `replicate`. */
export const collapsePrimitive: Primitive<null> = {
  name: "collapse",
  shape: ([x]) => E.right({ shape: stripLeading((x as Aval).shape)[1], dtype: (x as Aval).dtype }),
  vjp: ({ g, inputs: [x] }) => [replicate(g, (x as Tensor).shape[0] as number)],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    pull:
      ({ inputs: [x] }) =>
      (coords) => {
        const over = axis((x as Delayed).shape[0] as number);
        return reduce("sum", over, (x as Delayed).at([over, ...coords]));
      },
  },
};

/** `count` copies along a new leading axis. */
export const replicate = (x: Tensor, count: number): Tensor =>
  apply(replicatePrimitive, { count }, [x]);

/** The sum over the leading axis. */
export const collapse = (x: Tensor): Tensor => apply(collapsePrimitive, null, [x]);

/** The pullback that a user gave to a function: cotangents of its inputs from those of its outputs. */
export interface CustomRule {
  /** Tensors that the function uses without being passed them; differentiating with respect to one is an error. */
  readonly captured: readonly Tensor[];
  readonly pullback: (cotangents: readonly (Tensor | null)[]) => readonly (Tensor | null)[];
}

/** The nodes that one application of a custom rule made; their cotangents are pulled back together. */
export interface CustomGroup {
  readonly rule: CustomRule;
  outputs: readonly Tensor[];
  /** Keeps the group out of printed forms: what a custom node computes does not depend on it. */
  readonly toJSON: () => null;
}

/** Which output of which application a custom node is. */
export interface CustomAttributes {
  readonly position: number;
  readonly group: CustomGroup;
}

/**
 * Output `position` of a function with its own pullback. Inputs: the value, then what the function was applied to.
 * The nodes of one application share a `group`; autodiff handles them together.
 */
export const customPrimitive: Primitive<CustomAttributes> = {
  ...aliasPrimitive,
  name: "custom",
  vjp: noGradient("the outputs of a custom rule are differentiated together, by autodiff"),
};

/** Wraps the values of a function in nodes that `rule` differentiates. */
export const applyCustom = (
  values: readonly Tensor[],
  args: readonly Tensor[],
  rule: CustomRule,
): readonly Tensor[] => {
  const group: CustomGroup = { rule, outputs: [], toJSON: () => null };
  group.outputs = values.map((value, position) =>
    apply(customPrimitive, { position, group }, [value, ...args]),
  );
  return group.outputs;
};

/** Whether gradients can flow into a tensor. */
export const isDifferentiable = (x: Tensor): boolean => isFloat(x.dtype);

/** An expression as an element of a tensor dtype: rounded where a float dtype holds less, at the bounds where an integer one does. */
export const roundTo = (x: Expr, dtype: Dtype): Expr => {
  const converted = convert(x, computeDtype(dtype));
  switch (dtype) {
    case "f16":
      return scalar("roundF16", converted);
    case "bf16":
      return scalar("roundBf16", converted);
    case "i8":
    case "u8":
    case "i4": {
      const [least, greatest] = integerRange(dtype) as readonly [number, number]; // they are integers
      return scalar(
        "min",
        scalar("max", converted, constant(least, "i32")),
        constant(greatest, "i32"),
      );
    }
    default:
      return converted;
  }
};
