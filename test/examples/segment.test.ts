// Segmentation from the command line as a user meets it: a run on scenes, an interruption and what comes after it, and what the network is
// used for afterwards. What is wrong with options and with data is in files of its own beside this one.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import jpeg from "jpeg-js";
import * as assert from "uvu/assert";
import { noticeOn } from "../../examples/segment/notice.ts";
import { key } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { suite } from "../support/suite.ts";
import {
  filesIn,
  folders,
  pictureOf,
  refuses,
  segment,
  segmentAlone,
  small,
  temporaryFolder,
  writeFiles,
} from "./segmentSupport.ts";

const test = suite("segment");
const top = temporaryFolder(test);
const at = (...names: readonly string[]): string => join(top, ...names);

const { decodeLabels, decodePicture, encodePng, ignored, streetClasses } = Segmentation;

/** What is in a reader's answer; throws where it is a complaint. */
const rightOf = <A>(answer: E.Either<unknown, A>): A => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
  return answer.right;
};
const decoded = (file: string): Segmentation.Picture =>
  rightOf(decodePicture(file, readFileSync(file)));

const scenes = ["--scenes", "8", "--size", "24x32"];
const network = at("run", "network.safetensors");
/** What training printed; the first test sets it. */
let trained: { readonly scores: Segmentation.Judgement; readonly [name: string]: unknown };

test("--json prints one line with every score; network, pictures and logs are in the folder", async () => {
  const { code, stdout, stderr } = await segment(
    ...["train", ...scenes, ...small, "--json", "--folder", at("run")],
  );
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  trained = JSON.parse(stdout);
  assert.equal([trained["device"], trained["bestEpoch"]], ["cpu", 0]);
  assert.match(String(trained["data"]), /^scenes drawn by the program: 8 pictures to learn from, /);
  assert.equal([trained["path"], trained["pictures"]], [network, at("run", "pictures.png")]);
  assert.type(trained["mode"], "string");
  assert.ok(Number(trained["seconds"]) > 0);
  const { areas, outlines } = trained.scores;
  assert.ok(areas.count > 0 && areas.count <= 2 * 24 * 32);
  const alone = [areas.meanIou, areas.globalAccuracy, areas.meanClassAccuracy, outlines.meanF1];
  for (const share of [...alone, ...(trained["validation"] as number[])])
    assert.ok(share >= 0 && share <= 1, `${share}`);
  for (const each of [areas.iou, areas.classAccuracy, outlines.f1])
    assert.is(each.length, streetClasses.length);

  assert.ok(decoded(at("run", "pictures.png")).height > 24);
  const phases = readFileSync(at("run", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).phase);
  assert.equal(phases, ["training", "training", "evaluation"]);
  assert.ok(readdirSync(at("run")).some((name) => name.startsWith("events.out.tfevents.")));
  assert.ok(existsSync(network));
});

test("without --json data, network, loss and device are told, then every class and where the files are", async () => {
  const { code, stdout, stderr } = await segment(
    ...["train", ...scenes, ...small, "--folder", at("run")], // which is over, and not trained again
  );
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assert.equal(lines.slice(0, 3), [
    "scenes drawn by the program: 8 pictures to learn from, 2 to choose by, 2 to be judged by; 11 classes",
    "segnet-small of width 2, connections blocks,images,skips=concat: 3749 parameters, on pictures of 24 x 32",
    "loss balanced, stored in f32",
  ]);
  assert.match(lines[3] as string, /^device cpu: mode /);
  for (const name of [...streetClasses.map((it) => it.name), "mean"])
    assert.is(lines.filter((line) => line.startsWith(`${name} `)).length, 1, name);
  assert.match(stdout, /\npercent +IoU +accuracy boundary F1\n/);
  const percent = (100 * trained.scores.areas.globalAccuracy).toFixed(1);
  assert.match(stdout, `\nglobal accuracy ${percent} %\n`);
  assert.match(stdout, /\nbest epoch 1 of 1 by validation; \d+\.\d s in all\n/);
  assert.match(stdout, `network   ${network}\npictures  ${at("run", "pictures.png")}\n`);
});

test("another configuration in the same folder is refused, and nothing of the run is lost", async () => {
  const before = filesIn(at("run"));
  const words = ["train", ...scenes, ...small, "--json", "--folder", at("run"), "--rate", "0.5"];
  const { code, stdout, stderr } = await segment(...words);
  assert.equal([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /^fit: \S+ of a run with config\.training\.learningRate 0\.5 expected, got 0\.004\n/,
  );
  assert.match(stderr, "name another folder for a new one\n");
  assert.equal(filesIn(at("run")), before);
});

test("SIGINT exits with 130 and no scores; the same command ends with the bytes of an unbroken run", async () => {
  const words = (name: string) => [
    ...["train", ...scenes, ...small, "--epochs", "16", "--folder", at(name)],
  ];
  const broken = await segmentAlone(words("broken"), (child) => child.kill("SIGINT")); // after the first epoch
  assert.is(broken.code, 130, broken.stderr);
  assert.not.match(broken.stdout, "accuracy");
  assert.ok(broken.stderr.endsWith("interrupted; the same command goes on from here\n"));
  const steps = (said: string) =>
    [...said.matchAll(/^epoch .* step (\d+)\/32 /gm)].map(([, step]) => Number(step));
  const last = steps(broken.stderr).at(-1) as number; // it has spoken
  assert.ok(last >= 2 && last < 32, broken.stderr);
  assert.not.ok(existsSync(at("broken", "network.safetensors")));

  const rest = await segment(...words("broken"));
  assert.is(rest.code, 0, rest.stderr);
  assert.ok((steps(rest.stderr)[0] as number) > last, rest.stderr);
  const whole = await segment(...words("whole"));
  assert.is(steps(whole.stderr)[0], 2);
  const bytes = (name: string): Buffer => readFileSync(at(name, "network.safetensors"));
  assert.ok(bytes("broken").equals(bytes("whole")));
  assert.ok(!bytes("whole").equals(readFileSync(network)));
});

test("evaluate gives the scores that train printed, to the bit", async () => {
  const words = ["evaluate", "--model", network, ...scenes, "--device", "cpu"];
  const { code, stdout, stderr } = await segment(...words, "--json", "--folder", at("judged"));
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  const { scores, pictures } = JSON.parse(stdout);
  assert.equal(scores, trained.scores);
  assert.is(pictures, at("judged", "pictures.png"));
  assert.ok(readFileSync(pictures).equals(readFileSync(at("run", "pictures.png"))));
});

test("evaluate judges another part where it is named, and writes nothing without a folder", async () => {
  const before = filesIn(top);
  const { code, stdout } = await segment(
    ...["evaluate", "--model", network, ...scenes, "--device", "cpu", "--part", "val"],
  );
  assert.is(code, 0);
  const said =
    /^scenes drawn by the program: 2 pictures to choose by, of 24 x 32 \(--size\); 11 classes\n\n/;
  assert.match(stdout, said);
  const [best] = trained["validation"] as readonly number[]; // of the one epoch that there was
  assert.match(stdout, new RegExp(`\nmean +${(100 * (best as number)).toFixed(1)} `));
  assert.equal(filesIn(top), before);
});

test("evaluate refuses pictures of other classes before it reads any", async () => {
  writeFiles(at("other"), { ...folders, "test/images/a.png": "not a picture" });
  const names = streetClasses.map(({ name }) => name).join(", ");
  await refuses(
    ["evaluate", "--model", network, "--data", at("other"), "--layout", "folders"],
    `evaluate: pictures of the network's classes expected, ${names}, got land, water`,
  );
});

test("predict paints over pictures of any size, PNG or JPEG, and writes a mask of each", async () => {
  const jpegOf = ({ height, width, pixels }: Segmentation.Picture): Uint8Array => {
    const data = Uint8Array.from({ length: 4 * height * width }, (_, i) =>
      i % 4 === 3 ? 255 : (pixels[3 * (i >> 2) + (i % 4)] as number),
    );
    return jpeg.encode({ height, width, data }, 90).data;
  };
  const sizes = { odd: [37, 53], wide: [9, 70], dot: [1, 1] } as const;
  writeFiles(at("seen"), {
    "odd.png": encodePng(pictureOf(...sizes.odd, 1)),
    "wide.JPG": jpegOf(pictureOf(...sizes.wide, 2)),
    "dot.jpeg": jpegOf(pictureOf(...sizes.dot, 3)),
  });
  const images = ["odd.png", "wide.JPG", "dot.jpeg"].map((name) => at("seen", name));
  const words = ["predict", "--model", network, "--device", "cpu", ...images];
  const { code, stdout, stderr } = await segment(...words, "--json", "--folder", at("painted"));
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.is(lines.length, images.length);
  for (const [i, [name, [height, width]]] of Object.entries(sizes).entries()) {
    const { file, overlay, labels, shares } = JSON.parse(lines[i] as string);
    const paths = [
      images[i],
      at("painted", `${name}.overlay.png`),
      at("painted", `${name}.labels.png`),
    ];
    assert.equal([file, overlay, labels], paths);
    const painted = decoded(overlay);
    assert.equal([painted.height, painted.width], [height, width]);
    assert.not.equal(painted.pixels, decoded(file).pixels);
    const mask = rightOf(decodeLabels(labels, readFileSync(labels)));
    assert.equal([mask.height, mask.width], [height, width]);
    assert.ok(mask.labels.every((label) => label < streetClasses.length && label !== ignored));
    for (const [k, { name: what }] of streetClasses.entries()) {
      const count = mask.labels.filter((label) => label === k).length;
      assert.is(shares[what], count / (height * width));
    }
  }
  const beside = await segment(...words.slice(0, -2));
  assert.is(beside.code, 0);
  assert.match(beside.stdout, `${at("seen", "odd.overlay.png")}: `);
  const [one, other] = ["painted", "seen"].map((name) => readFileSync(at(name, "odd.labels.png")));
  assert.ok(one?.equals(other as Buffer));
});

const good = encodePng(pictureOf(20, 20, 4));
const damaged: Readonly<Record<string, readonly [bytes: Uint8Array | string, said: string]>> = {
  corrupt: [
    good.map((byte, i) => (i === 60 ? byte ^ 1 : byte)),
    "the checksum of the chunk at byte 33 expected, got another one\nhint: the file was changed or damaged",
  ],
  truncated: [
    good.subarray(0, 90),
    "a PNG up to its chunk IEND expected, got 90 bytes without it\nhint: the file was cut off, or a length in it was changed",
  ],
  text: [
    "version https://git-lfs.github.com/spec/v1\n",
    "a PNG or JPEG expected, got a file that begins 76 65 72 73 69 6f 6e 20",
  ],
  empty: ["", "a PNG or JPEG expected, got an empty file"],
};

test("predict refuses pictures that cannot be read, by name, and writes nothing", async () => {
  writeFiles(at("bad"), { "good.png": good });
  mkdirSync(at("bad", "folder.png"));
  for (const [name, [bytes]] of Object.entries(damaged))
    writeFileSync(at("bad", `${name}.png`), bytes);
  const said: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(damaged).map(([name, [, what]]) => [name, what])),
    missing: "a file expected, got nothing",
    folder: "a readable file expected, got EISDIR",
  };
  const before = filesIn(at("bad"));
  for (const [name, what] of Object.entries(said)) {
    const [first, file] = [at("bad", "good.png"), at("bad", `${name}.png`)];
    await refuses(["predict", "--model", network, first, file], `${file}: ${what}`);
  }
  assert.equal(filesIn(at("bad")), before);
});

test("predict names the picture that is more than a device has room for", async () => {
  const classes = Array.from({ length: 255 }, (_, k) => ({
    name: `${k}`,
    color: [k, k, k] as const,
  }));
  const config = Segmentation.configOf("segnet-small", { classes: 255, width: 1 });
  const { Segmenter } = Segmentation;
  const file = at("models", "many.safetensors");
  mkdirSync(at("models"), { recursive: true });
  const network = { params: Segmenter.init(key(0), config), stats: Segmenter.initState(config) };
  const standard = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
  rightOf(await Segmentation.saveNetwork(file, { network, config, standard, classes })());
  const [height, width] = [1460, 1460]; // with 255 logits each above 2²⁹ numbers
  writeFiles(at("large"), {
    "a.png": encodePng({ height, width, pixels: new Uint8Array(3 * height * width) }),
  });
  const words = ["predict", "--model", file, "--device", "cpu", at("large", "a.png")];
  const { code, stdout, stderr } = await segment(...words);
  assert.equal([code, stdout], [2, ""]);
  assert.ok(
    stderr.startsWith(`${at("large", "a.png")}, of ${height} x ${width}: compile: at most `),
    stderr,
  );
  assert.equal(readdirSync(at("large")), ["a.png"]);
});

test("predict refuses pictures whose results would be written over each other", async () => {
  const [one, two] = [at("bad", "good.png"), at("seen", "good.jpg")];
  const hint = "hint: one at a time, or with another --folder";
  const rule = "predict: pictures whose results have places of their own expected, got";
  await refuses(
    ["predict", "--model", network, "--folder", at("p"), one, two],
    `${rule} ${two} and ${one}, both for ${at("p", "good.overlay.png")}\n${hint}`,
  );
  const result = at("bad", "good.labels.png");
  await refuses(
    ["predict", "--model", network, one, result],
    `${rule} ${one} and ${result}, both for ${result}\n${hint}`,
  );
});

test("damaged and foreign files are refused as networks", async () => {
  const bytes = readFileSync(network);
  const checkpoint = readdirSync(at("run")).find((name) => name.startsWith("step-")) as string; // one for the epoch
  writeFiles(at("models"), {
    "cut.safetensors": bytes.subarray(0, -1),
    "text.safetensors": "a network",
    "checkpoint.safetensors": readFileSync(at("run", checkpoint)),
    "changed.safetensors": bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte)),
  });
  const length = bytes.length - 8 - Number(bytes.readBigUInt64LE(0)); // behind a header of the length that is told first
  const said: Readonly<Record<string, string>> = {
    cut: `loadTensors FILE: ${length} bytes of data expected, got ${length - 1}`,
    text: "loadTensors FILE: a header of at most 100000000 bytes expected, got 8245940784540295000\nhint: is it a safetensors file?",
    checkpoint:
      "loadNetwork FILE: a segmentation network expected, got no description of one\nhint: train --folder writes such a file, network.safetensors",
    missing: "loadTensors FILE: a file expected, got nothing",
  };
  for (const [name, what] of Object.entries(said)) {
    const file = at("models", `${name}.safetensors`);
    const message = what.replace("FILE", file);
    await refuses(["predict", "--model", file, at("bad", "good.png")], message);
    await refuses(["evaluate", "--model", file], message);
  }
  const changed = at("models", "changed.safetensors");
  const { code, stdout, stderr } = await segment("evaluate", "--model", changed);
  assert.equal([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /: checksum \w+ expected, got \w+\nhint: the file was changed or damaged\n$/,
  );
  assert.ok(stderr.startsWith(`loadTensors ${changed}`));
});

test("places that cannot be written are refused before anything is read", async () => {
  const file = at("bad", "good.png");
  const said = (folder: string): string =>
    `${folder}: a folder that can be written expected, got a file, ${file}`;
  for (const folder of [file, join(file, "deep", "er")]) {
    await refuses(["train", "--data", "none", "--folder", folder], said(folder));
    await refuses(["evaluate", "--model", "none", "--folder", folder], said(folder));
    await refuses(["predict", "--model", "none", "--folder", folder, "a.png"], said(folder));
  }
});

test("the program in a process of its own refuses with code 2, and no stack", async () => {
  const file = at("models", "missing.safetensors");
  const alone = await segmentAlone(["predict", "--model", file, "a.png"]);
  assert.equal(alone, await segment("predict", "--model", file, "a.png"));
  assert.is(alone.code, 2);
});

test("a notice is seen on a terminal alone, and is gone in the end", async () => {
  const [lines, said]: [string[], string[]] = [[], []];
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  const silent = noticeOn({ write: (text) => lines.push(text) }, 5);
  const shown = noticeOn({ write: (text) => said.push(text), isTTY: true }, 5);
  for (const notice of [silent, shown]) notice.say("reading");
  await wait();
  for (const notice of [silent, shown]) notice.stop();
  assert.equal(lines, []);
  assert.is(said[0], "\r\x1b[Kreading, 0 s");
  assert.is(said.at(-1), "\r\x1b[K");
});

test.run();
