// Pruning: exact counts, composition on what survives, patterns, the schedule, and optimisers under which pruned weights stay 0.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  add,
  compile,
  grad,
  key,
  mapTree,
  normal,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  zeros,
} from "../../../src/index.ts";
import {
  adam,
  adamW,
  applyUpdates,
  Compress,
  chain,
  clipByGlobalNorm,
  datasetOf,
  fit,
  lamb,
  lion,
  nAdam,
  type Optimizer,
  rmsProp,
  sgd,
} from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("prune");

const integers = fc.integer({ min: -9, max: 9 }); // with many equal ones
const matrices = (rows: number, columns: number): fc.Arbitrary<Tensor> =>
  fc
    .array(integers, { minLength: rows * columns, maxLength: rows * columns })
    .map((data) =>
      tensor(Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns))),
    );
const sparsities = fc.integer({ min: 0, max: 20 }).map((k) => k / 20);

const numbers = (x: Tensor): readonly number[] => [...values(x)];
const ones = (mask: Tensor): number => numbers(mask).reduce((n, x) => n + x, 0);

/** Half to even, by another way than the one under test. */
const halfToEven = (x: number): number =>
  Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);

const isNested = (inner: Tensor, outer: Tensor): boolean => {
  const out = numbers(outer);
  return numbers(inner).every((x, i) => x === 0 || out[i] === 1);
};

test(
  "prunes exactly the share asked for, and nothing larger than what it keeps",
  forAll({ w: matrices(4, 6), sparsity: sparsities })(({ w, sparsity }) => {
    const mask = Compress.magnitude({ sparsity })(w);
    assert.is(24 - ones(mask), halfToEven(sparsity * 24));
    const [kept, sizes] = [numbers(mask), numbers(w).map(Math.abs)];
    const least = Math.min(...sizes.filter((_, i) => kept[i] === 1));
    const most = Math.max(...sizes.filter((_, i) => kept[i] === 0));
    assert.ok(most <= least);
  }),
);

test(
  "prunes the same share of what survives, and counts what is pruned where it is told to",
  forAll({ w: matrices(4, 6), first: sparsities, second: sparsities })(({ w, first, second }) => {
    const once = Compress.magnitude({ sparsity: first })(w);
    const twice = Compress.magnitude({ sparsity: second })(w, once);
    const alive = ones(once);
    assert.is(ones(twice), alive - halfToEven(second * alive));
    assert.ok(isNested(twice, once));
    const all = Compress.magnitude({ sparsity: second, of: "all" })(w, once);
    assert.is(24 - ones(all), Math.max(24 - alive, halfToEven(second * 24)));
    assert.ok(isNested(all, once));
  }),
);

test(
  "does not care whether masks were applied before the next pruning",
  forAll({ w: matrices(4, 6), first: sparsities, second: sparsities })(({ w, first, second }) => {
    const once = Compress.magnitude({ sparsity: first })(w);
    const next = Compress.magnitude({ sparsity: second });
    assert.equal(numbers(next(w, once)), numbers(next(Compress.applyMask(once)(w), once)));
  }),
);

test(
  "masks once as twice, and for good",
  forAll({ w: matrices(3, 4), sparsity: sparsities })(({ w, sparsity }) => {
    const masks = Compress.magnitude({ sparsity })(w);
    const apply = Compress.applyMask(masks);
    assert.equal(numbers(apply(apply(w))), numbers(apply(w)));
    assert.equal(numbers(Compress.makePermanent(masks)(w)), numbers(apply(w)));
    assert.is(Compress.sparsityOf(masks), (12 - ones(masks)) / 12);
  }),
);

test(
  "keeps n of every m, of what was left",
  forAll({ w: matrices(8, 3), n: fc.integer({ min: 0, max: 4 }), sparsity: sparsities })(
    ({ w, n, sparsity }) => {
      const before = Compress.random(key(1), { sparsity })(w);
      const fresh = toArray(Compress.nOfM({ n, m: 4 })(w)) as boolean[][];
      const after = Compress.nOfM({ n, m: 4 })(w, before);
      assert.ok(isNested(after, before));
      const [old, kept] = [toArray(before), toArray(after)] as [boolean[][], boolean[][]];
      for (let j = 0; j < 3; j++)
        for (const g of [0, 4]) {
          const count = (mask: boolean[][]) => [0, 1, 2, 3].filter((k) => mask[g + k]?.[j]).length;
          assert.is(count(fresh), n);
          assert.is(count(kept), Math.min(n, count(old)));
        }
    },
  ),
);

test(
  "takes whole rows or columns, the smallest by their norm",
  forAll({
    w: matrices(5, 4),
    axis: fc.constantFrom(0, 1),
    norm: fc.constantFrom<1 | 2>(1, 2),
    sparsity: sparsities,
  })(({ w, axis, norm, sparsity }) => {
    const mask = toArray(Compress.structured({ axis, sparsity, norm })(w)) as boolean[][];
    const rows = toArray(w) as number[][];
    const size = [5, 4][axis] as number;
    const slice = <T>(of: T[][], i: number): T[] =>
      axis === 0 ? (of[i] as T[]) : of.map((row) => row[i] as T);
    const kept = Array.from({ length: size }, (_, i) => slice(mask, i));
    for (const one of kept) assert.ok(one.every((x) => x === one[0]));
    assert.is(kept.filter((one) => !one[0]).length, halfToEven(sparsity * size));
    const norms = Array.from({ length: size }, (_, i) =>
      slice(rows, i).reduce((n, x) => n + Math.abs(x) ** norm, 0),
    );
    const most = Math.max(...norms.filter((_, i) => !kept[i]?.[0]));
    assert.ok(most <= Math.min(...norms.filter((_, i) => kept[i]?.[0])));
  }),
);

test("compares all leaves with one another where the scope is global", () => {
  const tree = {
    a: tensor([
      [1, 2],
      [3, 4],
    ]),
    b: tensor([[5, 6]]),
    bias: tensor([0, 0]),
  };
  const masks = Compress.magnitude({ sparsity: 0.5, scope: "global" })(tree);
  assert.equal(toArray(masks.a), [
    [false, false],
    [false, true],
  ]);
  assert.equal(toArray(masks.b), [[true, true]]);
  assert.equal(toArray(masks.bias), true);
  assert.is(Compress.sparsityOf(masks), 0.5);
});

test("prunes the same share of every slice, and the leaves that are chosen", () => {
  const w = tensor([
    [1, 20],
    [2, 10],
    [3, 30],
    [4, 40],
  ]);
  const each = Compress.magnitude({ sparsity: 0.5, per: 1 })(w);
  assert.equal(toArray(each), [
    [false, false],
    [false, false],
    [true, true],
    [true, true],
  ]);
  const filters = zeros([3, 3, 4, 2]);
  const choose = (_: Tensor, path: string) => path === "conv";
  const masks = Compress.random(key(0), { sparsity: 0.25, choose })({ conv: filters, w });
  assert.is(ones(masks.conv), 54);
  assert.equal(masks.w.shape, []);
});

test("orders importance by weight and gradient, and draws by lot from a key", () => {
  const [w, g] = [tensor([[1, 2, 3, 4]]), tensor([[8, 1, 0, -1]])];
  assert.equal(toArray(Compress.taylor(g, { sparsity: 0.5 })(w)), [[true, false, false, true]]);
  const draw = (seed: number) =>
    numbers(Compress.random(key(seed), { sparsity: 0.5 })(zeros([8, 8])));
  assert.equal(draw(1), draw(1));
  assert.not.equal(draw(1), draw(2));
});

test("keeps what is no number in groups too, wherever it is", () => {
  for (const at of [0, 1, 2, 3]) {
    const row = [1, 2, 3, 4].map((x, i) => (i === at ? Number.NaN : x));
    const mask = Compress.nOfM({ n: 1, axis: -1 })(tensor([row]));
    assert.equal(toArray(mask), [row.map(Number.isNaN)]);
  }
});

test("keeps what is no number, and zeros are the first to go", () => {
  const mask = Compress.magnitude({ sparsity: 0.5 })(tensor([[Number.NaN, 0, Infinity, 0]]));
  assert.equal(toArray(mask), [[true, false, true, false]]);
});

test(
  "grows the sparsity along a cubic that is flat before and after",
  forAll({
    initial: sparsities,
    more: sparsities,
    start: fc.nat(20),
    steps: fc.integer({ min: 1, max: 9 }),
    every: fc.integer({ min: 1, max: 9 }),
  })(({ initial, more, start, steps, every }) => {
    const final = initial + (1 - initial) * more;
    const at = Compress.gradualSparsity({ initial, final, start, steps, every });
    const end = start + steps * every;
    assert.is(at(start), final + (initial - final));
    assert.is(at(end), final);
    assert.is(at(end + 7), final);
    for (let t = 0; t < end + 3; t++) assert.ok(at(t + 1) >= at(t) - 1e-12);
  }),
);

type Leaves = { readonly w: Tensor; readonly b: Tensor };
const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.1 }),
  adamW: chain(clipByGlobalNorm(1), adamW({ learningRate: 0.1, weightDecay: 0.1 })),
  nAdam: nAdam({ learningRate: 0.1 }),
  lion: lion({ learningRate: 0.1 }),
  lamb: lamb({ learningRate: 0.1 }),
  rmsProp: rmsProp({ learningRate: 0.1 }),
};
const target = normal(key(5), [4, 6]);
const slopeAt = grad((p: Leaves): Tensor => add(sum(square(sub(p.w, target))), sum(square(p.b))));

for (const [name, optimizer] of Object.entries(optimizers))
  test(`${name} leaves pruned weights at 0, and takes new masks without another program`, () => {
    let params: Leaves = { w: normal(key(0), [4, 6]), b: tensor([1, 2]) };
    let masks = Compress.magnitude({ sparsity: 0.25 })(params);
    const masking = Compress.masked(masks)(optimizer);
    let traced = 0;
    const step = compile((p: Leaves, s: Compress.MaskedState) => {
      traced++;
      const [updates, after] = masking.update(slopeAt(p), s, p);
      return { params: applyUpdates(p, updates), state: after };
    });
    let state: Compress.MaskedState = masking.init(params);
    const check = (): void => {
      const kept = numbers(masks.w);
      numbers(params.w).forEach((x, i) => {
        assert.is(x === 0, kept[i] === 0);
      });
      assert.not.equal(numbers(params.b), [1, 2]);
      mapTree(state.inner, (leaf) => {
        if (leaf.shape.length === 2)
          numbers(leaf).forEach((x, i) => {
            if (kept[i] === 0) assert.is(x, 0);
          });
        return leaf;
      });
    };
    for (const sparsity of [0.25, 0.5, 0.75]) {
      masks = Compress.magnitude({ sparsity, of: "all" })(params, masks);
      state = Compress.remask(masks)(state);
      for (let i = 0; i < 2; i++) {
        ({ params, state } = step(params, state));
        check();
      }
    }
    assert.is(traced, 1);
  });

test("fit goes on with the masks that it is given between steps", async () => {
  const sparsity = Compress.gradualSparsity({ final: 0.75, steps: 3, every: 2 });
  const params = { w: normal(key(0), [4, 2]) };
  const inner: Optimizer = adam({ learningRate: 0.01 });
  const optimizer = Compress.masked(Compress.magnitude({ sparsity: 0 })(params))(inner);
  type State = { readonly params: typeof params; readonly optimizer: Compress.MaskedState };
  const found: number[] = [];
  let traced = 0;
  const run = await fit<State, { readonly x: Tensor }>({
    state: { params, optimizer: optimizer.init(params) },
    step: ({ params: p, optimizer: before }, { x }) => {
      traced++;
      const slope = grad((q: typeof params) => sum(square(q.w)))(p);
      const [updates, after] = optimizer.update(slope, before, p);
      return {
        state: { params: applyUpdates(p, updates), optimizer: after },
        metrics: { loss: sum(x) },
      };
    },
    between: (state, { step }) => {
      if (step % 2 !== 0) return state;
      const options = { sparsity: sparsity(step), of: "all" } as const;
      const masks = Compress.magnitude(options)(
        state.params,
        state.optimizer.masks as typeof params,
      );
      found.push(Compress.sparsityOf(masks));
      return { ...state, optimizer: Compress.remask(masks)(state.optimizer) };
    },
    data: datasetOf({ x: tensor([[1], [2]]) }),
    batchSize: 2,
    epochs: 8,
    progress: "silent",
    signals: false,
  })();
  assert.is(run._tag, "Right");
  if (run._tag === "Left") return;
  assert.equal(found, [0.5, 0.75, 0.75, 0.75]);
  assert.is(numbers(run.right.state.params.w).filter((x) => x === 0).length, 6);
  assert.is(traced, 1);
});

test("refuses shares, groups and masks that are none", () => {
  const w = zeros([6, 2]);
  const cases: readonly (readonly [() => unknown, string])[] = [
    [() => Compress.magnitude({ sparsity: 1.5 }), "magnitude: a sparsity in 0…1 expected, got 1.5"],
    [
      () => Compress.nOfM()(w),
      "nOfM: groups of 4 that divide the axis at the root expected, got 6",
    ],
    [() => Compress.nOfM({ n: 5 }), "nOfM: whole numbers n ≤ m expected, got 5 of 4"],
    [
      () => Compress.magnitude({ sparsity: 0, scope: "global", per: 0 }),
      "magnitude: a global scope or slices expected, got both",
    ],
    [
      () => Compress.magnitude({ sparsity: 0.5 })<Tensor>(w, zeros([2, 6])),
      "magnitude: a mask [6, 2] at the root expected, got [2, 6]",
    ],
    [
      () => Compress.magnitude({ sparsity: 0.5 })<object>({ a: w, b: w }, { a: w, c: w }),
      "magnitude: masks of one structure with the parameters expected, got {a:*,c:*} and {a:*,b:*}",
    ],
    [
      () => Compress.applyMask(tensor([true, false]))(w),
      "applyMask: a mask [6, 2], as what is masked, or a scalar expected, got [2]",
    ],
    [
      () => Compress.applyMask(tensor([[true], [false]]))(zeros([2])),
      "applyMask: a mask [2], as what is masked, or a scalar expected, got [2, 1]",
    ],
    [
      () => Compress.taylor(zeros([2, 6]), { sparsity: 0.5 })(w),
      "taylor: a gradient [6, 2] expected, as the parameter, got [2, 6]",
    ],
    [
      () => Compress.gradualSparsity({ final: 2, steps: 1, every: 1 }),
      "gradualSparsity: sparsities in 0…1 expected, got 2",
    ],
    [
      () => Compress.gradualSparsity({ final: 0.5, start: Number.NaN, steps: 1, every: 1 }),
      "gradualSparsity: a step to start at expected, got NaN",
    ],
  ];
  for (const [f, message] of cases) assert.is(messageOf(f).split("\n")[0], message);
});

test.run();
