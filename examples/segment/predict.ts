// The command predict: what a network finds in pictures of any size, painted over them and as masks.

import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { printProblem, TensorError } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { printFileProblem } from "../../src/nn/index.ts";
import { codeOf, writableFolder, writeBytes } from "../places.ts";
import { type Find, finderFor } from "./finding.ts";
import type { PredictOptions } from "./options.ts";
import { overlaid } from "./report.ts";

type Saved = Segmentation.SavedNetwork;

/** The network in a file. */
export const loaded = (model: string): TE.TaskEither<string, Saved> =>
  pipe(Segmentation.loadNetwork(model), TE.mapLeft(printFileProblem));

/** Finds and paints. Nothing is written unless every picture can be read. */
export const predict = (options: PredictOptions): TE.TaskEither<string, unknown> =>
  pipe(
    TE.fromEither(planned(options)),
    TE.chainFirst((plans) =>
      TE.traverseSeqArray(writableFolder)([
        ...new Set(plans.map(({ overlay }) => dirname(overlay))),
      ]),
    ),
    TE.bindTo("plans"),
    TE.bind("saved", () => loaded(options.model)),
    // They are read twice, as all of them together may be more than there is room for.
    TE.chainFirst(({ plans }) => TE.traverseSeqArray(({ file }: Plan) => readImage(file))(plans)),
    TE.chain(({ plans, saved }) => {
      const find = finderFor(saved, options.device);
      return TE.traverseSeqArray((plan: Plan) => predictOne(saved, find, plan, options))(plans);
    }),
  );

/** A picture, and the files that are made of it. */
interface Plan {
  readonly file: string;
  readonly overlay: string;
  readonly labels: string;
}

/** What is made of each picture. Refuses pictures of which one would be written over by another or its results. */
const planned = ({ images, folder }: PredictOptions): E.Either<string, readonly Plan[]> => {
  const plans = images.map((file) => {
    const stem = join(folder ?? dirname(file), basename(file, extname(file)));
    return { file, overlay: `${stem}.overlay.png`, labels: `${stem}.labels.png` };
  });
  const from = new Map(images.map((file) => [resolve(file), file]));
  for (const { file, overlay, labels } of plans)
    for (const path of [overlay, labels]) {
      const other = from.get(resolve(path));
      if (other !== undefined)
        return E.left(
          `predict: pictures whose results have places of their own expected, got ${file} and ${other}, both for ${path}\nhint: one at a time, or with another --folder`,
        );
      from.set(resolve(path), file);
    }
  return E.right(plans);
};

const readImage = (file: string): TE.TaskEither<string, Segmentation.Picture> =>
  pipe(
    TE.tryCatch(
      () => readFile(file),
      (cause) => {
        const code = codeOf(cause) ?? String(cause);
        return code === "ENOENT"
          ? `${file}: a file expected, got nothing`
          : `${file}: a readable file expected, got ${code}`;
      },
    ),
    TE.chainEitherK((bytes) =>
      pipe(Segmentation.decodePicture(file, bytes), E.mapLeft(Segmentation.printImageProblem)),
    ),
  );

/** What a device refused of a picture, as more than it has room for, with the picture's name; anything else is thrown on. */
const refusalIn =
  (file: string, { height, width }: Segmentation.Picture) =>
  (cause: unknown): string => {
    if (!(cause instanceof TensorError)) throw cause;
    return `${file}, of ${height} x ${width}: ${printProblem(cause.problem)}`;
  };

/** Writes a picture with what was found in it painted over it, and what was found as a mask of its own. */
const predictOne = (
  saved: Saved,
  find: Find,
  plan: Plan,
  { json }: PredictOptions,
): TE.TaskEither<string, void> =>
  pipe(
    readImage(plan.file),
    TE.bindTo("picture"),
    TE.bind("labels", ({ picture }) =>
      TE.tryCatch(() => find(picture), refusalIn(plan.file, picture)),
    ),
    TE.chainFirst(({ picture, labels }) =>
      writeBytes(plan.overlay, Segmentation.encodePng(overlaid(picture, labels, saved.classes))),
    ),
    TE.chainFirst(({ picture, labels }) => {
      const colors = saved.classes.map(({ color }) => color);
      const mask = Segmentation.encodePaletteMask(colors)({ ...picture, labels });
      return writeBytes(plan.labels, mask);
    }),
    TE.chainIOK(({ labels }) => () => {
      const shares = sharesOf(labels, saved.classes);
      const line = json
        ? JSON.stringify({ ...plan, shares })
        : `${plan.overlay}: ${printShares(shares)}`;
      console.log(line);
    }),
  );

/** The share of pixels of each class. */
const sharesOf = (
  labels: Uint8Array,
  classes: readonly Segmentation.ClassInfo[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    classes.map(({ name }, i) => [
      name,
      labels.reduce((n, label) => n + (label === i ? 1 : 0), 0) / labels.length,
    ]),
  );

const printShares = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares)
    .filter(([, share]) => share >= 0.0005)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`)
    .join(", ");
