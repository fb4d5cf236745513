// The golden cases from PyTorch on one device, in f32: values and gradients, each case as one compiled program.

import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { applications } from "../golden/applications.ts";
import { type Case, casesOf, difference, families, load, type Stored } from "../golden/cases.ts";
import { suite } from "../support/suite.ts";

/** f32 against f64: sums of up to a few hundred terms of order 1, and functions of a few ulp. */
const tolerance = 2e-5;
/** Updates of optimisers divide by roots of squared gradients, which amplifies their rounding. */
const trajectoryTolerance = 1e-3;
/** Of whole networks: up to 26 convolutions and back, normalisations by as few as four values, which amplify rounding, and maxima that it decides. In f64 they are held to 1e-9. */
const networkTolerance = 5e-3;
/** Of two layers of attention and their gradients, which are up to 50. In f64 they are held to 1e-9. */
const transformerTolerance = 1e-4;

const inF32 = (stored: Stored): P.Tensor => load(stored, "f32");

/** A case as a function of its inputs and cotangents: outputs first, then gradients. */
const outcomeOf =
  (it: Case) =>
  (
    inputs: readonly P.Tensor[],
    cotangents: readonly P.Tensor[],
  ): { outputs: readonly P.Tensor[]; gradients: readonly P.Tensor[] } => {
    const apply = applications[it.op];
    assert.ok(apply, `no application for ${it.op}`);
    const run = (all: readonly P.Tensor[]): readonly P.Tensor[] => {
      const found = apply(it.op === "oneHot" ? { ...it.options, dtype: "f32" } : it.options, all);
      return Array.isArray(found) ? found : [found as P.Tensor]; // a tensor or an array of them
    };
    const outputs = run(inputs);
    if (!it.gradients.some((stored) => stored !== null)) return { outputs, gradients: [] };
    const real = realInputs(it);
    const ofReal = (...changed: P.Tensor[]): readonly P.Tensor[] =>
      run(inputs.map((x, i) => changed[real.indexOf(i)] ?? x)).filter(
        (_, i) => it.cotangents[i] !== null,
      );
    const { pullback } = P.vjp(ofReal, ...real.map((i) => inputs[i] as P.Tensor));
    return { outputs, gradients: pullback(cotangents) as readonly P.Tensor[] };
  };

const realInputs = (it: Case): readonly number[] =>
  [...it.inputs.keys()].filter((i) => it.inputs[i]?.dtype === "f64");

const check = async (it: Case, device: P.DeviceName): Promise<void> => {
  const cotangents = it.cotangents.flatMap((stored) => (stored === null ? [] : [inF32(stored)]));
  const program = P.compile(outcomeOf(it), { device });
  const { outputs, gradients } = await P.ready(program(it.inputs.map(inF32), cotangents));
  const compare = (found: P.Tensor, expected: Stored, what: string): void => {
    const allowed =
      {
        trajectory: trajectoryTolerance,
        Segmenter: networkTolerance,
        Transformer: transformerTolerance,
      }[it.op] ?? tolerance;
    // Where every key is seen, a bias of all keys changes nothing: its slope is a sum that cancels.
    const cancels = it.op === "Transformer";
    const asked = { ...it, tolerance: allowed, float: "f32", cancels } as const;
    const problem = difference(found, expected, asked);
    assert.is(problem, undefined, `${what}: ${problem}`);
  };
  for (const [i, output] of it.outputs.entries())
    compare(outputs[i] as P.Tensor, output, `output ${i}`);
  if (gradients.length === 0) return;
  for (const [position, i] of realInputs(it).entries()) {
    const expected = it.gradients[i];
    if (expected !== null && expected !== undefined)
      compare(gradients[position] as P.Tensor, expected, `gradient in input ${i}`);
  }
};

/**
 * Names of cases that are not worth their time where each kernel takes a software rasteriser long to compile. SegNet's 26 convolutions and back are hundreds of
 * them; SegNet-Basic, the small one and U-Net have every kind that it has. So has a Transformer with what later models chose, one with linear attention and
 * one with a window of those of other Transformers.
 */
const isWorthIt = ({ op, name, options }: Case, device: P.DeviceName): boolean => {
  if (P.deviceInfo(device).adapter?.isSoftware !== true) return true;
  const kept = ["nano-modern", "a window", "linear attention, turned, of two groups"];
  return op === "Transformer" ? kept.includes(name) : options["network"] !== "segnet";
};

/** Declares the golden cases for one device, which is open. */
export const testGoldens = (device: P.DeviceName): void => {
  for (const family of families()) {
    const test = suite(`golden ${family} on ${device}`);
    for (const it of casesOf(family))
      if (isWorthIt(it, device)) test(it.name, () => check(it, device));
    test.run();
  }
};
