// The registry is complete: what the public ops are, and what their values, gradients and lowerings are made of, is all in it, so
// that the laws leave nothing out.

import fc from "fast-check";
import * as assert from "uvu/assert";
import type { Compose } from "../../src/core/lowering.ts";
import { type Primitive, topologicalOrder } from "../../src/core/tensor.ts";
import * as P from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { registry } from "../../src/ops/registry.ts";
import { none } from "../support/failures.ts";
import { Case, floatsOf, ofFloats, weigh } from "../support/laws.ts";
import { pinnedSeed } from "../support/property.ts";
import type { Call, Spec } from "../support/spec.ts";
import { allSpecs, specs } from "../support/specs.ts";
import { suite } from "../support/suite.ts";

const registered = new Set<Primitive>(Object.values(registry));

/** Those of `custom` and of vmap have no row: the one is the user's, the others are derived from rows. */
const isDerived = ({ name }: Primitive): boolean =>
  name === "custom" || name.startsWith("batched ");

const missing = (found: Iterable<Primitive>): readonly string[] =>
  [...new Set(found)]
    .filter((primitive) => !registered.has(primitive) && !isDerived(primitive))
    .map(({ name }) => `${name} is not in the registry`);

/** The primitives of a graph, composed ops opened. */
const primitivesIn = (outputs: readonly P.Tensor[]): ReadonlySet<Primitive> => {
  const found = new Set<Primitive>();
  const waiting = [...outputs];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { origin, shape, dtype } of topologicalOrder([next])) {
      if (origin._tag !== "Apply") continue;
      const { primitive, inputs, attributes } = origin;
      const isNew = !found.has(primitive);
      found.add(primitive);
      const { lower } = primitive;
      const build: Compose<unknown>["build"] | undefined =
        lower._tag === "Compose"
          ? lower.build
          : lower._tag === "Scatter"
            ? lower.fallback
            : undefined;
      if (isNew && build !== undefined) waiting.push(build(inputs, attributes, { shape, dtype }));
    }
  }
  return found;
};

/** Values, gradients and second gradients of some calls of a row. */
const graphsOf = ({ calls }: Spec): readonly P.Tensor[] =>
  fc.sample(calls, { numRuns: 12, seed: pinnedSeed() }).flatMap((call) => graphsOfCall(call));

const graphsOfCall = (call: Call): readonly P.Tensor[] => {
  const values = call.inputs.map((input) => fc.sample(input.values, 1)[0] as readonly number[]);
  const inputs = new Case(call, [values], 0).inputs("f64");
  const y = call.apply(...inputs);
  const floats = floatsOf(call).map((i) => inputs[i] as P.Tensor);
  if (floats.length === 0) return [y];
  const argnums = floats.map((_, i) => i);
  const phi = (...xs: P.Tensor[]) =>
    weigh(P.ones(y.shape, "f64"), P.cast("f64")(ofFloats(call, inputs)(...xs)));
  const psi = (...xs: P.Tensor[]) =>
    (P.grad(phi, { argnums })(...xs) as readonly P.Tensor[])
      .map((g) => P.sum(P.cast("f64")(g)))
      .reduce((a, b) => P.add(a, b));
  return [y, psi(...floats), ...(P.grad(psi, { argnums })(...floats) as readonly P.Tensor[])];
};

const test = suite("registry");

test("has every primitive that a public op carries", () => {
  const carried = Object.values(ops).flatMap((op: unknown) =>
    typeof op === "function" && "primitive" in op ? [op.primitive as Primitive] : [],
  );
  assert.ok(carried.length > 50);
  none(missing(carried));
});

test("has every primitive that values and gradients are made of", () => {
  none(missing(Object.values(allSpecs).flatMap((spec) => [...primitivesIn(graphsOf(spec))])));
});

test("names each primitive as its record does, once", () => {
  none(
    Object.entries(registry)
      .filter(([name, primitive]) => primitive.name !== name)
      .map(([name, primitive]) => `${name} is the record of ${primitive.name}`),
  );
  assert.is(registered.size, Object.keys(registry).length);
});

test("has a row in the spec table for each primitive, and for nothing else", () => {
  assert.equal(Object.keys(specs).sort(), Object.keys(registry).sort());
});

test("is called by its rows", () => {
  none(
    Object.entries(specs)
      .filter(
        ([name, spec]) =>
          !primitivesIn(graphsOf(spec)).has(registry[name as keyof typeof registry]),
      )
      .map(([name]) => `the calls in the row of ${name} do not use it`),
  );
});

test.run();
