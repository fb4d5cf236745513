// Scenes beside what networks found in them. What they found is part of the results; the scenes are drawn again.

import * as E from "fp-ts/lib/Either.js";
import { Segmentation } from "../../../src/models/index.ts";
import type { Picture } from "../../../tools/plot/index.ts";
import { type Shown, showcase } from "../report.ts";
import type { Result } from "./jobs.ts";
import { testScenes } from "./sizes.ts";

/** What was found in a picture of the test part: its index, and a PNG of the labels in base64. */
export interface Found {
  readonly index: number;
  readonly labels: string;
}

/** Labels [height, width] as part of a result. */
export const packed = (index: number, labels: Segmentation.Labels): Found => ({
  index,
  labels: Buffer.from(Segmentation.encodeMask(labels)).toString("base64"),
});

const unpacked = ({ index, labels }: Found): Uint8Array => {
  const read = Segmentation.decodeLabels(`result ${index}`, Buffer.from(labels, "base64"));
  if (E.isLeft(read)) throw new Error(Segmentation.printImageProblem(read.left)); // our own results
  return read.right.labels;
};

/** The pictures of the first seed: input, truth, and what contenders found, each under a name. */
export const sideBySide = async (
  results: readonly Result[],
  named: Readonly<Record<string, string>>,
): Promise<Picture> => {
  const runOf = (contender: string): Result | undefined =>
    results.find((it) => it.contender === contender);
  const runs = Object.entries(named).map(([name, contender]) => [name, runOf(contender)] as const);
  const [first] = runs;
  const pictures = testScenes(first?.[1]?.sizes.scenes ?? 0);
  const shown: Shown[] = [];
  for (const [at, { index }] of (first?.[1]?.found ?? []).entries()) {
    const picture = await pictures.load(index)();
    if (E.isLeft(picture)) throw new Error(Segmentation.printImageProblem(picture.left)); // indices of theirs
    const found = runs.map(([name, run]) => [name, unpacked(run?.found?.[at] as Found)] as const); // the same pictures for all
    shown.push({ picture: picture.right, found: Object.fromEntries(found) });
  }
  return showcase(Segmentation.streetClasses, shown);
};
