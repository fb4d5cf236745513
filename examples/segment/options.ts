// The command line of segmentation: three commands, each with the options that it takes.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { TensorError } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import {
  checked,
  everywhere,
  flag,
  type Given as GivenOf,
  type Running,
  readCommand,
  runningFlags,
  runningOf,
  text,
} from "../commandLine.ts";
import type { Readers } from "../readers.ts";
import { parseConnections } from "./connections.ts";
import { type DataChoice, layouts } from "./data.ts";

const { lossNames, mostPixels, networkNames } = Segmentation;

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

const standard = { epochs: "10", scenes: "240", width: "16" };
const quick = { epochs: "2", scenes: "48", width: "8" };

const flags = {
  ...runningFlags,
  data: text,
  layout: text,
  reduce: text,
  size: text,
  batch: { ...text, default: "4" },
  folder: text,
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
} as const;

type Given = GivenOf<typeof flags>;
type Flag = keyof typeof flags;

const ofData: readonly Flag[] = ["data", "layout", "reduce", "size", "batch", "scenes", "quick"];

/** Which options a command takes. */
const taken: Readonly<Record<Options["command"], readonly Flag[]>> = {
  train: (Object.keys(flags) as readonly Flag[]).filter((it) => it !== "model" && it !== "part"), // its own keys
  evaluate: [...everywhere, "folder", ...ofData, "model", "part"],
  predict: [...everywhere, "folder", "model"],
};

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> =>
  pipe(
    readCommand({ flags, taken, takesWords: ["predict"] }, words),
    E.chain(
      (read): E.Either<string, Options | "help"> =>
        read === "help" ? E.right(read) : optionsOf(read.command, read.given, read.rest),
    ),
  );

const optionsOf = (
  command: Options["command"],
  given: Given,
  rest: readonly string[],
): E.Either<string, Options> => {
  switch (command) {
    case "train":
      return toTrain(given);
    case "evaluate":
      return toEvaluate(given);
    case "predict":
      return toPredict(given, rest);
  }
};

/** A height and a width as words say them. */
const sizeOf = (words: string, wrong: string[]): DataChoice["size"] => {
  const found = /^([1-9]\d*)x([1-9]\d*)$/.exec(words);
  const [height, width] = [Number(found?.[1]), Number(found?.[2])];
  if (height * width <= mostPixels) return [height, width];
  const rule = `a height and a width as in 90x120, of at most ${mostPixels} pixels, expected`;
  wrong.push(`${rule} for --size, got "${words}"`);
  return undefined;
};

/** Refuses what says nothing of the data: of a folder without one, or of scenes beside one. */
const sayingNothing = ({ data, layout, reduce, scenes }: Given, wrong: string[]): void => {
  const ofFolder = layout !== undefined ? "layout" : reduce !== undefined ? "reduce" : undefined;
  if (data === undefined && ofFolder !== undefined)
    wrong.push(`--data FOLDER expected beside --${ofFolder}, got none`);
  if (data !== undefined && scenes !== undefined)
    wrong.push(`--data FOLDER or --scenes N expected, got both`);
};

const dataOf = (given: Given, { whole, oneOf }: Readers, wrong: string[]): DataChoice => {
  const scenes = whole("scenes", given.scenes ?? (given.quick ? quick : standard).scenes, 8);
  const size = given.size === undefined ? undefined : sizeOf(given.size, wrong);
  const layout = oneOf("layout", given.layout ?? "camvid", layouts);
  const reduce = whole("reduce", given.reduce ?? "1", 1);
  sayingNothing(given, wrong);
  return {
    ...(given.data === undefined ? {} : { folder: given.data }),
    layout,
    reduce,
    ...(size === undefined ? {} : { size }),
    scenes,
  };
};

/** The connections of a network that was named; those of its own when absent. */
const connectionsOf = (
  network: Segmentation.NetworkName,
  given: Given,
  wrong: string[],
): Segmentation.Connections | undefined => {
  const words = given.connections ?? (network === "unet" ? undefined : "all");
  if (words === undefined) return undefined;
  const read = parseConnections(words);
  if (E.isLeft(read)) {
    wrong.push(read.left);
    return undefined;
  }
  try {
    Segmentation.checkConfig(
      Segmentation.configOf(network, { classes: 1, width: 1, connections: read.right }),
    );
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const { rule, got } = error.problem;
    wrong.push(`${rule} of ${network} for --connections, got ${got}`);
  }
  return read.right;
};

const toTrain = (given: Given): E.Either<string, TrainOptions> =>
  checked((readers, wrong): TrainOptions => {
    const { whole, positive, oneOf } = readers;
    const sizes = given.quick ? quick : standard;
    const network = oneOf("network", given.network, networkNames);
    const connections = connectionsOf(network, given, wrong);
    return {
      command: "train",
      ...runningOf(given, readers),
      data: dataOf(given, readers, wrong),
      network,
      width: whole("width", given.width ?? sizes.width, 1),
      ...(connections === undefined ? {} : { connections }),
      loss: oneOf("loss", given.loss, lossNames),
      augment: !given["no-augment"],
      epochs: whole("epochs", given.epochs ?? sizes.epochs, 1),
      batchSize: whole("batch", given.batch, 1),
      learningRate: positive("rate", given.rate),
      seed: readers.seed(given.seed),
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
  checked((readers, wrong) => {
    if (given.quick && given.data !== undefined)
      wrong.push("--data FOLDER or --quick, which means fewer scenes, expected, got both");
    return {
      command: "evaluate",
      ...runningOf(given, readers),
      data: dataOf(given, readers, wrong),
      model: modelOf(given, "evaluate", wrong),
      part: readers.oneOf("part", given.part, Segmentation.partNames),
      batchSize: readers.whole("batch", given.batch, 1),
      ...(given.folder === undefined ? {} : { folder: given.folder }),
    };
  });

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
