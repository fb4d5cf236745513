// What the scale of a loss is for: how far gradients in f16 are from those of f32, by the scale.
//
//   npm run study:language:scales              nanoGPT's small setting on the text that the program writes itself, as it starts and trained
//   npm run study:language:scales -- --smoke   a tiny model and two scales, to see that it works
//
// A scale of 2⁻ᵏ tells, too, what becomes of gradients that are so much smaller: a mean over 2ᵏ times as many tokens has such ones. Nothing is timed.
// Writes scales.md, scales.json and a picture to runs/language-study. Exit codes: 0 done, 2 unknown words.

import { deviceInfo, printDevice } from "../../../src/index.ts";
import { lines, type Picture } from "../../../tools/plot/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { measuredBy } from "../../study/smoke.ts";
import { paramsAfter, type ScaleError, scaleErrors } from "./scaleErrors.ts";
import { sizesFor } from "./sizes.ts";
import { settingOf } from "./ways.ts";

const out = "runs/language-study";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Gradients at the parameters after so many updates. */
interface Measured {
  readonly updates: number;
  readonly errors: readonly ScaleError[];
}

const named = ({ updates }: Measured): string =>
  updates === 0 ? "as it starts" : `after ${updates} updates`;

const power = (scale: number): string => `2^${Math.log2(scale)}`;
const share = (x: number): string => (Number.isFinite(x) ? x.toExponential(1) : "overflows");

const tableOf = (measured: readonly Measured[]): string =>
  tableText({
    header: [
      "scale",
      ...measured.flatMap((it) => [
        `off by, ${named(it)}`,
        "in the worst leaf",
        "turned to 0, percent",
      ]),
    ],
    rows: (measured[0]?.errors ?? []).map(({ scale }, i) => [
      power(scale),
      ...measured.flatMap(({ errors }) => {
        const { error, worst, lost } = errors[i] as ScaleError; // the same scales
        return [share(error), share(worst), (100 * lost).toFixed(1)];
      }),
    ]),
  });

const pictureOf = (measured: readonly Measured[]): Picture =>
  lines({
    x: { label: "scale of the loss, power of 2" },
    y: { label: "|difference| / |gradient| to f32", isLog: true },
    curves: measured.flatMap((it) => {
      const finite = it.errors.filter(({ worst }) => Number.isFinite(worst));
      const x = finite.map(({ scale }) => Math.log2(scale));
      return [
        { name: named(it), x, y: finite.map(({ error }) => error) },
        {
          name: `${named(it)}, worst leaf`,
          x,
          y: finite.map(({ worst }) => worst),
          look: "dashes",
        },
      ];
    }),
  });

const measure = async (isSmoke: boolean): Promise<number> => {
  const sizes = sizesFor(isSmoke ? "smoke" : "full");
  const setting = await settingOf(sizes);
  const exponents = isSmoke ? [0, 10] : Array.from({ length: 25 }, (_, i) => 2 * i - 24);
  const scales = exponents.map((exponent) => 2 ** exponent);
  const measured: Measured[] = [];
  for (const updates of [0, sizes.iterations / 2]) {
    say(`${updates} updates`);
    const params = await paramsAfter(updates, setting);
    measured.push({ updates, errors: await scaleErrors(setting, params, scales) });
  }
  const { layers, width } = setting.config;
  const text = page(
    "# The scale of a loss in f16",
    `\`npm run study:language:scales\`. ${printDevice(deviceInfo())}. The loss is multiplied by the scale before it is differentiated, and the gradient divided by it; what is stored between is rounded to f16. Off by: |difference| / |gradient| to f32's, one update by ${sizes.batchSize} pieces of ${sizes.time} characters. ${layers} layers of width ${width}, the text that the program writes itself.`,
    tableOf(measured),
    "![how far gradients are off, by the scale](scales.png)",
  );
  await writeFiles(out, "scales", {
    markdown: text,
    numbers: measured,
    pictures: { "scales.png": pictureOf(measured) },
  });
  console.log(text);
  return 0;
};

process.exitCode = await measuredBy("study:language:scales", measure);
