// Sparse rows times dense: against the dense product, gradients in both, batches, structure known or traced, and refusals.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  type Csr,
  compile,
  csr,
  csrMatmul,
  evaluate,
  grad,
  item,
  matmul,
  mul,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary, assertSlopes } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

/** [[5, 0, 0, 6], [0, 0, 0, 0], [0, 7, 8, 0]] */
const parts = { rowStarts: [0, 2, 2, 4], columns: [0, 3, 1, 2], shape: [3, 4] } as const;
const a = csr({ ...parts, values: tensor([5, 6, 7, 8], { dtype: "f64" }) });

/** The same matrix with zeros. */
const dense = (sparse: Csr): Tensor => {
  const [rows, columns] = sparse.shape;
  const [starts, targets, entries] = [sparse.rowStarts, sparse.columns, sparse.values].map(values);
  const flat = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = starts?.[row] as number; k < (starts?.[row + 1] as number); k++) {
      const place = row * columns + (targets?.[k] as number);
      flat[place] = (flat[place] as number) + (entries?.[k] as number);
    }
  }
  return tensor(flat, { shape: [rows, columns] });
};

/** Sparse matrices of whole numbers, with empty rows and repeated edges. */
const matrices = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, columns }) =>
    fc
      .array(fc.array(fc.nat(columns - 1), { maxLength: 4 }), { minLength: rows, maxLength: rows })
      .map((edges) => {
        const rowStarts = [0, ...edges.map((_, i) => edges.slice(0, i + 1).flat().length)];
        const flat = edges.flat();
        const entries = tensor(Float64Array.from(flat, (c, k) => ((c + 3) * (k + 1)) % 7));
        return csr({ rowStarts, columns: flat, values: entries, shape: [rows, columns] });
      }),
  );

const weighted = (y: Tensor): Tensor => sum(mul(mul(y, y), arbitrary(y.shape, 9)));

const test = suite("sparse");

test("csrMatmul multiplies the rows that edges name", () => {
  const x = tensor(
    [
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ],
    { dtype: "f64" },
  );
  assert.equal(toArray(csrMatmul(a, x)), [
    [29, 290],
    [0, 0],
    [38, 380],
  ]);
});

test(
  "csrMatmul is the dense product",
  forAll(matrices)((sparse) => {
    const x = tensor(
      values(arbitrary([sparse.shape[1], 3])).map((v) => Math.round(9 * v)),
      { shape: [sparse.shape[1], 3] },
    );
    assert.equal(toArray(csrMatmul(sparse, x)), toArray(matmul(dense(sparse), x)));
  }),
);

test("csrMatmul takes vectors and leading axes, as matmul", () => {
  for (const shape of [[4], [4, 2], [3, 4, 2], [2, 3, 4, 1]]) {
    const x = arbitrary(shape);
    assertTreesClose(csrMatmul(a, x), matmul(dense(a), x), 1e-15);
  }
});

test("gradients in values and x agree with differences to second order", () => {
  const [entries, x] = [arbitrary([4]), arbitrary([4, 2], 1)];
  assertSlopes((at) => weighted(csrMatmul({ ...a, values: at }, x)), entries);
  assertSlopes((at) => weighted(csrMatmul(a, at)), x);
  // Both at once, so that second derivatives mix.
  assertSlopes(
    (at) => weighted(csrMatmul({ ...a, values: csrMatmul(square, at) }, x)),
    arbitrary([4]),
  );
});

const square = csr({
  rowStarts: [0, 1, 2, 3, 4],
  columns: [1, 0, 3, 2],
  values: tensor([1, 2, 3, 4], { dtype: "f64" }),
  shape: [4, 4],
});

test("gradients are the same when the structure is traced", () => {
  const x = arbitrary([4, 2]);
  const slopes = (structure: Pick<Csr, "rowStarts" | "columns">, entries: Tensor, at: Tensor) =>
    grad((v: Tensor, y: Tensor) => weighted(csrMatmul({ ...a, ...structure, values: v }, y)), {
      argnums: [0, 1],
    })(entries, at);
  const { rowStarts, columns } = a;
  assertTreesClose(
    compile(slopes)({ rowStarts, columns }, a.values, x),
    slopes({ rowStarts, columns }, a.values, x),
    1e-15,
  );
});

test("gradients need no scatter where the structure is known, and may do without elsewhere", () => {
  const x = arbitrary([4, 2]);
  const slope = () => grad((at: Tensor) => weighted(csrMatmul(a, at)))(x);
  const plan = compile(slope).plan();
  assert.ok(plan.steps.every(({ kernel }) => kernel.scatter === undefined));
  const curvature = () =>
    grad((v: Tensor) => sum(grad((w: Tensor) => weighted(csrMatmul({ ...a, values: w }, x)))(v)))(
      a.values,
    );
  const [pulled] = valuesWithoutScatter(curvature());
  assertTreesClose(tensor(pulled as Float64Array), curvature(), 1e-14);
});

test("vmap maps x, values, or both", () => {
  const [entries, x] = [arbitrary([3, 4]), arbitrary([3, 4, 2])];
  const product = (v: Tensor, y: Tensor): Tensor => csrMatmul({ ...a, values: v }, y);
  const both = vmap(product)(entries, x);
  const slopes = vmap(grad((v: Tensor, y: Tensor) => weighted(product(v, y)), { argnums: [0, 1] }))(
    entries,
    x,
  ) as readonly Tensor[];
  for (const i of [0, 1, 2]) {
    const v = tensor(values(entries).slice(4 * i, 4 * i + 4));
    const y = tensor(values(x).slice(8 * i, 8 * i + 8), { shape: [4, 2] });
    assert.equal([...values(both)].slice(6 * i, 6 * i + 6), [...values(product(v, y))]);
    const own = grad((p: Tensor, q: Tensor) => weighted(product(p, q)), { argnums: [0, 1] })(v, y);
    const found = slopes.map((g, j) => {
      const { shape } = own[j] as Tensor;
      const count = shape.reduce((m, n) => m * n, 1);
      return tensor(values(g).slice(count * i, count * (i + 1)), { shape });
    });
    assertTreesClose(found, own, 1e-15);
  }
});

test("matrices without rows, columns or edges multiply too", () => {
  const none = csr({ rowStarts: [0, 0, 0], columns: [], values: [], shape: [2, 3] });
  assert.equal(toArray(csrMatmul(none, zeros([3, 1]))), [[0], [0]]);
  const noRows = csr({ rowStarts: [0], columns: [], values: [], shape: [0, 3] });
  assert.equal(csrMatmul(noRows, zeros([3, 1])).shape, [0, 1]);
  assert.equal(toArray(grad((x: Tensor) => sum(csrMatmul(none, x)))(zeros([3, 1]))), [
    [0],
    [0],
    [0],
  ]);
});

test("a product with 200 000 edges and its gradient take well under a second", () => {
  const [n, degree] = [20_000, 10];
  const big = csr({
    rowStarts: tensor(Int32Array.from({ length: n + 1 }, (_, i) => i * degree)),
    columns: tensor(Int32Array.from({ length: n * degree }, (_, k) => (k * 7919) % n)),
    values: tensor(new Float32Array(n * degree).fill(1)),
    shape: [n, n],
  });
  const x = tensor(new Float32Array(n * 8).fill(1), { shape: [n, 8] });
  const start = performance.now();
  const { g } = evaluate({ g: grad((at: Tensor) => sum(mul(csrMatmul(big, at), 2)))(x) });
  assert.ok(performance.now() - start < 1000); // measured: 60 ms
  assert.is(item(sum(g)), 2 * 8 * n * degree);
});

test("csr refuses parts that do not fit", () => {
  const entries = [5, 6, 7, 8];
  assert.is(
    messageOf(() => csr({ ...parts, values: [1, 2] })),
    "csr: as many values as columns expected, got 2 and 4",
  );
  assert.is(
    messageOf(() => csr({ ...parts, rowStarts: [0, 4], values: entries })),
    "csr: 4 rowStarts for shape [3, 4] expected, got 2",
  );
  assert.is(
    messageOf(() => csr({ ...parts, rowStarts: [0, 3, 2, 4], values: entries })),
    "csr: rowStarts that rise from 0 to 4, the number of edges, expected, got [0, 3, 2, 4]",
  );
  assert.is(
    messageOf(() => csr({ ...parts, columns: [0, 3, 1, 4], values: entries })),
    "csr: columns in 0…3 expected, got 4 at edge 3",
  );
  assert.is(
    messageOf(() => csr({ ...parts, columns: tensor([0, 3, 1, 2]), values: entries })),
    'csr: columns of dtype i32 expected, got f32\nhint: convert them with cast("i32")',
  );
  assert.is(
    messageOf(() => csr({ ...parts, values: tensor([entries]) })),
    "csr: a vector of values expected, got [1, 4]",
  );
});

test("csrMatmul refuses sizes and dtypes that do not fit", () => {
  assert.is(
    messageOf(() => csrMatmul(a as Csr, arbitrary([3, 2]))),
    "csrMatmul: inner dimensions equal expected, got [3, 4] · [3, 2] (4 ≠ 3)",
  );
  assert.is(
    messageOf(() => csrMatmul(a, zeros([4, 2]))),
    "csrMatmul: equal dtypes expected, got f64 and f32\nhint: convert one with cast",
  );
});

test.run();
