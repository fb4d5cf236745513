// Vector functions against Math in double precision, at every exponent of f32; the bounds of their errors are those that they state.

import * as assert from "uvu/assert";
import { isFused } from "../../../../src/core/device/cpu/fused.ts";
import { vectorMath } from "../../../../src/core/device/cpu/math/index.ts";
import { pow } from "../../../../src/core/device/cpu/math/pow.ts";
import * as Storage from "../../../../src/core/device/cpu/math/storage.ts";
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from "../../../../src/core/dtype.ts";
import { erf } from "../../../../src/core/kernel/special.ts";
import { suite } from "../../../support/suite.ts";
import { type LaneCode, onLanes } from "./lanes.ts";

const test = suite("vectorMath");
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

type Name = keyof typeof vectorMath;

/** The exact function, and the largest error allowed in units of the last place of the exact result. */
const functions: Readonly<Record<Name, readonly [exact: (x: number) => number, ulps: number]>> = {
  exp: [Math.exp, 1.01],
  log: [Math.log, 0.85],
  expm1: [Math.expm1, 1.7],
  log1p: [Math.log1p, 1.4],
  sin: [Math.sin, 1.6],
  cos: [Math.cos, 1.6],
  tanh: [Math.tanh, 2],
  sigmoid: [(x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 2],
  erf: [erf, 2.1],
  rsqrt: [(x) => 1 / Math.sqrt(x), 1.5],
  sign: [Math.sign, 0],
};
const names = Object.keys(functions) as Name[]; // the record has these keys only

/** Numbers below 2³², the same in every run (Marsaglia's xorshift, 2003). */
const randomWords = (seed: number) => {
  let state = seed;
  return (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

/** Patterns of every exponent and both signs, with the mantissas 0, all ones and others drawn. */
const everyExponent = (perExponent: number): Uint32Array<ArrayBuffer> => {
  const random = randomWords(20240229);
  return Uint32Array.from({ length: 512 * perExponent }, (_, i) => {
    const draw = Math.floor(i / 512);
    const mantissa = draw === 0 ? 0 : draw === 1 ? 0x7fffff : random() & 0x7fffff;
    return ((i % 512) << 23) | mantissa;
  });
};

const floatsOf = (bits: Uint32Array<ArrayBuffer>): Float32Array => new Float32Array(bits.buffer);
const bitsOf = (floats: readonly number[]): Uint32Array<ArrayBuffer> =>
  new Uint32Array(Float32Array.from(floats).buffer);

/** How far y is from the exact value, in units of the last place that f32 has there; infinite where only equality will do. */
const ulps = (y: number, exact: number): number => {
  if (Object.is(y, exact)) return 0;
  if (Number.isNaN(exact) || Number.isNaN(y) || exact === 0 || Math.abs(exact) === inf) return inf;
  if (exact < 0 !== (y < 0 || Object.is(y, -0))) return inf;
  // Infinity stands for the first number that f32 lacks.
  const sizeOf = (v: number): number => Math.min(Math.abs(v), 2 ** 128);
  const exponent = new Uint32Array(Float32Array.of(Math.min(sizeOf(exact), 2 ** 127)).buffer);
  const unit = 2 ** (Math.max((exponent[0] as number) >>> 23, 1) - 150);
  return Math.abs(sizeOf(y) - sizeOf(exact)) / unit;
};

/** Fails where a result is further from the exact value than the bound. */
const within = (
  bound: number,
  results: Float32Array,
  exact: (i: number) => number,
  describe: (i: number) => string,
): void => {
  results.forEach((y, i) => {
    const error = ulps(y, exact(i));
    if (error > bound)
      assert.unreachable(`${describe(i)} gave ${y}, ${error} ulp from ${exact(i)}`);
  });
};

const apply = (code: LaneCode, ...operands: readonly Uint32Array[]): Float32Array =>
  floatsOf(onLanes(code, operands.length)(...operands));

/** With multiply and add in two instructions, and in one where WebAssembly has it. */
const instructions: readonly boolean[] = isFused() ? [false, true] : [false];

for (const name of names)
  for (const fused of instructions)
    test(`${name} is within its bound at every exponent${fused ? ", fused" : ""}`, () => {
      const [exact, bound] = functions[name];
      const bits = everyExponent(40);
      const x = floatsOf(bits);
      const at = (i: number): number => x[i] as number;
      within(
        bound,
        floatsOf(onLanes(vectorMath[name], 1, fused)(bits)),
        (i) => exact(at(i)),
        (i) => `${name}(${at(i)})`,
      );
    });

test("what is in other lanes makes no difference", () => {
  const random = randomWords(7);
  const bits = everyExponent(8);
  // In an order that brings all kinds of numbers together.
  for (let i = bits.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [bits[i], bits[j]] = [bits[j] as number, bits[i] as number];
  }
  const alone = Uint32Array.from({ length: 4 * bits.length }, (_, i) => bits[i >> 2] as number);
  for (const fused of instructions)
    for (const name of names) {
      const apply = onLanes(vectorMath[name], 1, fused);
      const [together, repeated] = [floatsOf(apply(bits)), floatsOf(apply(alone))];
      const at = together.findIndex((y, i) => !Object.is(y, repeated[4 * i]));
      assert.is(at, -1, `${name}(${floatsOf(bits)[at]})`);
    }
});

const tiny = 2 ** -149;

/** Arguments whose results are exact, and these. */
const exactly: Readonly<Record<Name, readonly [x: readonly number[], y: readonly number[]]>> = {
  exp: [
    [0, -0, tiny, inf, -inf, 89, -104, nan],
    [1, 1, 1, inf, 0, inf, 0, nan],
  ],
  log: [
    [0, -0, 1, inf, -inf, -1, -tiny, nan],
    [-inf, -inf, 0, inf, nan, nan, nan, nan],
  ],
  expm1: [
    [0, -0, tiny, -tiny, inf, -inf, -30, nan],
    [0, -0, tiny, -tiny, inf, -1, -1, nan],
  ],
  log1p: [
    [0, -0, tiny, -tiny, inf, -1, -1.5, -inf],
    [0, -0, tiny, -tiny, inf, -inf, nan, nan],
  ],
  sin: [
    [0, -0, tiny, -tiny, 1e-30, inf, -inf, nan],
    [0, -0, tiny, -tiny, 1e-30, nan, nan, nan],
  ],
  cos: [
    [0, -0, tiny, -tiny, 1e-30, inf, -inf, nan],
    [1, 1, 1, 1, 1, nan, nan, nan],
  ],
  tanh: [
    [0, -0, tiny, -tiny, inf, -inf, 10, nan],
    [0, -0, tiny, -tiny, 1, -1, 1, nan],
  ],
  sigmoid: [
    [0, -0, tiny, 20, inf, -inf, -110, nan],
    [0.5, 0.5, 0.5, 1, 1, 0, 0, nan],
  ],
  erf: [
    [0, -0, tiny, -tiny, inf, -inf, 4, nan],
    [0, -0, tiny, -tiny, 1, -1, 1, nan],
  ],
  rsqrt: [
    [0, -0, 4, 0.25, inf, -inf, -1, nan],
    [inf, -inf, 0.5, 2, 0, nan, nan, nan],
  ],
  sign: [
    [0, -0, tiny, -tiny, inf, -inf, -3, nan],
    [0, -0, 1, -1, 1, -1, -1, nan],
  ],
};

test("gives the values at 0, at infinity and beyond the domain exactly", () => {
  for (const name of names) {
    const [x, expected] = exactly[name];
    apply(vectorMath[name], bitsOf(x)).forEach((y, i) => {
      const exact = Math.fround(expected[i] as number);
      assert.ok(Object.is(y, exact), `${name}(${x[i]}) gave ${y}, not ${exact}`);
    });
  }
});

test("keeps tanh and erf within ±1", () => {
  const bits = Uint32Array.from({ length: 2 ** 18 }, (_, i) => 0x3f000000 + 101 * i); // 0.5 … 5.6
  for (const name of ["tanh", "erf"] as const)
    assert.ok(
      apply(vectorMath[name], bits).every((y) => y <= 1),
      name,
    );
});

test("reduces a huge angle beside others", () => {
  // Of all f32, the first is nearest to a multiple of π/2: 1.6e-9 away, which continued fractions find; the second follows.
  const x = [16367173 * 2 ** 72, 10741887 * 2 ** 11, -0, 1, 2 ** 31, inf, 3e38, 12345.678].map(
    Math.fround,
  );
  for (const name of ["sin", "cos"] as const)
    within(
      1.6,
      apply(vectorMath[name], bitsOf(x)),
      (i) => Math[name](x[i] as number),
      (i) => `${name}(${x[i]})`,
    );
});

const edges = [0, 0.5, 1, 1.5, 2, 3, 2 ** 24 - 1, 2 ** 24, 3e38, tiny, 1e-40, inf, nan];
const signedEdges = [...edges, ...edges.map((x) => -x), -1 / 3, 1 - 2 ** -24];

/** Fails unless each power is within the bound of what JavaScript says. */
const checkPowers = (a: Uint32Array<ArrayBuffer>, b: Uint32Array<ArrayBuffer>): void => {
  const [bases, exponents] = [floatsOf(a), floatsOf(b)];
  within(
    0.51,
    apply(pow, a, b),
    (i) => (bases[i] as number) ** (exponents[i] as number),
    (i) => `${bases[i]} ** ${exponents[i]}`,
  );
};

test("pow is that of JavaScript at every pair of edges", () => {
  const pairs = signedEdges.flatMap((a) => signedEdges.map((b) => [a, b] as const));
  checkPowers(bitsOf(pairs.map(([a]) => a)), bitsOf(pairs.map(([, b]) => b)));
});

test("pow is rounded nearly correctly over its whole range", () => {
  const a = everyExponent(60);
  const random = randomWords(7);
  const exponents = Array.from(floatsOf(a), (x, i) => {
    if (i % 3 === 0) return (random() % 41) - 20;
    // log₂ of the result is between −160 and 140.
    const wanted = -160 + (300 * random()) / 2 ** 32;
    return wanted / Math.log2(Math.abs(x));
  });
  checkPowers(a, bitsOf(exponents));
  checkPowers(
    a.map((bits) => bits & 0x7fffffff),
    bitsOf(exponents),
  );
});

const patterns = Uint32Array.from({ length: 65536 }, (_, pattern) => pattern);

test("decodes every 16-bit pattern", () => {
  for (const [code, decode] of [
    [Storage.decodeF16, decodeF16],
    [Storage.decodeBf16, decodeBf16],
  ] as const)
    apply(code, patterns).forEach((x, pattern) => {
      if (!Object.is(x, decode(pattern))) assert.is(x, decode(pattern), `pattern ${pattern}`);
    });
});

/** The f32 halfway between each pattern and the next, its two neighbours, and numbers of every exponent. */
const ties = (decode: (pattern: number) => number): Uint32Array<ArrayBuffer> => {
  const finite = Array.from({ length: 65536 }, (_, i) => i).filter((i) =>
    Number.isFinite(decode(i)),
  );
  const middles = bitsOf(
    finite.map((i) => {
      const next = decode(i + 1);
      const step = Math.abs(decode(i)) - Math.abs(decode(i - 1));
      // The last finite number has infinity for the next: half a step more is the tie there.
      return Number.isFinite(next)
        ? (decode(i) + next) / 2
        : decode(i) + (Math.sign(next) * step) / 2;
    }),
  );
  return Uint32Array.from([
    ...middles,
    ...middles.map((bits) => bits + 1),
    ...middles.map((bits) => bits - 1),
    ...everyExponent(40),
  ]);
};

test("rounds to 16-bit floats with ties to even, and encodes them", () => {
  for (const [encodeCode, roundCode, encode, decode] of [
    [Storage.encodeF16, Storage.roundF16, encodeF16, decodeF16],
    [Storage.encodeBf16, Storage.roundBf16, encodeBf16, decodeBf16],
  ] as const) {
    const bits = ties(decode);
    const x = floatsOf(bits);
    const encoded = onLanes(encodeCode)(bits);
    const rounded = apply(roundCode, bits);
    x.forEach((value, i) => {
      const pattern = encode(value);
      if (encoded[i] !== pattern) assert.is(encoded[i], pattern, `encoding of ${value}`);
      const nearest = decode(pattern);
      if (!Object.is(rounded[i], nearest)) assert.is(rounded[i], nearest, `rounding of ${value}`);
    });
  }
});

test.run();
