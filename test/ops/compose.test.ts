// Transforms compose in any order: every composition of three of them equals its definition by loops and plain gradients.

import * as assert from "uvu/assert";
import {
  add,
  checkpoint,
  compile,
  concat,
  customVjp,
  grad,
  hessian,
  item,
  jacobian,
  jvp,
  mul,
  reshape,
  sin,
  slice,
  stack,
  sum,
  type Tensor,
  tensor,
  vjp,
  vmap,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { suite } from "../support/suite.ts";

/** A function of vectors. */
type Map = (x: Tensor) => Tensor;

const flat = reshape([-1]);
const vector = (...elements: number[]): Tensor => tensor(elements, { dtype: "f64" });
/** Element i of a vector, as a scalar. */
const at =
  (i: number): Map =>
  (x) =>
    reshape([])(slice({ start: [i], stop: [i + 1] })(x));
const direction = vector(0.5, -1.5);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** One row of the Jacobian for each element of the result, by a gradient of its own. */
const rows =
  (f: Map): Map =>
  (x) =>
    stack()(range(f(x).shape[0] as number).map((i) => grad((p: Tensor) => at(i)(f(p)))(x)));

/** A batch of two vectors made from one. */
const examples = (x: Tensor): Tensor[] => [x, mul(x, -0.5)];
const weigh = (y: Tensor): Tensor =>
  sum(
    mul(
      y,
      tensor(
        range(y.shape[0] as number).map((i) => 1 / (i + 2)),
        { dtype: "f64" },
      ),
    ),
  );

/** Each transform as it is used, and by its definition. */
const transforms: Readonly<Record<string, readonly [(f: Map) => Map, (f: Map) => Map]>> = {
  grad: [(f) => grad((x: Tensor) => weigh(f(x))), (f) => grad((x: Tensor) => weigh(f(x)))],
  jvp: [
    (f) => (x) => jvp(f, [x], [direction]).tangent,
    (f) => (x) => sum({ axis: 1 })(mul(rows(f)(x), direction)),
  ],
  jacobian: [(f) => (x) => flat(jacobian(f)(x)), (f) => (x) => flat(rows(f)(x))],
  vmap: [
    (f) => (x) => flat(vmap(f)(stack()(examples(x)))),
    (f) => (x) => concat()(examples(x).map(f)),
  ],
  compile: [(f) => compile(f), (f) => f],
  checkpoint: [(f) => checkpoint(f), (f) => f],
  customVjp: [
    (f) => customVjp(f, ({ inputs: [x], cotangent }) => vjp(f, x).pullback(cotangent)),
    (f) => f,
  ],
};

const base: Map = (x) => {
  const [a, b] = [at(0)(x), at(1)(x)];
  return stack()([mul(sin(a), b), add(mul(mul(a, a), a), mul(a, mul(b, b)))]);
};

const test = suite("composition of transforms");
const point = vector(0.7, -1.2);

for (const [outer, [useOuter, defineOuter]] of Object.entries(transforms))
  test(`${outer} of every pair equals its definition`, () => {
    for (const [middle, [useMiddle, defineMiddle]] of Object.entries(transforms))
      for (const [inner, [useInner, defineInner]] of Object.entries(transforms))
        assertTreesClose(
          useOuter(useMiddle(useInner(base)))(point),
          defineOuter(defineMiddle(defineInner(base)))(point),
          1e-9, // third derivatives in f64
          `${outer}(${middle}(${inner}(f)))`,
        );
  });

test("gradients of gradients do not confuse their variables", () => {
  // d/dx (x · d/dy (x + y)) = 1, not 2: J. Siskind, B. Pearlmutter, "Perturbation confusion", IFL 2005.
  const inner = (x: Tensor) => grad((y: Tensor) => add(x, y))(tensor(1));
  assert.is(item(grad((x: Tensor) => mul(x, inner(x)))(tensor(3))), 1);
  const pushed = (x: Tensor) => jvp((y: Tensor) => add(x, y), [tensor(1)], [tensor(1)]).tangent;
  assert.is(item(jvp((x: Tensor) => mul(x, pushed(x)), [tensor(3)], [tensor(1)]).tangent), 1);
});

test("a checkpoint is differentiated in what it is passed and takes from outside as well", () => {
  type Wrap = (f: Map) => Map;
  const loss =
    (wrap: Wrap) =>
    (w: Tensor, x: Tensor): Tensor => {
      const inner = (p: Tensor): Tensor => wrap((q: Tensor) => mul(q, add(x, w)))(p);
      return sum(sin(wrap((p: Tensor) => mul(mul(p, x), inner(p)))(w)));
    };
  const total = (wrap: Wrap) => (w: Tensor, xs: Tensor) =>
    sum(vmap(loss(wrap), { inAxes: [null, 0] })(w, xs));
  const batch = stack()(examples(point));
  const argnums = [0, 1] as const;
  const plain: Wrap = (f) => f;
  assertTreesClose(
    grad(total(checkpoint), { argnums })(direction, batch),
    grad(total(plain), { argnums })(direction, batch),
    1e-12,
  );
  assertTreesClose(
    hessian(total(checkpoint))(direction, batch),
    hessian(total(plain))(direction, batch),
    1e-12,
  );
});

test("a customVjp refuses to be differentiated in what it takes from outside, passed or not", () => {
  const loss = (w: Tensor): Tensor =>
    sum(
      customVjp(
        (x: Tensor) => mul(x, w),
        ({ cotangent }) => [cotangent],
      )(w),
    );
  assert.throws(() => grad(loss)(point), /every differentiated tensor passed as an argument/);
});

test.run();
