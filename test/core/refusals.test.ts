// What transforms, compiled functions and device selection say no to: the exact message, and the line of the caller.

import * as assert from "uvu/assert";
import {
  add,
  argmax,
  compile,
  customVjp,
  deviceInfo,
  deviceNames,
  evaluate,
  grad,
  item,
  jvp,
  mul,
  type ProblemTag,
  setDefaultDevice,
  sum,
  type Tensor,
  TensorError,
  tensor,
  toArray,
  valueAndGrad,
  values,
  vjp,
  vmap,
} from "../../src/index.ts";
import { suite } from "../support/suite.ts";

/** Checks tag, message and hint of what is thrown, and that it names a line of this file. */
const refuses = (run: () => unknown, tag: ProblemTag, message: string, hint?: string): void => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const lines = error.message.split("\n");
    assert.is(lines[0], message);
    assert.is(error.problem._tag, tag);
    assert.is(error.problem.hint, hint);
    assert.match(lines.at(-1) as string, /^ {2}at .*test\/core\/refusals\.test\.ts:\d+:\d+$/);
    return;
  }
  assert.unreachable("nothing thrown");
};

const x = tensor([1, 2]);
const integers = tensor([1, 2], { dtype: "i32" });
const double = (a: Tensor): Tensor => mul(a, 2);
// Mistakes that the types would catch are made in JavaScript all the same.
const untyped = <T>(value: unknown): T => value as T;

const gradients = suite("grad refuses");

gradients("a loss that is not a scalar", () => {
  const message = "grad: a scalar loss expected, got shape [2]";
  const hint = "reduce it with sum or mean, or use jacobian or vjp";
  refuses(() => grad(double)(x), "NotScalar", message, hint);
  refuses(() => valueAndGrad(double)(x), "NotScalar", message, hint);
});

gradients("several losses, or none", () => {
  const hint = "return [loss, auxiliary] and set hasAux, or use vjp";
  const two = (a: Tensor) => [sum(a), sum(a)];
  refuses(() => grad(two)(x), "NotScalar", "grad: one scalar loss expected, got 2 tensors", hint);
  const none = () => undefined;
  refuses(
    () => grad(none as (a: Tensor) => void)(x),
    "NotScalar",
    "grad: one scalar loss expected, got 0 tensors",
    hint,
  );
});

gradients("a loss of whole numbers", () => {
  refuses(
    () => grad((a: Tensor) => argmax({ axis: 0 })(a))(x),
    "DtypeMismatch",
    "grad: a floating-point loss expected, got i32",
  );
});

gradients("to differentiate integers, and names them", () => {
  const hint = "choose other arguments with argnums";
  refuses(
    () => grad((a: Tensor) => sum(a))(integers),
    "DtypeMismatch",
    "grad: floating-point tensors expected in argument 0, got i32",
    hint,
  );
  const loss = (_: Tensor, p: { w: Tensor; ids: Tensor }): Tensor => sum(p.w);
  refuses(
    () => grad(loss, { argnums: 1 })(x, { w: x, ids: integers }),
    "DtypeMismatch",
    "grad: floating-point tensors expected in argument 1, got i32 at ids",
    hint,
  );
});

gradients("argnums that are no arguments, and the same twice", () => {
  const loss = (a: Tensor, b?: Tensor): Tensor => sum(mul(a, b ?? a));
  for (const position of [2, -1, 0.5])
    refuses(
      () => grad(loss, { argnums: position })(x, x),
      "InvalidArgument",
      `grad: argnums in 0…1 expected, got ${position}`,
    );
  refuses(
    () => grad(loss, { argnums: [1, 1] })(x, x),
    "InvalidArgument",
    "grad: each position in argnums once expected, got 1 twice",
  );
  refuses(
    () => grad(untyped<() => Tensor>(loss))(),
    "InvalidArgument",
    "grad: an argument to differentiate expected, got none",
  );
});

gradients("numbers among the leaves to differentiate", () => {
  refuses(
    () => grad((p: { w: Tensor; rate: number }) => mul(sum(p.w), p.rate))({ w: x, rate: 0.1 }),
    "InvalidArgument",
    "grad: a tree of tensors (records and arrays) expected, got number 0.1 at rate",
    "keep configuration outside the tree; turn numbers into tensors with `scalar`",
  );
});

gradients.run();

const linear = suite("vjp and jvp refuse");

linear("cotangents and tangents of another shape, or another number of them", () => {
  const wrong = tensor([1]);
  refuses(
    () => vjp(double, x).pullback(wrong),
    "ShapeMismatch",
    "vjp: a cotangent of [2] f32 expected, got [1] f32",
  );
  refuses(
    () => vjp(double, x).pullback([x, x]),
    "ShapeMismatch",
    "vjp: 1 cotangents expected, one for each output, got 2",
  );
  refuses(
    () => jvp(double, [x], [tensor([1, 2], { dtype: "f64" })]),
    "ShapeMismatch",
    "jvp: a tangent of [2] f32 expected, got [2] f64",
  );
  refuses(
    () => jvp(double, [x], untyped<[Tensor]>([])),
    "ShapeMismatch",
    "jvp: 1 tangents expected, one for each input, got 0",
  );
});

linear("gradients of a customVjp that do not fit", () => {
  const none = customVjp(double, () => []);
  refuses(
    () => grad((a: Tensor) => sum(none(a)))(x),
    "InvalidArgument",
    "customVjp: 1 gradients expected, one for each input, got 0",
  );
  const short = customVjp(double, () => [tensor([1])]);
  refuses(
    () => grad((a: Tensor) => sum(short(a)))(x),
    "ShapeMismatch",
    "customVjp: a gradient of [2] f32 expected, got [1] f32",
  );
});

linear("to differentiate what a customVjp takes from outside", () => {
  const loss = (w: Tensor): Tensor =>
    sum(
      customVjp(
        (a: Tensor) => mul(a, w),
        ({ cotangent }) => [cotangent],
      )(x),
    );
  refuses(
    () => grad(loss)(x),
    "NotDifferentiable",
    "customVjp: every differentiated tensor passed as an argument expected, got a function that uses one from outside",
    "the pullback has nowhere to put its gradient: pass it as an argument",
  );
});

linear.run();

const traces = suite("traces refuse");

/** A tensor kept from a function while it was traced. */
const keptFrom = (transform: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor): Tensor => {
  let kept: Tensor | undefined;
  const keep = (a: Tensor): Tensor => {
    kept = mul(a, 2);
    return kept;
  };
  transform(keep)(x);
  return kept as Tensor; // the function was traced
};

const readHint =
  "values are not known while a function is traced: return the tensor from the function instead of keeping or reading it";

traces("to read a tensor of a compiled or mapped function outside of it", () => {
  const what = 'one that depends on input 0 of the traced function "keep"';
  for (const kept of [keptFrom(compile), keptFrom(vmap)]) {
    refuses(
      () => values(kept),
      "ForeignTrace",
      `values: a tensor with values expected, got ${what}`,
      readHint,
    );
    refuses(
      () => evaluate({ a: add(kept, 1) }),
      "ForeignTrace",
      `evaluate: a tensor with values expected, got ${what}`,
      readHint,
    );
  }
});

traces("to read values while tracing", () => {
  const branching = (a: Tensor): Tensor => (item(sum(a)) > 0 ? a : mul(a, -1));
  refuses(
    () => compile(branching)(x),
    "ForeignTrace",
    'item: a tensor with values expected, got one that depends on input 0 of the traced function "branching"',
    readHint,
  );
  assert.equal(toArray(grad((a: Tensor) => sum(branching(a)))(x)), [1, 1]); // values are known here
});

traces("a tensor of another trace in a compiled function", () => {
  const kept = keptFrom(compile);
  refuses(
    () => compile((a: Tensor) => add(a, kept), { name: "other" })(x),
    "ForeignTrace",
    'other: tensors of its own trace expected, got input 0 of the traced function "keep"',
    "a tensor was kept from an earlier call while it was traced: pass it as an argument, or return it",
  );
});

traces.run();

const running = suite("compiled functions refuse");

running("to read a buffer that was donated, or to take it again", () => {
  const step = compile(double, { name: "step", donate: [0] });
  const p = tensor([1, 2]);
  assert.equal(toArray(step(p)), [2, 4]);
  const message =
    "values: a tensor that still owns its values expected, got one whose buffer was donated to step";
  const hint = "use the tensor that the call returned in its place, or do not donate this argument";
  refuses(() => values(p), "Donated", message, hint);
  refuses(() => toArray(p), "Donated", message, hint);
  refuses(() => step(p), "Donated", message, hint);
  refuses(() => values(add(p, 1)), "Donated", message, hint);
});

running("to donate what is no argument", () => {
  refuses(
    () => compile(double, { donate: [1] })(x),
    "InvalidArgument",
    "double: donate in 0…0 expected, got 1",
  );
});

running("arguments and results that are no tensors", () => {
  const hint = "keep configuration outside the tree; turn numbers into tensors with `scalar`";
  const rule = "a tree of tensors (records and arrays) expected";
  refuses(
    () => compile((a: unknown) => a)("text"),
    "InvalidArgument",
    `compiled function: ${rule}, got string text at [0]`,
    hint,
  );
  refuses(
    () => compile((a: Tensor) => ({ a, n: 3 }), { name: "f" })(x),
    "InvalidArgument",
    `f: ${rule}, got number 3 at n`,
    hint,
  );
});

running.run();

const devices = suite("devices refuse");

devices("names that they do not know", () => {
  const message = `device: one of ${deviceNames.join(", ")} expected, got "tpu"`;
  refuses(() => compile(double, { device: "tpu" })(x), "UnknownDevice", message);
  refuses(() => evaluate(double(x), { device: "tpu" }), "UnknownDevice", message);
  refuses(() => deviceInfo("tpu"), "UnknownDevice", message);
  refuses(() => setDefaultDevice(untyped("tpu")), "UnknownDevice", message);
});

devices.run();
