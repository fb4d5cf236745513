// Training with a folder: broken off and taken up it gives the bits of an unbroken run, and a run of another configuration is refused.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { forecasterFor } from "../../../src/models/spatiotemporal/model/model.ts";
import { type TrainingOptions, train } from "../../../src/models/spatiotemporal/training.ts";
import type { FitProblem } from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { bits, modelOf, narrowChoices, options, trained } from "./trained.ts";
import { gaps, waves, windowsOf } from "./waves.ts";

const resumed = suite("train with a folder");

const top = mkdtempSync(join(tmpdir(), "pullback-train-"));
resumed.after(() => rmSync(top, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(top, `run${folders++}`);

/** Options of a run with checkpoints; `stop` presses Ctrl-C after that step. */
const kept = (folder: string, stop?: number): Partial<TrainingOptions> => ({
  epochs: 2,
  device: "cpu",
  checkpoints: { folder, every: { steps: 3 } },
  resume: true,
  ...(stop === undefined
    ? {}
    : { signals: true, onStep: ({ step }) => void (step === stop && process.emit("SIGINT")) }),
});

resumed(
  "broken off anywhere and taken up, it ends as an unbroken run, bit for bit",
  forAll(
    { stops: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }) },
    { runs: 4 },
  )(async ({ stops }) => {
    const model = modelOf(gaps); // with masks, dropout and a linear part
    const unbroken = await trained(gaps, model, kept(newFolder()));
    const folder = newFolder();
    for (const stop of [...stops].sort((a, b) => a - b)) {
      const part = await trained(gaps, model, kept(folder, stop));
      assert.is(part.outcome, "interrupted");
    }
    const whole = await trained(gaps, model, kept(folder));
    assert.equal(bits(whole.params), bits(unbroken.params));
    assert.equal(whole.validation, unbroken.validation);
    assert.is(whole.bestEpoch, unbroken.bestEpoch);
    const examples = gaps.examples.test;
    assert.equal(await whole.forecast(examples), await unbroken.forecast(examples));
    const again = await trained(gaps, model, kept(folder)); // there is nothing left to do
    assert.equal(bits(again.params), bits(unbroken.params));
  }),
);

const otherWaves = windowsOf(waves.series, { cycleMinutes: [30] });

resumed("a run of another configuration is refused", async () => {
  const folder = newFolder();
  await trained(waves, modelOf(waves), kept(folder, 2));
  const others: Readonly<Record<string, () => Promise<E.Either<FitProblem, unknown>>>> = {
    model: train(waves, forecasterFor(waves, { ...narrowChoices, dropout: 0.3 }), {
      ...options,
      ...kept(folder),
    }),
    graph: train(waves, forecasterFor(waves, narrowChoices, { nodes: 3, pairs: [[2, 0]] }), {
      ...options,
      ...kept(folder),
    }),
    windows: train(otherWaves, modelOf(otherWaves), { ...options, ...kept(folder) }),
    ...Object.fromEntries(
      Object.entries({
        learningRate: 0.01,
        weightDecay: 0.2,
        averaging: 0.5,
        seed: 2,
        epochs: 3,
        batchSize: 8,
        patience: 1,
      }).map(([name, value]) => [
        name,
        train(waves, modelOf(waves), { ...options, ...kept(folder), [name]: value }),
      ]),
    ),
  };
  for (const [name, run] of Object.entries(others)) {
    const found = await run();
    assert.is(E.isLeft(found) && found.left._tag, "OtherConfiguration", name);
  }
  const flat = forecasterFor(waves, { ...narrowChoices, depth: 0 });
  const found = await train(waves, flat, { ...options, ...kept(folder) })();
  assert.is(E.isLeft(found) && found.left._tag, "OtherConfiguration"); // and its parameters are others
  assert.is((await trained(waves, modelOf(waves), kept(folder))).outcome, "finished");
});

resumed("a folder in use is not written over by a run that is not told to go on", async () => {
  const folder = newFolder();
  await trained(waves, modelOf(waves), kept(folder, 1));
  const found = await train(waves, modelOf(waves), {
    ...options,
    ...kept(folder),
    resume: false,
  })();
  assert.is(E.isLeft(found) && found.left._tag, "FolderInUse");
});

resumed.run();
