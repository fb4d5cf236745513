// Programs on several threads: the bits of one thread, whatever the number.

import * as assert from "uvu/assert";
import type { Engine } from "../../../../src/core/device/cpu/engine.ts";
import { keptPrograms } from "../../../../src/core/device/cpu/threads/worker.ts";
import type { Executable } from "../../../../src/core/device/device.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import type { TypedArray } from "../../../../src/core/dtype.ts";
import type { Storage, Tensor } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { suite } from "../../../support/suite.ts";
import {
  enginesFor,
  largeProduct,
  meetings,
  onHost,
  preparedOn,
  startedEngine,
  untilThreaded,
  valuesOn,
} from "./engines.ts";

const test = suite("threads of cpu");

const engines = enginesFor(test, [1, 2, 3]);

/** A leaf of normal draws; computed here, so that it is a leaf. */
const draw = (shape: readonly number[], seed: number): P.Tensor =>
  P.evaluate(P.normal(P.key(seed), shape), { device: "reference" });
const whole = (shape: readonly number[], below: number, seed: number): P.Tensor =>
  P.evaluate(P.cast("i32")(P.mul(P.uniform(P.key(seed), shape), below)), { device: "reference" });

const bitsOf = (values: TypedArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Fails unless arrays have the same bytes. */
const assertBits = (found: TypedArray, wanted: TypedArray, what: string): void => {
  assert.is(found.length, wanted.length, what);
  const [a, b] = [bitsOf(found), bitsOf(wanted)];
  const at = a.findIndex((byte, i) => byte !== b[i]);
  assert.is(at, -1, `${what}: byte ${at} differs`);
};

/** Fails unless values are within 1e-4 of the reference's, relative to 1 + their size: sums of at most some thousand terms in f32. */
const assertNear = (found: TypedArray, wanted: TypedArray, what: string): void => {
  const at = found.findIndex((x, i) => {
    const y = wanted[i] as number;
    return !(Math.abs(x - y) <= 1e-4 * (1 + Math.abs(y)));
  });
  assert.is(at, -1, `${what}: element ${at} is ${found[at]}, not ${wanted[at]}`);
};

/** Graphs of enough work to be shared. */
const graphs: Readonly<Record<string, () => readonly Tensor[]>> = {
  "products of odd sizes, each factor transposed or not": () => {
    const [a, b] = [draw([131, 157], 1), draw([157, 149], 2)];
    const [aT, bT] = [draw([157, 131], 3), draw([149, 157], 4)];
    return [
      P.matmul(a, b),
      P.matmul(P.transpose(aT), b),
      P.matmul(a, P.transpose(bT)),
      P.matmul(P.transpose(aT), P.transpose(bT)),
    ];
  },
  "batched products with a bias": () => [
    P.relu(P.add(P.matmul(draw([5, 67, 129], 1), draw([5, 129, 131], 2)), draw([131], 3))),
  ],
  "a convolution and both its gradients": () => {
    const params = { x: draw([3, 19, 21, 13], 1), w: draw([3, 3, 13, 29], 2) };
    const conv = (p: typeof params): P.Tensor =>
      P.conv2d({ stride: 1, pad: 1 })(p.x, p.w) as P.Tensor;
    const gradient = P.grad((p: typeof params) => P.mean(P.square(conv(p))))(params);
    return [conv(params), gradient.x, gradient.w];
  },
  "softmax along each axis": () => {
    const x = draw([301, 523], 1);
    return [P.softmax({ axis: 0 })(x), P.softmax({ axis: 1 })(x)];
  },
  "doubles, some functions of theirs, and sums": () => {
    const x = P.cast("f64")(draw([401, 723], 1));
    const y = P.tanh(P.mul(x, 0.5));
    return [P.add(y, P.exp(x)), P.sum({ axis: 0 })(y), P.sum({ axis: 1 })(P.log(P.abs(x)))];
  },
  "reductions along each axis": () => {
    const x = draw([41, 67, 71], 1);
    const y = P.exp(x);
    return [0, 1, 2, [0, 1, 2]].flatMap((axis) => [
      P.sum({ axis })(y),
      P.max({ axis })(x),
      P.variance({ axis })(x),
    ]);
  },
  "places and running sums": () => {
    const x = draw([129, 2001], 1);
    return [P.argmax({ axis: 1 })(x), P.argmin({ axis: 0 })(x), P.cumsum({ axis: 1 })(x)];
  },
  "rows by index, and their gradient": () => {
    const [x, ids] = [draw([501, 307], 1), whole([2003], 501, 2)];
    const f = (y: P.Tensor): P.Tensor => P.mean(P.square(P.sin(P.take(y, ids))));
    return [P.sin(P.take(x, ids)), P.grad(f)(x)];
  },
  "elements along an axis by index, and their gradient": () => {
    const [x, ids] = [draw([701, 311], 1), whole([701, 517], 311, 2)];
    const f = (y: P.Tensor): P.Tensor =>
      P.mean(P.square(P.sin(P.takeAlongAxis({ axis: 1 })(y, ids))));
    return [P.sin(P.takeAlongAxis({ axis: 1 })(x, ids)), P.grad(f)(x)];
  },
  "transpositions, and draws": () => [
    P.add(P.transpose(draw([1003, 517], 1)), P.normal(P.key(9), [517, 1003])),
  ],
  "narrow storage": () => {
    const x = draw([777, 501], 1);
    return [
      P.cast("f16")(P.tanh(x)),
      P.cast("bf16")(P.exp(x)),
      P.cast("i8")(P.mul(x, 20)),
      P.less(P.sin(x), 0),
    ];
  },
};

for (const [what, build] of Object.entries(graphs))
  test(`one, two and three give the same bits: ${what}`, () => {
    const outputs = build();
    const found = engines.map((engine) => {
      const before = meetings(engine);
      const values = valuesOn(engine, outputs);
      const { threads } = engine.pool;
      assert.is(meetings(engine) > before, threads > 1, `${threads} threads took part`);
      return values;
    });
    const [single, ...several] = found as [readonly TypedArray[], ...(readonly TypedArray[])[]];
    several.forEach((values, more) => {
      values.forEach((output, i) => {
        assertBits(output, single[i] as TypedArray, `${more + 2} threads, output ${i}`);
      });
    });
    outputs.forEach((output, i) => {
      if (output.dtype === "f16" || output.dtype === "bf16") return; // neighbours may be rounded to
      const wanted = P.values(P.evaluate(output, { device: "reference" }));
      assertNear(single[i] as TypedArray, wanted, `output ${i}`);
    });
  });

/** Losses and last parameters of a perceptron trained on an engine, each step's parameters written over those before. */
const train = (engine: Engine, steps: number): readonly TypedArray[] => {
  const [x, y] = [draw([127, 65], 1), draw([127, 33], 2)];
  const params = [draw([65, 131], 3), draw([131], 4), draw([131, 33], 5), draw([33], 6)] as const;
  const loss = ([a, b, c, d]: readonly P.Tensor[]): P.Tensor => {
    const hidden = P.tanh(P.add(P.matmul(x, a as P.Tensor), b as P.Tensor));
    return P.mean(P.square(P.sub(P.add(P.matmul(hidden, c as P.Tensor), d as P.Tensor), y)));
  };
  const [value, gradient] = P.valueAndGrad(loss)(params);
  const next = params.map((p, i) => P.sub(p, P.mul(0.05, gradient[i] as P.Tensor)));
  const { executable, leaves, plan } = preparedOn(engine, [value, ...next], new Set(params));
  assert.ok(
    plan.buffers.some(({ over }) => over !== undefined),
    "parameters are written over",
  );
  let storages: readonly Storage[] = leaves.map(onHost);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const [now, ...made] = executable.run(storages) as [Storage, ...Storage[]];
    losses.push(hostValues(now)[0] as number);
    storages = leaves.map((leaf, i) => {
      const at = (params as readonly Tensor[]).indexOf(leaf);
      return (at < 0 ? storages[i] : made[at]) as Storage;
    });
  }
  return [
    Float32Array.from(losses),
    ...params.map((p) => hostValues(storages[leaves.indexOf(p)] as Storage)),
  ];
};

test("one, two and three give the same bits: twelve training steps that write over their parameters", () => {
  const found = engines.map((engine) => {
    const before = meetings(engine);
    const values = train(engine, 12);
    assert.is(meetings(engine) > before, engine.pool.threads > 1);
    return values;
  });
  const [single, ...several] = found as [readonly TypedArray[], ...(readonly TypedArray[])[]];
  const [losses] = single as [TypedArray];
  assert.ok((losses.at(-1) as number) < (losses[0] as number), "it learns");
  for (const values of several)
    values.forEach((value, i) => {
      assertBits(value, single[i] as TypedArray, i === 0 ? "losses" : `parameter ${i - 1}`);
    });
});

test("a program that is too small for several runs on one", () => {
  const engine = engines[1] as Engine;
  const before = meetings(engine);
  const [sum] = valuesOn(engine, [P.add(P.tensor([1, 2, 3]), P.tensor([4, 5, 6]))]);
  assert.equal([...(sum as TypedArray)], [5, 7, 9]);
  assert.is(meetings(engine), before);
});

test("more programs than workers keep run again", () => {
  const engine = engines[1] as Engine;
  const { leaves, plan } = preparedOn(engine, largeProduct());
  const programs = Array.from({ length: keptPrograms + 10 }, () => engine.prepare(plan));
  const storages = leaves.map(onHost);
  // At the end the first ones, which the workers have forgotten, and one that they have not.
  for (const program of [...programs, ...programs.slice(0, 10), programs.at(-1) as Executable]) {
    const before = meetings(engine);
    const [output] = program.run(storages) as [Storage];
    assert.ok(meetings(engine) > before);
    assert.ok(hostValues(output).every((x) => x === 44));
  }
});

test("they see memory that was added after they started", async () => {
  const engine = await startedEngine(2);
  const { memory } = engine;
  const rows = 1031;
  const before = memory.memory.buffer.byteLength;
  const x = P.tensor(
    Float32Array.from({ length: rows * 1024 }, (_, i) => i % 7),
    { shape: [rows, 1024] },
  );
  const [found] = valuesOn(engine, [P.add(P.mul(x, 2), P.sin(x))]);
  assert.ok(memory.memory.buffer.byteLength > before, "it has grown");
  const wrong = (found as TypedArray).findIndex((y, i) => {
    const value = i % 7;
    return Math.abs(y - (2 * value + Math.sin(value))) > 1e-5;
  });
  assert.is(wrong, -1);
  engine.pool.stop();
});

test("doubles, whose functions are those of the main thread, give the same bits", () => {
  const x = P.tensor(
    Float64Array.from({ length: 301 * 403 }, (_, i) => Math.sin(i)),
    { shape: [301, 403], dtype: "f64" },
  );
  const outputs = [
    P.add(P.exp(x), P.tanh(P.log1p(P.square(x)))),
    P.matmul(P.transpose(x), x),
    P.sum({ axis: 1 })(P.pow(P.abs(x), 1.5)),
  ];
  const found = engines.map((engine) => valuesOn(engine, outputs));
  for (const values of found.slice(1))
    values.forEach((output, i) => {
      assertBits(output, (found[0] as readonly TypedArray[])[i] as TypedArray, `output ${i}`);
    });
});

test("stopped threads are started again when there is work for them", async () => {
  const engine = engines[2] as Engine;
  engine.pool.stop();
  const [alone] = valuesOn(engine, largeProduct()); // while they start
  await untilThreaded(engine);
  const [together] = valuesOn(engine, largeProduct());
  assertBits(together as TypedArray, alone as TypedArray, "product");
});

test.run();
