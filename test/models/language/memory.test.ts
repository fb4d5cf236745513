// What a training step takes by its plan: 16 bits, layers that are computed again, and parts of a batch take less.

import * as assert from "uvu/assert";
import { key, leavesOf } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Language.stepMemory");

const config = Language.configOf("nano", 65, { width: 32, layers: 3, heads: 2, context: 32 });
const params = Language.init(key(0), config);
const usual: Language.TrainingOptions = {
  seed: 0,
  iterations: 1,
  batchSize: 4,
  time: 32,
  learningRate: 0.01,
  device: "cpu",
};
const memory = (options: Partial<Language.TrainingOptions> = {}, recompute = false) =>
  Language.stepMemory(Language.learnerOf(config, params, { recompute }), { ...usual, ...options });

test("16 bits take less, and so do layers that are computed again and parts of a batch", () => {
  const kept = memory().temporaryBytes;
  assert.ok(memory({ precision: "bf16" }).temporaryBytes < 0.85 * kept);
  assert.ok(memory({}, true).temporaryBytes < 0.75 * kept);
  assert.ok(memory({ microBatches: 4 }).temporaryBytes < 0.5 * kept);
});

test("what is alive is no less than the temporaries with parameters, optimiser and batch", () => {
  const { peakBytes, temporaryBytes } = memory();
  const state = Language.beginTraining(params, Language.optimizerFor(usual), 0);
  const held = leavesOf(state).reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1),
    0,
  );
  const batch = 2 * usual.batchSize * usual.time * 4; // tokens, and those behind them
  const known = temporaryBytes + held + batch;
  assert.ok(peakBytes >= known && peakBytes < 1.5 * known, `${peakBytes}, ${known}`);
});

test.run();
