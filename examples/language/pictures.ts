// Pictures of the notebook: what steps take, how training went, and what models lose against what was done to them.

import type { Language } from "../../src/models/index.ts";
import { lines, type Picture, Plot, plot } from "../../tools/plot/index.ts";
import { memoryOf, type StepOptions } from "./bytes.ts";
import type { Made } from "./shelf.ts";

const lossLabel = "loss, nats a character";

/** Temporaries of a step of each model against its context, which is changed. */
export const contextChart = (
  models: Readonly<Record<string, Language.Config>>,
  contexts: readonly number[],
  options: StepOptions,
): Picture =>
  lines({
    title: "Temporaries of a training step",
    x: { label: "tokens of the text", isLog: true },
    y: { label: "MiB", isLog: true },
    curves: Object.entries(models).map(([name, config]) => ({
      name,
      x: contexts,
      y: contexts.map(
        (context) => memoryOf({ ...config, context }, options).temporaryBytes / 2 ** 20,
      ),
    })),
  });

/** The validation text's loss while models were trained. */
export const validationChart = (
  runs: Readonly<Record<string, Pick<Language.Trained<unknown>, "validation">>>,
): Picture =>
  lines({
    title: "The validation text",
    x: { label: "updates" },
    y: { label: lossLabel },
    curves: Object.entries(runs).map(([name, { validation }]) => ({
      name,
      x: validation.map(({ iteration }) => iteration),
      y: validation.map(({ loss }) => loss),
    })),
  });

/** Losses against the share of weights that were pruned, a curve for each way. */
export const sparsityChart = (
  percents: readonly number[],
  losses: Readonly<Record<string, readonly number[]>>,
): Picture =>
  lines({
    title: "Pruned by magnitude",
    x: { label: "share of weights that are gone, percent" },
    y: { label: lossLabel },
    curves: Object.entries(losses).map(([name, y]) => ({ name, x: percents, y })),
  });

/** Models as dots by the bytes of their files, those of a way joined; without the ones that lose more than a limit, which are counted below. */
export const lossAgainstBytes = (
  shelf: readonly Omit<Made, "specimen">[],
  limit: number,
): Picture => {
  const drawn = shelf.filter(({ loss }) => loss <= limit);
  const left = shelf.length - drawn.length;
  const ways = [...new Set(drawn.map(({ way }) => way))];
  const place = { x: ({ bytes }: Pick<Made, "bytes">) => bytes / 1024, y: "loss" };
  return plot({
    title: "Loss against bytes",
    ...(left > 0 && { caption: `without ${left} that lose more than ${limit.toFixed(2)}` }),
    height: 480,
    color: { type: "categorical", legend: true, domain: ways },
    x: { type: "log", label: "file, KiB", inset: 24 },
    y: { label: lossLabel, inset: 16 },
    marks: [
      Plot.line(drawn, { ...place, stroke: "way", z: "way", strokeOpacity: 0.5 }),
      Plot.dot(drawn, { ...place, fill: "way", r: 4 }),
      // Names of every other way stand below their dots, so that fewer of them meet.
      ...ways.map((way, i) =>
        Plot.text(
          drawn.filter((made) => made.way === way),
          { ...place, text: "name", fill: "way", fontSize: 11, dy: i % 2 === 0 ? -12 : 14 },
        ),
      ),
    ],
  });
};
