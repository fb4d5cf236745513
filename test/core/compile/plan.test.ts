// Laws of memory plans, over random programs: buffers that live at the same time do not share bytes, and a plan run in its arena gives
// what it gives in separate arrays.

import * as assert from "uvu/assert";
import type { Plan, PlanBuffer } from "../../../src/core/compile/plan.ts";
import { planGraph } from "../../../src/core/compile/program.ts";
import { compileKernel } from "../../../src/core/device/reference/generate.ts";
import { referenceDevice } from "../../../src/core/device/reference/reference.ts";
import { allocate, dtypes, type TypedArray } from "../../../src/core/dtype.ts";
import { storageOf } from "../../../src/core/tensor.ts";
import {
  add,
  compile,
  exp,
  flip,
  mul,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from "../../../src/index.ts";
import { type Program, programs } from "../../support/programs.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

/** The plan of value and gradients of a program, and the values of its inputs. */
const planOf = (
  program: Program,
): { readonly plan: Plan; readonly inputs: readonly TypedArray[] } => {
  const [loss, gradients] = valueAndGrad((xs: readonly Tensor[]) => program.loss(...xs))(
    program.inputs("f64"),
  );
  const { plan, leaves } = planGraph([loss, ...gradients], referenceDevice);
  return { plan, inputs: leaves.map((leaf) => storageOf(leaf)?.host as TypedArray) };
};

type Placed = PlanBuffer & { readonly offset: number };

const placed = ({ buffers }: Plan): readonly Placed[] =>
  buffers.filter((buffer): buffer is Placed => buffer.offset !== undefined);

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
const total = (buffers: readonly PlanBuffer[]): number =>
  buffers.reduce((sum, { bytes }) => sum + align(bytes), 0);

/** Runs a plan with its temporaries where `place` says. */
const run = (
  { buffers, steps, outputs, inputs: ids }: Plan,
  inputs: readonly TypedArray[],
  place: (buffer: PlanBuffer) => TypedArray,
): readonly TypedArray[] => {
  const arrays = buffers.map((buffer) => (buffer.kind === "input" ? undefined : place(buffer)));
  ids.forEach((id, i) => {
    arrays[id] = inputs[i] as TypedArray;
  });
  for (const { kernel, inputs: read, offsets, output } of steps) {
    const operands = read.map((id, slot) => (arrays[id] as TypedArray).subarray(offsets[slot]));
    compileKernel(kernel)(arrays[output] as TypedArray, ...operands);
  }
  return outputs.map((id) => arrays[id] as TypedArray);
};

const test = suite("memory plans");

test(
  "give live buffers bytes of their own",
  forAll(programs())((program) => {
    const temporaries = placed(planOf(program).plan);
    for (const a of temporaries) {
      for (const b of temporaries) {
        if (a.id >= b.id || a.bytes === 0 || b.bytes === 0) continue;
        const shareBytes = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
        // A kernel may write over an input that dies with it: then one ends where the other begins.
        const shareTime = a.firstStep < b.lastStep && b.firstStep < a.lastStep;
        const isOneStep = a.firstStep === b.firstStep;
        assert.ok(!(shareBytes && (shareTime || isOneStep)), `buffers ${a.id} and ${b.id}`);
      }
    }
  }),
);

test(
  "keep to the arena, which is no larger than its contents",
  forAll(programs())((program) => {
    const { plan } = planOf(program);
    const temporaries = placed(plan);
    for (const { offset, bytes } of temporaries) {
      assert.is(offset % 64, 0);
      assert.ok(offset + bytes <= plan.arenaBytes);
    }
    assert.is(temporaries.length, plan.buffers.filter(({ kind }) => kind === "temporary").length);
    assert.ok(plan.arenaBytes <= total(temporaries));
    const outside = plan.buffers.filter(({ kind }) => kind !== "temporary");
    assert.is(plan.peakBytes, plan.arenaBytes + outside.reduce((sum, { bytes }) => sum + bytes, 0));
    // It holds whatever lives between two steps.
    plan.steps.forEach((_, at) => {
      const alive = temporaries.filter((b) => b.firstStep <= at && b.lastStep > at);
      assert.ok(alive.reduce((sum, { bytes }) => sum + bytes, 0) <= plan.arenaBytes);
    });
  }),
);

test(
  "compute everything once, before it is read, and keep it until it was",
  forAll(programs())((program) => {
    const { plan } = planOf(program);
    const written = new Set(plan.inputs);
    plan.steps.forEach(({ inputs, output }, at) => {
      for (const id of inputs) {
        assert.ok(written.has(id), `buffer ${id} is read at step ${at}, before it is written`);
        assert.ok((plan.buffers[id] as PlanBuffer).lastStep >= at);
      }
      assert.not.ok(written.has(output), `buffer ${output} is written twice`);
      written.add(output);
    });
    for (const id of plan.outputs) assert.ok(written.has(id));
  }),
);

test(
  "give in the arena, full of rubbish, what separate arrays give: what is overwritten was read",
  forAll(programs())((program) => {
    const { plan, inputs } = planOf(program);
    const arena = new ArrayBuffer(plan.arenaBytes);
    new Uint8Array(arena).fill(0xff); // NaN in every float
    const inArena = run(plan, inputs, ({ dtype, size, offset }) =>
      offset === undefined ? allocate(dtype, size) : new dtypes[dtype].array(arena, offset, size),
    );
    const apart = run(plan, inputs, ({ dtype, size }) => allocate(dtype, size));
    assert.equal(inArena, apart);
  }),
);

/** Places of temporaries in the order of their making. */
const places = (f: (x: Tensor) => Tensor): readonly number[] =>
  [...placed(compile(f, { fuse: false }).plan(tensor([1, 2, 3, 4])))]
    .sort((a, b) => a.firstStep - b.firstStep)
    .map(({ offset }) => offset);

test("write over an input that dies, where each element is read where it is written", () => {
  assert.equal(
    places((x) => exp(exp(exp(exp(x))))),
    [0, 0, 0],
  );
});

test("do not, where elements are read elsewhere, or later", () => {
  assert.equal(
    places((x) => exp(flip({ axis: 0 })(exp(x)))),
    [0, 64],
  );
  assert.equal(
    places((x) => {
      const y = exp(x);
      return add(exp(mul(y, 2)), y); // y is read once more
    }).slice(0, 1),
    [0],
  );
  const [first, second] = places((x) => {
    const y = exp(x);
    return add(sum(exp(y)), y);
  });
  assert.not.equal(first, second);
});

test.run();
