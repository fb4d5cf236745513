// The command line of segmentation: three commands, each with the options that it takes.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type DeviceName, deviceNames } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { readersFor } from "../readers.ts";
import { connectionWords, parseConnections } from "./connections.ts";
import { type DataChoice, layouts } from "./data.ts";

const { lossNames, networkNames } = Segmentation;

/** Where to run. */
interface Running {
  /** The default device when absent. */
  readonly device?: DeviceName;
  /** Whether a software rasteriser may stand for a graphics card. */
  readonly software: boolean;
  readonly json: boolean;
}

/** Options of `train`. */
export interface TrainOptions extends Running {
  readonly command: "train";
  readonly data: DataChoice;
  readonly network: Segmentation.NetworkName;
  /** Filters of the first stage. */
  readonly width: number;
  /** Those of the network itself when absent. */
  readonly connections?: Segmentation.Connections;
  readonly loss: Segmentation.LossName;
  readonly augment: boolean;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly precision: "f32" | "bf16" | "f16";
  readonly recompute: boolean;
  /** Where the network, pictures, checkpoints and logs are written, and training goes on from. */
  readonly folder: string;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends Running {
  readonly command: "evaluate";
  readonly data: DataChoice;
  readonly model: string;
  readonly part: Segmentation.Part;
  readonly batchSize: number;
  /** Where the pictures are written; nowhere when absent. */
  readonly folder?: string;
}

/** Options of `predict`. */
export interface PredictOptions extends Running {
  readonly command: "predict";
  readonly model: string;
  readonly images: readonly string[];
  /** Beside each image when absent. */
  readonly folder?: string;
}

/** What the command line decides. */
export type Options = TrainOptions | EvaluateOptions | PredictOptions;

/** What --help prints. */
export const usage = `Trains and uses networks that tell what each pixel of a picture shows.

  npm run segment -- train [options]              trains, judges, and draws what was found
  npm run segment -- evaluate --model FILE        judges a network that was trained
  npm run segment -- predict --model FILE IMAGE…  paints what each pixel of pictures shows over them

  --data FOLDER       pictures to learn from (default: street scenes that the program draws itself)
  --layout NAME       of that folder: ${layouts.join(", ")} (camvid); docs/pictures.md describes them
  --reduce N          make pictures of cityscapes smaller by this factor (1)
  --size HxW          height and width of pictures (those of the first one); smaller ones are padded, larger ones cut
  --device NAME       where to run: ${deviceNames.join(", ")} (cpu);
                      gpu and auto find the best that runs here
  --software          gpu and auto may take a software rasteriser for a graphics card
  --batch N           pictures in a batch (4)
  --folder FOLDER     where everything is written; training goes on from what lies there
                      (train: runs/segment; evaluate: nowhere; predict: beside each image)
  --json              one JSON line instead of text
  --help              this text

train:
  --network NAME      ${networkNames.join(", ")} (segnet-small)
  --width N           filters of the first stage (16)
  --connections LIST  what carries detail past the sampling down: ${connectionWords}
                      (all; unet has its own)
  --loss NAME         ${lossNames.join(", ")} (balanced)
  --epochs N          passes over the training part (16)
  --rate X            highest learning rate (0.004)
  --seed N            of the weights, the shuffles and the augmentation (0)
  --no-augment        learn from the pictures as they are
  --precision NAME    what is stored between kernels: f32, bf16, f16 (f32)
  --recompute         compute what is inside of blocks again in the backward pass, for less memory
  --scenes N          how many scenes to draw to learn from, without --data (240)
  --quick             a small run in seconds, to see that everything works: 48 scenes, 2 epochs, width 8

evaluate, predict:
  --model FILE        network.safetensors in the folder of a training run
  --part NAME         which part to judge: train, val, test (test)

Ctrl-C ends training with a checkpoint; the same command goes on from there. So it does after a crash.`;

const standard = { epochs: "16", scenes: "240", width: "16" };
const quick = { epochs: "2", scenes: "48", width: "8" };

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

const flags = {
  data: text,
  layout: { ...text, default: "camvid" },
  reduce: { ...text, default: "1" },
  size: text,
  device: text,
  software: flag,
  batch: { ...text, default: "4" },
  folder: text,
  json: flag,
  network: { ...text, default: "segnet-small" },
  width: text,
  connections: text,
  loss: { ...text, default: "balanced" },
  epochs: text,
  rate: { ...text, default: "0.004" },
  seed: { ...text, default: "0" },
  "no-augment": flag,
  precision: { ...text, default: "f32" },
  recompute: flag,
  scenes: text,
  quick: flag,
  model: text,
  part: { ...text, default: "test" },
  help: flag,
} as const;

const readWords = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: flags, allowPositionals: true });
type Given = ReturnType<typeof readWords>["values"];

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> => {
  const read = E.tryCatch(
    () => readWords(words),
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(read)) return read;
  const { values: given, positionals } = read.right;
  if (given.help) return E.right("help");
  const [command = "train", ...rest] = positionals;
  switch (command) {
    case "train":
      return pipe(
        noMore(command, rest),
        E.chain(() => toTrain(given)),
      );
    case "evaluate":
      return pipe(
        noMore(command, rest),
        E.chain(() => toEvaluate(given)),
      );
    case "predict":
      return toPredict(given, rest);
    default:
      return E.left(`train, evaluate or predict expected, got "${command}"`);
  }
};

const noMore = (command: string, [first]: readonly string[]): E.Either<string, void> =>
  first === undefined
    ? E.right(undefined)
    : E.left(`no words behind ${command} expected, got "${first}"`);

type Readers = ReturnType<typeof readersFor>;

/** What `read` makes of the options, unless a reader found something wrong. */
const checked = <A>(read: (readers: Readers, wrong: string[]) => A): E.Either<string, A> => {
  const wrong: string[] = [];
  const made = read(readersFor(wrong), wrong);
  const [first] = wrong;
  return first === undefined ? E.right(made) : E.left(first);
};

const runningOf = ({ software, json, device }: Given, readers: Readers): Running => ({
  software,
  json,
  ...(device === undefined ? {} : { device: readers.device(device) }),
});

const dataOf = (given: Given, readers: Readers, wrong: string[]): DataChoice => {
  const { whole, oneOf } = readers;
  const scenes = whole("scenes", given.scenes ?? (given.quick ? quick : standard).scenes, 8);
  const size = /^(\d+)x(\d+)$/.exec(given.size ?? "1x1");
  if (size === null || size.slice(1).some((n) => Number(n) === 0))
    wrong.push(`a height and a width as in 90x120 expected for --size, got "${given.size}"`);
  return {
    ...(given.data === undefined ? {} : { folder: given.data }),
    layout: oneOf("layout", given.layout, layouts),
    reduce: whole("reduce", given.reduce, 1),
    ...(given.size === undefined || size === null
      ? {}
      : { size: [Number(size[1]), Number(size[2])] as const }),
    scenes,
  };
};

const toTrain = (given: Given): E.Either<string, TrainOptions> =>
  checked((readers, wrong): TrainOptions => {
    const { whole, positive, oneOf } = readers;
    const sizes = given.quick ? quick : standard;
    const network = oneOf("network", given.network, networkNames);
    const words = given.connections ?? (network === "unet" ? undefined : "all");
    const connections = words === undefined ? undefined : parseConnections(words);
    if (connections !== undefined && E.isLeft(connections)) wrong.push(connections.left);
    return {
      command: "train",
      ...runningOf(given, readers),
      data: dataOf(given, readers, wrong),
      network,
      width: whole("width", given.width ?? sizes.width, 1),
      ...(connections !== undefined && E.isRight(connections)
        ? { connections: connections.right }
        : {}),
      loss: oneOf("loss", given.loss, lossNames),
      augment: !given["no-augment"],
      epochs: whole("epochs", given.epochs ?? sizes.epochs, 1),
      batchSize: whole("batch", given.batch, 1),
      learningRate: positive("rate", given.rate),
      seed: whole("seed", given.seed, 0),
      precision: oneOf("precision", given.precision, ["f32", "bf16", "f16"]),
      recompute: given.recompute,
      folder: given.folder ?? "runs/segment",
    };
  });

/** The network that a command needs. */
const modelOf = ({ model }: Given, command: string, wrong: string[]): string => {
  if (model === undefined)
    wrong.push(`--model FILE expected for ${command}, got none; train writes network.safetensors`);
  return model ?? "";
};

const toEvaluate = (given: Given): E.Either<string, EvaluateOptions> =>
  checked((readers, wrong) => ({
    command: "evaluate",
    ...runningOf(given, readers),
    data: dataOf(given, readers, wrong),
    model: modelOf(given, "evaluate", wrong),
    part: readers.oneOf("part", given.part, Segmentation.partNames),
    batchSize: readers.whole("batch", given.batch, 1),
    ...(given.folder === undefined ? {} : { folder: given.folder }),
  }));

const toPredict = (given: Given, images: readonly string[]): E.Either<string, PredictOptions> =>
  checked((readers, wrong) => {
    if (images.length === 0) wrong.push("one image or more expected for predict, got none");
    return {
      command: "predict",
      ...runningOf(given, readers),
      model: modelOf(given, "predict", wrong),
      images,
      ...(given.folder === undefined ? {} : { folder: given.folder }),
    };
  });
