// Values and gradients of every op with options against PyTorch's, in f64 on the reference device.

import * as assert from "uvu/assert";
import { type Tensor, vjp } from "../../src/index.ts";
import { suite } from "../support/suite.ts";
import { type Application, applications } from "./applications.ts";
import {
  type Case,
  type Comparison,
  casesOf,
  difference,
  exactly,
  families,
  load,
} from "./cases.ts";

const asArray = (result: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(result) ? result : [result as Tensor]; // the type says: a tensor or an array of them

const comparisonOf = ({ compare }: Case): Comparison =>
  compare === undefined ? exactly : { ...exactly, compare };

/** Values of all outputs. */
const checkValues = (it: Case, apply: Application): void => {
  const found = asArray(
    apply(
      it.options,
      it.inputs.map((stored) => load(stored)),
    ),
  );
  assert.is(found.length, it.outputs.length, "number of outputs");
  for (const [i, output] of it.outputs.entries()) {
    const problem = difference(found[i] as Tensor, output, comparisonOf(it)); // the counts are equal
    assert.is(problem, undefined, `output ${i}: ${problem}`);
  }
};

/** Gradients in the real inputs, of all real outputs at once. */
const checkGradients = (it: Case, apply: Application): void => {
  const inputs = it.inputs.map((stored) => load(stored));
  const real = [...inputs.keys()].filter((i) => it.inputs[i]?.dtype === "f64");
  const realOutputs = (...changed: Tensor[]): readonly Tensor[] => {
    const all = inputs.map((input, i) =>
      real.includes(i) ? (changed[real.indexOf(i)] as Tensor) : input,
    );
    return asArray(apply(it.options, all)).filter((_, i) => it.cotangents[i] !== null);
  };
  const cotangents = it.cotangents.flatMap((stored) => (stored === null ? [] : [load(stored)]));
  const { pullback } = vjp(realOutputs, ...real.map((i) => inputs[i] as Tensor));
  const gradients = pullback(cotangents) as readonly Tensor[];
  for (const [position, i] of real.entries()) {
    const expected = it.gradients[i];
    if (expected === null || expected === undefined) continue;
    const problem = difference(gradients[position] as Tensor, expected, comparisonOf(it));
    assert.is(problem, undefined, `gradient in input ${i}: ${problem}`);
  }
};

for (const family of families()) {
  const test = suite(`golden ${family}`);
  for (const it of casesOf(family)) {
    test(it.name, () => {
      const apply = applications[it.op];
      assert.ok(apply, `no application for ${it.op}`);
      checkValues(it, apply);
      if (it.gradients.some((stored) => stored !== null)) checkGradients(it, apply);
    });
  }
  test.run();
}
