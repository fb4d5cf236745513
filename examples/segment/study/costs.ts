// What a training step costs: milliseconds, and bytes by its plan, in each precision, with what is inside of blocks kept or computed again.
//
//   npm run study:segment:costs            on the cpu device
//   npm run study:segment:costs -- DEVICE  on another one
//
// Times want an otherwise idle machine. Writes costs.md and costs.json to runs/segmentation. Exit codes: 0 done, 1 a loss is not that of the
// step in f32, 2 no such device.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import {
  compile,
  type DeviceName,
  deviceInfo,
  deviceNames,
  openDevice,
  printDevice,
  printProblem,
  ready,
  stack,
  tensor,
  values,
} from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { page, tableText } from "../../study/markdown.ts";
import { mebibytes } from "./parts.ts";
import { testScenes } from "./sizes.ts";

const out = "runs/segmentation";
const repetitions = 9;
const warmUp = 2;
const batchSize = 4;
/** CamVid has 367 pictures to learn from; a batch that is not full is left out. */
const stepsAnEpoch = Math.floor(367 / batchSize);
const standard = { mean: [0.4, 0.4, 0.4], deviation: [0.3, 0.3, 0.3] } as const;

/** Networks of the study, and SegNet as it was published. */
const networks = [
  ["segnet", 16, "none"],
  ["segnet", 16, "all"],
  ["segnet-basic", 16, "none"],
  ["segnet-basic", 16, "all"],
  ["segnet-small", 16, "all"],
  ["segnet", 64, "none"],
] as const;

const precisions = ["f32", "bf16", "f16"] as const;
/** How far the first loss may be from that in f32, as a share of it. */
const tolerances = { f32: 1e-4, bf16: 0.05, f16: 0.01 } as const;

/** What a step costs. */
interface Cost {
  readonly network: string;
  readonly precision: (typeof precisions)[number];
  readonly recompute: boolean;
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly temporaryBytes: number;
  /** Of the first step. */
  readonly loss: number;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Four scenes as a batch. */
const batchOf = async (): Promise<{ batch: Segmentation.Batch; size: Segmentation.Size }> => {
  const pictures = testScenes(4 * batchSize);
  const loaded = [];
  for (let i = 0; i < batchSize; i++) {
    const picture = await pictures.load(i)();
    if (E.isLeft(picture)) throw new Error(Segmentation.printImageProblem(picture.left)); // they are drawn
    loaded.push(picture.right);
  }
  const { height, width } = loaded[0] as Segmentation.LabelledPicture; // batchSize > 0
  const bytes = (of: Uint8Array, shape: readonly number[]) => tensor(of, { dtype: "u8", shape });
  return {
    size: [height, width],
    batch: {
      images: stack({ axis: 0 })(loaded.map(({ pixels }) => bytes(pixels, [height, width, 3]))),
      labels: stack({ axis: 0 })(loaded.map(({ labels }) => bytes(labels, [height, width]))),
    },
  };
};

const medianOf = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number; // none is empty

const costOf = async (
  [name, width, connected]: (typeof networks)[number],
  precision: Cost["precision"],
  recompute: boolean,
  device: DeviceName,
): Promise<Cost> => {
  const connections =
    connected === "all" ? Segmentation.allConnections : Segmentation.noConnections;
  const config = Segmentation.configOf(name, {
    classes: Segmentation.streetClasses.length,
    width,
    connections,
  });
  const options: Segmentation.TrainingOptions = {
    seed: 0,
    epochs: 1,
    batchSize,
    learningRate: 1e-3,
    loss: { kind: "cross-entropy" },
    precision,
    recompute,
    device,
  };
  const { batch, size } = await batchOf();
  const optimizer = Segmentation.optimizerFor(options, 1000);
  const step = compile(Segmentation.trainingStep(config, optimizer, { ...options, standard }), {
    donate: [0],
    device,
  });
  let state = Segmentation.beginTraining(config, optimizer, 0);
  const times: number[] = [];
  let first = Number.NaN;
  for (let i = 0; i < warmUp + repetitions; i++) {
    const start = performance.now();
    const made = step(state, batch);
    const loss = await ready(made.metrics.loss as NonNullable<typeof made.metrics.loss>);
    if (i >= warmUp) times.push(performance.now() - start);
    if (i === 0) first = values(loss)[0] as number;
    state = made.state;
  }
  return {
    network: `${name}, width ${width}, connections ${connected}`,
    precision,
    recompute,
    milliseconds: medianOf(times),
    ...Segmentation.stepMemory(config, options, { size, standard }),
    loss: first,
  };
};

const pageOf = (costs: readonly Cost[], device: DeviceName): string =>
  page(
    "# What a training step costs",
    `\`npm run study:segment:costs\`. ${printDevice(deviceInfo(device))}. Four pictures of 90 x 120 in a batch; medians of ${repetitions} steps, results checked first; bytes by the step's plan: of temporaries, among which is what waits for the backward pass, and of everything that is alive at once. An epoch of CamVid is ${stepsAnEpoch} such steps.`,
    tableText({
      header: [
        "network",
        "stored in",
        "blocks",
        "ms a step",
        "s an epoch of CamVid",
        "temporaries, MiB",
        "peak, MiB",
        "first loss",
      ],
      rows: costs.map((it) => [
        it.network,
        it.precision,
        it.recompute ? "computed again" : "kept",
        it.milliseconds.toFixed(0),
        ((it.milliseconds * stepsAnEpoch) / 1000).toFixed(1),
        mebibytes(it.temporaryBytes),
        mebibytes(it.peakBytes),
        it.loss.toFixed(4),
      ]),
    }),
  );

const measure = async (device: DeviceName): Promise<number> => {
  const opened = await openDevice(device)();
  if (E.isLeft(opened)) {
    say(printProblem(opened.left));
    return 2;
  }
  const costs: Cost[] = [];
  let isRight = true;
  for (const network of networks) {
    let wanted = Number.NaN;
    for (const precision of precisions)
      for (const recompute of [false, true]) {
        const cost = await costOf(network, precision, recompute, device);
        if (Number.isNaN(wanted)) wanted = cost.loss; // f32 and kept comes first
        const off = Math.abs(cost.loss / wanted - 1);
        const isClose = off <= tolerances[precision];
        isRight &&= isClose;
        costs.push(cost);
        const note = isClose ? "" : `, a loss ${off.toExponential(1)} off`;
        say(
          `${cost.network}, ${precision}, ${recompute ? "computed again" : "kept"}: ${cost.milliseconds.toFixed(0)} ms${note}`,
        );
      }
  }
  mkdirSync(out, { recursive: true });
  const text = pageOf(costs, device);
  writeFileSync(join(out, "costs.md"), text);
  writeFileSync(join(out, "costs.json"), `${JSON.stringify(costs, null, 1)}\n`);
  console.log(text);
  return isRight ? 0 : 1;
};

const [word = "cpu"] = process.argv.slice(2);
const device = deviceNames.find((name) => name === word);
if (device === undefined) {
  say(`study:segment:costs: one of ${deviceNames.join(", ")} expected, got "${word}"`);
  process.exitCode = 2;
} else process.exitCode = await measure(device);
