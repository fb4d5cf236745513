// Random keys: the published vectors of the generator, and the laws of keys.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { withFreshExprs } from "../../src/core/kernel/expr.ts";
import { hostWords, kernelWords, threefry } from "../../src/core/kernel/threefry.ts";
import {
  add,
  compile,
  foldIn,
  item,
  key,
  randomBits,
  splitKey,
  type Tensor,
  tensor,
  toArray,
  uniform,
  values,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
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
