// Whole programs on one device against the reference: every feature of kernels in company, random draws, and what is refused, in which words.

import * as assert from "uvu/assert";
import { noise } from "../../bench/cases/case.ts";
import { selectDevice } from "../../src/core/device/select.ts";
import * as P from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { refusalOf } from "../support/refusal.ts";
import { suite } from "../support/suite.ts";

const draw = (shape: readonly number[], seed = 1): P.Tensor =>
  P.tensor(
    noise(
      seed,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );
const i32 = (numbers: readonly number[]): P.Tensor => P.tensor(numbers, { dtype: "i32" });

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

/** Declares the tests for one device. */
export const testPlans = (device: P.DeviceName): void => {
  const test = suite(`device ${device}`);
  const { isAsync } = selectDevice(device).capabilities;
  const compute = async <T>(tree: T): Promise<T> => P.ready(P.evaluate(tree, { device }));

  for (const [what, [f, ...args]] of Object.entries(programs)) {
    test(`agrees with reference on ${what}`, async () => {
      const on = (name: string) =>
        P.ready(P.compile(f as (...args: P.Tensor[]) => P.Tensor, { device: name })(...args));
      assertTreesClose(await on(device), await on("reference"), 1e-5); // f32 sums of at most 60 terms
    });
  }

  test("draws the bits of the reference", async () => {
    const drawAll = () => {
      const key = P.key(5);
      return {
        uniform: P.uniform(key, [101]),
        normal: P.normal(key, [50]),
        order: P.permutation(key, 20),
      };
    };
    const { uniform, normal, order } = await compute(drawAll());
    const wanted = drawAll();
    assert.equal(P.values(uniform), P.values(wanted.uniform));
    assert.equal(P.values(order), P.values(wanted.order));
    assertTreesClose(normal, wanted.normal, 1e-5); // log and cos of the same bits
  });

  test(isAsync ? "answers when it is awaited" : "answers at once, without await", async () => {
    // gpu.js 2.24 does in all modes but webgpu; version 3 is announced to return promises only.
    const y = P.evaluate(P.sum(P.tensor([1, 2, 3])), { device });
    if (isAsync) assert.is((await refusalOf(() => P.item(y))).tag, "NotReady");
    assert.is(P.item(isAsync ? await P.ready(y) : y), 6);
  });

  test("builds equal kernels once, whatever plan they are in", async () => {
    const built = () => P.deviceStats(device).kernels;
    const run = async (steps: number): Promise<void> => {
      await P.ready(
        P.compile((xs: P.Tensor) => gru(gruParams, xs), { device })(draw([steps, 3, 5])),
      );
    };
    await run(4);
    const before = built();
    await run(4);
    assert.is(built(), before);
    await run(40);
    assert.ok(built() - before < 20, `${built() - before} kernels more for 36 steps more`);
  });

  test("checks the indices among its inputs before it runs, in the words of the reference", async () => {
    const rows = draw([5, 3]);
    const take = (name: string, ids: readonly number[]) =>
      refusalOf(() => P.evaluate(P.take(rows, i32(ids)), { device: name }));
    for (const ids of [[0, 5], [-1], [2, 99, 1]]) {
      assert.equal(await take(device, ids), await take("reference", ids));
    }
    assert.equal(await take(device, [0, 5]), {
      tag: "IndexOutOfRange",
      message: "take: an index in 0…4 expected, got 5",
    });
    assert.equal(await refusalOf(() => P.evaluate(P.take(draw([1, 3]), i32([1])), { device })), {
      tag: "IndexOutOfRange",
      message: "take: an index in 0…0 expected, got 1",
    });
  });

  // Cards, and gpu.js's modes on the processor, have f32 for everything.
  const inFloats = !selectDevice(device).capabilities.dtypes.includes("f64");

  test("has an answer where a computed index is out of range", async () => {
    const ids = P.cast("i32")(
      P.sum({ axis: 1 })(
        P.tensor([
          [1, 1],
          [3, 4],
        ]),
      ),
    ); // 2 and 7
    if (!inFloats) {
      assert.equal(await refusalOf(() => compute(P.take(P.tensor([1, 2, 3]), ids))), {
        tag: "IndexOutOfRange",
        message: "take: an index in 0…2 expected, got 7",
      });
      return;
    }
    assert.equal(P.toArray(await compute(P.take(P.tensor([1, 2, 3]), ids))), [3, Number.NaN]);
    assert.equal(await refusalOf(() => compute(P.take(i32([1, 2, 3]), ids))), {
      tag: "IndexOutOfRange",
      message: "take: indices in range expected, got one that is not",
    });
  });

  test("takes indices that were never on the host", async () => {
    const order = P.compile((n: P.Tensor) => P.sub(2, n), { device });
    const take = P.compile((x: P.Tensor, ids: P.Tensor) => P.take(x, ids), { device });
    const ids = order(i32([0, 2, 1]));
    assert.equal(P.toArray(await P.ready(take(P.tensor([10, 20, 30]), ids))), [30, 10, 20]);
    const wrong = order(i32([0, 3, 1]));
    const run = async (): Promise<P.Tensor> => P.ready(take(P.tensor([10, 20, 30]), wrong));
    // What is on the host is checked; a card can only give NaN.
    if (selectDevice(device).capabilities.flushesDenormals)
      assert.equal(P.toArray(await run()), [30, Number.NaN, 20]);
    else assert.is((await refusalOf(run)).tag, "IndexOutOfRange");
  });

  test("computes with whole numbers exactly, or refuses those that floats do not hold", async () => {
    assert.is(P.item(await compute(P.add(i32([2 ** 30]), 0))), 2 ** 30);
    if (!inFloats) {
      assert.is(P.item(await compute(P.mul(i32([2 ** 24 + 1]), 3))), 3 * (2 ** 24 + 1));
      return;
    }
    assert.equal(await refusalOf(() => compute(P.add(i32([2 ** 24 + 1]), 0))), {
      tag: "Unsupported",
      message:
        `${device}: i32 values that f32 holds exactly expected, such as all within ±2²⁴, got 16777217\n` +
        "hint: gpu.js computes with floats; use device reference for larger integers",
    });
  });

  test("computes in f64 and with more than 2²⁴ elements, or refuses them", async () => {
    if (!inFloats) {
      const third = P.div(P.tensor([1], { dtype: "f64" }), 3);
      assert.is(P.item(await compute(third)), 1 / 3);
      assert.is(P.item(await compute(P.sum(P.add(P.zeros([4096, 4097]), 1)))), 4096 * 4097);
      return;
    }
    assert.equal(await refusalOf(() => compute(P.add(P.tensor([1], { dtype: "f64" }), 1))), {
      tag: "DtypeMismatch",
      message:
        `compile: one of f32, i32, bool, f16, bf16, i8, u8, i4 expected on device ${device}, got f64\n` +
        "hint: cast to f32, or run on device reference",
    });
    assert.equal(await refusalOf(() => compute(P.add(P.zeros([4096, 4097]), 1))), {
      tag: "Unsupported",
      message:
        `compile: at most 16777216 elements in a tensor expected on device ${device}, got [4096, 4097] (16781312)\n` +
        "hint: indices above are not exact there; split the tensor or use another device",
    });
  });

  test.run();
};
