// Long reductions in two kernels: what is cut and what is not, that nothing changes but the order of a sum, and what is refused.

import * as assert from "uvu/assert";
import { prepareGraph } from "../../../src/core/compile/program.ts";
import type { Capabilities, Device } from "../../../src/core/device/device.ts";
import { referenceDevice } from "../../../src/core/device/reference/reference.ts";
import { hostValues } from "../../../src/core/device/transfer.ts";
import type { Storage, Tensor } from "../../../src/core/tensor.ts";
import { storageOf } from "../../../src/core/tensor.ts";
import * as P from "../../../src/index.ts";
import { drawFrom, drawTensor } from "../../support/laws.ts";
import { refusalOf } from "../../support/refusal.ts";
import { suite } from "../../support/suite.ts";

/** The reference with some abilities of another device; exact, so that only the order of sums can differ. */
const deviceWith = (change: Partial<Capabilities>): Device => ({
  ...referenceDevice,
  capabilities: { ...referenceDevice.capabilities, ...change },
});

/** Labels and loop sizes of the kernels of a tensor on a device, and its values. */
const computed = (y: Tensor, device: Device) => {
  const { plan, leaves, executable } = prepareGraph([y], device);
  const [storage] = executable.run(leaves.map((leaf) => storageOf(leaf) as Storage)) as [Storage];
  return {
    kernels: plan.steps.map(
      ({ kernel }) => `${kernel.label} [${kernel.axes.map(({ size }) => size)}]`,
    ),
    values: hostValues(storage),
  };
};

const draw = (shape: readonly number[]): Tensor => drawTensor(drawFrom(7), shape, "f64");
const parallel = deviceWith({ threads: 4096 });

const test = suite("splitKernel");

/** Kernels on a parallel device, after a check that the values are those of one kernel; draws are multiples of 1/64, so sums are exact. */
const kernelsOf = (make: () => Tensor): readonly string[] => {
  const { kernels, values } = computed(make(), parallel);
  assert.equal(values, computed(make(), referenceDevice).values);
  return kernels;
};

test("cuts a long sum into parts that neighbours read together", () => {
  assert.equal(
    kernelsOf(() => P.sum(draw([10_000]))),
    ["sum, parts [100]", "sum []"],
  );
});

test("cuts what does not divide, and guards the rest", () => {
  assert.equal(
    kernelsOf(() => P.sum(draw([10_007]))),
    ["sum, parts [101]", "sum []"],
  );
});

test("cuts into parts of one length where there is a divisor near, so that products stay products", () => {
  const { kernels } = computed(P.matmul(draw([4, 3072]), draw([3072, 4])), parallel);
  assert.equal(kernels, ["contract, parts [64,4,4]", "contract [4,4]"]);
});

test("cuts sums of columns along the rows", () => {
  assert.equal(
    kernelsOf(() => P.sum({ axis: 0 })(draw([900, 5]))),
    ["sum, parts [30,5]", "sum [5]"],
  );
});

test("cuts maxima, products of matrices and conditions alike, with what comes after in the second kernel", () => {
  assert.equal(
    kernelsOf(() => P.neg(P.max({ axis: 1 })(draw([3, 2500])))),
    ["max·neg, parts [3,50]", "max·neg [3]"],
  );
  assert.equal(
    kernelsOf(() => P.add(P.matmul(draw([2, 3000]), draw([3000, 3])), draw([3]))),
    ["contract·add, parts [60,2,3]", "contract·add [2,3]"],
  );
  assert.equal(
    kernelsOf(() => P.any({})(P.less(draw([5000]), -0.9))),
    ["less·max, parts [100]", "less·max []"],
  );
});

test("leaves alone what keeps the device busy, and what is short", () => {
  assert.equal(
    kernelsOf(() => P.sum({ axis: 1 })(draw([4096, 600]))),
    ["sum [4096]"],
  );
  assert.equal(
    kernelsOf(() => P.sum(draw([500]))),
    ["sum []"],
  );
});

test("cuts less where the threads of a group share a row", () => {
  const sharing = deviceWith({ threads: 4096, sharesMemory: true });
  assert.equal(computed(P.sum({ axis: 1 })(draw([64, 2500])), sharing).kernels, ["sum [64]"]);
  assert.equal(computed(P.sum({ axis: 1 })(draw([32, 2500])), sharing).kernels, [
    "sum, parts [32,2]",
    "sum [32]",
  ]);
});

test("cuts large sums of columns that one thread would compute together", () => {
  const wide = deviceWith({ threads: 16, lanes: 64 });
  const columns = (rows: number) => P.sum({ axis: 0 })(draw([rows, 32]));
  assert.equal(computed(columns(8192), wide).kernels, ["sum, parts [32,32]", "sum [32]"]);
  assert.equal(
    computed(columns(8192), wide).values,
    computed(columns(8192), referenceDevice).values,
  );
  assert.equal(computed(columns(8191), wide).kernels, ["sum [32]"]);
  assert.equal(computed(P.sum({ axis: 1 })(draw([32, 8192])), wide).kernels, ["sum [32]"]);
});

test("keeps loops within what a device lets them take", async () => {
  const short = deviceWith({ maxLoop: 100 });
  const { kernels, values } = computed(P.sum({ axis: 1 })(draw([2, 5000])), short);
  assert.equal(kernels, ["sum, parts [2,50]", "sum [2]"]);
  assert.equal(values, computed(P.sum({ axis: 1 })(draw([2, 5000])), referenceDevice).values);
});

test("refuses loops that it cannot cut so short", async () => {
  const short = deviceWith({ maxLoop: 100 });
  // Sums over runs of which only the data says how long they are.
  const ids = P.tensor(new Int32Array(200), { dtype: "i32" });
  const refused = await refusalOf(() =>
    computed(P.segmentSum({ segments: 2 })(P.ones([200]), ids), {
      ...short,
      capabilities: { ...short.capabilities, canScatter: false },
    }),
  );
  assert.is(refused.tag, "Unsupported");
  assert.match(
    refused.message,
    /: loops of at most 100 turns in a kernel expected on this device, got up to \d+\nhint: the driver would end them early; use another device$/,
  );
});

test.run();
