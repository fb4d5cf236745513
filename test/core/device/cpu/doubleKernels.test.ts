// Kernels with f64 in lanes: read and written in any way, reduced, and beside other dtypes. All results have the bits of the reference device.

import * as assert from "uvu/assert";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import { flatten, scaleIndex } from "../../../../src/core/kernel/affine.ts";
import { call, checkedIndex, convert, reduce, where } from "../../../../src/core/kernel/build.ts";
import {
  axis,
  constant,
  type Expr,
  load,
  makeCall,
  withFreshExprs,
} from "../../../../src/core/kernel/expr.ts";
import { makeKernel } from "../../../../src/core/kernel/kernel.ts";
import * as P from "../../../../src/index.ts";
import type { Input } from "../../../devices/oneKernel.ts";
import { suite } from "../../../support/suite.ts";
import { agrees, doubles, has, inputOf, kernelOf, sizes } from "./doubles.ts";

const test = suite("kernels of doubles of cpu");

const { POSITIVE_INFINITY: inf } = Number;

test("what is read along columns, backwards, in steps, and again and again", async () => {
  for (const n of sizes.slice(1)) {
    const inputs = [inputOf("f64", 3 * n), inputOf("f64", n, 5), inputOf("f64", 3, 9)];
    const sum = (a: Expr, b: Expr): Expr => call("add", a, call("max", b, constant(-3, "f64")));
    const at = (axes: readonly Expr[], ...strides: number[]): Expr => flatten(axes, strides);
    const kernels = [
      kernelOf(inputs, "f64", [n, 3], (ij, read) =>
        sum(read(0, at(ij, 1, n)), read(0, at(ij, 3, 1))),
      ),
      kernelOf(inputs, "f64", [3, n], (ij, read) =>
        sum(read(0, at(ij, 1, 3)), read(0, at(ij, n, 1))),
      ),
      kernelOf(inputs, "f64", [3, n], (ij, read) =>
        sum(read(1, at(ij, 0, 1)), read(2, at(ij, 1, 0))),
      ),
      kernelOf(inputs, "f64", [n, 3], (ij, read) =>
        sum(read(1, at(ij, 1, 0)), read(2, at(ij, 0, 1))),
      ),
      kernelOf(inputs, "f64", [n], ([i], read) =>
        sum(read(0, scaleIndex(i as Expr, -1, n - 1)), read(0, scaleIndex(i as Expr, 3))),
      ),
    ];
    for (const [i, kernel] of kernels.entries()) await agrees(kernel, inputs, `${i} of ${n}`);
  }
});

test("what is written along columns", async () => {
  for (const n of sizes.slice(1)) {
    const inputs = [inputOf("f64", 3 * n)];
    const kernel = withFreshExprs(() => {
      const [i, j] = [axis(3), axis(n)];
      return makeKernel({
        label: "test",
        axes: [i, j],
        inputs: [{ dtype: "f64", size: 3 * n }],
        output: { dtype: "f64", size: 3 * n },
        target: flatten([i, j], [1, 3]),
        body: makeCall("neg", [load(0, "f64", flatten([i, j], [n, 1]))]),
      });
    });
    await agrees(kernel, inputs, `${n}`);
  }
});

test("reductions along rows, along columns, and of everything", async () => {
  // Sums and products that are exact in any order.
  const exact = [1, 2, -1, 4, 0.5, -2, 8, 0.25, 1, 3];
  for (const n of [...sizes.slice(1), 33, 100])
    for (const op of ["sum", "prod", "max", "min"] as const)
      for (const special of op === "max" || op === "min" ? [doubles, exact] : [exact]) {
        const input: Input = {
          dtype: "f64",
          values: Array.from(
            { length: 5 * n },
            (_, i) =>
              (op === "prod"
                ? exact[(i % n) % 9]
                : special[(7 * i + 3) % special.length]) as number,
          ),
        };
        for (const strides of [
          [n, 1],
          [1, 5],
        ]) {
          const kernel = kernelOf([input], "f64", [5], ([i], read) => {
            const j = axis(n);
            return reduce(op, j, read(0, flatten([i as Expr, j], strides)));
          });
          await agrees(kernel, [input], `${op} of ${n}, strides ${strides}`);
        }
        const all = kernelOf([input], "f64", [], (_, read) => {
          const [i, j] = [axis(5), axis(n)];
          const x = read(0, flatten([i, j], [n, 1]));
          return reduce(op === "prod" ? "max" : op, i, reduce(op === "prod" ? "max" : op, j, x));
        });
        await agrees(all, [input], `${op} of 5 × ${n}`);
      }
});

test("reductions of other dtypes in f64, and of f64 to other dtypes", async () => {
  for (const n of [...sizes.slice(1), 45]) {
    const inputs = [
      { dtype: "f32", values: Array.from({ length: 6 * n }, (_, i) => (i % 13) - 2.5) },
      { dtype: "i32", values: Array.from({ length: 6 * n }, (_, i) => (i * 7) % 31) },
      { dtype: "f64", values: Array.from({ length: 6 * n }, (_, i) => ((i * 5) % 17) - 8) },
    ] as const;
    for (const strides of [
      [n, 1],
      [1, 6],
    ]) {
      const place = (i: Expr, j: Expr): Expr => flatten([i, j], strides);
      const total = kernelOf(inputs, "f64", [6], ([i], read) => {
        const j = axis(n);
        const at = place(i as Expr, j);
        const weighted = call(
          "mul",
          convert(read(0, at), "f64"),
          call("add", convert(read(1, at), "f64"), read(2, at)),
        );
        return reduce("sum", j, weighted);
      });
      await agrees(total, inputs, `sum of ${n}, strides ${strides}`);
      const positive = kernelOf(inputs, "i32", [6], ([i], read) => {
        const j = axis(n);
        const isLarge = call("lt", constant(2, "f64"), read(2, place(i as Expr, j)));
        return reduce("sum", j, convert(isLarge, "i32"));
      });
      await agrees(positive, inputs, `count of ${n}, strides ${strides}`);
      const any = kernelOf(inputs, "bool", [6], ([i], read) => {
        const j = axis(n);
        return reduce("max", j, call("eq", read(2, place(i as Expr, j)), constant(8, "f64")));
      });
      await agrees(any, inputs, `any of ${n}, strides ${strides}`);
    }
  }
});

test("dtypes in one kernel", async () => {
  for (const size of [...sizes, 50]) {
    const inputs = [
      inputOf("f64", size),
      inputOf("f32", size),
      inputOf("i32", size),
      inputOf("bool", size),
    ];
    const kernel = kernelOf(inputs, "f64", [size], ([i], read) => {
      const [x, y, k, b] = [0, 1, 2, 3].map((slot) => read(slot, i as Expr)) as [
        Expr,
        Expr,
        Expr,
        Expr,
      ];
      const isLess = call("and", call("lt", x, convert(y, "f64")), b);
      const whole = call("mul", convert(k, "f64"), constant(1.1, "f64"));
      const chosen = makeCall("where", [isLess, whole, call("sub", x, convert(i as Expr, "f64"))]);
      return call("add", chosen, convert(call("or", isLess, call("lt", k, i as Expr)), "f64"));
    });
    await agrees(kernel, inputs, `${size}`);
    const toFloat = kernelOf(inputs, "f32", [size], ([i], read) => {
      const [x, y, k, b] = [0, 1, 2, 3].map((slot) => read(slot, i as Expr)) as [
        Expr,
        Expr,
        Expr,
        Expr,
      ];
      const other = makeCall("where", [call("eq", x, x), y, convert(k, "f32")]);
      return makeCall("where", [b, convert(x, "f32"), other]);
    });
    await agrees(toFloat, inputs, `${size} to f32`);
  }
});

test("gathers, each lane from its place, and only where a condition holds", async () => {
  for (const size of sizes.slice(1)) {
    const ids = Array.from({ length: size }, (_, i) => (i * 7) % doubles.length);
    const wild = ids.map((id, i) => (i % 3 === 0 ? 2 ** 30 : id));
    const inputs = [
      inputOf("f64", doubles.length),
      { dtype: "i32", values: ids },
      { dtype: "i32", values: wild },
      inputOf("f64", size, 4),
    ] as const;
    const gathered = kernelOf(inputs, "f64", [size], ([i], read) =>
      call("neg", read(0, checkedIndex(read(1, i as Expr), doubles.length))),
    );
    await agrees(gathered, inputs, `${size}`);
    const guarded = kernelOf(inputs, "f64", [size], ([i], read) => {
      const id = read(2, i as Expr);
      const isInside = call("lt", id, constant(doubles.length, "i32"));
      return where(
        isInside,
        where(
          call("lt", constant(1, "f64"), read(3, i as Expr)),
          call("mul", read(0, id), constant(2, "f64")),
          call("abs", read(0, id)),
        ),
        read(3, i as Expr),
      );
    });
    await agrees(guarded, inputs, `${size}, guarded`);
    // One condition for all lanes of a row.
    const rows = kernelOf(inputs, "f64", [3, size], ([i, j], read) =>
      where(
        call("lt", i as Expr, constant(2, "i32")),
        call("sqrt", read(3, j as Expr)),
        call("sin", read(0, read(1, j as Expr))),
      ),
    );
    await agrees(rows, inputs, `${size}, by row`);
  }
});

test("reductions of gathers where a condition holds, along rows and along columns", async () => {
  for (const n of [...sizes.slice(1), 37])
    for (const [outer, inner] of [
      [1, n],
      [9, 1],
    ]) {
      const ids = Array.from({ length: 9 * n }, (_, i) => (i % 3 === 0 ? 2 ** 30 : (i * 7) % 35));
      const inputs = [{ dtype: "i32", values: ids } as const, inputOf("f64", 35, 2)];
      const kernel = kernelOf(inputs, "f64", [n], ([i], read) => {
        const j = axis(9);
        const id = read(0, flatten([i as Expr, j], [outer as number, inner as number]));
        const isInside = call("lt", id, constant(35, "i32"));
        return reduce("min", j, where(isInside, read(1, id), constant(0.25, "f64")));
      });
      await agrees(kernel, inputs, `${n} of strides ${outer} and ${inner}`);
    }
});

test("scatters along rows add, and take extremes", async () => {
  for (const n of sizes.slice(1))
    for (const combine of ["sum", "max", "min"] as const) {
      const initial = combine === "sum" ? 0 : combine === "max" ? -inf : inf;
      const inputs = [
        { dtype: "f64", values: Array.from({ length: 6 * n }, (_, i) => ((i * 5) % 17) - 8.25) },
        { dtype: "i32", values: [2, 0, 1, 2, 2, 0] },
      ] as const;
      const kernel = withFreshExprs(() => {
        const [i, j] = [axis(6), axis(n)];
        return makeKernel({
          label: "test",
          axes: [i, j],
          inputs: inputs.map(({ dtype, values: { length } }) => ({ dtype, size: length })),
          output: { dtype: "f64", size: 4 * n },
          target: flatten([checkedIndex(load(1, "i32", i), 4), j], [n, 1]),
          body: load(0, "f64", flatten([i, j], [n, 1])),
          scatter: { combine, initial },
        });
      });
      await agrees(kernel, inputs, `${combine} of rows of ${n}`);
    }
});

test("products in f32 that are used in f64, through ops", () => {
  const side = 24;
  const x = P.tensor(
    Float32Array.from({ length: side * side }, (_, i) => ((i * 7) % 11) - 5), // exact in f32
    { shape: [side, side] },
  );
  // Made anew for each device: what has values is not computed again.
  const [found, wanted] = ["cpu", "reference"].map((device) => {
    const y = P.add(P.mul(P.cast("f64")(P.matmul(x, x)), 0.1), P.cast("f64")(x));
    return P.values(P.evaluate(y, { device }));
  });
  assert.equal(found, wanted);
});

test("code of f64 is in vectors of two, and functions of JavaScript stay on the main thread", () => {
  const inputs = [inputOf("f64", 1000), inputOf("f64", 1000)];
  const sum = kernelOf(inputs, "f64", [1000], ([i], read) =>
    call("add", call("mul", read(0, i as Expr), read(1, i as Expr)), read(0, i as Expr)),
  );
  assert.ok(has(sum, "add") && has(sum, "mul"));
  assert.ok(codeOf(sum).phases.every(({ work }) => work > 0));
  for (const strides of [
    [100, 1],
    [1, 10],
  ]) {
    const most = kernelOf(inputs, "f64", [10], ([i], read) => {
      const j = axis(100);
      return reduce("max", j, read(0, flatten([i as Expr, j], strides)));
    });
    assert.ok(has(most, "max"), `${strides}`);
  }
  const sine = kernelOf(inputs, "f64", [1000], ([i], read) =>
    call("add", call("sin", read(0, i as Expr)), read(1, i as Expr)),
  );
  assert.ok(has(sine, "add"));
  assert.ok(codeOf(sine).phases.every(({ work }) => work === 0));
});

test.run();
