// Random draws: what they are made of, and their distributions, all from fixed seeds.

import * as assert from "uvu/assert";
import { hostWords, threefry } from "../../src/core/kernel/threefry.ts";
import {
  add,
  availableDevices,
  bernoulli,
  categorical,
  compile,
  evaluate,
  foldIn,
  item,
  key,
  log,
  normal,
  permutation,
  ready,
  reshape,
  slice,
  splitKey,
  stack,
  type Tensor,
  tensor,
  toArray,
  uniform,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

const draws = suite("draws");
const count = 20000;

const sample = (x: Tensor): Float64Array => Float64Array.from(values(x));
const meanOf = (x: ArrayLike<number>): number =>
  Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const varianceOf = (x: ArrayLike<number>): number => {
  const mean = meanOf(x);
  return meanOf(Array.from(x, (value) => (value - mean) ** 2));
};

/** The Kolmogorov–Smirnov statistic, times √n: above 1.95 with probability 0.001. */
const kolmogorov = (x: Float64Array, distribution: (value: number) => number): number => {
  const sorted = x.slice().sort();
  const distances = Array.from(sorted, (value, i) => {
    const p = distribution(value);
    return Math.max(p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return Math.sqrt(sorted.length) * Math.max(...distances);
};

/** The standard normal distribution function, by the trapezoid rule on its density. */
const phi = (z: number): number => {
  const steps = 400;
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let area = (density(0) + density(z)) / 2;
  for (let i = 1; i < steps; i++) area += density((z * i) / steps);
  return 0.5 + (area * z) / steps;
};

draws("are the same for the same key, and differ between keys", () => {
  const [a, b] = splitKey(key(0));
  for (const draw of [uniform, normal]) {
    assert.equal(toArray(draw(a, [50])), toArray(draw(a, [50])));
    assert.not.equal(toArray(draw(a, [50])), toArray(draw(b, [50])));
  }
});

draws("of uniform are multiples of 2⁻²⁴, of all 24 bits, in [0, 1)", () => {
  const x = sample(uniform(key(1), [count]));
  const scaled = x.map((value) => value * 2 ** 24);
  assert.ok(scaled.every((k) => Number.isInteger(k) && k >= 0 && k < 2 ** 24));
  for (let bit = 0; bit < 24; bit++) {
    const share = meanOf(scaled.map((k) => Math.floor(k / 2 ** bit) % 2));
    assert.ok(Math.abs(share - 0.5) < 4 * (0.5 / Math.sqrt(count)), `bit ${bit}: ${share}`); // 4 σ
  }
});

draws("of uniform are pinned: the same in every release", () => {
  const [x0] = threefry(hostWords, [0, 42], [0, 2]);
  assert.is(values(uniform(key(42), [3]))[2], Math.floor(x0 / 256) / 2 ** 24);
  const [y0, y1] = threefry(hostWords, [0, 42], [0, 1]);
  const k = Math.floor(y0 / 32) * 2 ** 26 + Math.floor(y1 / 64);
  assert.is(values(uniform(key(42), [2], { dtype: "f64" }))[1], k / 2 ** 53);
});

draws("of uniform are uniform", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const x = sample(uniform(key(5), [count], { dtype }));
    assert.ok(Math.abs(meanOf(x) - 0.5) < 4 / Math.sqrt(12 * count), `mean ${meanOf(x)}`);
    assert.ok(Math.abs(varianceOf(x) - 1 / 12) < 0.002, `variance ${varianceOf(x)}`);
    assert.ok(kolmogorov(x, (value) => value) < 1.95);
  }
});

draws("of uniform stay below max where rounding would reach it", () => {
  // Between 2²⁴ and 2²⁴ + 2 there is one number that f32 can hold.
  for (const [min, max] of [
    [2 ** 24, 2 ** 24 + 4],
    [-1, 0],
    [0.1, 0.2],
    [-(2 ** 24) - 4, -(2 ** 24)],
  ]) {
    const x = sample(uniform(key(2), [5000], { min: min as number, max: max as number }));
    assert.ok(x.every((value) => value >= Math.fround(min as number) && value < (max as number)));
  }
});

draws("of normal are normal", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const x = sample(normal(key(6), [count], { mean: 3, std: 2, dtype }));
    assert.ok(Math.abs(meanOf(x) - 3) < (4 * 2) / Math.sqrt(count), `mean ${meanOf(x)}`);
    assert.ok(Math.abs(varianceOf(x) - 4) < 4 * 4 * Math.sqrt(2 / count)); // 4 σ of the variance
    assert.ok(kolmogorov(x, (value) => phi((value - 3) / 2)) < 1.95);
  }
});

draws("of different elements and keys are uncorrelated", () => {
  const [a, b] = splitKey(key(8)).map((k) => sample(normal(k, [count]))) as [
    Float64Array,
    Float64Array,
  ];
  const correlation = (x: Float64Array, y: Float64Array): number =>
    meanOf(Array.from({ length: y.length }, (_, i) => (x[i] as number) * (y[i] as number)));
  const bound = 4 / Math.sqrt(count);
  assert.ok(Math.abs(correlation(a, b)) < bound);
  assert.ok(Math.abs(correlation(a, a.subarray(1))) < bound);
  assert.ok(Math.abs(correlation(a, sample(normal(key(8), [count])))) < bound); // parent and child
});

draws("of bernoulli come with their probability", () => {
  for (const p of [0, 0.1, 0.5, 1]) {
    const share = meanOf(values(bernoulli(key(9), [count], { p })));
    assert.ok(Math.abs(share - p) <= 4 * Math.sqrt((p * (1 - p)) / count), `${p}: ${share}`);
  }
  const p = tensor([[0], [0.25], [1]]);
  const shares = toArray(bernoulli(key(9), [3, 4000], { p })) as boolean[][];
  const found = shares.map((row) => meanOf(row.map(Number)));
  assert.is(found[0], 0);
  assert.is(found[2], 1);
  assert.ok(Math.abs((found[1] as number) - 0.25) < 0.03); // 4 σ
});

draws("of categorical come with the probabilities of softmax, and never for −∞", () => {
  const probabilities = [0.5, 0, 0.3, 0.15, 0.05];
  const logits = log(tensor(probabilities));
  const batch = add(logits, zeros([count, 1])); // [count, 5]
  const drawn = values(categorical(key(10), batch));
  probabilities.forEach((p, i) => {
    const share = drawn.filter((k: number) => k === i).length / count;
    assert.ok(Math.abs(share - p) <= 4 * Math.sqrt((p * (1 - p)) / count), `${i}: ${share}`);
  });
});

draws("of categorical go along any axis", () => {
  const logits = tensor([
    [0, 200],
    [200, 0],
    [0, 0],
  ]);
  assert.equal(toArray(categorical(key(0), logits, { axis: 0 })), [1, 0]);
  assert.equal(categorical(key(0), logits).shape, [3]);
  assert.equal(categorical(key(0), logits).dtype, "i32");
});

draws("of permutation hold every number once, each place being as likely", () => {
  for (const n of [0, 1, 2, 10, 1000])
    assert.equal(
      [...values(permutation(key(n), n))].sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    );
  // Where 0 goes, in 3000 permutations of 6, drawn as one batch: χ² with 5 degrees of freedom, 0.999 quantile 20.5.
  const trials = 3000;
  const all = values(vmap((k: Tensor) => permutation(k, 6))(stack()(splitKey(key(11), trials))));
  const counts = new Array<number>(6).fill(0);
  all.forEach((value: number, i: number) => {
    if (value === 0) counts[i % 6] = (counts[i % 6] as number) + 1;
  });
  const expected = trials / 6;
  assert.ok(
    counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0) < 20.5,
    counts.join(),
  );
});

draws("are the same fused or not, compiled or not", () => {
  const all = (k: Tensor) => ({
    uniform: uniform(k, [7, 3]),
    precise: uniform(k, [5], { dtype: "f64" }),
    coins: bernoulli(k, [9], { p: 0.3 }),
    order: permutation(k, 40),
  });
  const plain = all(key(3));
  const read = (tree: typeof plain) => Object.values(tree).map(toArray);
  assert.equal(read(evaluate(all(key(3)), { fuse: false })), read(plain));
  assert.equal(read(compile(all)(key(3))), read(plain));
});

draws("are the same on every device, normal ones to rounding", async () => {
  const exact = (k: Tensor) => ({
    uniform: uniform(k, [70, 3]),
    coins: bernoulli(k, [50], { p: 0.3 }),
    child: foldIn(add(k, 0), 7), // by the kernel, not on the host
  });
  const expected = Object.values(evaluate(exact(key(77)), { device: "reference" })).map(toArray);
  const near = values(evaluate(normal(key(77), [200]), { device: "reference" }));
  for (const device of availableDevices()) {
    const found = await ready(evaluate(exact(key(77)), { device }));
    assert.equal(Object.values(found).map(toArray), expected, device);
    const bell = values(await ready(evaluate(normal(key(77), [200]), { device })));
    // Up to 5.77, so that 4e-6 is about ten roundings to f32.
    near.forEach((z: number, i: number) => {
      assert.ok(Math.abs(z - (bell[i] as number)) < 4e-6, `${device}, ${i}`);
    });
  }
});

draws("under vmap are those of each key", () => {
  const batch = splitKey(key(4), 5);
  const mapped = vmap((k: Tensor) => [uniform(k, [2, 3]), bernoulli(k, [4])] as const);
  const [numbers, coins] = mapped(stack()(batch));
  const at = (x: Tensor, i: number) =>
    toArray(reshape(x.shape.slice(1))(slice({ start: [i], stop: [i + 1] })(x)));
  batch.forEach((k, i) => {
    assert.equal(at(numbers, i), toArray(uniform(k, [2, 3])));
    assert.equal(at(coins, i), toArray(bernoulli(k, [4])));
  });
});

draws("of nothing are empty", () => {
  assert.equal(toArray(uniform(key(0), [0, 3])), []);
  assert.equal(typeof item(normal(key(0), [])), "number");
});

draws("refuse what they cannot draw", () => {
  assert.is(
    messageOf(() => uniform(key(0), [2], { min: 1, max: 1 })),
    "uniform: finite min < max expected, got 1 and 1",
  );
  assert.is(
    messageOf(() => normal(key(0), [2], { std: -1 })),
    "normal: a finite mean and std ≥ 0 expected, got 0 and -1",
  );
  assert.is(
    messageOf(() => bernoulli(key(0), [2], { p: 1.5 })),
    "bernoulli: a probability in [0, 1] expected, got 1.5",
  );
  assert.is(
    messageOf(() => categorical(key(0), zeros([3], "i32") as Tensor)),
    "categorical: dtype f32 or f64 expected, got i32",
  );
  assert.is(
    messageOf(() => uniform(key(0), [2 ** 20, 2 ** 13])),
    "uniform: at most 2³² draws from one key expected, got [1048576, 8192]",
  );
  assert.is(
    messageOf(() => permutation(key(0), -1)),
    "permutation: a shape of whole, non-negative sizes expected, got [-1]",
  );
});

draws.run();
