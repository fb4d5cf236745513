// Batches hold what their pictures are, one by one, whatever threads make them and in whatever order.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { cast, equal, ready, values } from "../../../../src/index.ts";
import { openBatches } from "../../../../src/models/segmentation/batches/dataset.ts";
import { problemOf } from "../../../../src/models/segmentation/batches/error.ts";
import type { ImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import { batches } from "../../../../src/nn/train/dataset.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import {
  augmentation,
  bytesOf,
  expectedBytes,
  picture,
  sameThread,
  size,
  sourceOf,
  sourcesTo,
  withBatches,
} from "./support.ts";

const test = suite("openBatches");

/** The problem that a promise is rejected with. */
const rejection = async (promise: Promise<unknown>): Promise<ImageProblem | undefined> => {
  try {
    await promise;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return problem;
  }
  return undefined;
};

const orders = fc.array(fc.nat(1000), { maxLength: 6 });
const workers = fc.nat(3);

/** Indices below a number. */
const within = (order: readonly number[], { length }: { readonly length: number }) =>
  order.map((i) => i % length);

const law = (runs: number, start: typeof sameThread | undefined) =>
  forAll(
    {
      source: sourcesTo(8, 9),
      orders: fc.array(orders, { maxLength: 3 }),
      seed: fc.nat(2 ** 32 - 1),
      workers,
    },
    { runs },
  )(({ source, orders, seed, workers }) =>
    withBatches(
      { source: { kind: "memory", ...source }, augmentation, seed, workers },
      async (data) => {
        assert.is(data.length, source.pictures.length);
        assert.is(data.workers, workers);
        assert.is(data.where, workers === 0 ? "main thread" : "worker");
        assert.equal(
          [data.classes, data.names],
          [source.classes, source.pictures.map((p) => p.name)],
        );
        const asked = orders.map((order) => within(order, data.names));
        const made = await Promise.all(
          asked.map((indices, epoch) => data.dataset.batch(indices, { epoch, position: 0 })),
        );
        for (const [epoch, indices] of asked.entries())
          assert.equal(made.map(bytesOf)[epoch], expectedBytes(source, indices, { seed, epoch }));
      },
      start,
    ),
  );

test("gives what loading, augmenting and padding give one by one", law(100, sameThread));
test("gives it with threads of the host", law(8, undefined));

test(
  "augments nothing where no place is given, or no augmentation",
  forAll({ source: sourcesTo(...size), order: orders, isPlaced: fc.boolean(), workers })(
    ({ source, order, isPlaced, workers }) =>
      withBatches(
        { source: { kind: "memory", ...source }, workers, ...(isPlaced ? {} : { augmentation }) },
        async ({ dataset, names }) => {
          const indices = within(order, names);
          const batch = dataset.batch(indices, isPlaced ? { epoch: 3, position: 1 } : undefined);
          assert.equal(bytesOf(await batch), expectedBytes(source, indices));
        },
        sameThread,
      ),
  ),
);

test(
  "a run that is taken up anywhere goes on as it would have",
  forAll(
    {
      source: sourcesTo(8, 9),
      from: fc.record({ epoch: fc.nat(2), position: fc.nat(2) }),
      workers,
    },
    { runs: 40 },
  )(({ source, from, workers }) => {
    const run = (place?: typeof from) =>
      withBatches(
        { source: { kind: "memory", ...source }, augmentation, workers },
        async ({ dataset }) => {
          const made = new Map<string, unknown>();
          const options = { size: 3, epochs: 3, ...(place === undefined ? {} : { from: place }) };
          for await (const { batch, epoch, position } of batches(dataset, options))
            made.set(`${epoch} ${position}`, bytesOf(batch));
          return made;
        },
        sameThread,
      );
    return Promise.all([run(), run(from)]).then(([all, rest]) => {
      for (const [place, batch] of rest) assert.equal(batch, all.get(place), place);
      const isLater = (place: string): boolean => place >= `${from.epoch} ${from.position}`;
      assert.equal([...rest.keys()], [...all.keys()].filter(isLater));
    });
  }),
);

test(
  "names the first picture of a batch that is wrong",
  forAll({
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    broken: fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    workers,
  })(({ order, broken, workers }) => {
    const pictures = order.map((_, i) =>
      picture(`picture ${i}`, broken.includes(i) ? [size[0] + 1, 2] : [2, 2], i),
    );
    return withBatches(
      { source: sourceOf(pictures), workers },
      async ({ dataset }) => {
        const problem = await rejection(dataset.batch(order));
        assert.is(problem?._tag, "WrongSize");
        assert.is(problem?.file, `picture ${order.find((i) => broken.includes(i))}`);
        const whole = order.filter((i) => !broken.includes(i));
        assert.equal((await dataset.batch(whole)).labels.shape, [whole.length, ...size]); // goes on
      },
      sameThread,
    );
  }),
);

test("a picture with too few bytes is named by a thread of the host", () => {
  const short = { ...picture("short.png", [2, 2], 1), labels: new Uint8Array(3) };
  return withBatches({ source: sourceOf([short]) }, async ({ dataset }) => {
    assert.equal(await rejection(dataset.batch([0])), {
      _tag: "CorruptImage",
      file: "short.png",
      rule: "12 bytes of pixels and 4 labels expected",
      got: "12 and 3",
    });
  });
});

test("a label that is no class is named with its picture, and not counted as one", () => {
  const whole = picture("odd.png", [2, 2], 1);
  const odd = { ...whole, labels: Uint8Array.of(0, 255, 2, 2) };
  return withBatches({ source: sourceOf([whole, odd]), workers: 0 }, async ({ dataset }) => {
    assert.is(await rejection(dataset.batch([0])), undefined);
    assert.equal(await rejection(dataset.batch([0, 1])), {
      _tag: "UnknownLabel",
      file: "odd.png",
      rule: "a class in 0…1 or 255 expected",
      got: "2 in 2 pixels, the first at row 1, column 0",
    });
  });
});

test("a source of no picture is refused", async () => {
  const opened = await openBatches({ source: sourceOf([]), size, seed: 1, workers: 0 })();
  if (E.isRight(opened)) throw new Error("a Left expected");
  assert.equal(opened.left, {
    _tag: "InvalidOption",
    file: "openSource",
    rule: "memory: one picture or more expected",
    got: "none",
  });
});

test("an index of no picture is a mistake at the call", () =>
  withBatches({ source: sourceOf([picture("a", [1, 1], 1)]), workers: 0 }, async ({ dataset }) => {
    for (const wrong of [1, -1, 0.5])
      await dataset.batch([0, wrong]).then(
        () => assert.unreachable(),
        (error) => assert.match(error.message, `pictures 0…0 expected, got ${wrong}`),
      );
  }));

test("options are checked", async () => {
  const source = sourceOf([picture("a", [1, 1], 1)]);
  const cases = [
    [{ size: [0, 3] }, "size: a height and a width above 0 expected, got 0 × 3"],
    [{ size: [3, 1.5] }, "size: a height and a width above 0 expected, got 3 × 1.5"],
    [{ seed: 0.5 }, "seed: 0…4294967295 expected, got 0.5"],
    [{ seed: -1 }, "seed: 0…4294967295 expected, got -1"],
    [{ augmentation: { crop: [0, 1] } }, "crop "],
    [{ cacheBytes: -1 }, "cacheBytes: a number of bytes expected, got -1"],
    [{ workers: -1 }, "workers in 0…64 expected, got -1"],
    [{ workers: 65 }, "workers in 0…64 expected, got 65"],
  ] as const;
  for (const [change, message] of cases) {
    const opened = await openBatches({ source, size, seed: 1, ...change })();
    if (E.isRight(opened)) throw new Error(`a Left expected: ${message}`);
    const { _tag, rule, got } = opened.left;
    assert.is(_tag, "InvalidOption");
    assert.ok(`${rule}, got ${got}`.startsWith(message), rule);
  }
});

test("bytes can be cast and compared", () =>
  withBatches({ source: sourceOf([picture("a", size, 1)]), workers: 0 }, async ({ dataset }) => {
    const { images, labels } = await dataset.batch([0]);
    const known = picture("a", size, 1);
    const asFloats = cast("f32")(images);
    const classes = cast("i32")(labels);
    const isIgnored = equal(classes, 255);
    await ready([asFloats, classes, isIgnored]);
    assert.equal([...values(asFloats)], [...known.pixels]);
    assert.equal([...values(classes)], [...known.labels]);
    assert.equal(
      [...values(isIgnored)].map(Boolean),
      [...known.labels].map((label) => label === 255),
    );
  }));

test.run();
