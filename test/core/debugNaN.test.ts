// debugNaN: the first op to make a value that is not finite, with its line; and nothing else.

import * as assert from "uvu/assert";
import {
  add,
  compile,
  debugNaN,
  div,
  exp,
  grad,
  greater,
  log,
  mul,
  pad,
  softmax,
  sqrt,
  sub,
  sum,
  type Tensor,
  TensorError,
  tensor,
  toArray,
  vmap,
  where,
} from "../../src/index.ts";
import { suite } from "../support/suite.ts";

/** What is thrown: the message without hint and call site, and whether the call site is in this file. */
const thrownBy = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    assert.is(error.problem._tag, "NonFinite");
    return {
      message: error.message.split("\n")[0],
      line: Number(/debugNaN\.test\.ts:(\d+):\d+$/.exec(error.callSite ?? "")?.[1]),
    };
  }
  throw new Error("nothing thrown");
};

const lineHere = (): number =>
  Number(/debugNaN\.test\.ts:(\d+):\d+/.exec(new Error().stack?.split("\n")[2] as string)?.[1]);

const test = suite("debugNaN");

test("computes what the function computes", () => {
  const f = (p: { x: Tensor }) => ({ y: [mul(p.x, 2)], z: sum(p.x) });
  const p = { x: tensor([1, 2]) };
  const { y, z } = debugNaN(f)(p);
  assert.equal(y.map(toArray), [[2, 4]]);
  assert.is(toArray(z), 3);
});

test("names the first op, its line, and where the first value is", () => {
  let line = 0;
  const f = (x: Tensor): Tensor => {
    const shifted = sub(x, 1);
    line = lineHere() + 1;
    const roots = sqrt(shifted);
    return sum(log(roots));
  };
  const found = thrownBy(() =>
    debugNaN(f)(
      tensor([
        [4, 2, 9],
        [1, 0, -5],
      ]),
    ),
  );
  assert.is(found.message, "sqrt: finite values expected, got 2 NaN in f32[2, 3], first at [1, 1]");
  assert.is(found.line, line);
});

test("tells NaN from infinities, and counts both", () => {
  const f = (x: Tensor, y: Tensor): Tensor => div(x, y);
  assert.is(
    thrownBy(() => debugNaN(f)(tensor([1, 0, -1, 2]), tensor([0, 0, 0, 1]))).message,
    "div: finite values expected, got 1 NaN and 2 infinite in f32[4], first at [0]",
  );
  assert.is(
    thrownBy(() => debugNaN(exp)(tensor(1000))).message,
    "exp: finite values expected, got 1 infinite in f32[]",
  );
});

test("looks into the backward pass, and names the op that it belongs to", () => {
  let line = 0;
  const loss = (x: Tensor): Tensor => {
    line = lineHere() + 1;
    const roots = sqrt(x);
    return sum(roots);
  };
  const found = thrownBy(() => debugNaN(grad(loss))(tensor([1, 0])));
  assert.is(
    found.message,
    "div: finite values in the backward pass of sqrt expected, got 1 infinite in f32[2], first at [1]",
  );
  assert.is(found.line, line);
});

test("checks the forward pass within grad", () => {
  const loss = (x: Tensor): Tensor => sum(log(x));
  assert.is(
    thrownBy(() => grad(debugNaN(loss))(tensor([1, -1]))).message,
    "log: finite values expected, got 1 NaN in f32[2], first at [1]",
  );
  assert.equal(toArray(grad(debugNaN(loss))(tensor([1, 2]))), [1, 0.5]);
});

test("looks into compiled and mapped functions", () => {
  const f = (x: Tensor): Tensor => sum(sqrt(x));
  const message = "sqrt: finite values expected, got 1 NaN in f32[2], first at [1]";
  assert.is(thrownBy(() => debugNaN(compile(f))(tensor([1, -1]))).message, message);
  assert.is(
    thrownBy(() =>
      debugNaN(vmap((x: Tensor) => softmax(x)))(
        tensor([
          [1, 2],
          [3, Number.POSITIVE_INFINITY],
        ]),
      ),
    ).message,
    "debugNaN: finite values in args[0] expected, got 1 infinite in f32[2, 2], first at [1, 1]",
  );
});

test("reports arguments and constants that are not finite to begin with", () => {
  const f = (p: { w: Tensor }, x: Tensor): Tensor => mul(p.w, x);
  const bad = tensor([1, Number.NaN]);
  assert.is(
    thrownBy(() => debugNaN(f)({ w: bad }, tensor([1, 2]))).message,
    "debugNaN: finite values in args[0].w expected, got 1 NaN in f32[2], first at [1]",
  );
  assert.is(
    thrownBy(() => debugNaN((x: Tensor) => add(x, bad))(tensor([1, 2]))).message,
    "debugNaN: finite values in what the function uses expected, got 1 NaN in f32[2], first at [1]",
  );
  assert.is(
    thrownBy(() => grad(debugNaN((x: Tensor) => sum(mul(x, x))))(bad)).message,
    "debugNaN: finite values in args[0] expected, got 1 NaN in f32[2], first at [1]",
  );
});

test("accepts infinities that were asked for", () => {
  const masked = (x: Tensor): Tensor => softmax(where(greater(x, 0), x, Number.NEGATIVE_INFINITY));
  assert.equal(toArray(debugNaN(masked)(tensor([1, -1]))), [1, 0]);
  const padded = pad({ widths: [[0, 1]], value: Number.NEGATIVE_INFINITY });
  assert.equal(toArray(debugNaN(padded)(tensor([1]))), [1, Number.NEGATIVE_INFINITY]);
  // NaN that comes of them is found all the same.
  assert.is(
    thrownBy(() => debugNaN(masked)(tensor([-1, -1]))).message,
    "softmax: finite values expected, got 2 NaN in f32[2], first at [0]",
  );
});

test("looks for NaN only where infinities do not count", () => {
  const f = (x: Tensor): Tensor => log(x);
  const found = debugNaN(f, { infinities: false })(tensor([0, 1]));
  assert.equal(toArray(found), [Number.NEGATIVE_INFINITY, 0]);
  const product = (x: Tensor): Tensor => mul(log(x), x);
  assert.is(
    thrownBy(() => debugNaN(product, { infinities: false })(tensor([0, 1]))).message,
    "mul: finite values expected, got 1 NaN in f32[2], first at [0]",
  );
});

test("wants values, not placeholders", () => {
  try {
    compile(debugNaN((x: Tensor) => log(x)))(tensor([1]));
    assert.unreachable("nothing thrown");
  } catch (error) {
    assert.ok(error instanceof TensorError);
    assert.is(error.problem._tag, "ForeignTrace");
    assert.is(
      error.message.split("\n  at ")[0],
      'debugNaN: a function called with values expected, got one called while "compiled function" is traced\nhint: put debugNaN outside: debugNaN(compile(f)), debugNaN(vmap(f))',
    );
  }
});

test("leaves nothing behind: nodes made later remember no lines", () => {
  debugNaN((x: Tensor) => add(x, 1))(tensor([1]));
  assert.is(add(tensor([1]), 1).callSite, undefined);
  const fails = (): Tensor => {
    throw new Error("on purpose");
  };
  assert.throws(() => debugNaN(fails)(), "on purpose");
  assert.is(add(tensor([1]), 1).callSite, undefined);
});

test.run();
