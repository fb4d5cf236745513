// Random keys and draws: the published vectors, the laws of keys, and the distributions, all from fixed seeds.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { withFreshExprs } from "../../src/core/kernel/expr.ts";
import { hostWords, kernelWords, threefry } from "../../src/core/kernel/threefry.ts";
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
  randomBits,
  ready,
  reshape,
  slice,
  splitKey,
  stack,
  type Tensor,
  TensorError,
  tensor,
  toArray,
  uniform,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

// Random123 1.14, tests/kat_vectors: threefry2x32 with 20 rounds. Counter, key, result.
const vectors = [
  [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
] as const;

const generator = suite("threefry");

generator("gives the published vectors on the host", () => {
  for (const [c0, c1, k0, k1, x0, x1] of vectors)
    assert.equal(threefry(hostWords, [k0, k1], [c0, c1]), [x0, x1]);
});

generator("gives the published vectors as folded expressions", () => {
  for (const [c0, c1, k0, k1, x0, x1] of vectors) {
    const words = (a: number, b: number) => [kernelWords.word(a), kernelWords.word(b)] as const;
    const result = withFreshExprs(() => threefry(kernelWords, words(k0, k1), words(c0, c1)));
    assert.equal(
      result.map((word) => (word.tag === "const" ? word.value : word.tag)),
      [x0, x1],
    );
  }
});

const limbs = (a: number, b: number): Tensor =>
  tensor(Int32Array.of(a >>> 16, a & 0xffff, b >>> 16, b & 0xffff));

generator("gives the published vectors in kernels, counters of all 32 bits included", () => {
  for (const [c0, c1, k0, k1, x0, x1] of vectors) {
    const counter = tensor(Int32Array.of(c1 | 0));
    const half = (word: 0 | 1, shift: number): number =>
      item(randomBits({ stream: c0, word, shift, bits: 16 })(limbs(k0, k1), counter));
    assert.equal([half(0, 16), half(0, 0), half(1, 16), half(1, 0)], [...values(limbs(x0, x1))]);
  }
});

generator(
  "takes any bits of a word",
  forAll({
    shift: fc.integer({ min: 0, max: 16 }),
    bits: fc.integer({ min: 1, max: 31 }),
    counter: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  })(({ shift, bits, counter }) => {
    const take = Math.min(bits, 32 - shift, 31);
    const [, word] = threefry(hostWords, [0, 7], [3, counter >>> 0]);
    const expected = Math.floor(word / 2 ** shift) % 2 ** take;
    const from = tensor(Int32Array.of(counter));
    const found = randomBits({ stream: 3, word: 1, shift, bits: take })(key(7), from);
    assert.is(item(found), expected);
  }),
);

generator.run();

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TensorError) return error.message.split("\n  at ")[0] as string;
    throw error;
  }
  return "nothing thrown";
};

const keys = suite("keys");

keys("are four 16-bit halves of a 64-bit seed", () => {
  assert.equal(toArray(key(0)), [0, 0, 0, 0]);
  assert.equal(toArray(key(2 ** 53 - 1)), [0x001f, 0xffff, 0xffff, 0xffff]);
});

keys("come from whole seeds only", () => {
  const rule = "key: a whole seed in 0…2⁵³ − 1 expected, got";
  assert.is(
    messageOf(() => key(-1)),
    `${rule} -1`,
  );
  assert.is(
    messageOf(() => key(0.5)),
    `${rule} 0.5`,
  );
  assert.is(
    messageOf(() => key(2 ** 53)),
    `${rule} 9007199254740992`,
  );
  assert.is(
    messageOf(() => key(Number.NaN)),
    `${rule} NaN`,
  );
});

keys("split into keys that all differ, from their parent and from each other", () => {
  const all = [key(3), ...splitKey(key(3), 1000), ...splitKey(key(4), 1000)].map((k) =>
    [...values(k)].join(),
  );
  assert.is(new Set(all).size, all.length);
});

keys("give the same children on the host, in kernels and compiled", () => {
  const parent = key(12345);
  const host = [...splitKey(parent, 3), foldIn(parent, 9), foldIn(parent, 2 ** 32 - 1)];
  const derive = (k: Tensor): Tensor[] => [...splitKey(k, 3), foldIn(k, 9), foldIn(k, 2 ** 32 - 1)];
  assert.equal(compile(derive)(parent).map(toArray), host.map(toArray));
  const lazy = add(parent, 0); // a key without values on the host
  assert.equal(derive(lazy).map(toArray), host.map(toArray));
});

keys("fold in a number of the program", () => {
  const atStep = compile((k: Tensor, step: Tensor) => foldIn(k, step));
  for (const step of [0, 1, 70000])
    assert.equal(
      toArray(atStep(key(1), tensor(step, { dtype: "i32" }))),
      toArray(foldIn(key(1), step)),
    );
});

keys("have values at once, so that a chain of them does not grow", () => {
  let current: Tensor = key(0);
  for (let i = 0; i < 5; i++) [current] = splitKey(current) as readonly [Tensor, Tensor];
  assert.is(current.origin._tag, "Data");
});

keys("are told apart from other tensors", () => {
  const hint = "\nhint: make one with key(seed)";
  assert.is(
    messageOf(() => uniform(zeros([4]) as Tensor, [2])),
    `uniform: a key, i32[4], expected, got f32[4]${hint}`,
  );
  assert.is(
    messageOf(() => splitKey(zeros([3], "i32") as Tensor)),
    `splitKey: a key, i32[4], expected, got i32[3]${hint}`,
  );
  assert.is(
    messageOf(() => splitKey(key(0), -1)),
    "splitKey: a whole number of keys in 0…2³¹ expected, got -1",
  );
  assert.is(
    messageOf(() => foldIn(key(0), 1.5)),
    "foldIn: a whole number in 0…2³² − 1 expected, got 1.5",
  );
  assert.is(
    messageOf(() => foldIn(key(0), zeros([2]))),
    "foldIn: i32[] expected, got f32[2]",
  );
});

keys.run();

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
