// Ways to train a language model: milliseconds of an update, and bytes, beside an ordinary one in f32.
//
//   npm run study:language:costs              nanoGPT's small setting, and a deeper model on longer texts, on the cpu device
//   npm run study:language:costs -- --smoke   a tiny model and few updates, to see that it works
//
// Times want an otherwise idle machine. Writes costs.md, costs.json and a picture to runs/language-study. Exit codes: 0 done, 2 unknown words, 3 a way has
// another loss or other gradients than the control: nothing is written.

import * as E from "fp-ts/lib/Either.js";
import { deviceInfo, printDevice } from "../../../src/index.ts";
import { type Picture, Plot, plot, stack } from "../../../tools/plot/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { measuredBy } from "../../study/smoke.ts";
import { type Sizes, sizesFor } from "./sizes.ts";
import { costOf, type Deviation, slopeBy, tolerances, type WayCost } from "./wayCosts.ts";
import { control, type Setting, settingOf, type Way, ways } from "./ways.ts";

const out = "runs/language-study";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What ways to train a model cost. */
interface Measured {
  readonly name: string;
  readonly words: string;
  readonly costs: readonly WayCost[];
}

const nano = sizesFor("full");

/** nanoGPT's setting, and one whose activations outweigh its parameters by far. */
const settings = (isSmoke: boolean): readonly (readonly [name: string, sizes: Sizes])[] =>
  isSmoke
    ? [["tiny", { ...sizesFor("smoke"), batchSize: 12 }]] // the most micro-batches
    : [
        ["nanoGPT's small setting", nano],
        [
          "Twice as deep, four times as long",
          { ...nano, time: 256, changes: { layers: 8, context: 256 } },
        ],
      ];

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
const share = (x: number): string => (x === 0 ? "0" : x.toExponential(0));

const tableOf = (costs: readonly WayCost[]): string =>
  tableText({
    header: [
      "way",
      "ms an update",
      "times the control's",
      "temporaries, MiB",
      "of which wait, MiB",
      "parameters, MiB",
      "optimiser's state, MiB",
      "peak, MiB",
      "loss off by",
      "gradients off by",
    ],
    rows: costs.map((it) => [
      it.name,
      it.milliseconds.toFixed(1),
      (it.milliseconds / (costs[0] as WayCost).milliseconds).toFixed(2), // the control comes first
      mebibytes(it.temporaryBytes),
      mebibytes(it.waitingBytes),
      mebibytes(it.parameterBytes),
      mebibytes(it.optimizerBytes),
      mebibytes(it.peakBytes),
      share(it.deviation.loss),
      share(it.deviation.gradient),
    ]),
  });

/** What is stored between kernels, and whether what is inside of layers is: the colours of dots. */
const kindOf = ({ precision, recompute }: Way): string =>
  recompute ? `${precision}, layers computed again` : precision;

/** Time against bytes, a dot for each way. */
const pictureOf = ({ name, costs }: Measured): Picture => {
  const dots = costs.map((it) => ({
    peak: it.peakBytes / 2 ** 20,
    milliseconds: it.milliseconds,
    kind: kindOf(it),
    parts: it.microBatches === 1 ? "" : String(it.microBatches),
  }));
  const at = { x: "peak", y: "milliseconds" };
  return plot({
    title: name,
    caption: "A number at a dot is that of micro-batches.",
    x: { label: "peak of an update, MiB", zero: true, nice: true },
    y: { label: "milliseconds an update", zero: true, nice: true },
    color: { type: "categorical", legend: true, domain: [...new Set(costs.map(kindOf))] },
    marks: [
      Plot.dot(dots, { ...at, fill: "kind", r: 4 }),
      Plot.text(dots, { ...at, text: "parts", dx: 8, textAnchor: "start" }),
    ],
  });
};

const wordsFor = ({ config, batchSize, time }: Setting): string =>
  `${config.layers} layers of width ${config.width}, ${config.heads} heads; ${batchSize} pieces of ${time} characters for an update.`;

/** Tolerances in words. */
const within = (of: keyof Deviation): string =>
  ways
    .map(({ precision }) => precision)
    .filter((it, i, all) => all.indexOf(it) === i)
    .map((it) => `${Number(tolerances[it][of].toPrecision(2))} in ${it}`)
    .join(", ");

const pageOf = (measured: readonly Measured[], repetitions: number): string =>
  page(
    "# What an update costs",
    `\`npm run study:language:costs\`. ${printDevice(deviceInfo())}. AdamW on the text that the program writes itself; medians of ${repetitions}, each update by the same pieces, after the first one was found to be that of the control, ${control.name} in one batch. Off by: losses as a share (at most ${within("loss")}), gradients by |difference| / |gradient| in the leaf where that is greatest (at most ${within("gradient")}).`,
    "Bytes are by the plan of a step, of which an update in micro-batches is as many: temporaries; what of them waits behind the loss for the backward pass, copies of weights in 16 bits among it; the peak, which is all that is alive at once. Micro-batches add their gradients up in the optimiser's state.",
    ...measured.flatMap(({ name, words, costs }) => [`## ${name}`, words, tableOf(costs)]),
    "![milliseconds against bytes](costs.png)",
  );

/** What all ways cost in a setting. A Left says which of them is not what the control is. */
const costsIn = async (
  setting: Setting,
  repetitions: number,
): Promise<E.Either<string, readonly WayCost[]>> => {
  const wanted = await slopeBy(setting, control);
  const costs: WayCost[] = [];
  for (const one of ways) {
    const cost = await costOf(setting, one, wanted, repetitions);
    if (E.isLeft(cost)) return cost;
    costs.push(cost.right);
    const { milliseconds, peakBytes } = cost.right;
    say(`${one.name}: ${milliseconds.toFixed(1)} ms, peak ${mebibytes(peakBytes)} MiB`);
  }
  return E.right(costs);
};

const measure = async (isSmoke: boolean): Promise<number> => {
  const repetitions = isSmoke ? 1 : 9;
  const measured: Measured[] = [];
  for (const [name, sizes] of settings(isSmoke)) {
    say(name);
    const setting = await settingOf(sizes);
    const costs = await costsIn(setting, repetitions);
    if (E.isLeft(costs)) {
      say(costs.left);
      return 3;
    }
    measured.push({ name, words: wordsFor(setting), costs: costs.right });
  }
  const text = pageOf(measured, repetitions);
  await writeFiles(out, "costs", {
    markdown: text,
    numbers: measured,
    pictures: { "costs.png": stack(measured.map(pictureOf)) },
  });
  console.log(text);
  return 0;
};

process.exitCode = await measuredBy("study:language:costs", measure);
