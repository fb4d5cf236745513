// The command line of segmentation: what its words mean, and what is said of wrong ones.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import type { TrainOptions } from "../../examples/segment/options.ts";
import { type Options, parseOptions } from "../../examples/segment/options.ts";
import { usage } from "../../examples/segment/usage.ts";
import { deviceNames } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { suite } from "../support/suite.ts";
import { refuses, segment } from "./segmentSupport.ts";

const test = suite("segment options");

const optionsOf = (...words: string[]): Options => {
  const parsed = parseOptions(words);
  if (E.isLeft(parsed) || parsed.right === "help") throw new Error(JSON.stringify(parsed));
  return parsed.right;
};
const trainOf = (...words: string[]): TrainOptions => {
  const options = optionsOf(...words);
  if (options.command !== "train") throw new Error(options.command);
  return options;
};

/** The value in brackets behind a flag in the help. */
const helpOn = (flag: string): string =>
  new RegExp(`^  --${flag} .*\\(([^()]+)\\)`, "m").exec(usage)?.[1] ?? "none";

test("are the defaults that the help names, for training on scenes", () => {
  const number = (flag: string): number => Number(helpOn(flag));
  assert.equal(trainOf(), {
    command: "train",
    software: false,
    json: false,
    data: {
      layout: helpOn("layout") as "camvid",
      reduce: number("reduce"),
      scenes: number("scenes"),
    },
    network: helpOn("network") as "segnet-small",
    width: number("width"),
    connections: Segmentation.allConnections,
    loss: helpOn("loss") as "balanced",
    augment: true,
    epochs: number("epochs"),
    batchSize: number("batch"),
    learningRate: number("rate"),
    seed: number("seed"),
    precision: helpOn("precision") as "f32",
    recompute: false,
    folder: "runs/segment",
  });
  assert.equal(trainOf("train"), trainOf());
});

test("are what the words say", () => {
  const words =
    "train --data d --layout folders --reduce 2 --size 90x120 --folder f --device gpu --network segnet --connections blocks,skips=add --loss focal --rate 1e-3 --seed 7 --no-augment --recompute --precision bf16 --json";
  const { data, connections, ...rest } = trainOf(...words.split(" "));
  assert.equal(data, { folder: "d", layout: "folders", reduce: 2, size: [90, 120], scenes: 240 });
  assert.equal(connections, { blocks: true, images: false, skips: "add" });
  assert.equal(
    [rest.folder, rest.device, rest.network, rest.loss],
    ["f", "gpu", "segnet", "focal"],
  );
  assert.equal([rest.learningRate, rest.seed, rest.precision], [1e-3, 7, "bf16"]);
  assert.equal([rest.augment, rest.recompute, rest.json], [false, true, true]);
});

test("--network unet has connections of its own, unless told otherwise", () => {
  assert.is(trainOf("--network", "unet").connections, undefined);
  const told = trainOf("--network", "unet", "--connections", "none");
  assert.equal(told.connections, Segmentation.noConnections);
});

test("--quick is small, unless told otherwise", () => {
  const sizes = ({ epochs, width, data: { scenes } }: TrainOptions) => [epochs, width, scenes];
  assert.ok(sizes(trainOf("--quick")).every((n, i) => n < (sizes(trainOf())[i] as number)));
  const told = trainOf("--quick", "--epochs", "7", "--width", "5", "--scenes", "9");
  assert.equal(sizes(told), [7, 5, 9]);
  assert.is(usage.match(/48 scenes, 2 epochs, width 8/)?.length, 1);
  assert.equal(sizes(trainOf("--quick")), [2, 8, 48]);
});

test("of evaluate and predict are their own", () => {
  assert.equal(optionsOf("evaluate", "--model", "m", "--data", "d", "--part", "val"), {
    command: "evaluate",
    software: false,
    json: false,
    data: { folder: "d", layout: "camvid", reduce: 1, scenes: 240 },
    model: "m",
    part: "val",
    batchSize: 4,
  });
  assert.equal(optionsOf("predict", "a.png", "--model", "m", "b.jpg", "--folder", "f"), {
    command: "predict",
    software: false,
    json: false,
    model: "m",
    images: ["a.png", "b.jpg"],
    folder: "f",
  });
});

test("--help goes before anything else and prints every option", async () => {
  assert.equal(parseOptions(["--help", "--epochs", "x", "fly"]), E.right("help"));
  assert.equal(await segment("predict", "--help"), { code: 0, stdout: `${usage}\n`, stderr: "" });
});

test("stand in the help under the commands that take them", () => {
  const sections = usage.matchAll(/^(|[a-z, ]+:)\n((?: {2}--.*\n(?: {3}.*\n)*)+)/gm);
  const listed = [...sections].flatMap(([, title = "", lines = ""]) => {
    const commands =
      title === "" ? ["train", "evaluate", "predict"] : title.slice(0, -1).split(", ");
    return [...lines.matchAll(/^ {2}--(\S+)( [A-Z]\S*)?/gm)].map(([, flag = "", value]) => ({
      flag,
      commands,
      words: [`--${flag}`, ...(value ? ["1"] : [])],
    }));
  });
  assert.is(new Set(listed.map(({ flag }) => flag)).size, listed.length);
  assert.is(listed.length, 24);
  for (const { flag, commands, words } of listed)
    for (const command of ["train", "evaluate", "predict"]) {
      const parsed = parseOptions([command, ...words]);
      const isTaken = !(
        E.isLeft(parsed) && parsed.left.startsWith(`options of ${command} expected`)
      );
      const isSaid = commands.includes(command) || flag === "help"; // which is answered before
      assert.is(isTaken, isSaid, `${command} ${flag}`);
    }
});

/** What is wrong with each option, in the words that come between `segment: ` and the hint. */
const complaints: readonly (readonly [words: string, expected: string])[] = [
  ["fly", 'train, evaluate or predict expected, got "fly"'],
  ["train now", 'no words behind train expected, got "now"'],
  [
    "--data d --layout=voc",
    'one of camvid, cityscapes, folders, painted expected for --layout, got "voc"',
  ],
  ["--layout cityscapes", "--data FOLDER expected beside --layout, got none"],
  ["--layout camvid", "--data FOLDER expected beside --layout, got none"],
  ["evaluate --model m --reduce 2", "--data FOLDER expected beside --reduce, got none"],
  ["--data d --scenes 100", "--data FOLDER or --scenes N expected, got both"],
  ["evaluate --model m --data d --scenes 9", "--data FOLDER or --scenes N expected, got both"],
  [
    "evaluate --model m --data d --quick",
    "--data FOLDER or --quick, which means fewer scenes, expected, got both",
  ],
  ["--data d --reduce=0", 'a whole number ≥ 1 expected for --reduce, got "0"'],
  ...["90", "0x5", "9x", "1e3x5", "90x120x3", "", "8192x8192"].map(
    (size) =>
      [
        `--size=${size}`,
        `a height and a width as in 90x120, of at most 33554432 pixels, expected for --size, got "${size}"`,
      ] as const,
  ),
  ["--device=abacus", `one of ${deviceNames.join(", ")} expected for --device, got "abacus"`],
  ["--batch=many", 'a whole number ≥ 1 expected for --batch, got "many"'],
  [
    "--network=alexnet",
    `one of ${Segmentation.networkNames.join(", ")} expected for --network, got "alexnet"`,
  ],
  ["--width=0", 'a whole number ≥ 1 expected for --width, got "0"'],
  [
    "--connections=wires",
    'none, all, or some of blocks, images, skips=add, skips=concat, skips=concat/none/add expected for --connections, got "wires"',
  ],
  [
    "--connections=skips=add/none",
    "3 skips expected, one for each stage of segnet-small for --connections, got 2",
  ],
  [
    "--loss=regret",
    `one of ${Segmentation.lossNames.join(", ")} expected for --loss, got "regret"`,
  ],
  ["--epochs=2.5", 'a whole number ≥ 1 expected for --epochs, got "2.5"'],
  ["--epochs=", 'a whole number ≥ 1 expected for --epochs, got ""'],
  ["--rate=0", 'a number above 0 expected for --rate, got "0"'],
  ["--rate=Infinity", 'a number above 0 expected for --rate, got "Infinity"'],
  ["--seed=-1", 'a whole number ≥ 0 expected for --seed, got "-1"'],
  ["--seed=4294967296", 'a whole number ≤ 4294967295 expected for --seed, got "4294967296"'],
  ["--precision=f8", 'one of f32, bf16, f16 expected for --precision, got "f8"'],
  ["--scenes=7", 'a whole number ≥ 8 expected for --scenes, got "7"'],
  ["evaluate", "--model FILE expected for evaluate, got none; train writes network.safetensors"],
  ["evaluate --model m --part all", 'one of train, val, test expected for --part, got "all"'],
  ["evaluate --model m x.png", 'no words behind evaluate expected, got "x.png"'],
  ["evaluate --model m --epochs 3", "options of evaluate expected, got --epochs"],
  ["predict --model m", "one image or more expected for predict, got none"],
  [
    "predict a.png",
    "--model FILE expected for predict, got none; train writes network.safetensors",
  ],
  ["predict a.png --model m --size 9x9", "options of predict expected, got --size"],
  ["--model m", "options of train expected, got --model"],
];

for (const [words, expected] of complaints)
  test(`${words}: code 2, the rule in one line, and a hint`, () =>
    refuses(words.split(" "), `segment: ${expected}\nhint: --help lists the options`));

test("that do not exist, or lack their value, are refused in Node's words", async () => {
  for (const [words, said] of [
    [["--epoch", "3"], /^segment: Unknown option '--epoch'.*\nhint: --help lists the options\n$/],
    [["--json=yes"], /^segment: Option '--json' does not take.*\nhint: .*\n$/],
    [["--data"], /^segment: Option '--data <value>' argument missing\nhint: .*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await segment(...words);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, said);
  }
});

test.run();
