// Training over worker threads: the same bits for any number of workers, what one process makes of the same batches, and runs that
// are taken up.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { accumulated, indicesOf, library, training, valuesOf, withTrainer } from "./support.ts";
import type { NetworksOptions, optimizers } from "./task.ts";

const { leavesOf, values } = library;
const test = suite("dataParallel");

/** Everything that a run of some steps gives. */
const runOf = (options: NetworksOptions, workers: number, microBatches: number, steps: number) =>
  withTrainer({ ...training(options, workers, microBatches), clip: 0.3 }, async (trainer) => {
    const reports: number[][] = [];
    for (let i = 0; i < steps; i++) {
      const { loss, norm } = await trainer.step(indicesOf(i, 2 * microBatches));
      reports.push([loss, norm]);
    }
    return {
      reports,
      params: valuesOf(await trainer.params()),
      state: valuesOf(await trainer.state()),
    };
  });

// Several networks in one task, so that shards are cut at many places with few threads. One of 90 × 90 has blocks of its own.
const networksOf = fc.array(
  fc.record({
    symbols: fc.integer({ min: 1, max: 40 }),
    width: fc.constantFrom(1, 3, 16, 90),
    layers: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 4 },
);

test(
  "losses, parameters and state have the same bits for any number of workers",
  forAll(
    {
      networks: networksOf,
      optimizer: fc.constantFrom<keyof typeof optimizers>(
        ...(["adamW", "scheduled", "lamb", "partition", "nAdam", "every2"] as const),
      ),
      microBatches: fc.integer({ min: 1, max: 6 }),
      dropout: fc.constantFrom(0, 0.5),
    },
    { runs: 2 },
  )(async ({ microBatches, ...options }) => {
    const [one, ...others] = await Promise.all(
      [1, 2, 3, 4].map((workers) => runOf(options, workers, microBatches, 4)),
    );
    for (const other of others) assert.equal(other, one);
  }),
);

const assertClose = (found: readonly number[] = [], wanted: readonly number[]): void => {
  assert.is(found.length, wanted.length);
  const off = Math.max(...found.map((x, i) => Math.abs(x - (wanted[i] as number))));
  assert.ok(off < 1e-9, `off by ${off}`);
};

const pair: NetworksOptions = {
  networks: [
    { symbols: 20, width: 160, layers: 1 },
    { symbols: 7, width: 5, layers: 2 },
  ],
  optimizer: "adamW",
};

test("twenty steps have the same bits for 1 to 4 workers, and are those of one process up to rounding", async () => {
  const options: NetworksOptions = { ...pair, dtype: "f64" };
  const [one, ...others] = await Promise.all(
    [1, 2, 3, 4].map((workers) => runOf(options, workers, 4, 20)),
  );
  for (const other of others) assert.equal(other, one);
  const here = await accumulated(options, { steps: 20, size: 8, microBatches: 4, clip: 0.3 });
  // f64, and sums of 8 examples in another order; AdamW divides by roots of squares, which amplifies what is small.
  assertClose(one?.params.flat(), valuesOf(here.params).flat());
  assertClose(
    one?.reports.map(([loss]) => loss as number),
    here.losses,
  );
});

test("a run that is taken up, by another number of workers too, ends with the bits of an unbroken one", async () => {
  const options: NetworksOptions = { ...pair, optimizer: "scheduled", dropout: 0.5 };
  const unbroken = await runOf(options, 1, 4, 6);
  const saved = await withTrainer({ ...training(options, 2), clip: 0.3 }, async (trainer) => {
    for (let i = 0; i < 3; i++) await trainer.step(indicesOf(i, 8));
    const state = await trainer.state();
    await trainer.step(indicesOf(3, 8)); // which a state that was taken before does not notice
    await trainer.restore(state);
    return trainer.state();
  });
  assert.equal([...values(saved.step)], [3]);
  const ended = await withTrainer({ ...training(options, 3), clip: 0.3 }, async (trainer) => {
    await trainer.restore(saved);
    for (let i = 3; i < 6; i++) await trainer.step(indicesOf(i, 8));
    return trainer.state();
  });
  assert.equal(valuesOf(ended), unbroken.state);
});

test("each worker keeps the optimiser's state of its shard, all together that of one", async () => {
  const bytesOf = (workers: number) =>
    withTrainer(training(pair, workers), (trainer) => trainer.memory());
  const [one, three] = await Promise.all([bytesOf(1), bytesOf(3)]);
  const size = leavesOf(await withTrainer(training(pair, 1), (trainer) => trainer.params())).reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const count = 4; // of steps, one for each worker
  assert.is(one.workers[0]?.optimizer, 2 * 4 * size + count);
  const kept = three.workers.map(({ optimizer }) => optimizer - count);
  assert.is(
    kept.reduce((a, b) => a + b),
    2 * 4 * size,
  );
  assert.ok(Math.max(...kept) < 0.4 * (2 * 4 * size), String(kept)); // a shard is off by a block of 16 KiB at most
  assert.equal([one.parameters, three.parameters], [4 * size, 4 * size]);
  assert.equal([one.gradients, three.gradients], [4 * size, 3 * 4 * size]);
});

test("the gradient is clipped by its norm over all shards", async () => {
  const clip = 0.001;
  const [norm, moved] = await withTrainer(
    { ...training({ ...pair, optimizer: "plain" }, 2, 2), clip },
    async (trainer) => {
      const before = valuesOf(await trainer.params()).flat();
      const report = await trainer.step(indicesOf(0, 8));
      const after = valuesOf(await trainer.params()).flat();
      return [report.norm, Math.hypot(...after.map((x, i) => x - (before[i] as number)))] as const;
    },
  );
  assert.ok(norm > 10 * clip, String(norm));
  // The learning rate is 1, so a step is as long as the clipped gradient, but each weight, of 1 or so, is rounded by 6e-8, √30000 times.
  assert.ok(Math.abs(moved - clip) < 2e-5, String(moved));
});

test.run();
