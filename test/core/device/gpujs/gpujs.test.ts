// The device `gpu`: whole programs on both modes against the reference, what it says of itself, what it refuses and in which words,
// and that it leaves neither noise nor a running process behind.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { noise } from "../../../../bench/cases/case.ts";
import { prepare } from "../../../../src/core/device/gpujs/execute.ts";
import { type Limits, makeKernelStore } from "../../../../src/core/device/gpujs/kernels.ts";
import { gpuJsVersion } from "../../../../src/core/device/gpujs/load.ts";
import { type Mode, type ModeName, modes } from "../../../../src/core/device/gpujs/modes.ts";
import { call } from "../../../../src/core/kernel/build.ts";
import { constant } from "../../../../src/core/kernel/expr.ts";
import * as P from "../../../../src/index.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { root } from "../../../support/files.ts";
import { suite } from "../../../support/suite.ts";
import { kernelOf, planOf } from "./oneKernel.ts";

const draw = (shape: readonly number[], seed = 1): P.Tensor =>
  P.tensor(
    noise(
      seed,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );
const i32 = (numbers: readonly number[]): P.Tensor => P.tensor(numbers, { dtype: "i32" });

/** The problem of a TensorError that a call throws, and its message without the call site. */
const refusalOf = (run: () => unknown): { tag: string; message: string } => {
  try {
    run();
  } catch (error) {
    assert.instance(error, P.TensorError);
    const { problem, message } = error as P.TensorError;
    return { tag: problem._tag, message: message.replace(/\n {2}at .*$/, "") };
  }
  throw new Error("nothing was refused");
};

const gru = (p: Record<"x" | "h" | "n" | "m", P.Tensor>, xs: P.Tensor): P.Tensor => {
  const [time, batch, hidden] = xs.shape as readonly [number, number, number];
  let state: P.Tensor = P.zeros([batch, hidden]);
  for (let t = 0; t < time; t++) {
    const x = P.reshape([batch, hidden])(P.slice({ start: [t], stop: [t + 1] })(xs));
    const gates = P.sigmoid(P.add(P.matmul(x, p.x), P.matmul(state, p.h)));
    const half = (at: number): P.Tensor =>
      P.slice({ start: [0, at * hidden], stop: [batch, (at + 1) * hidden] })(gates);
    const [update, reset] = [half(0), half(1)];
    const fresh = P.tanh(P.add(P.matmul(x, p.n), P.mul(reset, P.matmul(state, p.m))));
    state = P.add(P.mul(update, state), P.mul(P.sub(1, update), fresh));
  }
  return P.mean(P.square(state));
};
const gruParams = {
  x: draw([5, 10], 2),
  h: draw([5, 10], 3),
  n: draw([5, 5], 4),
  m: draw([5, 5], 5),
};

/** Programs that together use every feature of kernels, each with its arguments. */
const programs: Record<
  string,
  readonly [f: (...args: P.Tensor[]) => unknown, ...args: P.Tensor[]]
> = {
  "a batched product with a broadcast bias": [
    (a, b, c) => P.add(P.matmul(a, b), c),
    draw([3, 4, 5]),
    draw([3, 5, 7], 2),
    draw([7], 3),
  ],
  "a softmax and its gradient": [
    (x) => P.grad((y: P.Tensor) => P.sum(P.square(P.softmax({ axis: 1 })(y))))(x),
    draw([6, 9]),
  ],
  "movement: permuted, padded, flipped, strided, tiled": [
    (x) =>
      P.slice({ start: [1, 0], step: [2, 3] })(
        P.tile([2, 2])(
          P.flip({ axis: 0 })(
            P.pad({
              widths: [
                [1, 2],
                [0, 3],
              ],
              value: 7,
            })(P.transpose(x)),
          ),
        ),
      ),
    draw([5, 4]),
  ],
  "reductions over any axes": [
    (x) => ({
      sum: P.sum({ axis: [0, 2] })(x),
      variance: P.variance({ axis: 1 })(x),
      largest: P.max({ axis: 0 })(x),
      where: P.argmin({ axis: 2 })(x),
      running: P.cumsum({ axis: 1 })(x),
    }),
    draw([3, 4, 5]),
  ],
  "comparisons, conditions and whole numbers": [
    (x) => {
      const n = P.cast("i32")(P.mul(x, 100));
      return { odd: P.mod(n, 2), chosen: P.where(P.less(x, 0), P.neg(x), P.exp(x)), n };
    },
    draw([40]),
  ],
  "a convolution and its gradients": [
    (x, w) =>
      P.grad((p: { x: P.Tensor; w: P.Tensor }) =>
        P.sum(P.square(P.conv2d({ stride: 2, pad: 1 })(p.x, p.w))),
      )({ x: x as P.Tensor, w: w as P.Tensor }),
    draw([2, 6, 5, 3]),
    draw([3, 3, 3, 4], 2),
  ],
  "rows by index, and their gradient": [
    (x) => P.grad((y: P.Tensor) => P.sum(P.square(P.take(y, i32([4, 0, 4, 2])))))(x),
    draw([5, 3]),
  ],
  "rows at random": [
    (x) => P.take(x, P.cast("i32")(P.mul(P.uniform(P.key(3), [20]), 5))),
    draw([5, 3]),
  ],
  "a recurrence and its gradient, read from offsets": [
    (xs) => P.valueAndGrad((p: typeof gruParams) => gru(p, xs as P.Tensor))(gruParams),
    draw([4, 3, 5]),
  ],
  "narrow storage": [
    (x) => ({ half: P.cast("f16")(x), brain: P.cast("f32")(P.cast("bf16")(P.square(x))) }),
    draw([33]),
  ],
  "nothing: sizes of 0": [
    (x) => ({ sum: P.sum({ axis: 0 })(x), kept: P.exp(x), product: P.matmul(P.transpose(x), x) }),
    draw([0, 3]),
  ],
};

for (const mode of ["webasm", "cpu"] as const) {
  const device = `gpu:${mode}` as const;
  const test = suite(`device ${device}`);

  for (const [what, [f, ...args]] of Object.entries(programs)) {
    test(`agrees with reference on ${what}`, () => {
      const on = (name: string) =>
        P.compile(f as (...args: P.Tensor[]) => P.Tensor, { device: name })(...args);
      assertTreesClose(on(device), on("reference"), 1e-5); // f32 sums of at most 60 terms
    });
  }

  test("draws the bits of the reference", () => {
    const drawAll = () => {
      const key = P.key(5);
      return {
        uniform: P.uniform(key, [101]),
        normal: P.normal(key, [50]),
        order: P.permutation(key, 20),
      };
    };
    const { uniform, normal, order } = P.evaluate(drawAll(), { device });
    const wanted = drawAll();
    assert.equal(P.values(uniform), P.values(wanted.uniform));
    assert.equal(P.values(order), P.values(wanted.order));
    assertTreesClose(normal, wanted.normal, 1e-5); // log and cos of the same bits
  });

  test("answers at once, without await", () => {
    // gpu.js 2.24 does in these modes; version 3 is announced to return promises only.
    assert.is(P.item(P.evaluate(P.sum(P.tensor([1, 2, 3])), { device })), 6);
  });

  test("says what runs", () => {
    P.evaluate(P.add(P.tensor([1]), 1), { device });
    const { details, ...info } = P.deviceInfo(device);
    assert.equal(info, { device, mode });
    assert.match(
      details,
      new RegExp(`^gpu\\.js ${gpuJsVersion()}, \\d+ kernels in ${modes[mode].executor}$`),
    );
    assert.is(gpuJsVersion(), "2.24.1"); // what this device was tried on
  });

  test("builds equal kernels once, whatever plan they are in", () => {
    const built = () => Number(/(\d+) kernels/.exec(P.deviceInfo(device).details)?.[1]);
    const run = (steps: number): void => {
      P.compile((xs: P.Tensor) => gru(gruParams, xs), { device })(draw([steps, 3, 5]));
    };
    run(4);
    const before = built();
    run(4);
    assert.is(built(), before);
    run(40);
    assert.ok(built() - before < 20, `${built() - before} kernels more for 36 steps more`);
  });

  test("checks the indices among its inputs before it runs, in the words of the reference", () => {
    const rows = draw([5, 3]);
    const take = (name: string, ids: readonly number[]) =>
      refusalOf(() => P.evaluate(P.take(rows, i32(ids)), { device: name }));
    for (const ids of [[0, 5], [-1], [2, 99, 1]]) {
      assert.equal(take(device, ids), take("reference", ids));
    }
    assert.equal(take(device, [0, 5]), {
      tag: "IndexOutOfRange",
      message: "take: an index in 0…4 expected, got 5",
    });
  });

  test("reads NaN where a computed index is out of range, and refuses it among whole numbers", () => {
    const ids = P.cast("i32")(
      P.sum({ axis: 1 })(
        P.tensor([
          [1, 1],
          [3, 4],
        ]),
      ),
    ); // 2 and 7
    assert.equal(P.toArray(P.evaluate(P.take(P.tensor([1, 2, 3]), ids), { device })), [
      3,
      Number.NaN,
    ]);
    assert.equal(
      refusalOf(() => P.evaluate(P.take(i32([1, 2, 3]), ids), { device })),
      {
        tag: "IndexOutOfRange",
        message: "take: indices in range expected, got one that is not",
      },
    );
  });

  test("refuses whole numbers that floats do not hold", () => {
    assert.is(P.item(P.evaluate(P.add(i32([2 ** 30]), 0), { device })), 2 ** 30);
    assert.equal(
      refusalOf(() => P.evaluate(P.add(i32([2 ** 24 + 1]), 0), { device })),
      {
        tag: "Unsupported",
        message:
          `${device}: i32 values that f32 holds exactly expected, such as all within ±2²⁴, got 16777217\n` +
          "hint: gpu.js computes with floats; use device reference for larger integers",
      },
    );
  });

  test("refuses f64, and tensors of more than 2²⁴ elements", () => {
    assert.equal(
      refusalOf(() => P.evaluate(P.add(P.tensor([1], { dtype: "f64" }), 1), { device })),
      {
        tag: "DtypeMismatch",
        message:
          `compile: one of f32, i32, bool, f16, bf16, i8, u8 expected on device ${device}, got f64\n` +
          "hint: cast to f32, or run on device reference",
      },
    );
    assert.equal(
      refusalOf(() => P.evaluate(P.add(P.zeros([4096, 4097]), 1), { device })),
      {
        tag: "Unsupported",
        message:
          `compile: at most 16777216 elements in a tensor expected on device ${device}, got [4096, 4097] (16781312)\n` +
          "hint: indices above are not exact there; split the tensor or use another device",
      },
    );
  });

  test.run();
}

/** A store of kernels for a mode that is not quite what it says. */
const tampered = (change: Partial<Mode>) => {
  const store = makeKernelStore({ ...modes.webasm, ...change });
  const inputs = [{ dtype: "f32", values: [1, 2] }] as const;
  const kernel = kernelOf(2, "f32", inputs, (i, read) => call("add", read(0, i), constant(1)));
  const run = () =>
    prepare(planOf(kernel, inputs), "test", store).run([{ host: Float32Array.of(1, 2) }]);
  return { run, report: store.report };
};

const test = suite("device gpu");

test("is listed by mode, and its bare name stands for the best", () => {
  assert.equal(P.availableDevices(), ["reference", "gpu:webasm", "gpu:cpu"]);
  assert.is(P.deviceInfo("gpu").device, "gpu:webasm");
  const { message } = refusalOf(() => P.deviceInfo("gpu:tpu"));
  assert.is(message, 'device: one of reference, gpu:webasm, gpu:cpu expected, got "gpu:tpu"');
});

test("takes the next mode where the best cannot run, and says why", () => {
  const { WebAssembly } = globalThis;
  Object.assign(globalThis, { WebAssembly: undefined });
  try {
    assert.is(P.deviceInfo("gpu").device, "gpu:cpu");
    assert.is(
      P.deviceInfo("gpu").fallback,
      "not gpu:webasm: this JavaScript engine has no WebAssembly",
    );
    assert.equal(P.availableDevices(), ["reference", "gpu:cpu"]);
  } finally {
    Object.assign(globalThis, { WebAssembly });
  }
});

test("reports a kernel that ran elsewhere than asked", () => {
  const { run, report } = tampered({ executor: "WebGPUKernel" });
  assert.is(report.fallback, undefined);
  run();
  assert.is(report.fallback, "webasm kernel ran in WebAssemblyKernel: no reason given");
});

test("keeps kernels within limits, those used last", () => {
  const kernel = (n: number) => kernelOf(4, "f32", [], () => constant(n));
  const builds = (limits: Limits): number => {
    const store = makeKernelStore(modes.webasm, limits);
    for (const n of [1, 2, 1, 3, 1, 2]) {
      assert.equal([...store.runner(kernel(n), [])([])], [n, n, n, n]);
    }
    return store.report.built;
  };
  assert.is(builds({ kernels: 3, bytes: 1000 }), 3);
  assert.is(builds({ kernels: 2, bytes: 1000 }), 4); // 2 went for 3, 1 was in use
  assert.is(builds({ kernels: 3, bytes: 40 }), 4); // two of 16 bytes each
});

test("names the kernel that gpu.js refuses", () => {
  const { run } = tampered({ name: "webgl3" as ModeName });
  assert.equal(refusalOf(run), {
    tag: "DeviceFailure",
    message:
      'test: a kernel that gpu.js runs in mode webgl3 expected, got A requested mode of "webgl3" and is not supported',
  });
});

test("prints nothing, and lets the process end", async () => {
  const program = `
    import * as P from "./src/index.ts";
    for (const device of ["gpu:webasm", "gpu:cpu"]) P.evaluate(P.matmul(P.ones([64, 64]), P.ones([64, 64])), { device });
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const ended = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  assert.equal(ended, { stdout: "", stderr: "" });
});

test.run();
