// Writing token by token with a model whose weights exceed the caches: tokens a second and bytes, as floats, rounded, and with parts removed.
//
//   npm run study:language:generation              on the cpu device
//   npm run study:language:generation -- --smoke   a small model and few tokens, to see that it works
//
// Times want an otherwise idle machine. Writes generation.md, generation.json and a picture to runs/language-study. Exit codes: 0 done, 1 scores are not
// those of the same weights in f32: nothing is written, 2 unknown words.

import { deviceInfo, key, printDevice, ready } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { Compress, summary } from "../../../src/nn/index.ts";
import { bars } from "../../../tools/plot/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { measuredBy } from "../../study/smoke.ts";
import { medianOf } from "../../study/timing.ts";
import { isPruned } from "../shrink.ts";

const out = "runs/language-study";

/** How a model is stored, or what is removed from it. */
interface Way {
  readonly name: string;
  readonly change: (specimen: Language.Specimen) => Language.Specimen;
  /** How far its scores may be from those of the same numbers in f32, of a deviation of 1. */
  readonly tolerance: number;
}

const rounded = (name: string, format: Compress.Format): Way => ({
  name,
  change: Language.rounded(format),
  tolerance: 1e-3,
});

/** The matrices of the layers with two of every four weights, stored as these; tables of tokens and places are left whole, in the format of the weights. */
const inPairs = (name: string, values: Compress.PairsFormat["values"]): Way => {
  const half = Language.pruned(Compress.nOfM({ n: 2, m: 4, choose: isPruned }));
  const format: Compress.Format = { kind: "pairs", ...(values === undefined ? {} : { values }) };
  return { name, change: (it) => Language.rounded(format)(half(it)), tolerance: 1e-3 };
};

const slimmed = (name: string, share: number): Way => ({
  name,
  change: ({ config, params }) =>
    Language.slim({
      heads: Math.round(config.heads * share),
      hidden: Math.round(4 * config.width * share),
    })(config, params),
  tolerance: 1e-3,
});

const ways: readonly Way[] = [
  { name: "f32", change: (it) => it, tolerance: 1e-3 },
  inPairs("2:4, f32", undefined),
  rounded("bf16", { kind: "dense", dtype: "bf16" }),
  inPairs("2:4, bf16", { kind: "dense", dtype: "bf16" }),
  rounded("int8 per channel", Compress.int8),
  inPairs("2:4, int8 per channel", Compress.int8),
  rounded("int4, groups of 64", Compress.int4),
  slimmed("f32, half the heads and neurons", 0.5),
];

/** What writing costs. */
interface Speed {
  readonly name: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly tokensPerSecond: number;
}

/** A model that was read into, and how far its first scores are from those of the same numbers in f32. */
interface Opened {
  readonly reader: Language.Reader;
  readonly deviation: number;
  readonly cost: Omit<Speed, "tokensPerSecond">;
}

const prompt = [1, 2, 3, 4, 5, 6, 7, 8];

const largest = (xs: Float32Array): number => xs.reduce((a, x) => Math.max(a, Math.abs(x)), 0);

const open = async (specimen: Language.Specimen, { name, change }: Way): Promise<Opened> => {
  const changed = change(specimen);
  const { formats, packed } = Language.stored(changed);
  const unpack = Compress.unpack(formats);
  const reader = Language.readerOf(changed.config, packed, { unpack });
  const dense = Language.readerOf(changed.config, await ready(unpack(packed)));
  const [[ours], [wanted]] = [await reader.read([prompt]), await dense.read([prompt])] as [
    [Float32Array],
    [Float32Array],
  ];
  const deviation = largest(ours.map((x, i) => x - (wanted[i] as number))) / largest(wanted);
  const bytes = Compress.packedBytes(packed);
  return { reader, deviation, cost: { name, parameters: summary(changed.params).count, bytes } };
};

/** Seconds for so many tokens one by one. */
const write = async (reader: Language.Reader, tokens: number): Promise<number> => {
  reader.restart();
  await reader.read([prompt]);
  const start = performance.now();
  for (let i = 0; i < tokens; i++) await reader.read([[i % 7]]);
  return (performance.now() - start) / 1000;
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const pageOf = (speeds: readonly Speed[], config: Language.Config, tokens: number): string => {
  const first = speeds[0] as Speed; // f32
  return page(
    "# Writing token by token",
    `\`npm run study:language:generation\`. ${printDevice(deviceInfo())}. ${config.layers} layers of width ${config.width}, ${config.symbols} symbols, a context of ${config.context}, weights that were not trained; medians of 9 times ${tokens} tokens, the ways in turns, after the scores behind a prompt were found to be those of the same numbers in f32.`,
    tableText({
      header: [
        "stored as",
        "parameters",
        "MiB",
        "times smaller",
        "tokens a second",
        "times faster",
      ],
      rows: speeds.map(({ name, parameters, bytes, tokensPerSecond }) => [
        name,
        String(parameters),
        (bytes / 2 ** 20).toFixed(1),
        (first.bytes / bytes).toFixed(2),
        tokensPerSecond.toFixed(1),
        (tokensPerSecond / first.tokensPerSecond).toFixed(2),
      ]),
    }),
    "![tokens a second](generation.png)",
  );
};

const measure = async (isSmoke: boolean): Promise<number> => {
  const sizes = isSmoke
    ? { context: 32, width: 64, layers: 1, heads: 4 }
    : { context: 256, width: 768, layers: 8, heads: 12 };
  const config = Language.configOf("gpt2", 512, sizes);
  const [tokens, turns] = isSmoke ? [4, 1] : [24, 9];
  const specimen = { config, params: await ready(Language.init(key(0), config)) };
  const opened: Opened[] = [];
  for (const way of ways) {
    const one = await open(specimen, way);
    // What is no number is not below.
    if (!(one.deviation < way.tolerance)) {
      say(
        `${way.name}: scores within ${way.tolerance} of those in f32 expected, got ${one.deviation}`,
      );
      return 1;
    }
    say(`${way.name}: scores within ${one.deviation.toExponential(1)} of those in f32`);
    opened.push(one);
  }
  const seconds = opened.map((): number[] => []);
  for (let turn = 0; turn < turns; turn++)
    for (const [i, { reader }] of opened.entries()) seconds[i]?.push(await write(reader, tokens));
  const speeds = opened.map(
    ({ cost }, i): Speed => ({
      ...cost,
      tokensPerSecond: tokens / medianOf(seconds[i] ?? []),
    }),
  );
  const text = pageOf(speeds, config, tokens);
  const picture = bars({
    y: { label: "tokens a second" },
    values: speeds.map(({ name, tokensPerSecond }) => ({
      group: "",
      name,
      value: tokensPerSecond,
      deviation: 0,
    })),
  });
  await writeFiles(out, "generation", {
    markdown: text,
    numbers: speeds,
    pictures: { "generation.png": picture },
  });
  console.log(text);
  return 0;
};

process.exitCode = await measuredBy("study:language:generation", measure);
