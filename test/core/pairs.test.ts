// i4, of which two elements share a byte: they come back as they were, whatever moves them, on every device that runs here.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { bytesFor } from "../../src/core/dtype.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { storageOf } from "../../src/core/tensor.ts";
import * as P from "../../src/index.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("pairs of i4");

const devices = ["reference", "cpu"] as const;

/** Elements of i4 in some order, all of them after sixteen. */
const elements = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 5 + 3) % 16) - 8);

const pairs = (count: number): P.Tensor => P.tensor(elements(count), { dtype: "i4" });

test("numbers come back as they were given, of even and odd counts", () => {
  for (const count of [0, 1, 2, 3, 16, 33]) {
    const x = pairs(count);
    assert.equal(P.values(x), Int8Array.from(elements(count)));
    assert.equal(P.toArray(x), elements(count));
    assert.is(storageOf(x)?.host?.byteLength, Math.ceil(count / 2));
  }
  assert.is(P.item(P.tensor([-8], { dtype: "i4" })), -8);
  assert.is(String(P.tensor([-8, 7], { dtype: "i4" })), "Tensor([-8,  7], i4[2])");
});

test("casts truncate, saturate, and make NaN 0", () => {
  const x = P.tensor([1.9, -1.9, 100, -100, Number.NaN, 7.99, -8.5]);
  for (const device of devices)
    assert.equal(
      P.toArray(P.evaluate(P.cast("i4")(x), { device })),
      [1, -1, 7, -8, 0, 7, -8],
      device,
    );
});

test("constants are stored in pairs", () => {
  for (const device of devices) {
    assert.equal(P.toArray(P.evaluate(P.full([3], -5, "i4"), { device })), [-5, -5, -5]);
    assert.equal(P.toArray(P.evaluate(P.eye(3, "i4"), { device })), [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  }
});

/** What moves elements without computing with them. */
const moves: Readonly<Record<string, (x: P.Tensor) => P.Tensor>> = {
  transpose: (x) => P.transpose(x),
  reshape: (x) => P.reshape([sizeOf(x.shape)])(x),
  "every second column": (x) => P.slice({ start: [0, 1], step: [1, 2] })(x),
  flip: (x) => P.flip({ axis: 1 })(x),
  "joined with itself": (x) => P.concat({ axis: 1 })([x, P.flip({ axis: 0 })(x)]),
  padded: (x) =>
    P.pad({
      widths: [
        [1, 0],
        [0, 2],
      ],
    })(x),
  take: (x) => P.take(x, P.tensor([1, 0, 1], { dtype: "i32" })),
  "repeated by expansion": (x) => P.expand([3, ...x.shape])(x),
};

const sides = { rows: fc.integer({ min: 2, max: 9 }), columns: fc.integer({ min: 2, max: 9 }) };

for (const [name, move] of Object.entries(moves))
  test(
    `${name} is what it is in bytes`,
    forAll(sides, { runs: 25 })(({ rows, columns }) => {
      const shape = [rows, columns];
      const x = P.reshape(shape)(pairs(rows * columns));
      const wanted = P.values(move(P.cast("i8")(P.cast("i32")(x))));
      for (const device of devices) {
        const moved = move(x);
        assert.is(moved.dtype, "i4");
        assert.equal(P.values(P.evaluate(moved, { device })), wanted, `${shape} on ${device}`);
      }
    }),
  );

test("weights in pairs are multiplied with as if they were floats", () => {
  const [rows, inner, columns] = [5, 37, 19];
  const x = P.tensor(
    Array.from({ length: rows * inner }, (_, i) => Math.fround(Math.sin(i))),
    { shape: [rows, inner] },
  );
  const weights = P.reshape([inner, columns])(pairs(inner * columns));
  const scale = P.tensor(Array.from({ length: columns }, (_, i) => 0.01 * (i + 1)));
  const layer = (w: P.Tensor): P.Tensor => P.matmul(x, P.mul(P.cast("f32")(w), scale));
  const wanted = P.values(P.evaluate(layer(weights), { device: "reference" }));
  const found = P.values(P.evaluate(layer(weights), { device: "cpu" }));
  wanted.forEach((value, i) => {
    assert.ok(Math.abs(value - (found[i] as number)) < 1e-5, `element ${i}`);
  });
});

test("a product is stored in pairs, by way of bytes", () => {
  const x = P.reshape([9, 31])(P.tensor(elements(9 * 31)));
  const [wanted, found] = devices.map((device) => {
    const y = P.cast("i4")(P.div(P.matmul(x, P.transpose(x)), 100)); // anew: what has values is not computed again
    return P.values(P.evaluate(y, { device }));
  });
  assert.equal(found, wanted);
});

test("state in pairs is handed from step to step", () => {
  const next = (x: P.Tensor) => P.cast("i4")(P.sub(P.cast("i32")(x), 1));
  for (const device of devices) {
    const step = P.compile(next, { device, donate: [0] });
    let state: P.Tensor<P.Shape, "i4"> = P.evaluate(P.cast("i4")(pairs(1001)), { device });
    for (let i = 0; i < 3; i++) state = step(state);
    assert.equal(
      [...P.values(state)],
      elements(1001).map((x) => Math.max(-8, x - 3)),
      device,
    );
  }
});

test("plans count half a byte for each element", () => {
  assert.is(bytesFor("i4", 7), 4);
  const inputBytes = (x: P.Tensor) => {
    const { buffers, inputs } = P.compile((y: P.Tensor) => P.sum(P.cast("f32")(y))).plan(x);
    return buffers[inputs[0] as number]?.bytes;
  };
  assert.is(inputBytes(pairs(4001)), 2001);
  assert.is(inputBytes(P.cast("f32")(pairs(4001))), 4 * 4001);
});

test.run();
