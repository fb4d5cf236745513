// The command benchmark: how fast a model reads and writes, as it is stored and, where that is compressed, in f32 beside it.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type DeviceInfo, evaluate, leavesOf, printDevice, ready } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { Compress } from "../../src/nn/index.ts";
import { medianOf } from "../study/timing.ts";
import { type OpenModel, openModel, unpackOf } from "./models.ts";
import type { BenchmarkOptions } from "./options.ts";
import { printBytes, tableOf } from "./report.ts";

const repetitions = 9;

/** How far scores of equal models may be from each other, of the largest of them: sums of f32 in another order. */
const tolerance = 1e-3;

/** What is timed of a model. */
interface Row {
  readonly model: string;
  readonly bytes: number;
  /** Tokens a second: of a prompt, all at once; of a text, one by one. */
  readonly reading: number;
  readonly writing: number;
}

/** How much is read and written in a run. */
interface Load {
  readonly prompt: readonly number[];
  readonly count: number;
}

/** The place of the largest number. */
const largest = (scores: Float32Array): number =>
  scores.reduce((best, x, i) => (x > (scores[best] as number) ? i : best), 0);

type Reader = Language.Reader;

const readerFor = (model: OpenModel, device: string | undefined): Reader =>
  Language.readerOf(model.config, model.params, {
    unpack: unpackOf(model),
    ...(device === undefined ? {} : { device }),
  });

/** Milliseconds to read a prompt, and to write behind it. */
interface Times {
  readonly read: number;
  readonly written: number;
}

const run = async (reader: Reader, { prompt, count }: Load): Promise<Times> => {
  reader.restart();
  const start = performance.now();
  let [scores] = await reader.read([prompt]);
  const between = performance.now();
  for (let n = 0; n < count; n++) [scores] = await reader.read([[largest(scores as Float32Array)]]); // of one text
  return { read: between - start, written: performance.now() - between };
};

const timed = async (
  name: string,
  model: OpenModel,
  load: Load,
  device: string | undefined,
): Promise<Row> => {
  const reader = readerFor(model, device);
  await run(reader, load);
  const runs: Times[] = [];
  for (let i = 0; i < repetitions; i++) runs.push(await run(reader, load));
  const median = (of: (times: Times) => number) => medianOf(runs.map(of)) / 1000;
  return {
    model: name,
    bytes: Compress.packedBytes(model.params),
    reading: load.prompt.length / median(({ read }) => read),
    writing: load.count / median(({ written }) => written),
  };
};

/** How far the scores behind a prompt are from each other, of the largest of them. */
const distanceOf = async (
  a: OpenModel,
  b: OpenModel,
  { prompt }: Load,
  device: string | undefined,
): Promise<number> => {
  const [[x], [y]] = (await Promise.all(
    [a, b].map((model) => readerFor(model, device).read([prompt])),
  )) as unknown as readonly [readonly [Float32Array], readonly [Float32Array]]; // two models, one text each
  const size = x.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  return x.reduce((most, score, i) => Math.max(most, Math.abs(score - (y[i] as number))), 0) / size;
};

/** The same model with its parameters in f32. */
const denseOf = async (model: OpenModel): Promise<OpenModel> => {
  const params = evaluate(unpackOf(model)(model.params));
  await ready(leavesOf(params));
  const { formats: _, config, ...rest } = model;
  return { ...rest, config, params: Language.stored({ config, params }).packed };
};

/** What is read at most; and written, where nothing is said. */
const most = { read: 128, written: 64 };

/** A prompt of tokens that come in turn, of half of the context at most, and so many tokens behind it. */
const loadOf = (
  { count }: BenchmarkOptions,
  { config: { context, symbols } }: OpenModel,
): Load | string => {
  const read = Math.min(most.read, Math.max(1, Math.floor(context / 2)));
  const rest = context - read;
  const wanted = count ?? Math.min(most.written, rest);
  return wanted <= rest
    ? { prompt: Array.from({ length: read }, (_, i) => (i * 7) % symbols), count: wanted }
    : `benchmark: at most ${rest} tokens, which fit into the context of ${context} behind a prompt of ${read}, expected for --count, got ${wanted}`;
};

/** The rows of a benchmark, or how far from each other the models are that should be the same. */
const measured = async (
  { device }: BenchmarkOptions,
  model: OpenModel,
  load: Load,
): Promise<readonly Row[] | string> => {
  if (model.formats === undefined) return [await timed("f32", model, load, device)];
  const dense = await denseOf(model);
  const distance = await distanceOf(model, dense, load, device);
  if (!(distance <= tolerance))
    return `${model.path}: scores of the next token as those of the same model in f32, to ${tolerance}, expected, got a distance of ${distance}`;
  return [await timed("as stored", model, load, device), await timed("f32", dense, load, device)];
};

const orComplaint = <A>(found: A | string): TE.TaskEither<string, A> =>
  typeof found === "string" ? TE.left(found) : TE.right(found);

/** Times a model after it was checked. */
export const benchmark = (
  options: BenchmarkOptions,
  info: DeviceInfo,
): TE.TaskEither<string, void> =>
  pipe(
    openModel(options.model),
    TE.bindTo("model"),
    TE.bind("load", ({ model }) => orComplaint(loadOf(options, model))),
    TE.bind("rows", ({ model, load }) =>
      pipe(
        TE.fromTask(() => measured(options, model, load)),
        TE.chain(orComplaint),
      ),
    ),
    TE.map(({ load, rows }) => tell(options, info, load, rows)),
  );

const tell = (
  { json }: BenchmarkOptions,
  info: DeviceInfo,
  { prompt, count }: Load,
  rows: readonly Row[],
): void => {
  const counts = { read: prompt.length, written: count, repetitions };
  if (json) {
    const { device, mode } = info;
    console.log(JSON.stringify({ device, mode, ...counts, rows }));
    return;
  }
  const perSecond = (x: number): string => x.toFixed(x < 100 ? 1 : 0);
  console.log(
    `device ${printDevice(info)}\nmedians of ${repetitions} runs: ${prompt.length} tokens read at once, ${count} written one by one\n`,
  );
  console.log(
    tableOf([
      ["", "parameters", "read/s", "written/s"],
      ...rows.map(({ model, bytes, reading, writing }) => [
        model,
        printBytes(bytes),
        perSecond(reading),
        perSecond(writing),
      ]),
    ]),
  );
};
