// Cityscapes: which ids are trained and as what, the order of cities, and pictures made smaller.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  cityscapesClasses,
  openCityscapes,
} from "../../../../src/models/segmentation/data/cityscapes.ts";
import { encodeMask, encodePng } from "../../../../src/models/segmentation/data/png.ts";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("openCityscapes");

const right = <A>(result: E.Either<ImageProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printImageProblem(result.left));
  return result.right;
};

const ids = [...Array.from({ length: 34 }, (_, id) => id), 255, 255]; // a row of 36
const files = (frames: readonly string[]) =>
  Object.fromEntries(
    frames.flatMap((frame) => {
      const place = `train/${frame.split("_")[0]}/${frame}`;
      const pixels = Uint8Array.from({ length: 2 * 36 * 3 }, (_, i) => i);
      const labels = Uint8Array.from([...ids, ...ids]);
      return [
        [`c/leftImg8bit/${place}_leftImg8bit.png`, encodePng({ height: 2, width: 36, pixels })],
        [`c/gtFine/${place}_gtFine_labelIds.png`, encodeMask({ height: 2, width: 36, labels })],
        [`c/gtFine/${place}_gtFine_instanceIds.png`, new Uint8Array(0)],
      ] as const;
    }),
  );
const source = memorySource(
  files(["ulm_000001_000019", "aachen_000000_000019", "aachen_000000_000010"]),
  99,
);

test("gives cities and frames in order, 19 ids as labels and the others ignored", async () => {
  const set = right(await openCityscapes({ folder: "c", split: "train" }, source)());
  assert.equal(set.names, [
    "aachen/aachen_000000_000010",
    "aachen/aachen_000000_000019",
    "ulm/ulm_000001_000019",
  ]);
  assert.is(set.classes.length, 19);
  const { labels } = right(await set.load(2)());
  // The publishers' table: id → trainId.
  const table =
    "7>0 8>1 11>2 12>3 13>4 17>5 19>6 20>7 21>8 22>9 23>10 24>11 25>12 26>13 27>14 28>15 31>16 32>17 33>18";
  const trainIds = new Map(
    table.split(" ").map((pair) => pair.split(">").map(Number) as [number, number]),
  );
  assert.equal(
    [...labels.subarray(0, 36)],
    ids.map((id) => trainIds.get(id) ?? 255),
  );
  const named = Object.fromEntries(
    cityscapesClasses.map(({ name, color }, k) => [`${k} ${name}`, color]),
  );
  assert.equal(
    [named["0 road"], named["13 car"], named["18 bicycle"]],
    [
      [128, 64, 128],
      [0, 0, 142],
      [119, 11, 32],
    ],
  );
});

test("makes pictures smaller by a factor", async () => {
  const set = right(await openCityscapes({ folder: "c", split: "train", reduce: 2 }, source)());
  const { height, width, labels, pixels } = right(await set.load(0)());
  assert.equal([height, width, labels[3], labels[16]], [1, 18, 0, 18]); // ids 7 and 33
  assert.is(pixels[0], (0 + 3 + 108 + 111) / 4 + 0.5); // 55.5, half up
  const odd = right(await openCityscapes({ folder: "c", split: "train", reduce: 3 }, source)());
  const bad = await odd.load(0)();
  assert.is(
    E.isLeft(bad) && printImageProblem(bad.left),
    "aachen/aachen_000000_000010: a height and width that 3 divides expected, got [2, 36]",
  );
  const none = await openCityscapes({ folder: "c", split: "train", reduce: 0 }, source)();
  assert.is(E.isLeft(none) && none.left._tag, "InvalidOption");
});

test("names the folder that is not one", async () => {
  const notes = {
    ...files(["ulm_000001_000019"]),
    "c/leftImg8bit/train/notes.txt": new Uint8Array(1),
  };
  const opened = await openCityscapes({ folder: "c", split: "train" }, memorySource(notes, 99))();
  assert.is(E.isLeft(opened) && opened.left.file, "c/leftImg8bit/train/notes.txt");
});

test.run();
