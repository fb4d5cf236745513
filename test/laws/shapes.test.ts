// Law: the predicted shape is the computed one. Buffers are allocated by prediction, so this looks at what kernels do: they
// write every element of the predicted shape exactly once and nothing else, and read inside of their inputs.

import * as assert from "uvu/assert";
import type { Plan } from "../../src/core/compile/plan.ts";
import { planGraph } from "../../src/core/compile/program.ts";
import { compileKernel } from "../../src/core/device/reference/generate.ts";
import { referenceDevice } from "../../src/core/device/reference/reference.ts";
import { allocate, dtypes, type TypedArray } from "../../src/core/dtype.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { storageOf } from "../../src/core/tensor.ts";
import * as P from "../../src/index.ts";
import {
  assertClose,
  type Case,
  drawFrom,
  drawTensor,
  floatsOf,
  forAllOps,
  outcomeOf,
  resultOf,
  weightDtype,
} from "../support/laws.ts";
import { suite } from "../support/suite.ts";

/** An array that fails when an element outside of it is touched, and counts what is written. */
const watched = (array: TypedArray, what: string, offset = 0) => {
  const writes = new Uint32Array(array.length);
  const indexOf = (key: string | symbol): number | undefined => {
    if (typeof key !== "string" || !/^-?(\d|NaN|undefined)/.test(key)) return undefined;
    const i = Number(key) + offset;
    if (!(Number.isInteger(i) && i >= 0 && i < array.length))
      assert.unreachable(`${what}: index ${i} of ${array.length}`);
    return i;
  };
  const proxy = new Proxy(array, {
    get: (target, key) => {
      const i = indexOf(key);
      if (i !== undefined) return target[i];
      const member = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
    set: (target, key, value) => {
      const i = indexOf(key) as number;
      writes[i] = (writes[i] as number) + 1;
      target[i] = value;
      return true;
    },
  });
  return { proxy, writes };
};

/** Runs a plan with every array watched. */
const runWatched = (plan: Plan, inputs: readonly TypedArray[]): readonly TypedArray[] => {
  const arrays = plan.buffers.map(({ dtype, size }) => allocate(dtype, size));
  plan.inputs.forEach((id, i) => {
    arrays[id] = inputs[i] as TypedArray;
  });
  for (const { kernel, inputs: ids, offsets, output } of plan.steps) {
    const written = watched(arrays[output] as TypedArray, `${kernel.label} writes`);
    const read = ids.map((id, slot) =>
      watched(arrays[id] as TypedArray, `${kernel.label} reads`, offsets[slot]),
    );
    compileKernel(kernel)(written.proxy, ...read.map(({ proxy }) => proxy));
    if (kernel.scatter === undefined)
      assert.ok(
        written.writes.every((n) => n === 1),
        `${kernel.label} writes each element once`,
      );
  }
  return plan.outputs.map((id) => arrays[id] as TypedArray);
};

const law = (it: Case): void => {
  const inputs = it.inputs("f64");
  const result = resultOf(it.call, "f64");
  const w = drawTensor(drawFrom(it.seed), result.shape, weightDtype(result, "f64"));
  const { y, gradients } = outcomeOf(it.call, inputs, w);
  const tensors = [y, ...gradients];
  const { plan, leaves } = planGraph(tensors, referenceDevice);
  const arrays = runWatched(
    plan,
    leaves.map((leaf) => storageOf(leaf)?.host as TypedArray),
  );
  tensors.forEach(({ shape, dtype }, i) => {
    assert.instance(arrays[i], dtypes[dtype].array);
    assert.is(arrays[i]?.length, sizeOf(shape));
  });
  gradients.forEach(({ shape, dtype }, i) => {
    const x = inputs[floatsOf(it.call)[i] as number] as P.Tensor;
    assert.equal([dtype, ...shape], [x.dtype, ...x.shape], "a gradient is like its input");
  });
  const [evaluated, ...others] = P.evaluate(tensors).map(P.values);
  assertClose(arrays[0] as TypedArray, evaluated as TypedArray, 0, "value");
  others.forEach((values, i) =>
    assertClose(arrays[i + 1] as TypedArray, values, 0, `gradient ${i}`),
  );
};

const test = suite("shapes");
forAllOps(test, law);
test.run();
