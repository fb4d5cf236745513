// Attention against the length of texts: milliseconds and bytes of value and gradients, with the exponents by which they grow.
//
//   npm run study:language:contexts              64 to 4096 tokens, on the cpu device
//   npm run study:language:contexts -- --smoke   64 to 256, one repetition, to see that it works
//
// Times want an otherwise idle machine. Writes contexts.md, contexts.json and two pictures to runs/language-study. Exit codes: 0 done, 1 a kind of
// attention is not what it means: nothing is written, 2 unknown words.

import { deviceInfo, printDevice } from "../../../src/index.ts";
import { lines, type Picture } from "../../../tools/plot/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { measuredBy } from "../../study/smoke.ts";
import { exponentOf } from "../../study/timing.ts";
import { type AttentionCost, costOf, deviationOf, kinds, reach, sizes } from "./attentions.ts";

const out = "runs/language-study";
const checkedAt = 192;
const tolerance = 1e-4;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const kindsIn = (costs: readonly AttentionCost[]): readonly string[] => [
  ...new Set(costs.map(({ kind }) => kind)),
];

const ofKind = (costs: readonly AttentionCost[], kind: string): readonly AttentionCost[] =>
  costs.filter((it) => it.kind === kind);

type Measure = (cost: AttentionCost) => number;

const milliseconds: Measure = (cost) => cost.milliseconds;
const mebibytes: Measure = ({ bytes }) => bytes / 2 ** 20;

/** A row for each kind: a number at each length, and the exponents of all lengths and of the upper half. */
const tableOf = (costs: readonly AttentionCost[], measure: Measure, places: number): string => {
  const contexts = [...new Set(costs.map(({ context }) => context))];
  return tableText({
    header: ["attention", ...contexts.map(String), "exponent", "of the upper half"],
    rows: kindsIn(costs).map((kind) => {
      const points = ofKind(costs, kind).map((cost) => [cost.context, measure(cost)] as const);
      const upper = points.slice(Math.floor(points.length / 2));
      return [
        kind,
        ...points.map(([, y]) => y.toFixed(places)),
        exponentOf(points).toFixed(2),
        exponentOf(upper).toFixed(2),
      ];
    }),
  });
};

const pictureOf = (costs: readonly AttentionCost[], measure: Measure, label: string): Picture =>
  lines({
    x: { label: "tokens", isLog: true },
    y: { label, isLog: true },
    curves: kindsIn(costs).map((name) => ({
      name,
      x: ofKind(costs, name).map(({ context }) => context),
      y: ofKind(costs, name).map(measure),
    })),
  });

const pageOf = (costs: readonly AttentionCost[], repetitions: number): string =>
  page(
    "# Attention against the length of texts",
    `\`npm run study:language:contexts\`. ${printDevice(deviceInfo())}. One text, ${sizes.heads} heads of width ${sizes.width}, causal; windows and blocks of ${reach}. Value and gradients of a sum of squares: medians of ${repetitions} runs, after values and gradients at ${checkedAt} tokens were found to be those of the formula over all pairs to ${tolerance}. An exponent e is that of c · lengthᵉ, by least squares through logarithms.`,
    "## Milliseconds",
    tableOf(costs, milliseconds, 2),
    "![milliseconds against tokens](contexts-time.png)",
    "## Temporaries, MiB",
    tableOf(costs, mebibytes, 2),
    "![temporaries against tokens](contexts-memory.png)",
  );

const measure = async (isSmoke: boolean): Promise<number> => {
  for (const kind of kinds) {
    const deviation = await deviationOf(kind, checkedAt);
    // What is no number is not below.
    if (!(deviation < tolerance)) {
      say(
        `${kind.name}: a deviation below ${tolerance} from what it means expected, got ${deviation}`,
      );
      return 1;
    }
  }
  const contexts = isSmoke ? [64, 128, 256] : [64, 128, 256, 512, 1024, 2048, 4096];
  const repetitions = isSmoke ? 1 : 9;
  const costs: AttentionCost[] = [];
  for (const kind of kinds)
    for (const context of contexts) {
      const cost = await costOf(kind, context, repetitions);
      costs.push(cost);
      say(
        `${kind.name}, ${context}: ${cost.milliseconds.toFixed(2)} ms, ${mebibytes(cost).toFixed(2)} MiB`,
      );
    }
  const text = pageOf(costs, repetitions);
  await writeFiles(out, "contexts", {
    markdown: text,
    numbers: costs,
    pictures: {
      "contexts-time.png": pictureOf(costs, milliseconds, "milliseconds"),
      "contexts-memory.png": pictureOf(costs, mebibytes, "temporaries, MiB"),
    },
  });
  console.log(text);
  return 0;
};

process.exitCode = await measuredBy("study:language:contexts", measure);
