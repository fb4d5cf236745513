// Data sets and streams of batches: rows are what slices give, a stream can be taken up anywhere, and batches are made ahead of their use.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { add, isTensor, scalar, tensor, toArray, zeros } from "../../../src/index.ts";
import { batches, type Dataset, type Dealt, datasetOf, type Place } from "../../../src/nn/index.ts";
import { bitsOf, tensorsOfAnyBits } from "../../support/arrays.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("datasets");

const rows = tensorsOfAnyBits(["f32", "f64", "f16", "bf16", "i32", "i8", "u8", "bool"]).filter(
  ({ shape }) => (shape[0] ?? 0) > 0,
);

test(
  "rows have every bit of their tensor",
  forAll({ x: rows, picks: fc.array(fc.nat(), { maxLength: 5 }) })(async ({ x, picks }) => {
    const count = x.shape[0] as number;
    const indices = picks.map((i) => i % count);
    const found = bitsOf(await datasetOf(x).batch(indices));
    const { dtype, shape, bytes } = bitsOf(x);
    const size = bytes.length / count;
    const wanted = indices.flatMap((i) => bytes.slice(i * size, (i + 1) * size));
    assert.equal(found, { dtype, shape: [indices.length, ...shape.slice(1)], bytes: wanted });
  }),
);

test("rows of computed tensors, in a tree", async () => {
  const data = datasetOf({ x: add(tensor([[1], [2], [3]]), 1), labels: [tensor([7, 8, 9])] });
  const { x, labels } = await data.batch([2, 2]);
  assert.equal([data.length, toArray(x), labels.map(toArray)], [3, [[4], [4]], [[9, 9]]]);
});

test("a batch is told which one it is, from any place on", async () => {
  const asked: string[] = [];
  const data = {
    length: 4,
    batch: (indices: readonly number[], at?: Place) => {
      asked.push(`${at?.epoch}.${at?.position}: ${indices}`);
      return {};
    },
  };
  const from = { epoch: 1, position: 1 };
  for await (const { epoch } of batches(data, { size: 2, epochs: 3, from })) assert.ok(epoch >= 1);
  assert.equal(asked, ["1.1: 2,3", "2.0: 0,1", "2.1: 2,3"]);
});

test("tensors of different lengths and i4 are refused", async () => {
  assert.is(
    messageOf(() => datasetOf({ x: zeros([3, 2]), y: zeros([4]) })),
    "datasetOf: tensors of one first size expected, got 3, 4",
  );
  assert.is(
    messageOf(() => datasetOf(scalar(1))),
    "datasetOf: tensors of one first size expected, got undefined",
  );
  const refused = await Promise.resolve(datasetOf(zeros([4], "i4")).batch([0])).catch(
    (error) => error.problem.rule,
  );
  assert.is(refused, "a dtype with whole bytes expected");
});

const numbered = (length: number): Dataset<readonly number[]> => ({
  length,
  batch: (indices) => indices,
});
const all = async <B>(stream: AsyncIterable<Dealt<B>>) => {
  const found: unknown[] = [];
  for await (const { isReal, ...dealt } of stream)
    found.push({ ...dealt, isReal: toArray(isReal) });
  return found;
};

test(
  "a stream that is taken up anywhere goes on as it would have",
  forAll({
    length: fc.integer({ min: 1, max: 20 }),
    size: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(),
    at: fc.nat(),
    ahead: fc.nat(4),
  })(async ({ length, size, seed, at, ahead }) => {
    const options = { size, seed, epochs: 3, last: "pad" as const };
    const whole = (await all(batches(numbered(length), options))) as Dealt<unknown>[];
    assert.is(whole.length, 3 * Math.ceil(length / size));
    const from = whole[at % whole.length] as Dealt<unknown>;
    const rest = await all(batches(numbered(length), { ...options, from, ahead }));
    assert.equal(rest, whole.slice(at % whole.length));
  }),
);

test("places and masks say where a batch is and what of it is real", async () => {
  const found = await all(batches(numbered(3), { size: 2, epochs: 2, last: "pad" }));
  assert.equal(found, [
    { epoch: 0, position: 0, isLast: false, isReal: [true, true], batch: [0, 1] },
    { epoch: 0, position: 1, isLast: true, isReal: [true, false], batch: [2, 2] },
    { epoch: 1, position: 0, isLast: false, isReal: [true, true], batch: [0, 1] },
    { epoch: 1, position: 1, isLast: true, isReal: [true, false], batch: [2, 2] },
  ]);
});

test("the next batches are begun before the one in use is given back", async () => {
  const begun: number[] = [];
  const data: Dataset<number> = {
    length: 6,
    batch: async ([index]) => {
      begun.push(index as number);
      return index as number;
    },
  };
  const stream = batches(data, { size: 1, epochs: 1, ahead: 2 });
  await stream.next();
  assert.equal(begun, [0, 1, 2]);
  const coming = stream.next(); // begins the next at once, before anything is awaited
  assert.equal(begun, [0, 1, 2, 3]);
  await coming;
});

test("an error comes where its batch would have", async () => {
  const data: Dataset<number> = {
    length: 3,
    batch: async ([index]) => {
      if (index === 1) throw new Error("no such file");
      return index as number;
    },
  };
  const stream = batches(data, { size: 1, epochs: 1, ahead: 2 });
  assert.is(((await stream.next()).value as Dealt<number>).batch, 0);
  const message = await stream.next().catch((error) => error.message);
  assert.is(message, "no such file");
});

test("masks are tensors", async () => {
  for await (const { isReal } of batches(numbered(2), { size: 2, epochs: 1 }))
    assert.ok(isTensor(isReal) && isReal.dtype === "bool");
});

test.run();
