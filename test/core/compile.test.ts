// `compile`: when it compiles and why, what its plans look like, how long a long recurrence takes, what `checkpoint` saves.

import * as assert from "uvu/assert";
import { kernelCounts } from "../../src/core/compile/plan.ts";
import {
  add,
  availableDevices,
  type CompileEvent,
  checkpoint,
  compile,
  grad,
  item,
  matmul,
  mean,
  mul,
  ones,
  setDefaultDevice,
  sigmoid,
  sin,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toArray,
  valueAndGrad,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { suite } from "../support/suite.ts";

const x: Tensor = tensor([1, 2]);
const longer: Tensor = tensor([1, 2, 3]);
const double = (a: Tensor): Tensor => mul(a, 2);
const reasons = ({ compilations }: { readonly compilations: readonly CompileEvent[] }) =>
  compilations.map(({ reason }) => reason);

const caching = suite("compile caches");

caching("one program for each shape", () => {
  const f = compile(double);
  for (const a of [x, x, tensor([5, 6]), longer, x, longer]) f(a);
  assert.equal(reasons(f), ["first call", "argument [0]: f32[2] → f32[3]"]);
  assert.equal(toArray(f(longer)), [2, 4, 6]);
});

caching("one for each dtype", () => {
  const f = compile(double);
  f(x);
  f(tensor([1, 2], { dtype: "f64" }));
  f(tensor([1, 2], { dtype: "i32" }));
  assert.equal(reasons(f), [
    "first call",
    "argument [0]: f32[2] → f64[2]",
    "argument [0]: f64[2] → i32[2]",
  ]);
});

caching("one for each structure of the arguments", () => {
  const f = compile((p: { a: Tensor; b?: Tensor }) => (p.b === undefined ? p.a : add(p.a, p.b)));
  f({ a: x });
  f({ a: x, b: x });
  f({ a: longer });
  assert.equal(reasons(f), [
    "first call",
    "arguments have another structure: [{a:*}] → [{a:*,b:*}]",
    "arguments have another structure: [{a:*,b:*}] → [{a:*}]",
  ]);
});

caching("names the leaf that changed", () => {
  const f = compile((p: { layers: readonly { w: Tensor }[] }, _rate: number) =>
    p.layers.map(({ w }) => double(w)),
  );
  f({ layers: [{ w: x }, { w: x }] }, 0.1);
  f({ layers: [{ w: x }, { w: longer }] }, 0.1);
  assert.is(reasons(f)[1], "argument [0].layers[1].w: f32[2] → f32[3]");
});

caching("nothing anew for other numbers, which become scalars", () => {
  const scale = compile((a: Tensor, by: number) => mul(a, by as unknown as Tensor));
  assert.equal(
    [2, 3, -1].map((by) => toArray(scale(x, by))),
    [
      [2, 4],
      [3, 6],
      [-1, -2],
    ],
  );
  assert.equal(reasons(scale), ["first call"]);
});

caching("by device, when the default one changes", () => {
  const [, other] = availableDevices();
  if (other === undefined) return;
  const f = compile(double);
  f(x);
  try {
    setDefaultDevice(other);
    f(x);
  } finally {
    setDefaultDevice("reference");
  }
  f(x);
  assert.equal(reasons(f), ["first call", `another device: ${other}`]);
});

caching("and tells each compilation as it happens", () => {
  const events: CompileEvent[] = [];
  const f = compile(double, { name: "twice", onCompile: (event) => events.push(event) });
  f(x);
  assert.equal(events, f.compilations);
  const [{ name, reason, plan, milliseconds } = assert.unreachable() as never] = events;
  assert.equal([name, reason, plan.steps.length], ["twice", "first call", 1]);
  assert.ok(milliseconds > 0);
});

caching("nothing when it only plans and prints", () => {
  const f = compile(double);
  assert.is(f.plan(x), f.plan(x));
  f.print(x);
  f(x);
  assert.equal(reasons(f), ["first call"]);
});

caching.run();

const meaning = suite("a compiled function");

meaning("is inlined in grad, vmap and other compiled functions", () => {
  const f = compile(double);
  assert.equal(toArray(grad((a: Tensor) => sum(f(a)))(x)), [2, 2]);
  assert.equal(toArray(vmap(f)(x)), [2, 4]);
  const outer = compile((a: Tensor) => f(f(a)));
  assert.equal(toArray(outer(x)), [4, 8]);
  assert.is(f.compilations.length, 0);
  assert.is(outer.plan(x).steps.length, 1);
});

meaning("keeps tensors from outside as constants", () => {
  const f = compile((a: Tensor) => add(a, double(x)));
  assert.equal(toArray(f(tensor([10, 20]))), [12, 24]);
  assert.is(f.plan(x).inputs.length, 2);
});

meaning("may return its arguments, constants, and one tensor twice", () => {
  const f = compile((a: Tensor) => ({
    a,
    one: ones([2]),
    twice: [double(a), double(a)],
    no: null,
  }));
  const { a, one, twice, no } = f(x);
  assert.equal([a, one, ...twice].map(toArray), [
    [1, 2],
    [1, 1],
    [2, 4],
    [2, 4],
  ]);
  assert.is(no, null);
});

meaning("takes one tensor for two arguments", () => {
  const f = compile((a: Tensor, b: Tensor) => sub(a, mul(b, 3)), { donate: [1] });
  assert.equal(toArray(f(tensor([1, 2]), x)), [-2, -4]);
  const y = tensor([1, 2]);
  assert.equal(toArray(f(y, y)), [-2, -4]);
});

meaning("computes its arguments first, when they were only described", () => {
  assert.equal(toArray(compile(double)(add(tensor([1, 2]), 1))), [4, 6]);
});

meaning.run();

const pictures = suite("plans");

const net = compile(
  (p: { w: Tensor; x: Tensor }) => {
    const h = tanh(mul(p.w, p.x));
    return { h, total: sum(h) };
  },
  { name: "net" },
);
const p = { w: tensor([1, 2]), x: tensor([3, 4]) };

pictures("print as a table", () => {
  assert.is(
    net.print(p),
    [
      "2 kernels, 2 distinct; peak 28 B",
      "inputs 16 B, outputs 12 B, temporaries 0 B in 0 B",
      "  1×  mul·tanh  f32[2]  2 in",
      "  1×  sum       f32[]   1 in",
    ].join("\n"),
  );
});

pictures("draw as Mermaid text", () => {
  assert.is(
    net.draw("mermaid", p),
    `graph TD
  in0["input 0: f32[2]"]
  in1["input 1: f32[2]"]
  k0["mul·tanh"]
  k1["sum"]
  out0["output 0"]
  out1["output 1"]
  in0 -->|8 B| k0
  in1 -->|8 B| k0
  k0 -->|8 B| k1
  k0 -->|8 B| out0
  k1 -->|4 B| out1`,
  );
});

pictures("draw as Graphviz text", () => {
  assert.is(
    net.draw("graphviz", p),
    `digraph plan {
  in0 [label="input 0: f32[2]"];
  in1 [label="input 1: f32[2]"];
  k0 [label="mul·tanh"];
  k1 [label="sum"];
  out0 [label="output 0"];
  out1 [label="output 1"];
  in0 -> k0 [label="8 B"];
  in1 -> k0 [label="8 B"];
  k0 -> k1 [label="8 B"];
  k0 -> out0 [label="8 B"];
  k1 -> out1 [label="4 B"];
}`,
  );
});

pictures.run();

const recurrence = suite("a recurrence of 200 steps");

const [steps, batch, hidden] = [200, 8, 16];
/** Numbers around 0, the same each time. */
const weights = (...shape: readonly number[]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: count }, (_, i) => Math.sin(7 * i) / 4),
    { shape },
  );
};
const parameters = {
  wx: weights(hidden, 2 * hidden),
  wh: weights(hidden, 2 * hidden),
  b: weights(2 * hidden),
  nx: weights(hidden, hidden),
  nh: weights(hidden, hidden),
};

const gru = (q: typeof parameters, series: Tensor): Tensor => {
  let h: Tensor = zeros([batch, hidden]);
  for (let t = 0; t < steps; t++) {
    const input: Tensor = sum({ axis: 0 })(slice({ start: [t], stop: [t + 1] })(series));
    const gates = sigmoid(add(add(matmul(input, q.wx), matmul(h, q.wh)), q.b));
    const [z, r] = split({ axis: 1, parts: 2 })(gates) as unknown as readonly [Tensor, Tensor];
    const n = tanh(add(matmul(input, q.nx), mul(r, matmul(h, q.nh))));
    h = add(mul(z, h), mul(sub(1, z), n));
  }
  return mean(mul(h, h));
};

recurrence("compiles value and gradient in under 3 seconds, each kind of kernel once", () => {
  const step = compile(valueAndGrad(gru));
  const series = weights(steps, batch, hidden);
  const started = performance.now();
  const [loss, gradient] = step(parameters, series);
  const first = performance.now() - started;
  const [{ plan, milliseconds } = assert.unreachable() as never] = step.compilations;
  const distinct = kernelCounts(plan).length;
  const shown = [milliseconds, first].map((ms) => `${(ms / 1000).toFixed(2)} s`);
  console.log(
    `GRU of ${steps} steps, value and gradient: compiled in ${shown[0]} (${shown[1]} with the first run), ${plan.steps.length} kernels, ${distinct} distinct`,
  );
  assert.ok(Number.isFinite(item(loss)) && values(gradient.wh).some((g) => g !== 0));
  // The first and the last steps differ from the others; not each step from the one before.
  assert.ok(plan.steps.length > 10 * steps && distinct < 80, `${distinct} of ${plan.steps.length}`);
  // Generous: other processes share the two cores.
  assert.ok(milliseconds < 3000, `${milliseconds} ms`);
});

recurrence.run();

const saving = suite("checkpoint");

/** A chain of segments, each of eight matrix products. */
const chain =
  (segments: number, wrap: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor) =>
  (start: Tensor): Tensor => {
    const segment = (a: Tensor): Tensor => {
      let b = a;
      for (let i = 0; i < 8; i++) b = tanh(matmul(b, sin(b)));
      return b;
    };
    let h = start;
    for (let i = 0; i < segments; i++) h = wrap(segment)(h);
    return sum(h);
  };

saving("lowers the peak memory of a deep chain and computes again for it", () => {
  for (const segments of [4, 8, 16]) {
    const start: Tensor = weights(32, 32);
    const plain = compile(grad(chain(segments, (f) => f)));
    const saved = compile(grad(chain(segments, checkpoint)));
    const [a, b] = [plain.plan(start), saved.plan(start)];
    console.log(
      `chain of ${segments} × 8 layers: peak ${a.peakBytes / 1024} kB in ${a.steps.length} kernels, with checkpoints ${b.peakBytes / 1024} kB in ${b.steps.length}`,
    );
    // What stays is one value for each segment and the inside of one, instead of the inside of all.
    const expected = ((segments + 12) / (8 * segments)) * a.peakBytes;
    assert.ok(b.peakBytes < expected, `${b.peakBytes} of ${a.peakBytes}`);
    assert.ok(b.steps.length > a.steps.length && b.steps.length < 2 * a.steps.length);
    assert.equal(values(saved(start)), values(plain(start)));
  }
});

saving.run();
