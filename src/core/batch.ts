// Batching: a graph for one example becomes a graph for many, with one more leading axis. No op needs a rule for this: the
// batched op reads its inputs at one more coordinate, and its pullback is the batched pullback.

import * as E from "fp-ts/lib/Either.js";
import {
  applyCustom,
  type CustomAttributes,
  type CustomGroup,
  collapse,
  customPrimitive,
  replicate,
} from "./builtin.ts";
import type { Expr } from "./kernel/expr.ts";
import type { Compose, Delayed, LowerContext, Lowering, Pull, Scatter } from "./lowering.ts";
import { apply } from "./primitive.ts";
import { withinTransform } from "./scope.ts";
import {
  type Aval,
  makeInput,
  type Primitive,
  storageOf,
  type Tensor,
  topologicalOrder,
} from "./tensor.ts";

/** A tensor, and whether its leading axis is the batch. */
export interface Mapped {
  readonly tensor: Tensor;
  readonly isBatched: boolean;
}

interface BatchAttributes {
  readonly inner: unknown;
  /** Which inputs have the batch as their leading axis. */
  readonly flags: readonly boolean[];
}

const innerAval = ({ shape, dtype }: Aval, isBatched: boolean | undefined): Aval => ({
  shape: isBatched ? shape.slice(1) : shape,
  dtype,
});

const innerAvals = (inputs: readonly Aval[], { flags }: BatchAttributes): Aval[] =>
  inputs.map((input, i) => innerAval(input, flags[i]));

/**
 * Replays graphs with some of their nodes replaced by batched ones. Nodes that do not depend on these stay as they are.
 * The replacements found are kept, so that one replay can continue another.
 */
export const replayBatched = (seeds: Iterable<readonly [Tensor, Mapped]>, size: number) => {
  const found = new Map<Tensor, Mapped>(seeds);
  // What is older than every seed cannot depend on one.
  const oldest = Math.min(...[...found.keys()].map(({ id }) => id));
  const groups = new Map<CustomGroup, readonly Tensor[]>();
  const lookUp = (node: Tensor): Mapped => found.get(node) ?? { tensor: node, isBatched: false };
  const full = ({ tensor, isBatched }: Mapped): Tensor =>
    isBatched ? tensor : replicate(tensor, size);

  const replayCustom = (
    { position, group }: CustomAttributes,
    inputs: readonly Tensor[],
  ): Tensor => {
    const known = groups.get(group);
    if (known !== undefined) return known[position] as Tensor;
    const args = inputs.slice(1);
    const { rule } = group;
    const values = group.outputs.map((output) => {
      const value = (output.origin as { inputs: readonly Tensor[] }).inputs[0] as Tensor; // a custom node
      return full(replay([value])[0] as Mapped);
    });
    const outputs = applyCustom(
      values,
      args.map((arg) => full(lookUp(arg))),
      {
        captured: rule.captured.map((x) => lookUp(x).tensor),
        pullback: (cotangents) => {
          const inner = cotangents.map((g) =>
            g === null ? null : placeholder("customVjp", innerAval(g, true)),
          );
          inner.forEach((node, i) => {
            if (node !== null)
              found.set(node, { tensor: cotangents[i] as Tensor, isBatched: true });
          });
          const gradients = rule.pullback(inner);
          return gradients.map((g) => (g === null ? null : full(replay([g])[0] as Mapped)));
        },
      },
    );
    groups.set(group, outputs);
    return outputs[position] as Tensor;
  };

  const replayNode = (node: Tensor): void => {
    if (node.origin._tag !== "Apply") return;
    const { primitive, attributes, inputs } = node.origin;
    const mapped = inputs.map(lookUp);
    if (inputs.every((input, i) => mapped[i]?.tensor === input)) return;
    const flags = mapped.map(({ isBatched }) => isBatched);
    if (!flags.includes(true)) {
      found.set(node, {
        tensor: apply(
          primitive,
          attributes,
          mapped.map(({ tensor }) => tensor),
        ),
        isBatched: false,
      });
      return;
    }
    const tensor =
      primitive === customPrimitive
        ? replayCustom(attributes as CustomAttributes, inputs)
        : primitive.isElementwise
          ? apply(primitive, attributes, mapped.map(full))
          : apply(
              batchedOf(primitive),
              { inner: attributes, flags },
              mapped.map(({ tensor: x }) => x),
            );
    found.set(node, { tensor, isBatched: true });
  };

  const replay = (outputs: readonly Tensor[]): Mapped[] => {
    const order = topologicalOrder(
      outputs,
      (node) => node.id < oldest || found.has(node) || storageOf(node) !== undefined,
    );
    for (const node of order) if (!found.has(node)) replayNode(node);
    return outputs.map(lookUp);
  };
  return { replay, full };
};

const placeholder = (name: string, aval: Aval): Tensor => makeInput({ name }, 0, aval);

/** A function of tensors, run on one example and batched: results have the batch as leading axis where they depend on it. */
export const batchBuild = (
  name: string,
  inputs: readonly Tensor[],
  flags: readonly boolean[],
  build: (examples: readonly Tensor[]) => readonly (Tensor | null)[],
): (Mapped | null)[] => {
  const size = inputs[flags.indexOf(true)]?.shape[0] ?? 1;
  const examples = inputs.map((input, i) => placeholder(name, innerAval(input, flags[i])));
  const { replay } = replayBatched(
    examples.map((example, i) => [
      example,
      { tensor: inputs[i] as Tensor, isBatched: flags[i] as boolean },
    ]),
    size,
  );
  return withinTransform(() => build(examples)).map((output) =>
    output === null ? null : (replay([output])[0] as Mapped),
  );
};

const batchedPrimitives = new WeakMap<Primitive, Primitive<BatchAttributes>>();

/** The op that applies a primitive to every example of a batch. */
export const batchedOf = (primitive: Primitive): Primitive<BatchAttributes> => {
  const known = batchedPrimitives.get(primitive);
  if (known !== undefined) return known;
  const batched: Primitive<BatchAttributes> = {
    name: `batched ${primitive.name}`,
    shape: (inputs, attributes) => {
      const size = inputs[attributes.flags.indexOf(true)]?.shape[0] as number;
      const inner = primitive.shape(innerAvals(inputs, attributes), attributes.inner);
      return E.isLeft(inner)
        ? inner
        : E.right({ ...inner.right, shape: [size, ...inner.right.shape] });
    },
    vjp: typeof primitive.vjp === "function" ? batchedVjp(primitive) : primitive.vjp,
    lower: batchedLowering(primitive.lower),
  };
  batchedPrimitives.set(primitive, batched);
  return batched;
};

const batchedVjp =
  (primitive: Primitive): Primitive<BatchAttributes>["vjp"] =>
  ({ g, inputs, output, attributes: { inner, flags }, wanted }) => {
    const parts = batchBuild(
      primitive.name,
      [g, output, ...inputs],
      [true, true, ...flags],
      ([exampleG, exampleOutput, ...examples]) =>
        (primitive.vjp as (context: unknown) => readonly (Tensor | null)[])({
          g: exampleG,
          output: exampleOutput,
          inputs: examples,
          attributes: inner,
          wanted,
        }),
    );
    const size = g.shape[0] as number;
    return parts.map((part, i) => {
      if (part === null) return null;
      const full = part.isBatched ? part.tensor : replicate(part.tensor, size);
      return flags[i] ? full : collapse(full);
    });
  };

const bind = (inputs: readonly Delayed[], flags: readonly boolean[], b: Expr): Delayed[] =>
  inputs.map((x, i) =>
    flags[i]
      ? { shape: x.shape.slice(1), dtype: x.dtype, at: (coords) => x.at([b, ...coords]) }
      : x,
  );

const innerContext = (context: LowerContext<BatchAttributes>, b: Expr): LowerContext<unknown> => ({
  inputs: bind(context.inputs, context.attributes.flags, b),
  attributes: context.attributes.inner,
  output: innerAval(context.output, true),
});

const batchedLowering = (lower: Lowering<unknown>): Lowering<BatchAttributes> => {
  switch (lower._tag) {
    case "Pull":
      return batchedPull(lower);
    case "Scatter":
      return batchedScatter(lower);
    case "Compose":
      return { _tag: "Compose", build: batchedCompose(lower.build) };
  }
};

const batchedPull = (lower: Pull<unknown>): Pull<BatchAttributes> => {
  const { reads } = lower;
  return {
    ...lower,
    // Inputs without a batch axis are read at fewer coordinates than the output has.
    role: lower.role === "elementwise" ? "view" : lower.role,
    pull:
      (context) =>
      ([b, ...coords]) =>
        lower.pull(innerContext(context, b as Expr))(coords),
    reads: (i, inputs, output, attributes) => {
      const inner = innerAvals(inputs, attributes);
      const innerOutput = innerAval(output, true);
      return reads === undefined
        ? defaultReads(lower, inner[i] as Aval, innerOutput)
        : reads(i, inner, innerOutput, attributes.inner);
    },
  };
};

/** Elements of an input that one output element reads, where a rule does not say. */
export const defaultReads = ({ role }: Pull<unknown>, input: Aval, output: Aval): number =>
  role === "reduce" ? Math.max(1, sizeRatio(input, output)) : 1;

const sizeRatio = (a: Aval, b: Aval): number =>
  a.shape.reduce((p, n) => p * n, 1) /
  Math.max(
    1,
    b.shape.reduce((p, n) => p * n, 1),
  );

const batchedScatter = (lower: Scatter<unknown>): Scatter<BatchAttributes> => ({
  ...lower,
  loop: (inputs, output, attributes) => [
    output.shape[0] as number,
    ...lower.loop(innerAvals(inputs, attributes), innerAval(output, true), attributes.inner),
  ],
  push:
    (context) =>
    ([b, ...coords]) => {
      const { target, value } = lower.push(innerContext(context, b as Expr))(coords);
      return { target: [b as Expr, ...target], value };
    },
  fallback: batchedCompose(lower.fallback),
});

const batchedCompose =
  (build: Compose<unknown>["build"]): Compose<BatchAttributes>["build"] =>
  (inputs, { inner, flags }, output) => {
    const [result] = batchBuild("compose", inputs, flags, (examples) => [
      build(examples, inner, innerAval(output, true)),
    ]);
    const { tensor, isBatched } = result as Mapped;
    return isBatched ? tensor : replicate(tensor, output.shape[0] as number);
  };
