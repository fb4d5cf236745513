// Whole training runs on one device against the reference: a forecaster, a small convolution net and a small Transformer, 50 steps each. And
// what a step costs: one submission, and the loss alone comes back.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { cases } from "../../bench/cases/index.ts";
import { type ModeName, modes } from "../../src/core/device/gpujs/modes.ts";
import { selectDevice } from "../../src/core/device/select.ts";
import * as P from "../../src/index.ts";
import { Spatiotemporal } from "../../src/models/index.ts";
import { adamW, applyUpdates, Linear, meanSquaredError } from "../../src/nn/index.ts";
import { suite } from "../support/suite.ts";

const steps = 50;

/** Losses step by step. */
type Run = (device: P.DeviceName) => Promise<readonly number[]>;

/** A case of the benchmark, at its tiny size. */
const ofBench =
  (name: string): Run =>
  (device) => {
    const found = cases.find((it) => it.name === name);
    if (found?.losses === undefined) throw new Error(`no training case ${name}`);
    return found.losses(device, steps);
  };

/** The forecaster on two simulated hours, with the optimiser and schedule that the main job trains with. */
const forecaster: Run = async (device) => {
  const series = E.getOrElseW((problem) => assert.unreachable(String(problem)))(
    Spatiotemporal.simulate({ minutes: 480, seed: 1 }),
  ) as Spatiotemporal.ServiceSeries; // the options are right
  const windows = E.getOrElseW((problem) => assert.unreachable(String(problem)))(
    Spatiotemporal.makeWindows(series, {
      targets: ["cpu", "throughput"],
      horizonMinutes: [1, 5],
      window: 6,
      cycleMinutes: [],
    }),
  ) as Spatiotemporal.Windows;
  const model = Spatiotemporal.forecasterFor(windows, { hidden: 6, embedding: 3 });
  const losses: number[] = [];
  const trained = await Spatiotemporal.train(windows, model, {
    seed: 1,
    epochs: 7, // a few steps more than are looked at
    batchSize: 32,
    learningRate: 0.008,
    device,
    onStep: ({ metrics }) => void losses.push(metrics["loss"] as number), // every step gives it
  })();
  assert.ok(E.isRight(trained), "it ends well");
  return losses.slice(0, steps);
};

const runs: Readonly<Record<string, Run>> = {
  forecaster,
  "convolution net": ofBench("segnet_train"),
  Transformer: ofBench("gpt_train"),
};

/**
 * Losses may differ by this much of themselves in each of 50 steps. The reference stores f32 and differs only in how it adds and what
 * functions return, by some 1e-7; but AdamW's first steps have the sign of each gradient, so that gradients near 0 amplify that.
 */
const tolerance = 1e-5;

/** Declares the tests for one device. */
export const testTraining = (device: P.DeviceName): void => {
  const test = suite(`training on ${device}`);

  for (const [name, run] of Object.entries(runs)) {
    test(`a ${name} has the losses of reference over ${steps} steps`, async () => {
      const [theirs, ours] = [await run(device), await run("reference")];
      assert.is(theirs.length, steps);
      const apart = theirs.map((loss, i) => {
        const wanted = ours[i] as number;
        return Math.abs(loss - wanted) / Math.abs(wanted);
      });
      const most = Math.max(...apart);
      const [first, last] = [ours[0], ours.at(-1)].map((loss) => loss?.toPrecision(4));
      console.log(
        `${name} on ${device}: losses ${first} … ${last}, at most ${most.toExponential(1)} of themselves from reference`,
      );
      assert.ok(most < tolerance, `step ${apart.indexOf(most)}: ${most}`);
      assert.ok((theirs.at(-1) as number) < (theirs[0] as number), "it learns");
    });
  }

  test("what ran is what was asked for", () => {
    const info = P.deviceInfo(device);
    assert.is(info.device, device);
    if (device === "cpu") {
      assert.match(info.mode, /^wasm (relaxed|simd)$/);
      assert.is(info.fallback, undefined);
      assert.ok(P.deviceStats(device).submissions >= 150, "three runs of 50 steps");
      console.log(P.printDevice(info));
      return;
    }
    assert.is(`gpu:${info.mode}`, device);
    assert.is(info.fallback, undefined);
    // The class of gpu.js that ran the kernels, or on WebGPU, where a pipeline is built or there is an error, their number.
    const mode = modes[info.mode as ModeName];
    const ran =
      mode.memory === "buffer" ? /kernels: [1-9]/ : new RegExp(` in ${mode.kernelClass}$`);
    assert.match(info.details, ran);
    if (mode.memory !== "host") {
      assert.type(info.adapter?.name, "string");
      assert.ok(P.deviceStats(device).submissions >= 150, "three runs of 50 steps");
    }
    console.log(P.printDevice(info));
  });

  // The modes on the processor submit nothing.
  if (selectDevice(device).capabilities.flushesDenormals)
    test("a step is one submission, and the loss alone comes back", () => countStep(device));

  test.run();
};

/** Parameters and optimiser state of a perceptron, and its step on fixed data with a little noise [1]. */
export const perceptron = (device: P.DeviceName, { donate = true } = {}) => {
  const optimizer = adamW({ learningRate: 0.01 });
  const params = {
    first: Linear.init(P.key(1), { inputs: 8, outputs: 16 }),
    second: Linear.init(P.key(2), { inputs: 16, outputs: 1 }),
  };
  type Params = typeof params;
  const x = P.normal(P.key(3), [32, 8]);
  const y = P.sin(P.sum({ axis: 1, keepDims: true })(x));
  const loss = (p: Params, noise: P.Tensor): P.Tensor =>
    meanSquaredError(
      Linear.apply(p.second)(P.tanh(Linear.apply(p.first)(x))),
      P.add(y, P.mul(noise, 1e-3)),
    );
  const step = P.compile(
    (p: Params, state: readonly unknown[], noise: P.Tensor) => {
      const [value, gradient] = P.valueAndGrad(loss)(p, noise);
      const [updates, next] = optimizer.update(gradient, state, p);
      return { params: applyUpdates(p, updates), state: next, loss: value };
    },
    { device, donate: donate ? [0, 1] : [] },
  );
  return { step, params, state: optimizer.init(params) as readonly unknown[] };
};

const countStep = async (device: P.DeviceName): Promise<void> => {
  const { step, ...initial } = perceptron(device);
  const noise = P.tensor([0]);
  let now = step(initial.params, initial.state, noise);
  await P.ready(now.loss);
  now = step(now.params, now.state, noise);
  await P.ready(now.loss);
  const before = P.deviceStats(device);
  const measured = 20;
  for (let i = 0; i < measured; i++) {
    now = step(now.params, now.state, noise);
    await P.ready(now.loss);
  }
  const after = P.deviceStats(device);
  const each = (count: "submissions" | "bytesRead" | "bytesUploaded" | "buffers"): number =>
    (after[count] - before[count]) / measured;
  console.log(
    `${device}: ${each("submissions")} submissions, ${each("bytesRead")} bytes read back and ${each("bytesUploaded")} uploaded a step`,
  );
  assert.is(each("submissions"), 1);
  // WebGL 1 reads no less than a texel of four values.
  assert.is(each("bytesRead"), device === "gpu:headlessgl" ? 16 : 4);
  assert.is(each("bytesUploaded"), 0);
  assert.is(each("buffers"), 0);
};
