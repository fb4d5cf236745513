// The tables of the study: which runs each needs, and what it says of their results.

import { lines, type Picture, Plot, plot } from "../../../tools/plot/index.ts";
import { page, tableText } from "../../study/markdown.ts";
import { byContender, compare, digits, over, printOver } from "../../study/statistics.ts";
import type * as Study from "../../study/study.ts";
import type { Job, Result } from "./jobs.ts";
import { base, recipes, sparsities } from "./recipes.ts";
import type { TextName } from "./sizes.ts";

type Table = Study.Table<Job, Result>;

const loss = (result: Result): number => result.loss ?? Number.NaN;
const kib = ({ bytes }: Result): number => bytes / 1024;

/** A row for each contender: loss, and how far it is from that of the control in the same seed. */
const scores = (results: readonly Result[], control: string): string => {
  const groups = byContender(results);
  const ours = groups.get(control) ?? [];
  return tableText({
    header: [
      "model",
      "loss, nats",
      `above ${control}`,
      "file, KiB",
      "times smaller",
      "parameters",
      "zeros",
    ],
    rows: [...groups].map(([name, runs]) => {
      const sameSeeds = ours.filter(({ seed }) => runs.some((run) => run.seed === seed));
      const { difference, deviation } = compare(sameSeeds, runs, loss);
      const isControl = name === control || ours.length === 0;
      const by =
        runs.length > 1 ? `${digits(difference)} ± ${digits(deviation)}` : digits(difference);
      return [
        name,
        printOver(runs, loss),
        isControl ? "" : by,
        digits(over(runs, kib).mean, 0),
        digits(over(ours, kib).mean / over(runs, kib).mean, 2),
        String(runs[0]?.parameters),
        `${digits(100 * over(runs, ({ sparsity }) => sparsity).mean, 1)} %`,
      ];
    }),
  });
};

/** What a step of training takes, for tables of ways to train; costs.ts measures times. */
const costs = (results: readonly Result[]): string =>
  tableText({
    header: ["model", "temporaries of a step, MiB"],
    rows: [...byContender(results)].map(([name, runs]) => [
      name,
      digits((runs[0]?.temporaryBytes ?? Number.NaN) / 2 ** 20, 2),
    ]),
  });

/** The validation text's loss on the way, means over seeds. */
const curves = (results: readonly Result[]): Picture =>
  lines({
    x: { label: "updates" },
    y: { label: "loss of the validation text, nats a character" },
    curves: [...byContender(results)].flatMap(([name, runs]) => {
      const first = runs.find(({ curve }) => curve !== undefined)?.curve ?? [];
      const all = runs.flatMap(({ curve }) => (curve === undefined ? [] : [curve]));
      if (all.length === 0) return [];
      return {
        name,
        x: first.map(({ iteration }) => iteration),
        y: first.map(
          (_, i) =>
            all.reduce((sum, curve) => sum + (curve[i]?.loss ?? Number.NaN), 0) / all.length,
        ),
      };
    }),
  });

/** Loss against bytes: a dot for each contender, in the colour of what it is called. */
const lossByBytes = (
  results: readonly Result[],
  called: (contender: string) => string = (contender) => contender,
): Picture => {
  const dots = [...byContender(results)].map(([contender, runs]) => ({
    name: called(contender),
    x: over(runs, kib).mean,
    y: over(runs, loss).mean,
  }));
  return plot({
    color: {
      type: "categorical",
      legend: true,
      domain: [...new Set(dots.map(({ name }) => name))],
    },
    x: { type: "log", label: "KiB of the file", inset: 16 },
    y: { label: "loss of the validation text, nats a character", inset: 12 },
    marks: [Plot.dot(dots, { x: "x", y: "y", fill: "name", r: 4 })],
  });
};

/** How a model was rounded. Whether its activations were, too, makes no difference that could be seen in a picture. */
const wayOfRounding = (contender: string): string => {
  if (!contender.startsWith("int")) return contender;
  return contender.endsWith("QAT")
    ? "rounded, and trained to bear it"
    : "rounded, activations too or not";
};

const waysOfPruning = {
  "at once": (percent: string) => `magnitude ${percent}`,
  "at once, tuned": (percent: string) => `magnitude ${percent}, tuned`,
  gradually: (percent: string) => `gradual ${percent}`,
} as const;

const lossBySparsity = (results: readonly Result[]): Picture =>
  lines({
    x: { label: "share of weights that are pruned, percent" },
    y: { label: "loss of the validation text, nats a character" },
    curves: Object.entries(waysOfPruning).map(([name, contender]) => ({
      name,
      x: sparsities.map((sparsity) => 100 * sparsity),
      y: sparsities.map((sparsity) => {
        const runs = byContender(results).get(contender(`${Math.round(100 * sparsity)} %`));
        return over(runs ?? [], loss).mean;
      }),
    })),
  });

/** What a table shows besides its scores. */
interface Shown {
  readonly text?: TextName;
  readonly control?: string;
  /** Contenders of the first seed alone, among which a setting was searched. */
  readonly searched?: readonly string[];
  readonly words?: (results: readonly Result[]) => readonly string[];
  readonly pictures: (results: readonly Result[]) => Readonly<Record<string, Picture>>;
}

const tableOf = (
  title: string,
  names: readonly string[],
  { text = "shakespeare", control = base, searched = [], words = () => [], pictures }: Shown,
): Table => ({
  title,
  jobs: (seeds) =>
    seeds.flatMap((seed, i) =>
      [...names, ...(i === 0 ? searched : [])].map((contender): Job => ({ text, contender, seed })),
    ),
  report: (results) => ({
    markdown: page(scores(results, control), ...words(results)),
    pictures: pictures(results),
  }),
});

const named = (matches: (name: string) => boolean): readonly string[] =>
  [...recipes.keys()].filter(matches);

const trained = {
  words: (results: readonly Result[]) => [costs(results)],
  pictures: (results: readonly Result[]) => ({ loss: curves(results) }),
};

/** The best rate of SGD, searched on the first seed. */
const bestOfSgd = "SGD, 100 times the rate";

/** The other rates. */
const isSearched = (name: string): boolean => name.startsWith("SGD") && name !== bestOfSgd;

/** The tables by name. */
export const tables: Readonly<Record<string, Table>> = {
  baseline: tableOf(
    "Tiny Shakespeare by characters: nanoGPT's setting for small machines",
    [base, "nanoGPT's rate", "modern parts"],
    trained,
  ),
  optimizers: tableOf(
    "Optimisers",
    [base, ...named((name) => /^(Adam|Lion)/.test(name)), bestOfSgd],
    {
      pictures: (results) => ({
        loss: curves(results.filter(({ contender }) => !isSearched(contender))),
      }),
      searched: named(isSearched),
    },
  ),
  precision: tableOf(
    "Precision of what is stored",
    [base, ...named((name) => /f16/.test(name))],
    trained,
  ),
  attention: tableOf(
    "Kinds of attention",
    [base, "window of 16", "linear", "two groups", "multi-query"],
    trained,
  ),
  quantization: tableOf(
    "Quantisation",
    [base, "trained on", ...named((name) => /^int[48]/.test(name))],
    {
      pictures: (results) => ({ bytes: lossByBytes(results, wayOfRounding) }),
    },
  ),
  pruning: tableOf(
    "Pruning",
    [
      base,
      "trained on",
      ...named(
        (name) =>
          /^(magnitude|gradual|over all|random|2:4|half (the|of))/.test(name) &&
          !name.includes("taught"),
      ),
    ],
    { pictures: (results) => ({ sparsity: lossBySparsity(results) }) },
  ),
  distillation: tableOf(
    "Students of half the width and half the layers",
    [base, ...named((name) => name.startsWith("half size"))],
    { control: "half size, from scratch", pictures: (results) => ({ loss: curves(results) }) },
  ),
  together: tableOf(
    "One after the other",
    [
      base,
      "trained on",
      "int8 per channel",
      "int4 groups of 64",
      ...named((name) => name.includes("taught")),
    ],
    { pictures: (results) => ({ bytes: lossByBytes(results) }) },
  ),
  generated: tableOf(
    "The text that the program writes itself",
    [
      base,
      "trained on",
      "int8 per channel",
      "int4 groups of 64",
      "magnitude 50 %, tuned",
      "half size, from scratch",
      "half size, soft targets",
    ],
    { text: "generated", pictures: (results) => ({ bytes: lossByBytes(results) }) },
  ),
};
