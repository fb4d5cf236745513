// Folders of pictures from the command line: in every layout, and with every damage that we know of, one after the other. Each is refused
// before training begins, with the file, what is expected and what is there, and nothing of an older run is lost.

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Segmentation } from "../../src/models/index.ts";
import { suite } from "../support/suite.ts";
import {
  camVid,
  cityscapes,
  filesIn,
  folders,
  labelsOf,
  pictureOf,
  refuses,
  segment,
  small,
  temporaryFolder,
  writeFiles,
} from "./segmentSupport.ts";

const test = suite("segment on folders");
const top = temporaryFolder(test);
const at = (...names: readonly string[]): string => join(top, ...names);

const { encodeMask, encodePng } = Segmentation;

test("Cityscapes' layout trains, its pictures made smaller, its validation part judged", async () => {
  writeFiles(at("cityscapes"), cityscapes);
  const words = ["--data", at("cityscapes"), "--layout", "cityscapes", "--reduce", "2"];
  const { code, stdout, stderr } = await segment(...words, ...small, "--folder", at("c"));
  assert.is(code, 0, stderr);
  const [data, network] = stdout.split("\n");
  assert.is(
    data,
    `${at("cityscapes")} (cityscapes): 3 pictures to learn from, 2 to choose by, 2 to be judged by (the same); 19 classes`,
  );
  assert.match(network as string, /on pictures of 8 x 12$/);
  assert.match(stdout, /\nmotorcycle +/);
  const model = at("c", "network.safetensors");
  const evaluate = ["evaluate", "--model", model, "--device", "cpu", ...words];
  const judged = (part: string): string =>
    `${at("cityscapes")} (cityscapes): 2 pictures ${part}, of 8 x 12 (as train, picture bonn/bonn_a); 19 classes`;
  const same = judged("to be judged by (the same as to choose by)");
  const text = await segment(...evaluate);
  assert.is(text.code, 0, text.stderr);
  assert.is(text.stdout.split("\n")[0], same);
  assert.is(JSON.parse((await segment(...evaluate, "--json")).stdout).data, same);
  const val = await segment(...evaluate, "--json", "--part", "val");
  assert.is(JSON.parse(val.stdout).data, judged("to choose by"));
});

test("folders of pictures and masks train, and are evaluated with the same scores where only a part is left", async () => {
  writeFiles(at("folders"), folders);
  const words = ["--data", at("folders"), "--layout", "folders", "--json"];
  const trained = await segment(...words, ...small, "--no-augment", "--folder", at("f"));
  assert.is(trained.code, 0, trained.stderr);
  const { scores, path } = JSON.parse(trained.stdout);
  assert.is(scores.areas.iou.length, 2);
  for (const part of ["train", "val"]) rmSync(at("folders", part), { recursive: true });
  const judged = await segment("evaluate", "--model", path, "--device", "cpu", ...words);
  const source = `${at("folders")} (folders)`;
  const data = `${source}: 2 pictures to be judged by, of 16 x 24 (as test, picture a); 2 classes`;
  assert.equal(judged, { code: 0, stdout: `${JSON.stringify({ data, scores })}\n`, stderr: "" });
});

test("painted masks train, and what is painted void is no class", async () => {
  const [pixels, colors] = [new Uint8Array(3 * 12 * 16), [0, 128, 0, 0, 0, 255, 9, 9, 9]];
  for (let i = 0; i < 12 * 16; i++) pixels.set(colors.slice(3 * (i % 3), 3 * (i % 3) + 3), 3 * i);
  const picture = encodePng({ height: 12, width: 16, pixels });
  const files = ["train", "val", "test"].flatMap((part) =>
    ["images", "masks"].flatMap((kind) =>
      ["a", "b", "c", "d"].map((name) => [`${part}/${kind}/${name}.png`, picture] as const),
    ),
  );
  const table = "land 0 128 0\nVoid 9 9 9\nwater 0 0 255\n";
  writeFiles(at("painted"), { ...Object.fromEntries(files), "classes.txt": table });
  const words = ["--data", at("painted"), "--layout", "painted", "--json"];
  const { code, stdout, stderr } = await segment(...words, ...small, "--folder", at("p"));
  assert.is(code, 0, stderr);
  const { areas } = JSON.parse(stdout).scores;
  assert.equal([areas.iou.length, areas.count], [2, (4 * 12 * 16 * 2) / 3]);
  writeFiles(at("painted"), { "classes.txt": "land 0 128 0\nwater 0 0 255\n" });
  const refused = await segment(...words, ...small, "--folder", at("p2"));
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /masks.a\.png: .*9, 9, 9|9 9 9/);
});

test("the table of classes of folders is wanted, and read", async () => {
  const words = ["--layout", "folders", "--data"];
  const table = (name: string): string => at(name, "classes.txt");
  writeFiles(at("nameless"), { "train/images/a.png": "" });
  writeFiles(at("misnamed"), { "classes.txt": "land 0 128\n" });
  await refuses([...words, at("nameless")], `${table("nameless")}: a file expected, got nothing`);
  await refuses(
    [...words, at("misnamed")],
    `${table("misnamed")}: line 1: a name and three numbers in 0…255 expected, got "land 0 128"`,
  );
});

test("--reduce is for CamVid's layout, too, and says what it does not divide", async () => {
  writeFiles(at("camvid"), camVid);
  await refuses(
    ["--data", at("camvid"), "--reduce", "3"],
    "a: a height and width that 3 divides expected, got [16, 24]",
  );
});

test("trains on CamVid's layout", async () => {
  const words = ["--data", at("camvid"), ...small, "--folder", at("run")];
  const { code, stdout, stderr } = await segment(...words);
  assert.is(code, 0, stderr);
  assert.ok(
    stdout.startsWith(
      `${at("camvid")} (camvid): 3 pictures to learn from, 2 to choose by, 2 to be judged by; 11 classes\n`,
    ),
  );
});

const mask = (height: number, width: number, change: Record<number, number> = {}): Uint8Array => {
  const labels = labelsOf(height, width, 12, 0);
  return encodeMask({ ...labels, labels: labels.labels.map((label, i) => change[i] ?? label) });
};
const bytesOf = (path: string): Uint8Array => camVid[path] as Uint8Array; // the paths below are its own
const changed = (path: string): Uint8Array =>
  bytesOf(path).map((byte, i) => (i === 60 ? byte ^ 16 : byte));

interface Damage {
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly removed?: readonly string[];
  readonly emptied?: string;
  /** What is said, D for the folder. */
  readonly said: string;
  readonly words?: readonly string[];
}

const cut = "hint: the file was cut off, or a length in it was changed";
const altered = "hint: the file was changed or damaged";

const damages: Readonly<Record<string, Damage>> = {
  "no folder": { removed: ["."], said: "D: a folder expected, got nothing" },
  "a file for a folder": {
    words: ["--data", at("camvid", "train", "a.png")],
    said: "D/train/a.png: a readable folder expected, got ENOTDIR",
  },
  "a folder of another layout": {
    words: ["--layout", "cityscapes"],
    said: "D/leftImg8bit/train: a folder expected, got nothing",
  },
  "a part without a folder": { removed: ["val"], said: "D/val: a folder expected, got nothing" },
  "an empty folder of pictures": {
    emptied: "train",
    said: "D/train: files *.png expected, got none",
  },
  "an empty folder of masks": {
    emptied: "testannot",
    said: "D/testannot: files *.png expected, got none",
  },
  "a missing mask": {
    removed: ["trainannot/b.png"],
    said: "D/train/b.png: its mask D/trainannot/b.png expected, got no such file",
  },
  "a missing picture": {
    removed: ["test/b.png"],
    said: "D/testannot/b.png: its picture D/test/b.png expected, got no such file",
  },
  "a missing picture of a list": {
    files: { "train.txt": "train/z.png trainannot/z.png\n" },
    said: "D/train.txt: its picture D/train/z.png expected, got no such file",
  },
  "a list that is none": {
    files: { "train.txt": "a.png\n" },
    said: 'D/train.txt: line 1: train/NAME.png and trainannot/NAME.png expected, got "a.png"',
  },
  "a corrupt picture, the first": {
    files: { "train/a.png": changed("train/a.png") },
    said: `D/train/a.png: the checksum of the chunk at byte 33 expected, got another one\n${altered}`,
  },
  "a truncated picture, the last to learn from": {
    files: { "train/c.png": bytesOf("train/c.png").subarray(0, 90) },
    said: `D/train/c.png: a PNG up to its chunk IEND expected, got 90 bytes without it\n${cut}`,
  },
  "a truncated mask": {
    files: { "trainannot/a.png": bytesOf("trainannot/a.png").subarray(0, 50) },
    said: `D/trainannot/a.png: a PNG up to its chunk IEND expected, got 50 bytes without it\n${cut}`,
  },
  "a text for a picture": {
    files: { "train/a.png": "version https://git-lfs.github.com/spec/v1\n" },
    said: "D/train/a.png: a PNG or JPEG expected, got a file that begins 76 65 72 73 69 6f 6e 20",
  },
  "an empty file": {
    files: { "trainannot/a.png": "" },
    said: "D/trainannot/a.png: a PNG or JPEG expected, got an empty file",
  },
  "a mask of another size": {
    files: { "trainannot/a.png": mask(16, 23) },
    said: "D/trainannot/a.png: a mask of [16, 24] expected, as D/train/a.png is, got [16, 23]",
  },
  "a mask in colours": {
    files: { "trainannot/a.png": encodePng(pictureOf(16, 24, 1)) },
    said: "D/trainannot/a.png: a mask of one channel of at most 8 bits expected, got colour of 8 bits\nhint: is it painted in colours? Then it takes a table of them",
  },
  "labels that stand for nothing": {
    files: { "trainannot/a.png": mask(16, 24, { 5: 12, 30: 12, 31: 200 }) },
    said: "D/trainannot/a.png: labels 0…10, and 11 for unlabelled, expected, got 12 in 2 pixels, the first at row 0, column 5",
  },
  "a corrupt mask of the validation part": {
    files: { "valannot/b.png": changed("valannot/b.png") },
    said: `D/valannot/b.png: the checksum of the chunk at byte 33 expected, got another one\n${altered}`,
  },
  "a picture of the test part that is too large": {
    files: { "test/b.png": encodePng(pictureOf(17, 24, 1)), "testannot/b.png": mask(17, 24) },
    said: "test, picture b: 1 × 1 to 16 × 24 pixels (height × width) expected, got 17 × 24\nhint: --size HxW is the size of all pictures; larger ones are cut by augmentation only",
  },
};

for (const [what, { files = {}, removed = [], emptied, said, words = [] }] of Object.entries(
  damages,
))
  test(`${what}: refused before training, and the older run is whole`, async () => {
    const data = at("camvid");
    const before = filesIn(at("run"));
    cpSync(data, at("sound"), { recursive: true });
    try {
      writeFiles(data, files);
      for (const path of removed) rmSync(join(data, path), { recursive: true });
      if (emptied !== undefined) {
        rmSync(join(data, emptied), { recursive: true });
        mkdirSync(join(data, emptied));
      }
      const message = said.replace(/\bD(?=[/:])/g, data);
      await refuses(["--data", data, ...small, "--folder", at("run"), ...words], message);
      assert.equal(filesIn(at("run")), before);
    } finally {
      rmSync(data, { recursive: true, force: true });
      cpSync(at("sound"), data, { recursive: true });
      rmSync(at("sound"), { recursive: true });
    }
  });

test("evaluate refuses a damaged picture of its part, and looks at no other's but for its size", async () => {
  const model = at("run", "network.safetensors");
  const words = ["evaluate", "--model", model, "--data", at("camvid"), "--device", "cpu", "--json"];
  const sound = await segment(...words);
  assert.is(sound.code, 0, sound.stderr);
  writeFiles(at("camvid"), { "train/b.png": "", "val/b.png": "" });
  assert.equal(await segment(...words), sound);
  const message = `${at("camvid", "val", "b.png")}: a PNG or JPEG expected, got an empty file`;
  await refuses([...words, "--part", "val", "--folder", at("judged")], message);
  assert.equal(filesIn(top)["judged/pictures.png"], undefined);
  writeFiles(at("camvid"), { "train/a.png": "" }); // which is there: no other picture stands in for it
  const first = `${at("camvid", "train", "a.png")}: a PNG or JPEG expected, got an empty file`;
  await refuses(words, first);
  const sized = await segment(...words, "--size", "16x24");
  assert.is(sized.code, 0, sized.stderr);
  const [found, before] = [sized, sound].map(({ stdout }) => JSON.parse(stdout));
  assert.match(found.data, "of 16 x 24 (--size)");
  assert.equal(found.scores, before.scores);
  const large =
    "test, picture a: 1 × 1 to 8 × 8 pixels (height × width) expected, got 16 × 24\nhint: --size HxW is the size of all pictures; larger ones are cut by augmentation only";
  await refuses([...words, "--size", "8x8"], large);
});

test.run();
