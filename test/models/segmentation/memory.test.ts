// What a training step takes by its plan: what is stored in 16 bits or computed again takes less, whatever the network.

import * as assert from "uvu/assert";
import { leavesOf } from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Segmentation.stepMemory");

const standard = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
const usual: Segmentation.TrainingOptions = {
  seed: 0,
  epochs: 1,
  batchSize: 2,
  learningRate: 0.01,
  loss: { kind: "cross-entropy" },
  device: "cpu",
};

for (const name of ["segnet-small", "segnet-basic"] as const)
  test(`${name}: 16 bits take less, computing again less still`, () => {
    const config = Segmentation.configOf(name, {
      classes: 4,
      width: 8,
      connections: Segmentation.allConnections,
    });
    const bytes = (options: Partial<Segmentation.TrainingOptions>) =>
      Segmentation.stepMemory(config, { ...usual, ...options }, { size: [40, 60], standard })
        .temporaryBytes;
    const [kept, half, again, both] = [
      bytes({}),
      bytes({ precision: "bf16" }),
      bytes({ recompute: true }),
      bytes({ precision: "bf16", recompute: true }),
    ];
    assert.ok(half < 0.85 * kept, `bf16: ${half} of ${kept}`);
    assert.ok(again < 0.75 * kept, `computed again: ${again} of ${kept}`);
    // Of what is computed again little is stored, so that 16 bits save little more.
    assert.ok(both < half, `both: ${both} of ${half}`);
  });

test("what is alive is no less than the temporaries with parameters, optimiser and batch", () => {
  const config = Segmentation.configOf("segnet-small", { classes: 2, width: 2 });
  const { peakBytes, temporaryBytes } = Segmentation.stepMemory(config, usual, {
    size: [8, 8],
    standard,
  });
  const optimizer = Segmentation.optimizerFor(usual, 1);
  const state = Segmentation.beginTraining(config, optimizer, 0);
  const held = leavesOf(state).reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1),
    0,
  );
  const batch = usual.batchSize * 8 * 8 * (3 + 1);
  // Results are written over what is donated, so that they need no room of their own; a buffer takes a few bytes more than its elements.
  const known = temporaryBytes + held + batch;
  assert.ok(peakBytes >= known && peakBytes < 1.5 * known, `${peakBytes}, ${known}`);
});

test.run();
