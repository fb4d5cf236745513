// Training on pictures that are easy to tell apart: in every precision, whatever is computed again, resumed or not.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  compile,
  full,
  item,
  leavesOf,
  scalar,
  type Tensor,
  TensorError,
  values,
  zeros,
} from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import {
  adamW,
  Confusion,
  cosine,
  type FitProblem,
  printFileProblem,
} from "../../../src/nn/index.ts";
import { inFolder } from "../../support/folders.ts";
import { suite } from "../../support/suite.ts";
import { boxes } from "./setup.ts";

const { configOf, predictorFor, predictions, confusionOver } = Segmentation;

const standard = { mean: [0.3, 0.2, 0.24], deviation: [0.3, 0.1, 0.1] } as const;
const parts: Segmentation.TrainingParts = {
  train: boxes(12, 10, 13),
  validation: boxes(5, 10, 13),
  settings: "boxes",
  standard,
};
const config = configOf("segnet-small", {
  classes: 2,
  width: 4,
  connections: Segmentation.allConnections,
});
const usual: Segmentation.TrainingOptions = {
  seed: 3,
  epochs: 6,
  batchSize: 4,
  learningRate: 0.02,
  loss: { kind: "cross-entropy" },
  device: "cpu",
};

const right = <A>(made: E.Either<FitProblem, A>): A => {
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left));
  return made.right;
};
const trainWith = async (options: Partial<Segmentation.TrainingOptions>) =>
  right(await Segmentation.train(parts, config, { ...usual, ...options })());

const bits = (network: Segmentation.Network): readonly number[] =>
  leavesOf(network).flatMap((leaf) => [...values(leaf)]);

const test = suite("Segmentation.train");

for (const precision of ["f32", "bf16", "f16"] as const)
  for (const recompute of [false, true])
    test(`finds boxes in ${precision}${recompute ? ", blocks computed again" : ""}`, async () => {
      const { validation, bestEpoch, network } = await trainWith({ precision, recompute });
      assert.ok(Math.max(...validation) > 0.9, String(validation));
      assert.is(validation[bestEpoch], Math.max(...validation));
      // The network that is returned is the one that was best.
      const predict = predictorFor({ config, standard, device: "cpu" });
      const judged = predictions(predict, network, parts.validation, 4);
      const { meanIou } = Confusion.scores(await confusionOver(judged, 2));
      assert.is(meanIou, validation[bestEpoch]);
    });

test("a validation part without a label is a problem, and not the network from before training", async () => {
  const unlabelled: Segmentation.TrainingParts["validation"] = {
    length: 2,
    batch: (indices) => ({
      images: full([indices.length, 10, 13, 3], 9, "u8"),
      labels: full([indices.length, 10, 13], Segmentation.ignored, "u8"),
    }),
  };
  const trained = (epochs: number) =>
    Segmentation.train({ ...parts, validation: unlabelled }, config, { ...usual, epochs })();
  const made = await trained(2);
  if (E.isRight(made)) throw new Error("a Left expected");
  assert.is(made.left._tag, "InvalidOption");
  assert.is(
    Segmentation.printTrainingProblem(made.left),
    "Segmentation.train: a validation part with labelled pixels expected, got none",
  );
  assert.equal(right(await trained(0)).bestEpoch, -1);
});

test("options that make no run are a Left, and nothing is thrown", async () => {
  const refused = async (
    change: Partial<Segmentation.TrainingOptions>,
    other: Partial<Segmentation.TrainingParts> = {},
    network = config,
  ): Promise<string> => {
    const made = await Segmentation.train({ ...parts, ...other }, network, {
      ...usual,
      ...change,
    })();
    if (E.isRight(made)) return "trained";
    assert.is(made.left._tag, "InvalidOption");
    return Segmentation.printTrainingProblem(made.left);
  };
  const none = boxes(0, 10, 13);
  for (const [said, wanted] of [
    [await refused({}, { train: none }), "a training part of one picture or more expected, got 0"],
    [
      await refused({}, { validation: none }),
      "a validation part of one picture or more expected, got 0",
    ],
    [await refused({ seed: -1 }), "a whole seed ≥ 0 expected, got -1"],
    [await refused({ seed: 0.5 }), "a whole seed ≥ 0 expected, got 0.5"],
    [await refused({ epochs: -1 }), "epochs ≥ 0 expected, got -1"],
    [await refused({ epochs: Number.NaN }), "epochs ≥ 0 expected, got NaN"],
    [await refused({ batchSize: 0 }), "batchSize ≥ 1 expected, got 0"],
    [await refused({ batchSize: Number.NaN }), "batchSize ≥ 1 expected, got NaN"],
  ] as const)
    assert.is(said, `Segmentation.train: ${wanted}`);
  assert.is(
    await refused({}, {}, { ...config, taps: 2 }),
    "Segmenter.init: an odd number of taps expected, got 2",
  );
  assert.is(
    await refused({ optimizer: () => adamW({ learningRate: cosine({ from: 1, steps: -1 }) }) }),
    "cosine: steps above 0 expected, got -1",
  );
});

test("what only the step can refuse is a Left, too; what data throw is thrown on", async () => {
  const trained = (
    change: Partial<Segmentation.TrainingOptions>,
    network: Segmentation.Config,
    train = parts.train,
  ) => Segmentation.train({ ...parts, train }, network, { ...usual, ...change })();
  const one = configOf("segnet-small", { classes: 1, width: 1 });
  for (const [made, wanted] of [
    [await trained({ loss: { kind: "dice" } }, one), "dice: logits of two or more classes"],
    [
      await trained({ batchSize: 1 }, configOf("unet", { classes: 2, width: 1 })),
      "BatchNorm.train: [..., features] with two values or more for each feature",
    ],
  ] as const) {
    if (E.isRight(made)) throw new Error("a Left expected");
    assert.is(made.left._tag, "InvalidOption");
    assert.ok(Segmentation.printTrainingProblem(made.left).startsWith(wanted), wanted);
  }
  const batch = () => Promise.resolve(item(zeros([2]))) as never; // throws
  const error = await trained({}, config, { length: 12, batch }).catch((it) => it);
  assert.instance(error, TensorError);
});

test("a step in f16 that has given up on its gradients has no loss, which ends a run", async () => {
  const options = { ...usual, precision: "f16" } as const;
  const optimizer = Segmentation.optimizerFor(options, 10);
  const begun = Segmentation.beginTraining(config, optimizer, 0);
  const lossAfter = async (gaveUp: boolean): Promise<number> => {
    const state = {
      ...begun,
      optimizer: { ...(begun.optimizer as object), gaveUp: scalar(gaveUp) },
    };
    const step = Segmentation.trainingStep(config, optimizer, { ...options, standard });
    const batch = await parts.train.batch([0, 1]);
    return item(compile(step, { device: "cpu" })(state, batch).metrics.loss as Tensor);
  };
  assert.ok(Number.isFinite(await lossAfter(false)));
  assert.ok(Number.isNaN(await lossAfter(true)));
});

test("a step in f16 that is passed over keeps the running statistics, too", async () => {
  const options = { ...usual, precision: "f16" } as const;
  const optimizer = Segmentation.optimizerFor(options, 10);
  const begun = Segmentation.beginTraining(config, optimizer, 0);
  const step = compile(Segmentation.trainingStep(config, optimizer, { ...options, standard }), {
    device: "cpu",
  });
  const batch = await parts.train.batch([0, 1]);
  const changedBy = (scale: number) => {
    const lossScale = { ...begun.lossScale, scale: scalar(scale) };
    const { params, stats } = step({ ...begun, lossScale }, batch).state;
    const isOther = (before: unknown, after: unknown) =>
      leavesOf(before).some((leaf, i) => {
        const other = values(leavesOf(after)[i] as Tensor); // of one structure
        return values(leaf).some((x, at) => x !== other[at]);
      });
    return [isOther(begun.params, params), isOther(begun.stats, stats)];
  };
  assert.equal(changedBy(1), [true, true]);
  assert.equal(changedBy(2 ** 127), [false, false]); // gradients overflow
});

test("goes on from a checkpoint to the same network, bit for bit", () =>
  inFolder(async (folder) => {
    const checkpoints = { folder, every: { steps: 2 } };
    const whole = await trainWith({});
    const stopped = trainWith({
      checkpoints,
      onStep: ({ step }) => {
        if (step === 11) throw new Error("pulled the plug");
      },
    });
    assert.is(await stopped.catch(({ message }) => message), "pulled the plug");
    const resumed = await trainWith({ checkpoints, resume: true });
    assert.equal(resumed.validation, whole.validation);
    assert.equal(bits(resumed.network), bits(whole.network));
    const other = {
      ...usual,
      checkpoints,
      resume: true,
      loss: { kind: "weighted", weights: [1, 2] },
    } as const;
    const refused = await Segmentation.train(parts, config, other)();
    assert.is(E.isLeft(refused) && refused.left._tag, "OtherConfiguration");
  }));

test("a network that was saved predicts the same", () =>
  inFolder(async (folder) => {
    const path = join(folder, "network.safetensors");
    const { network } = await trainWith({ epochs: 1 });
    const classes = ["ground", "box"].map((name) => ({ name, color: [0, 0, 0] as const }));
    const saved = { network, config, standard, classes };
    assert.ok(E.isRight(await Segmentation.saveNetwork(path, saved)()));
    const found = await Segmentation.loadNetwork(path)();
    if (E.isLeft(found)) throw new Error(printFileProblem(found.left));
    assert.equal(
      { ...found.right, network: bits(found.right.network) },
      { ...saved, network: bits(network) },
    );
  }));

test("a file of something else is no network, and says so", () =>
  inFolder(async (folder) => {
    const path = join(folder, "network.safetensors");
    const messageOf = async () => {
      const found = await Segmentation.loadNetwork(path)();
      return E.isLeft(found) ? printFileProblem(found.left).replaceAll(folder, "") : "loaded";
    };
    assert.is(await messageOf(), "loadTensors /network.safetensors: a file expected, got nothing");
    writeFileSync(path, "nothing of the kind");
    assert.match(await messageOf(), /^loadTensors \/network\.safetensors: /);
    const { network } = await trainWith({ epochs: 0 });
    const saved = { network, config, standard, classes: [] };
    await Segmentation.saveNetwork(path, saved)();
    assert.is(
      await messageOf(),
      "loadNetwork /network.safetensors: a segmentation network expected, got 2 classes and other names for them\n" +
        "hint: train --folder writes such a file, network.safetensors",
    );
  }));

test("a description that no picture can be seen or painted by is refused", () =>
  inFolder(async (folder) => {
    const path = join(folder, "network.safetensors");
    const { network } = await trainWith({ epochs: 0 });
    const classes = ["ground", "box"].map((name) => ({ name, color: [0, 0, 0] as const }));
    const saved = { network, config, standard, classes };
    const gotOf = async (change: object): Promise<string> => {
      const damaged = { ...saved, ...change };
      assert.ok(E.isRight(await Segmentation.saveNetwork(path, damaged)()));
      const found = await Segmentation.loadNetwork(path)();
      return E.isLeft(found) ? found.left.got : "loaded";
    };
    assert.is(await gotOf({}), "loaded");
    for (const change of [
      { mean: [0, Number.NaN, 0] },
      { mean: ["0", "0", "0"] },
      { deviation: [1, 1, Number.POSITIVE_INFINITY] },
      { deviation: [1, 0, 1] },
      { deviation: [1, -1, 1] },
    ])
      assert.is(
        await gotOf({ standard: { ...standard, ...change } }),
        "means and deviations by which no picture can be standardised",
      );
    for (const second of [
      null,
      {},
      { name: 1, color: [0, 0, 0] },
      { name: "box", color: [0, 0] },
      { name: "box", color: [0, 0, 256] },
      { name: "box", color: [0, 0, 0.5] },
    ])
      assert.is(
        await gotOf({ classes: [classes[0], second] }),
        `${JSON.stringify(second)} for a class's name and colour`,
      );
    assert.match(
      await gotOf({ config: { ...config, upsampling: "bilinear" } }),
      "upsampling indices or transposed expected, got bilinear",
    );
  }));

test("predictions are alike on every device", async () => {
  const { network } = await trainWith({ epochs: 3 });
  const classesOn = async (device: string) => {
    const predict = predictorFor({ config, standard, device });
    const all: number[] = [];
    for await (const { prediction } of predictions(predict, network, parts.validation, 4))
      all.push(...Array.from(prediction));
    return all;
  };
  const wanted = await classesOn("reference");
  for (const device of ["cpu", "gpu:cpu"]) {
    const found = await classesOn(device);
    const different = found.filter((it, at) => it !== wanted[at]).length;
    // Logits that are almost equal may fall to either side.
    assert.ok(different <= wanted.length / 500, `${device}: ${different} of ${wanted.length}`);
  }
});

test.run();
