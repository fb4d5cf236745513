// Attention that does not look at all pairs: each is what the exact one, or its definition, gives, for any length, window, block and chunk.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  add,
  compile,
  concat,
  div,
  grad,
  matmul,
  mul,
  ones,
  slice,
  sum,
  type Tensor,
  tensor,
  toArray,
  transpose,
  values,
  where,
} from "../../../src/index.ts";
import { Attention } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Attention without all pairs");

const cases = {
  time: fc.integer({ min: 1, max: 11 }),
  size: fc.integer({ min: 1, max: 12 }),
  causal: fc.boolean(),
  seed: fc.nat(100),
};
const inputs = (time: number, seed: number, keys = time): [Tensor, Tensor, Tensor] => [
  arbitrary([2, time, 3], seed),
  arbitrary([2, keys, 3], seed + 1),
  arbitrary([2, keys, 4], seed + 2),
];

/** A mask from what is said of query i and key j. */
const maskOf = (
  [queries, keys]: readonly [number, number],
  sees: (i: number, j: number) => boolean,
): Tensor =>
  tensor(
    Array.from({ length: queries }, (_, i) => Array.from({ length: keys }, (_, j) => sees(i, j))),
  );

test(
  "to neighbours is attention under a mask",
  forAll(cases, { runs: 40 })(({ time, size, causal, seed }) => {
    const all = inputs(time, seed);
    const sees = (i: number, j: number) => Math.abs(i - j) < size && (!causal || j <= i);
    assertTreesClose(
      Attention.windowed({ window: size, causal })(...all),
      Attention.scaledDotProduct({ mask: maskOf([time, time], sees) })(...all),
      1e-13,
    );
  }),
);

test(
  "in blocks is attention, to keys of any number",
  forAll(
    { ...cases, keys: fc.integer({ min: 1, max: 14 }), offset: fc.nat(4) },
    { runs: 60 },
  )(({ time, size, causal, seed, keys, offset }) => {
    const all = inputs(time, seed, keys);
    const g = arbitrary([2, time, 4], seed + 3);
    const withSlopes = (attend: Attention.Attend) => ({
      y: attend(...all),
      // Of keys that no query sees, too, which there are where there are more than queries and offset.
      slopes: grad((q: Tensor, k: Tensor, v: Tensor) => sum(mul(attend(q, k, v), g)), {
        argnums: [0, 1, 2],
      })(...all),
    });
    assertTreesClose(
      withSlopes(Attention.blockwise({ block: size, causal, offset })),
      withSlopes(Attention.scaledDotProduct({ causal, offset })),
      1e-13,
    );
  }),
);

test("of no queries is nothing, and of no keys 0, as of attention", () => {
  const [none, some] = [ones([2, 0, 3]), ones([2, 4, 3])];
  for (const attend of [Attention.scaledDotProduct(), Attention.blockwise(), Attention.linear()]) {
    assert.equal(attend(none, some, some).shape, [2, 0, 3]);
    assert.ok(values(attend(some, none, none)).every((x) => x === 0));
  }
  for (const attend of [Attention.blockwise({ causal: true }), Attention.windowed({ window: 2 })])
    assert.equal(toArray(attend(none, none, none)), [[], []]);
});

test("by features, causal, does not know what is still to come, to the last digit", () => {
  const features = (x: Tensor): Tensor => x;
  const rows = (...x: number[]): Tensor => tensor(x.map((one) => [one]));
  for (const chunk of [1, 2, 3, 4]) {
    const attend = Attention.linear({ causal: true, chunk, features });
    const found = attend(ones([4, 1]), rows(1, 1, 1, 1e8), rows(1, 3, 5, 1));
    assertTreesClose(slice({ stop: [3, 1] })(found), rows(1, 2, 3), 3e-6); // ε of 1e−6, f32
  }
});

test(
  "by features is the mean of values that it is defined as, whatever the chunk",
  forAll(cases, { runs: 40 })(({ time, size, causal, seed }) => {
    const [q, k, v] = inputs(time, seed);
    const fits = matmul(Attention.eluFeatures(q), transpose(Attention.eluFeatures(k)));
    const seen = causal
      ? where(
          maskOf([time, time], (i, j) => j <= i),
          fits,
          0,
        )
      : fits;
    const expected = div(matmul(seen, v), add(sum({ axis: -1, keepDims: true })(seen), 1e-6));
    assertTreesClose(Attention.linear({ causal, chunk: size })(q, k, v), expected, 1e-12);
  }),
);

test("by features is positive", () => {
  const found = Attention.eluFeatures(tensor([-2, 0, 3], { dtype: "f64" }));
  assertTreesClose(found, tensor([Math.exp(-2), 1, 4], { dtype: "f64" }), 1e-15);
});

test("of heads in groups is that of keys and values that are repeated", () => {
  const [q, k, v] = [
    arbitrary([2, 6, 5, 3], 1),
    arbitrary([2, 3, 7, 3], 2),
    arbitrary([2, 3, 7, 4], 3),
  ];
  const repeated = (x: Tensor): Tensor =>
    concat({ axis: 1 })(
      [0, 0, 1, 1, 2, 2].map((g) => slice({ start: [0, g], stop: [2, g + 1] })(x)),
    );
  for (const attend of [
    Attention.scaledDotProduct({ causal: true, offset: 2 }),
    Attention.blockwise({ block: 2 }),
    Attention.linear(),
  ]) {
    assertTreesClose(
      Attention.grouped(attend)(q, k, v),
      attend(q, repeated(k), repeated(v)),
      1e-13,
    );
    assertTreesClose(
      Attention.grouped(attend)(q, repeated(k), repeated(v)),
      attend(q, repeated(k), repeated(v)),
      0,
    );
  }
});

const variants: Readonly<Record<string, Attention.Attend>> = {
  windowed: Attention.windowed({ window: 2 }),
  "windowed, causal": Attention.windowed({ window: 2, causal: true }),
  blockwise: Attention.blockwise({ block: 2 }),
  "blockwise, causal": Attention.blockwise({ block: 2, causal: true }),
  linear: Attention.linear(),
  "linear, causal": Attention.linear({ causal: true, chunk: 2 }),
  grouped: Attention.grouped(Attention.scaledDotProduct()),
};

for (const [name, attend] of Object.entries(variants))
  test(`has gradients to second order: ${name}`, () => {
    const shape = (heads: number, width: number) => [1, heads, 3, width];
    const groups = name === "grouped" ? 1 : 2;
    assertGradients(
      (q: Tensor, k: Tensor, v: Tensor) => attend(q, k, v),
      [arbitrary(shape(2, 2), 1), arbitrary(shape(groups, 2), 2), arbitrary(shape(groups, 2), 3)],
    );
  });

/** Bytes of temporaries of a gradient step on so many positions. */
const temporaries = (attend: Attention.Attend, time: number): number => {
  const x = ones([time, 8]);
  const step = compile(
    grad((q: Tensor, k: Tensor, v: Tensor) => sum(attend(q, k, v)), { argnums: [0, 1, 2] }),
  );
  return step.plan(x, x, x).arenaBytes;
};

test("takes memory that grows with the length, not with its square", () => {
  const [short, long] = [256, 1024];
  const growth = (attend: Attention.Attend) =>
    temporaries(attend, long) / temporaries(attend, short);
  assert.ok(growth(Attention.scaledDotProduct({ causal: true })) > 12, "exact");
  for (const attend of [
    Attention.windowed({ window: 32, causal: true }),
    Attention.linear({ causal: true, chunk: 32 }),
    Attention.blockwise({ block: 32, causal: true }),
  ])
    assert.ok(growth(attend) < 4.6, `${growth(attend)}`);
});

test("refuses windows, blocks and chunks that are no whole numbers, and groups that do not divide", () => {
  const [q, k, v] = inputs(4, 1);
  const refusals: readonly (readonly [() => unknown, string])[] = [
    [
      () => Attention.windowed({ window: 0 })(q, k, v),
      "Attention.windowed: a whole window ≥ 1 expected, got 0",
    ],
    [
      () => Attention.blockwise({ block: 1.5 })(q, k, v),
      "Attention.blockwise: a whole block ≥ 1 expected, got 1.5",
    ],
    [
      () => Attention.linear({ chunk: -1 })(q, k, v),
      "Attention.linear: a whole chunk ≥ 1 expected, got -1",
    ],
    [
      () =>
        Attention.grouped(Attention.scaledDotProduct())(
          ones([5, 2, 3]),
          ones([2, 2, 3]),
          ones([2, 2, 3]),
        ),
      "Attention.grouped: groups that divide 5 expected, got 2",
    ],
  ];
  for (const [call, message] of refusals) assert.is(messageOf(call), message);
});

test("refuses keys and values of other numbers, and queries where they are to be as many", () => {
  const [three, four] = [ones([3, 2]), ones([4, 2])];
  const refusals: readonly (readonly [Attention.Attend, readonly Tensor[], string])[] = [
    [
      Attention.blockwise({ block: 2 }),
      [three, three, four],
      "Attention.blockwise: equally many keys and values expected, got [3, 2], [4, 2]",
    ],
    [
      Attention.windowed({ window: 4 }),
      [four, three, three],
      "Attention.windowed: equally many queries, keys and values expected, got [4, 2], [3, 2], [3, 2]",
    ],
    [
      Attention.linear({ causal: true, chunk: 3 }),
      [four, three, three],
      "Attention.linear: equally many queries, keys and values expected, got [4, 2], [3, 2], [3, 2]",
    ],
    [
      Attention.linear(),
      [four, three, four],
      "Attention.linear: equally many keys and values expected, got [3, 2], [4, 2]",
    ],
  ];
  for (const [attend, all, message] of refusals)
    assert.is(
      messageOf(() => attend(...(all as [Tensor, Tensor, Tensor]))),
      message,
    );
});

test.run();
