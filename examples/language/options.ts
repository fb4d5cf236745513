// The command line of language models: five commands, each with the options that it takes.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Language } from "../../src/models/index.ts";
import {
  everywhere,
  flag,
  type Given as GivenOf,
  type Running,
  readCommand,
  runningFlags,
  text,
} from "../commandLine.ts";
import { toBenchmark, toCompress, toEvaluate, toSample, toTrain } from "./readOptions.ts";

/** What a text is cut into. */
export type TokensChoice =
  | { readonly kind: "characters" | "bytes" }
  /** Pairs of bytes, so many tokens in all, from the text itself. */
  | { readonly kind: "bpe"; readonly symbols: number }
  /** The same from GPT-2's two files in a folder. */
  | { readonly kind: "files"; readonly folder: string };

/** Options of `train`. */
export interface TrainOptions extends Running {
  readonly command: "train";
  /** A file; a text that the program writes itself when absent. */
  readonly data?: string;
  readonly tokens: TokensChoice;
  readonly model: Language.ModelName;
  /** What is other than the model's own. */
  readonly changes: Partial<Language.Config>;
  readonly iterations: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly precision: "f32" | "bf16" | "f16";
  readonly microBatches: number;
  readonly recompute: boolean;
  readonly evaluateEvery: number;
  /** Where the model, its curves, checkpoints and logs are written, and training goes on from. */
  readonly folder: string;
}

/** How texts are written: drawn token by token, or the most likely one that a beam finds. */
export type Writing =
  | ({ readonly kind: "drawn"; readonly seed: number } & Language.Choice)
  | { readonly kind: "beams"; readonly beams: number };

/** Options of `sample`. */
export interface SampleOptions extends Running {
  readonly command: "sample";
  readonly model: string;
  /** The end of a line, or the first token, when absent. */
  readonly prompt?: string;
  readonly count: number;
  readonly writing: Writing;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends Running {
  readonly command: "evaluate";
  readonly model: string;
  readonly data?: string;
  readonly part: "train" | "validation";
}

/** How an uncompressed model is trained on after it was made smaller. */
export interface Tuning {
  readonly iterations: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Whether the uncompressed model teaches. */
  readonly teacher: boolean;
}

/** Which weights go: a share of them, or two of every four. */
export type PruneChoice = number | "2:4";

/** How numbers are stored. */
export interface Rounding {
  readonly bits: 8 | 4;
  readonly per: "tensor" | "channel" | { readonly group: number };
}

/** Options of `compress`. */
export interface CompressOptions extends Running {
  readonly command: "compress";
  readonly model: string;
  readonly out: string;
  readonly data?: string;
  /** Shares of heads and neurons that are removed. */
  readonly heads?: number;
  readonly neurons?: number;
  readonly prune?: PruneChoice;
  readonly rounding?: Rounding;
  readonly tuning?: Tuning;
}

/** Options of `benchmark`. */
export interface BenchmarkOptions extends Running {
  readonly command: "benchmark";
  readonly model: string;
  /** How many tokens are written in a run; 64, or what fits into the context, when absent. */
  readonly count?: number;
}

/** What the command line decides. */
export type Options =
  | TrainOptions
  | SampleOptions
  | EvaluateOptions
  | CompressOptions
  | BenchmarkOptions;

const flags = {
  ...runningFlags,
  data: text,
  tokens: { ...text, default: "characters" },
  vocabulary: text,
  "vocabulary-files": text,
  model: text,
  layers: text,
  width: text,
  heads: text,
  context: text,
  attention: text,
  window: text,
  groups: text,
  dropout: text,
  iterations: text,
  batch: text,
  rate: text,
  seed: { ...text, default: "0" },
  precision: { ...text, default: "f32" },
  "micro-batches": { ...text, default: "1" },
  recompute: flag,
  every: text,
  quick: flag,
  folder: { ...text, default: "runs/language" },
  prompt: text,
  count: text,
  temperature: text,
  "top-k": text,
  "top-p": text,
  greedy: flag,
  beams: text,
  part: { ...text, default: "validation" },
  out: text,
  prune: text,
  neurons: text,
  tune: text,
  teacher: flag,
  bits: text,
  per: text,
} as const;

/** What was given. */
export type Given = GivenOf<typeof flags>;

/** Which options a command takes. */
const taken = {
  train: [
    ...everywhere,
    ...(["data", "tokens", "vocabulary", "vocabulary-files", "model", "layers", "width"] as const),
    ...(["heads", "context", "attention", "window", "groups", "dropout", "iterations"] as const),
    ...(["batch", "rate", "seed", "precision", "micro-batches", "recompute", "every"] as const),
    ...(["quick", "folder"] as const),
  ],
  sample: [
    ...everywhere,
    ...(["model", "prompt", "count", "temperature", "top-k", "top-p", "greedy"] as const),
    ...(["beams", "seed"] as const),
  ],
  evaluate: [...everywhere, "model", "data", "part"],
  compress: [
    ...everywhere,
    ...(["model", "out", "data", "heads", "neurons", "prune", "bits", "per", "tune"] as const),
    ...(["teacher", "rate", "batch", "seed"] as const),
  ],
  benchmark: [...everywhere, "model", "count"],
} as const satisfies Readonly<Record<Options["command"], readonly (keyof typeof flags)[]>>;

const optionsOf = (command: Options["command"], given: Given): E.Either<string, Options> => {
  switch (command) {
    case "train":
      return toTrain(given);
    case "sample":
      return toSample(given);
    case "evaluate":
      return toEvaluate(given);
    case "compress":
      return toCompress(given);
    case "benchmark":
      return toBenchmark(given);
  }
};

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> =>
  pipe(
    readCommand({ flags, taken }, words),
    E.chain(
      (read): E.Either<string, Options | "help"> =>
        read === "help" ? E.right(read) : optionsOf(read.command, read.given),
    ),
  );
