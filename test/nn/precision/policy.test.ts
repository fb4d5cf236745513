// Policies: what is rounded and what is not, how many bytes a plan saves by it, and that training goes on as in f32.

import fc from "fast-check";
import * as assert from "uvu/assert";
import type { Plan } from "../../../src/core/compile/plan.ts";
import {
  add,
  checkpoint,
  compile,
  customVjp,
  grad,
  item,
  key,
  leavesOf,
  log,
  matmul,
  mul,
  normal,
  relu,
  sin,
  splitKey,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  vmap,
  zeros,
} from "../../../src/index.ts";
import {
  adamW,
  applyUnder,
  applyUpdates,
  castTree,
  crossEntropy,
  fullPrecision,
  Gru,
  type HalfDtype,
  Linear,
  meanSquaredError,
  mixedPrecision,
  type Policy,
  store,
  valueAndGradUnder,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const halves: readonly HalfDtype[] = ["bf16", "f16"];
/** Half a unit in the last place of 1: how far rounding moves a number, of itself. */
const epsilon = { bf16: 2 ** -8, f16: 2 ** -11 } as const;

type Layers = readonly Linear.Params[];

const perceptron = (sizes: readonly number[]): Layers =>
  sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    return Linear.init(key(i), { inputs, outputs });
  });
const forward =
  (activation: (x: Tensor) => Tensor) =>
  (layers: Layers, x: Tensor): Tensor =>
    layers.reduce((h, layer, i) => {
      const y = Linear.apply(layer)(h);
      return i === layers.length - 1 ? y : activation(y);
    }, x);
const [layersOf, tanhNet] = [perceptron([5, 8, 8, 3]), forward(tanh)];
const loss = (layers: Layers, x: Tensor, y: Tensor): Tensor =>
  meanSquaredError(tanhNet(layers, x), y);
const batch = (seed: number): readonly [Tensor, Tensor] => {
  const [a, b] = splitKey(key(seed), 2);
  return [normal(a, [6, 5]), normal(b, [6, 3])];
};

const meaning = suite("valueAndGradUnder");

meaning(
  "in f32 is valueAndGrad, bit for bit",
  forAll(fc.integer({ min: 0, max: 99 }), { runs: 10 })((seed) => {
    const [x, y] = batch(seed);
    assertTreesClose(
      valueAndGradUnder(fullPrecision)(loss)(layersOf, x, y),
      valueAndGrad(loss)(layersOf, x, y),
      0,
    );
  }),
);

for (const dtype of halves)
  meaning(
    `in ${dtype} is close to f32, with gradients of the masters' dtype`,
    forAll(fc.integer({ min: 0, max: 99 }), { runs: 10 })((seed) => {
      const [x, y] = batch(seed);
      const found = valueAndGradUnder(mixedPrecision(dtype))(loss)(layersOf, x, y);
      // Several roundings in a row, of values around 1.
      assertTreesClose(found, valueAndGrad(loss)(layersOf, x, y), 4 * epsilon[dtype]);
      assert.ok(leavesOf(found).every(({ dtype: own }) => own === "f32"));
      assert.not.equal(item(found[0]), item(loss(layersOf, x, y)), "something was rounded");
    }),
  );

meaning(
  "rounds parameters and activations that products read, not inputs, sums, logarithms and losses",
  () => {
    const [x, w, b] = [tensor([[1.001]]), tensor([[1.002]]), tensor([3.001])];
    // In bf16 w is 1, x · 1 + 0.001 is 1, that · 1 + 3.001 is 4, and the cotangent of that, 1 / 4.001, is ¼.
    const net = ([w, b]: readonly [Tensor, Tensor]) =>
      log(add(sum(add(matmul(add(matmul(x, w), 0.001), w), b)), 0.001));
    const step = valueAndGradUnder(mixedPrecision("bf16"))(net);
    const [value, [ofW, ofB]] = step([w, b] as const);
    assert.ok(Math.abs(item(value) - Math.log(4.001)) < 1e-6);
    assert.ok(Math.abs(item(ofW) - 0.25 * (1 + 1.001)) < 1e-6, `${item(ofW)}`);
    assert.is(item(ofB), 0.25);
  },
);

meaning("sees through vmap, checkpoint and functions with a rule of their own", () => {
  const [x] = batch(1);
  const weights = mul(normal(key(5), [5, 5]), 0.5);
  const twice = customVjp(
    (a: Tensor) => mul(a, 2),
    ({ cotangent }) => [mul(cotangent, 3)],
  );
  const functions: Readonly<Record<string, (w: Tensor) => Tensor>> = {
    vmap: (w) => sum(square(vmap((row: Tensor) => tanh(matmul(row, w)))(x))),
    checkpoint: (w) => sum(square(checkpoint((v: Tensor) => matmul(tanh(matmul(x, v)), v))(w))),
    customVjp: (w) => sum(square(matmul(twice(sin(matmul(x, w))), w))),
    "an inner gradient": (w) => sum(square(grad((v: Tensor) => sum(tanh(matmul(x, v))))(w))),
  };
  for (const [name, f] of Object.entries(functions))
    for (const dtype of halves) {
      const found = valueAndGradUnder(mixedPrecision(dtype))(f)(weights);
      assertTreesClose(found, valueAndGrad(f)(weights), 12 * epsilon[dtype], `${name} in ${dtype}`);
    }
});

meaning("passes an auxiliary value on, and takes parameters of 16 bits", () => {
  const [x, y] = batch(2);
  const withAux = (p: Layers): readonly [Tensor, { readonly outputs: Tensor }] => {
    const outputs = tanhNet(p, x);
    return [meanSquaredError(outputs, y), { outputs }];
  };
  const step = valueAndGradUnder(mixedPrecision("bf16"))(withAux, { hasAux: true });
  const [[value, { outputs }], gradient] = step(castTree("bf16")(layersOf));
  assert.equal(outputs.shape, [6, 3]);
  assert.is(value.dtype, "f32");
  assert.ok(leavesOf(gradient).every(({ dtype }) => dtype === "bf16"));
});

meaning.run();

const helpers = suite("policies");

helpers(
  "store rounds to nearest, and its gradient passes",
  forAll({ x: fc.float({ min: 0.125, max: 8, noNaN: true }), dtype: fc.constantFrom(...halves) })(
    ({ x, dtype }) => {
      const kept = store(mixedPrecision(dtype));
      const y = item(kept(tensor(x)));
      assert.ok(Math.abs(y - Math.fround(x)) <= Math.fround(x) * epsilon[dtype]);
      assert.is(item(kept(tensor(y))), y, "once more changes nothing");
      assert.is(item(grad((a: Tensor) => mul(kept(a), 3))(tensor(x))), 3);
      assert.is(item(store(fullPrecision)(tensor(x))), Math.fround(x));
    },
  ),
);

helpers("castTree converts floats and nothing else, there and back", () => {
  const tree = { w: [tensor([1.5, -2])], steps: tensor([3], { dtype: "i32" }), on: tensor([true]) };
  const half = castTree("f16")(tree);
  assert.equal(
    leavesOf(half).map(({ dtype }) => dtype),
    ["f16", "i32", "bool"],
  );
  assertTreesClose(castTree("f32")(half), tree, 0); // these numbers are in f16
});

helpers("applyUnder computes from parameters of 16 bits, and stores them in no other form", () => {
  const [x] = batch(3);
  for (const dtype of halves) {
    const params = castTree(dtype)(layersOf);
    const apply = applyUnder(mixedPrecision(dtype))(tanhNet);
    assertTreesClose(apply(params, x), tanhNet(layersOf, x), 3 * epsilon[dtype]);
    const plan = compile(apply, { device: "reference" }).plan(params, x);
    const between = plan.buffers.filter(({ kind }) => kind === "temporary");
    assert.ok(between.length > 0 && between.every((buffer) => buffer.dtype === dtype));
    const whole: Policy = { parameters: dtype, compute: dtype, output: dtype };
    assert.is(applyUnder(whole)(tanhNet)(params, x).dtype, dtype);
  }
});

helpers.run();

const bytes = suite("a plan under a policy");

type Step = (params: never, x: Tensor) => unknown;

/** Bytes of values of the forward pass that wait for the backward pass: those alive just behind the kernel that gives the loss. */
const waiting = ({ buffers, outputs }: Plan): number => {
  const { firstStep } = buffers[outputs[0] as number] as Plan["buffers"][number]; // the loss comes first
  return buffers
    .filter((it) => it.kind === "temporary" && it.firstStep <= firstStep && it.lastStep > firstStep)
    .reduce((total, buffer) => total + buffer.bytes, 0);
};

const [wide, series] = [zeros([64, 32]), zeros([16, 8, 12])];
const deep = perceptron([32, 32, 32, 32, 32]);
const recurrent = Gru.init(key(0), { inputs: 12, hidden: 24 });
/** Systems, and how many weights their backward pass reads: those of the first layer are not among them. */
const systems: readonly (readonly [
  name: string,
  loss: Step,
  params: unknown,
  x: Tensor,
  weights: number,
])[] = [
  ["a perceptron with tanh", (p, x) => sum(square(forward(tanh)(p, x))), deep, wide, 3 * 32 * 32],
  ["a perceptron with relu", (p, x) => sum(square(forward(relu)(p, x))), deep, wide, 3 * 32 * 32],
  ["a GRU", (p, x) => sum(square(Gru.states(p)(x).at(-1) as Tensor)), recurrent, series, 24 * 72],
];

for (const [name, system, params, x, weights] of systems)
  bytes(`${name}: what waits for the backward pass takes half the bytes`, () => {
    const planUnder = (policy: Policy): Plan =>
      compile((p: never, input: Tensor) => valueAndGradUnder(policy)(system)(p, input), {
        device: "reference",
      }).plan(params as never, x);
    const full = planUnder(fullPrecision);
    for (const dtype of halves) {
      const half = planUnder(mixedPrecision(dtype));
      // Beside the activations, the weights that the backward pass reads have a copy of 16 bits.
      const activations = waiting(half) - 2 * weights;
      console.log(
        `${name} in ${dtype}: ${waiting(full)} bytes wait, then ${activations} and ${2 * weights} of weights; arena ${full.arenaBytes}, then ${half.arenaBytes}`,
      );
      // Less than half where a step that frees memory goes before the loss in one plan and not in the other.
      assert.ok(activations <= waiting(full) / 2, `${activations} of ${waiting(full)}`);
      assert.ok(half.arenaBytes < 0.75 * full.arenaBytes);
    }
  });

bytes.run();

const training = suite("training under a policy");

/** Spirals: points [n, 2] and their classes [n]. */
const spirals = (): readonly [x: Tensor, labels: Tensor] => {
  const points = Array.from({ length: 120 }, (_, i) => {
    const [arm, t] = [i % 2, (i >> 1) / 60];
    const angle = 4 * t + Math.PI * arm;
    return [t * Math.cos(angle), t * Math.sin(angle)];
  });
  return [
    tensor(points),
    tensor(
      points.map((_, i) => i % 2),
      { dtype: "i32" },
    ),
  ];
};

const lossAfter = (policy: Policy, steps: number): readonly number[] => {
  const [x, labels] = spirals();
  const optimizer = adamW({ learningRate: 0.02 });
  const of = (p: Layers) => crossEntropy()(tanhNet(p, x), labels);
  const step = compile(
    (p: Layers, state: readonly unknown[]) => {
      const [value, gradient] = valueAndGradUnder(policy)(of)(p);
      const [updates, next] = optimizer.update(gradient, state, p);
      return { params: applyUpdates(p, updates), state: next, value };
    },
    { device: "cpu" },
  );
  let params: Layers = perceptron([2, 16, 16, 2]);
  let state: readonly unknown[] = optimizer.init(params);
  return Array.from({ length: steps }, () => {
    const next = step(params, state);
    ({ params, state } = next);
    return item(next.value);
  });
};

training("has the losses of f32, within some per cent, while they fall to a twentieth", () => {
  const steps = 150;
  const full = lossAfter(fullPrecision, steps);
  for (const dtype of halves) {
    const half = lossAfter(mixedPrecision(dtype), steps);
    const apart = half.map(
      (value, i) => Math.abs(value - (full[i] as number)) / (full[0] as number),
    );
    console.log(
      `${dtype}: ${half[0]?.toFixed(4)} … ${half.at(-1)?.toFixed(4)}, f32 ${full.at(-1)?.toFixed(4)}; at most ${Math.max(...apart).toFixed(4)} of the first loss apart`,
    );
    assert.ok(Math.max(...apart) < 0.05);
    assert.ok((half.at(-1) as number) < 0.05 * (half[0] as number));
  }
});

training.run();
