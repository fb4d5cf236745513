// Options of each command from the words that were given, or what is wrong with them.

import type * as E from "fp-ts/lib/Either.js";
import { TensorError } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { checked, runningOf } from "../commandLine.ts";
import type { Readers } from "../readers.ts";
import type {
  BenchmarkOptions,
  CompressOptions,
  EvaluateOptions,
  Given,
  PruneChoice,
  Rounding,
  SampleOptions,
  TokensChoice,
  TrainOptions,
  Tuning,
  Writing,
} from "./options.ts";

/** Attentions by the names that words have for them. */
export const attentions = ["full", "blockwise", "window", "linear"] as const;
/** Ways of cutting a text. */
export const tokenKinds = ["characters", "bytes", "bpe"] as const;

const standard = { iterations: "2000", every: "250", batch: "12" };
const quick = { iterations: "100", every: "50", batch: "8" };
/** Sizes of the model of a quick run. */
const small = { layers: "2", width: "64", heads: "4", context: "32" };

type Wrong = string[];

/** A field where its option was given. */
const optional = <Name extends string, A>(
  name: Name,
  word: string | undefined,
  read: (word: string) => A,
): { readonly [K in Name]?: A } =>
  word === undefined ? {} : ({ [name]: read(word) } as { readonly [K in Name]?: A }); // one name

/** Refuses options that say nothing without another one. */
const onlyBeside = (
  given: Given,
  names: readonly (keyof Given)[],
  isThere: boolean,
  asked: string,
  wrong: Wrong,
): void => {
  const idle = names.find((name) => given[name] !== undefined && given[name] !== false);
  if (idle !== undefined && !isThere) wrong.push(`${asked} expected beside --${idle}, got none`);
};

const tokensOf = (given: Given, { whole, oneOf }: Readers, wrong: Wrong): TokensChoice => {
  const kind = oneOf("tokens", given.tokens, tokenKinds);
  const folder = given["vocabulary-files"];
  onlyBeside(given, ["vocabulary", "vocabulary-files"], kind === "bpe", "--tokens bpe", wrong);
  if (folder !== undefined && given.vocabulary !== undefined)
    wrong.push("--vocabulary N or --vocabulary-files FOLDER expected, got both");
  if (kind !== "bpe") return { kind };
  if (folder !== undefined) return { kind: "files", folder };
  return { kind, symbols: whole("vocabulary", given.vocabulary ?? "512", 257) };
};

const attentionOf = (
  { attention: word, window }: Given,
  { whole, oneOf }: Readers,
  wrong: Wrong,
): Partial<Language.Config> => {
  const kind = oneOf("attention", word ?? "full", attentions);
  if (window !== undefined && kind !== "window")
    wrong.push(`--attention window expected beside --window, got ${kind}`);
  if (kind === "window") return { attention: { kind, window: whole("window", window ?? "16", 1) } };
  return word === undefined ? {} : { attention: { kind } };
};

/** What is other than the model's own; refuses what makes no model. */
const changesOf = (
  model: Language.ModelName,
  given: Given,
  readers: Readers,
  wrong: Wrong,
): Partial<Language.Config> => {
  const { whole, number } = readers;
  const sizes = given.quick ? { ...small, ...sizesIn(given) } : sizesIn(given);
  const count = (name: keyof Sizes) => optional(name, sizes[name], (word) => whole(name, word, 1));
  const rule = "a number in [0, 1)";
  const changes = {
    ...count("layers"),
    ...count("width"),
    ...count("heads"),
    ...count("context"),
    ...count("groups"),
    ...attentionOf(given, readers, wrong),
    ...optional("dropout", given.dropout, (word) =>
      number("dropout", word, (x) => x >= 0 && x < 1, rule),
    ),
  };
  if (wrong.length === 0) requireModel(model, changes, wrong);
  return changes;
};

type Sizes = Partial<Record<"layers" | "width" | "heads" | "context" | "groups", string>>;

/** The sizes that were given. */
const sizesIn = ({ layers, width, heads, context, groups }: Given): Sizes =>
  Object.fromEntries(
    Object.entries({ layers, width, heads, context, groups }).filter(
      ([, word]) => word !== undefined,
    ),
  );

const requireModel = (
  model: Language.ModelName,
  changes: Partial<Language.Config>,
  wrong: Wrong,
): void => {
  try {
    Language.checkConfig(Language.configOf(model, 1, changes));
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const { rule, got } = error.problem;
    wrong.push(`${rule} for ${model}, got ${got}`);
  }
};

/** Options of `train`. */
export const toTrain = (given: Given): E.Either<string, TrainOptions> =>
  checked((readers, wrong): TrainOptions => {
    const { whole, positive, oneOf } = readers;
    const sizes = given.quick ? quick : standard;
    const model = oneOf("model", given.model ?? "nano", Language.modelNames);
    const batchSize = whole("batch", given.batch ?? sizes.batch, 1);
    const microBatches = whole("micro-batches", given["micro-batches"], 1);
    if (batchSize % microBatches !== 0)
      wrong.push(
        `a divisor of the batch, ${batchSize}, expected for --micro-batches, got ${microBatches}`,
      );
    return {
      command: "train",
      ...runningOf(given, readers),
      ...(given.data === undefined ? {} : { data: given.data }),
      tokens: tokensOf(given, readers, wrong),
      model,
      changes: changesOf(model, given, readers, wrong),
      iterations: whole("iterations", given.iterations ?? sizes.iterations, 1),
      batchSize,
      learningRate: positive("rate", given.rate ?? "0.002"),
      seed: readers.seed(given.seed),
      precision: oneOf("precision", given.precision, ["f32", "bf16", "f16"]),
      microBatches,
      recompute: given.recompute,
      evaluateEvery: whole("every", given.every ?? sizes.every, 1),
      folder: given.folder,
    };
  });

/** The model that a command needs. */
const modelOf = ({ model }: Given, command: string, wrong: Wrong): string => {
  if (model === undefined)
    wrong.push(`--model FILE expected for ${command}, got none; train writes model.safetensors`);
  return model ?? "";
};

const writingOf = (given: Given, readers: Readers, wrong: Wrong): Writing => {
  const { whole, number } = readers;
  const drawing = ["temperature", "top-k", "top-p", "greedy"] as const;
  const other = drawing.find((name) => given[name] !== undefined && given[name] !== false);
  if (given.beams !== undefined) {
    if (other !== undefined) wrong.push(`--beams or --${other} expected, got both`);
    return { kind: "beams", beams: whole("beams", given.beams, 1) };
  }
  if (given.greedy && other !== undefined && other !== "greedy")
    wrong.push(`--greedy or --${other} expected, got both`);
  const temperature = optional("temperature", given.temperature, (word) =>
    number("temperature", word, (x) => x >= 0 && x < Number.POSITIVE_INFINITY, "a number ≥ 0"),
  );
  return {
    kind: "drawn",
    seed: readers.seed(given.seed),
    ...(given.greedy ? { temperature: 0 } : temperature),
    ...optional("topK", given["top-k"], (word) => whole("top-k", word, 1)),
    ...optional("topP", given["top-p"], (word) =>
      number("top-p", word, (x) => x > 0 && x <= 1, "a number in (0, 1]"),
    ),
  };
};

/** Options of `sample`. */
export const toSample = (given: Given): E.Either<string, SampleOptions> =>
  checked((readers, wrong): SampleOptions => {
    if (given.prompt === "") wrong.push('a text expected for --prompt, got ""');
    return {
      command: "sample",
      ...runningOf(given, readers),
      model: modelOf(given, "sample", wrong),
      ...(given.prompt === undefined ? {} : { prompt: given.prompt }),
      count: readers.whole("count", given.count ?? "300", 1),
      writing: writingOf(given, readers, wrong),
    };
  });

/** Options of `evaluate`. */
export const toEvaluate = (given: Given): E.Either<string, EvaluateOptions> =>
  checked(
    (readers, wrong): EvaluateOptions => ({
      command: "evaluate",
      ...runningOf(given, readers),
      model: modelOf(given, "evaluate", wrong),
      ...(given.data === undefined ? {} : { data: given.data }),
      part: readers.oneOf("part", given.part, ["train", "validation"]),
    }),
  );

/** A share of what there is, which is neither nothing nor all of it. */
const shareOf = (name: string, word: string, { number }: Readers): number =>
  number(name, word, (x) => x > 0 && x < 1, "a share in (0, 1)");

const pruneOf = (word: string, readers: Readers, wrong: Wrong): PruneChoice => {
  if (word === "2:4") return word;
  const before = wrong.length;
  const share = shareOf("prune", word, readers);
  if (wrong.length > before)
    wrong[before] = `a share in (0, 1), or 2:4, expected for --prune, got "${word}"`;
  return share;
};

const roundingOf = (word: string, { per }: Given, readers: Readers, wrong: Wrong): Rounding => {
  const bits = readers.oneOf("bits", word, ["8", "4"]) === "8" ? 8 : 4;
  if (per === undefined) return { bits, per: bits === 8 ? "channel" : { group: 64 } };
  if (per === "tensor" || per === "channel") return { bits, per };
  const before = wrong.length;
  const group = readers.whole("per", per, 1);
  if (wrong.length > before)
    wrong[before] = `tensor, channel or the size of a group expected for --per, got "${per}"`;
  return { bits, per: { group } };
};

const tuningOf = (word: string, given: Given, { whole, positive, seed }: Readers): Tuning => ({
  iterations: whole("tune", word, 1),
  learningRate: positive("rate", given.rate ?? "0.0005"),
  batchSize: whole("batch", given.batch ?? "12", 1),
  seed: seed(given.seed),
  teacher: given.teacher,
});

/** Options of `compress`. */
export const toCompress = (given: Given): E.Either<string, CompressOptions> =>
  checked((readers, wrong): CompressOptions => {
    const { heads, neurons, prune, bits, tune } = given;
    const model = modelOf(given, "compress", wrong);
    if (given.out === undefined) wrong.push("--out FILE expected for compress, got none");
    if (given.out === given.model && given.out !== undefined)
      wrong.push(`another file than that of --model expected for --out, got "${given.out}"`);
    if ([heads, neurons, prune, bits].every((word) => word === undefined))
      wrong.push("--heads, --neurons, --prune or --bits expected for compress, got none of them");
    onlyBeside(given, ["per"], bits !== undefined, "--bits 8 or 4", wrong);
    onlyBeside(given, ["teacher", "rate", "batch"], tune !== undefined, "--tune N", wrong);
    return {
      command: "compress",
      ...runningOf(given, readers),
      model,
      out: given.out ?? "",
      ...(given.data === undefined ? {} : { data: given.data }),
      ...optional("heads", heads, (word) => shareOf("heads", word, readers)),
      ...optional("neurons", neurons, (word) => shareOf("neurons", word, readers)),
      ...optional("prune", prune, (word) => pruneOf(word, readers, wrong)),
      ...optional("rounding", bits, (word) => roundingOf(word, given, readers, wrong)),
      ...optional("tuning", tune, (word) => tuningOf(word, given, readers)),
    };
  });

/** Options of `benchmark`. */
export const toBenchmark = (given: Given): E.Either<string, BenchmarkOptions> =>
  checked(
    (readers, wrong): BenchmarkOptions => ({
      command: "benchmark",
      ...runningOf(given, readers),
      model: modelOf(given, "benchmark", wrong),
      ...optional("count", given.count, (word) => readers.whole("count", word, 1)),
    }),
  );
