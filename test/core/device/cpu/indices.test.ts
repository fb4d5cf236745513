// Indices from data that are out of range: an error in the words of the reference, from whatever lane and thread, and nothing is lost.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import type { TypedArray } from "../../../../src/core/dtype.ts";
import { addIndex, divideIndex, flatten, moduloIndex } from "../../../../src/core/kernel/affine.ts";
import {
  checkedIndex,
  convert,
  reduce,
  reduceBetween,
  where,
} from "../../../../src/core/kernel/build.ts";
import { axis, constant, type Expr } from "../../../../src/core/kernel/expr.ts";
import type { Kernel } from "../../../../src/core/kernel/kernel.ts";
import type { Storage } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { type Input, kernelOf, reference, runKernel } from "../../../devices/oneKernel.ts";
import { forAll } from "../../../support/property.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";
import { meetings, onHost, preparedOn, startedEngine } from "./engines.ts";

const test = suite("indices of cpu");

/** Values as they are in the memory now, whatever was read before. */
const fetched = ({ host: _, ...storage }: Storage): TypedArray => hostValues(storage);

const on = (device: string, run: () => unknown) =>
  refusalOf(() => P.ready(P.evaluate(run(), { device })));

/** Fails unless both devices refuse a graph in the same words; returns them. */
const refusedAlike = async (build: () => unknown): Promise<string> => {
  const [found, wanted] = [await on("cpu", build), await on("reference", build)];
  assert.equal(found, wanted);
  assert.is(found.tag, "IndexOutOfRange");
  return found.message;
};

/** Whole numbers that nobody knows before a program runs: sums of floats. */
const computed = (values: readonly number[], shape: readonly number[]): P.Tensor =>
  P.cast("i32")(
    P.sum({ axis: 0 })(P.tensor([...values, ...values.map(() => 0)], { shape: [2, ...shape] })),
  );

const ramp = (shape: readonly number[]): P.Tensor =>
  P.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    { shape },
  );

/** All zeros but one. */
const oneAt = (size: number, at: number, value: number): readonly number[] =>
  Array.from({ length: size }, (_, i) => (i === at ? value : 0));

const wild = [-1, 7, 1000, 2 ** 24, 2 ** 31 - 128, -(2 ** 31)];

test("rows: op, index and size are named", async () => {
  for (const bad of wild) {
    const message = await refusedAlike(() => P.take(ramp([7, 5]), computed([2, bad, 6], [3])));
    assert.is(message, `take: an index in 0…6 expected, got ${bad}`);
  }
});

test("elements along the last axis, in any lane or beside the lanes", async () => {
  for (const at of [0, 1, 2, 3, 4, 17, 35, 36, 73])
    for (const bad of [-1, 37, 2 ** 30]) {
      const ids = computed(oneAt(2 * 37, at, bad), [2, 37]);
      const message = await refusedAlike(() => P.takeAlongAxis({ axis: 1 })(ramp([2, 37]), ids));
      assert.is(message, `takeAlongAxis: an index in 0…36 expected, got ${bad}`);
    }
});

test("cells that are added to, of which none is written in the wrong place", async () => {
  for (const bad of wild) {
    const ids = computed([2, bad, 6, 1, 1], [5]);
    await refusedAlike(() => P.scatterAdd({ size: 7 })(ramp([5, 6]), ids));
  }
});

test("all that is in range is read, in lanes as well", async () => {
  const ids = computed(
    Array.from({ length: 74 }, (_, i) => (i * 31) % 37),
    [2, 37],
  );
  const build = () => P.takeAlongAxis({ axis: 1 })(ramp([2, 37]), ids);
  const [found, wanted] = ["cpu", "reference"].map((device) =>
    P.values(P.evaluate(build(), { device })),
  );
  assert.equal(found, wanted);
});

/** What comes of a kernel on a device: values, or what it is refused with. */
const outcome = async (device: typeof cpuDevice, kernel: Kernel, inputs: readonly Input[]) => {
  let values: readonly number[] | undefined;
  const refused = async () => {
    values = [...(await runKernel(device, kernel, inputs))];
  };
  await refused().catch((error) => {
    if (!(error instanceof P.TensorError)) throw error;
  });
  return values ?? refusalOf(() => runKernel(device, kernel, inputs));
};

/** Kernels whose condition, input 0, guards an index, input 1, into input 2. */
type Guarded = (size: number, i: Expr, read: (slot: number, at: Expr) => Expr) => Expr;
const elements = 9;
const element = (i: Expr, read: (slot: number, at: Expr) => Expr): Expr =>
  read(2, checkedIndex(convert(read(1, i), "i32"), elements));
const isSet = (i: Expr, read: (slot: number, at: Expr) => Expr): Expr =>
  convert(read(0, i), "bool");

const guarded: Readonly<Record<string, Guarded>> = {
  "a condition": (_, i, read) => where(isSet(i, read), element(i, read), constant(-1)),
  "the other side of a condition": (_, i, read) =>
    where(isSet(i, read), constant(-1), element(i, read)),
  "a condition within a condition": (_, i, read) =>
    where(isSet(i, read), where(isSet(i, read), element(i, read), constant(-2)), constant(-1)),
  "a condition within a sum": (size, i, read) => {
    const j = axis(size);
    const value = where(isSet(j, read), element(j, read), constant(0.5));
    return reduce("sum", j, where(isSet(i, read), value, constant(0)));
  },
  "a sum behind a condition": (size, i, read) => {
    const j = axis(size);
    return where(isSet(i, read), reduce("sum", j, element(j, read)), constant(0));
  },
  "a loop of no turns, or of one": (size, i, read) => {
    const j = axis(size);
    const from = convert(read(3, i), "i32");
    return reduceBetween(
      "sum",
      j,
      from,
      addIndex(from, convert(read(0, i), "i32")),
      element(j, read),
    );
  },
  nothing: (_, i, read) => element(i, read),
};

/** Masks and indices, most of them right. */
const cases = fc.integer({ min: 1, max: 37 }).chain((size) =>
  fc.record({
    mask: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size }),
    ids: fc.array(fc.integer({ min: 0, max: elements - 1 }), { minLength: size, maxLength: size }),
    bad: fc.option(fc.record({ at: fc.nat(size - 1), id: fc.constantFrom(...wild, 9, -5) })),
  }),
);

for (const [what, build] of Object.entries(guarded))
  test(
    `an index behind ${what} fails where it counts, and only there`,
    forAll(cases, { runs: 60 })(async ({ mask, ids, bad }) => {
      const size = mask.length;
      const values = ids.map((id, i) => (i === bad?.at ? bad.id : id));
      const inputs: readonly Input[] = [
        { dtype: "f32", values: mask },
        { dtype: "f32", values },
        { dtype: "f32", values: Array.from({ length: elements }, (_, i) => 10 * i) },
        { dtype: "f32", values: values.map((_, i) => i) },
      ];
      const kernel = kernelOf(size, "f32", inputs, (i, read) => build(size, i, read));
      assert.equal(
        await outcome(cpuDevice, kernel, inputs),
        await outcome(reference, kernel, inputs),
      );
    }),
  );

test("an index behind a condition along rows, in lanes of another loop", async () => {
  // Condition and index are the same in all lanes.
  const [rows, columns] = [5, 19];
  for (const bad of [undefined, 1, 2]) {
    const inputs: readonly Input[] = [
      { dtype: "f32", values: [1, 0, 1, 1, 0] },
      { dtype: "f32", values: [0, 1, 2, 0, 1].map((id, i) => (i === bad ? 99 : id)) },
      { dtype: "f32", values: Array.from({ length: 3 * columns }, (_, i) => i) },
    ];
    const kernel = kernelOf(rows * columns, "f32", inputs, (at, read) => {
      const [i, j] = [divideIndex(at, columns), moduloIndex(at, columns)];
      const id = checkedIndex(convert(read(1, i), "i32"), 3);
      return where(isSet(i, read), read(2, flatten([id, j], [columns, 1])), constant(-1));
    });
    const found = await outcome(cpuDevice, kernel, inputs);
    assert.equal(found, await outcome(reference, kernel, inputs));
    assert.is("tag" in found, bad === 2);
  }
});

/** A step that reads rows of its donated parameters by index. */
const stepOn = (device: string) =>
  P.compile(
    (p: { table: P.Tensor; w: P.Tensor }, ids: P.Tensor) => {
      const loss = (q: typeof p): P.Tensor => {
        const picked = P.take(q.table, P.cast("i32")(P.sum({ axis: 0 })(ids)));
        return P.mean(P.square(P.sub(P.matmul(picked, q.w), 1)));
      };
      const [value, gradient] = P.valueAndGrad(loss)(p);
      const next = {
        table: P.sub(p.table, P.mul(0.1, gradient.table)),
        w: P.sub(p.w, P.mul(0.1, gradient.w)),
      };
      return { value, next };
    },
    { device, donate: [0] },
  );

test("a donated step that fails loses nothing, and training goes on", async () => {
  const run = async (device: string) => {
    const step = stepOn(device);
    const ids = (bad?: number): P.Tensor =>
      P.tensor([
        [1, 2, 40, bad ?? 3],
        [1, 0, 9, 0],
      ]);
    const start = { table: P.mul(ramp([50, 40]), 1e-3), w: P.mul(ramp([40, 30]), 1e-3) };
    let { next: params } = step(start, ids());
    const messages: string[] = [];
    for (const bad of [50, -1, 1e6]) {
      // Computed with, so that they are read from the memory.
      const negated = (): readonly unknown[] =>
        [params.table, params.w].map((x) => P.values(P.evaluate(P.neg(x), { device })));
      const before = negated();
      const failing = params;
      const { tag, message } = await refusalOf(() => step(failing, ids(bad)));
      assert.is(tag, "IndexOutOfRange");
      messages.push(message);
      assert.equal(negated(), before);
      params = step(params, ids()).next;
      assert.is((await refusalOf(() => P.values(failing.table))).tag, "Donated");
    }
    return { messages, table: P.values(params.table), w: P.values(params.w) };
  };
  const [found, wanted] = [await run("cpu"), await run("reference")];
  assert.equal(found.messages, wanted.messages);
  assert.is(found.messages[0], "take: an index in 0…49 expected, got 50");
  for (const name of ["table", "w"] as const)
    found[name].forEach((x, i) => {
      const y = wanted[name][i] as number;
      assert.ok(Math.abs(x - y) < 1e-5 * (1 + Math.abs(y)), `${name} ${i}: ${x}, not ${y}`);
    });
});

for (const threads of [1, 2, 3])
  test(`a large donated step that fails on ${threads} threads loses nothing, and the next one runs`, async () => {
    const engine = await startedEngine(threads);
    const [rows, columns, count] = [311, 257, 409];
    const table = P.evaluate(P.mul(ramp([rows, columns]), 1e-4), { device: "reference" });
    const places = ramp([2, count]);
    const picked = P.take(table, P.cast("i32")(P.sum({ axis: 0 })(places)));
    // Work before the check, and after it.
    const before = P.matmul(P.transpose(table), table);
    const after = P.matmul(P.matmul(picked, before), P.transpose(before));
    const next = P.add(P.mul(table, P.mean(P.sin(after))), 1e-3);
    const { executable, leaves, plan } = preparedOn(engine, [next], new Set([table]));
    assert.ok(
      plan.buffers.some(({ over }) => over !== undefined),
      "written over",
    );
    const host = (bad?: number): Storage => ({
      host: Float32Array.from({ length: 2 * count }, (_, i) =>
        i === 300 && bad !== undefined ? bad : i < count ? i % rows : 0,
      ),
    });
    let held = onHost(table);
    const run = (bad?: number): Storage => {
      const inputs = leaves.map((leaf) => (leaf === table ? held : host(bad)));
      return executable.run(inputs)[0] as Storage;
    };
    held = run();
    for (const bad of [rows, -7]) {
      const values = fetched(held).slice();
      const met = meetings(engine);
      assert.equal(await refusalOf(() => run(bad)), {
        tag: "IndexOutOfRange",
        message: `take: an index in 0…${rows - 1} expected, got ${bad}`,
      });
      assert.is(meetings(engine) > met, threads > 1);
      assert.equal(fetched(held), values);
      held = run();
      assert.ok(fetched(held).every(Number.isFinite));
    }
    engine.pool.stop();
  });

test.run();
