// Composition of modules is a monoid, bit for bit: parameters have the same leaves and results the same bits however parts are
// bracketed, and `identity` changes nothing.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  cast,
  concat,
  key,
  leavesOf,
  mapTree,
  type Tensor,
  tanh,
  tensor,
  toArray,
} from "../../src/index.ts";
import {
  identity,
  LayerNorm,
  Linear,
  lift,
  type Module,
  parallel,
  RmsNorm,
  residual,
  sequential,
} from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const width = 4;
const x = cast("f32")(arbitrary([3, width], 1));
const linear = Linear.module({ inputs: width, outputs: width });

type AnyModule = Module<unknown>;
const any = <P>(module: Module<P>): AnyModule => module as AnyModule; // its own parameters come back to it

/** Modules from width to width, with and without parameters, plain and composed. */
const parts = fc.constantFrom<AnyModule>(
  any(linear),
  any(lift(tanh)),
  any(identity),
  any(LayerNorm.module(width)),
  any(residual(linear)),
  any(residual(sequential(RmsNorm.module(width), linear, lift(tanh)))),
  // A record that was not made here.
  {
    init: (from) => Linear.init(from, { inputs: width, outputs: width }),
    apply: any(linear).apply,
  },
);

/** One bracketing of a list of modules: splits say where each list is cut in two; an empty side is `identity`. */
const bracketed = (list: readonly AnyModule[], splits: readonly number[]): AnyModule => {
  const [first] = list;
  if (first === undefined) return any(identity);
  if (list.length === 1 && splits.length === 0) return first;
  const [split = 1, ...rest] = splits;
  const at = split % (list.length + 1);
  return any(sequential(bracketed(list.slice(0, at), rest), bracketed(list.slice(at), rest)));
};

const sameBits = (a: AnyModule, b: AnyModule, seed: number): void => {
  const [p, q] = [a.init(key(seed)), b.init(key(seed))];
  assertTreesClose([...leavesOf(p)], [...leavesOf(q)], 0, "leaves");
  assertTreesClose(a.apply(p)(x), b.apply(q)(x), 0, "results");
};

const test = suite("module");

test(
  "sequential is the same however it is bracketed",
  forAll(
    {
      list: fc.array(parts, { minLength: 1, maxLength: 6 }),
      splits: fc.array(fc.nat(20), { maxLength: 6 }),
      seed: fc.nat(),
    },
    { runs: 60 },
  )(({ list, splits, seed }) => {
    sameBits(bracketed(list, splits), any(sequential(...list)), seed);
  }),
);

test(
  "identity is neutral on both sides",
  forAll(
    { part: parts, seed: fc.nat() },
    { runs: 30 },
  )(({ part, seed }) => {
    sameBits(any(sequential(identity, part)), part, seed);
    sameBits(any(sequential(part, identity)), part, seed);
    sameBits(any(sequential(part)), part, seed);
  }),
);

test("nothing in a row is the identity", () => {
  const none = sequential();
  assert.equal(leavesOf(none.init(key(0))), []);
  assertTreesClose(none.apply([])(x), x, 0);
});

test("gives equal parts parameters of their own", () => {
  const [a, b] = sequential(linear, linear).init(key(0));
  assert.not.equal(toArray(a.weight), toArray(b.weight));
});

test("sequential applies in order", () => {
  const half = { weight: tensor([[0.5]]), bias: tensor([0]) };
  const plusOne = { weight: tensor([[1]]), bias: tensor([1]) };
  const one = Linear.module({ inputs: 1, outputs: 1 });
  const net = sequential(one, one);
  assert.equal(toArray(net.apply([half, plusOne])(tensor([6]))), [4]);
  assert.equal(toArray(net.apply([plusOne, half])(tensor([6]))), [3.5]);
});

test("residual adds what it is given", () => {
  const params = linear.init(key(1));
  assertTreesClose(residual(linear).apply(params)(x), add(x, linear.apply(params)(x)), 0);
  assertTreesClose(residual(linear).init(key(1)), params, 0);
});

test("parallel puts results side by side", () => {
  const both = parallel(linear, identity, Linear.module({ inputs: width, outputs: 2 }));
  const params = both.init(key(1));
  const expected = concat({ axis: -1 })([
    Linear.apply(params[0])(x),
    x,
    Linear.apply(params[2])(x),
  ]);
  assertTreesClose(both.apply(params)(x), expected, 0);
  assert.is(
    messageOf(() => parallel()),
    "parallel: one module or more expected, got none",
  );
});

test("has gradients through all of them", () => {
  const net = sequential(residual(sequential(LayerNorm.module(width), linear)), lift(tanh), linear);
  const params = mapTree(net.init(key(2)), cast("f64"));
  assertGradients(
    (p: typeof params, at: Tensor) => net.apply(p)(at),
    [params, arbitrary([2, width], 3)],
  );
});

test.run();
