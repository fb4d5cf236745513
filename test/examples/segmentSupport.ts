// What tests of `npm run segment` share: the program run in this process or in one of its own, and small data sets in its layouts.

import { runWords } from "../../examples/segment/run.ts";
import { Segmentation } from "../../src/models/index.ts";
import { alone } from "./alone.ts";
import { inProcess, refusing } from "./inProcess.ts";

export { filesIn, temporaryFolder, writeFiles } from "./inProcess.ts";

/** Runs the program in this process. */
export const segment = inProcess(runWords);

/** Runs the program in a process of its own. */
export const segmentAlone = alone("examples/segment/main.ts");

/** A mistake is told in these words on stderr; nothing else is printed, and the exit code is 2. */
export const refuses = refusing(segment);

/** A picture of a size, of colours that differ with the seed. */
export const pictureOf = (height: number, width: number, seed: number): Segmentation.Picture => ({
  height,
  width,
  pixels: Uint8Array.from(
    { length: 3 * height * width },
    (_, i) => (seed * 31 + i * 7 + (i >> 5) * 13) % 256,
  ),
});

/** Labels of a size, of classes below `count`, in stripes. */
export const labelsOf = (
  height: number,
  width: number,
  count: number,
  seed: number,
): Segmentation.Labels => ({
  height,
  width,
  labels: Uint8Array.from({ length: height * width }, (_, i) => (seed + (i >> 4)) % count),
});

const { encodeMask, encodePng } = Segmentation;

/** How many pictures each part of a small data set has. */
const lengths = { train: 3, val: 2, test: 2 } as const;

/** Where a picture and its mask are. */
type Paths = (part: string, name: string) => readonly [picture: string, mask: string];

const setOf = (paths: Paths, values: number): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(
    Object.entries(lengths).flatMap(([part, length], k) =>
      Array.from({ length }, (_, i) => {
        const [picture, mask] = paths(part, "abc".charAt(i));
        return [
          [picture, encodePng(pictureOf(16, 24, 10 * k + i))],
          [mask, encodeMask(labelsOf(16, 24, values, i))],
        ] as const;
      }).flat(),
    ),
  );

/** Pictures a, b, c of 16 x 24 in CamVid's layout; two each of val and test. */
export const camVid: Readonly<Record<string, Uint8Array>> = setOf(
  (part, name) => [`${part}/${name}.png`, `${part}annot/${name}.png`],
  12,
);

/** The same in the layout of Cityscapes, without its test part. */
export const cityscapes: Readonly<Record<string, Uint8Array>> = setOf(
  (part, name) => [
    `leftImg8bit/${part}/bonn/bonn_${name}_leftImg8bit.png`,
    `gtFine/${part}/bonn/bonn_${name}_gtFine_labelIds.png`,
  ],
  34,
);

/** The same in folders, with two classes. */
export const folders: Readonly<Record<string, Uint8Array | string>> = {
  ...setOf((part, name) => [`${part}/images/${name}.png`, `${part}/masks/${name}.png`], 2),
  "classes.txt": "land 0 128 0\nwater 0 0 255\n",
};

/** The words of a training run in a moment. */
export const small = "--width 2 --batch 4 --epochs 1 --device cpu".split(" ");
