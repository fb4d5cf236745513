// The command line of language models: what its words mean, and what is said of wrong ones.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { type Options, parseOptions } from "../../examples/language/options.ts";
import { usage } from "../../examples/language/usage.ts";
import { deviceNames } from "../../src/index.ts";
import { suite } from "../support/suite.ts";
import { language, refuses } from "./languageSupport.ts";

const test = suite("language options");

const commands = ["train", "sample", "evaluate", "compress", "benchmark"] as const;

const optionsOf = (words: string): Options => {
  const parsed = parseOptions(words === "" ? [] : words.split(" "));
  if (E.isLeft(parsed) || parsed.right === "help") throw new Error(JSON.stringify(parsed));
  return parsed.right;
};

/** The value in the last brackets of what the help says of a flag, which may be one for each command: (train: 1; sample: 2). */
const helpOn = (flag: string, command: string): string => {
  const text = new RegExp(`^ {2}--${flag} .*\\(([^()]+)\\)`, "m").exec(usage)?.[1] ?? "none";
  const own = text.split("; ").find((part) => part.startsWith(`${command}: `));
  return own?.slice(command.length + 2) ?? text;
};

test("are the defaults that the help names, for training on the program's own text", () => {
  const number = (flag: string): number => Number(helpOn(flag, "train"));
  const standard = {
    command: "train",
    software: false,
    json: false,
    tokens: { kind: helpOn("tokens", "train") },
    model: "nano",
    changes: {},
    iterations: number("iterations"),
    batchSize: number("batch"),
    learningRate: number("rate"),
    seed: number("seed"),
    precision: helpOn("precision", "train"),
    microBatches: number("micro-batches"),
    recompute: false,
    evaluateEvery: number("every"),
    folder: helpOn("folder", "train"),
  };
  assert.equal(optionsOf("") as unknown, standard);
  assert.equal(optionsOf("train"), optionsOf(""));
  const bpe = { kind: "bpe", symbols: number("vocabulary") };
  assert.equal(optionsOf("--tokens bpe") as unknown, { ...standard, tokens: bpe });
  const window = { kind: "window", window: number("window") };
  assert.equal(optionsOf("--attention window") as unknown, {
    ...standard,
    changes: { attention: window },
  });
});

test("are the defaults that the help names, for the other commands", () => {
  const usual = { software: false, json: false, model: "m" };
  assert.equal(optionsOf("sample --model m") as unknown, {
    command: "sample",
    ...usual,
    count: Number(helpOn("count", "sample")),
    writing: { kind: "drawn", seed: Number(helpOn("seed", "sample")) },
  });
  assert.equal(optionsOf("evaluate --model m") as unknown, {
    command: "evaluate",
    ...usual,
    part: helpOn("part", "evaluate"),
  });
  assert.equal(optionsOf("benchmark --model m") as unknown, { command: "benchmark", ...usual });
  assert.equal(optionsOf("compress --model m --out c --bits 8 --tune 9") as unknown, {
    command: "compress",
    ...usual,
    out: "c",
    rounding: { bits: 8, per: "channel" },
    tuning: {
      iterations: 9,
      learningRate: Number(helpOn("rate", "compress")),
      batchSize: Number(helpOn("batch", "compress")),
      seed: 0,
      teacher: false,
    },
  });
});

test("are what the words say", () => {
  const train =
    "train --data d --tokens bpe --vocabulary-files v --model nano-modern --layers 2 --width 24 --heads 4 --context 16 --attention linear --groups 2 --dropout 0.1 --iterations 9 --batch 6 --rate 1e-3 --seed 7 --precision bf16 --micro-batches 3 --recompute --every 4 --folder f --device gpu --software --json";
  assert.equal(optionsOf(train) as unknown, {
    command: "train",
    software: true,
    json: true,
    device: "gpu",
    data: "d",
    tokens: { kind: "files", folder: "v" },
    model: "nano-modern",
    changes: {
      ...{ layers: 2, width: 24, heads: 4, context: 16, groups: 2, dropout: 0.1 },
      attention: { kind: "linear" },
    },
    iterations: 9,
    batchSize: 6,
    learningRate: 1e-3,
    seed: 7,
    precision: "bf16",
    microBatches: 3,
    recompute: true,
    evaluateEvery: 4,
    folder: "f",
  });
  const { writing } = optionsOf(
    "sample --model m --prompt p --temperature 0.5 --top-k 5 --top-p 0.9 --seed 3",
  ) as Extract<Options, { readonly command: "sample" }>;
  assert.equal(writing, { kind: "drawn", seed: 3, temperature: 0.5, topK: 5, topP: 0.9 });
  const compress = optionsOf(
    "compress --model m --out c --heads 0.5 --neurons 0.25 --prune 2:4 --bits 4 --per 32 --tune 7 --teacher --rate 0.1 --batch 3 --seed 2",
  ) as Extract<Options, { readonly command: "compress" }>;
  assert.equal(
    [compress.heads, compress.neurons, compress.prune, compress.rounding],
    [0.5, 0.25, "2:4", { bits: 4, per: { group: 32 } }],
  );
  const tuning = { iterations: 7, learningRate: 0.1, batchSize: 3, seed: 2, teacher: true };
  assert.equal(compress.tuning, tuning);
});

test("--quick is a smaller run, whose sizes can still be told", () => {
  const quick = optionsOf("--quick --width 32 --every 7") as Extract<
    Options,
    { readonly command: "train" }
  >;
  assert.equal(quick.changes, { layers: 2, width: 32, heads: 4, context: 32 });
  assert.equal([quick.iterations, quick.batchSize, quick.evaluateEvery], [100, 8, 7]);
});

test("--greedy takes the most likely token, --beams one text of several", () => {
  const writing = (words: string) => (optionsOf(words) as { writing: unknown }).writing;
  assert.equal(writing("sample --model m --greedy"), { kind: "drawn", seed: 0, temperature: 0 });
  assert.equal(writing("sample --model m --beams 3"), { kind: "beams", beams: 3 });
});

test("--help prints the help on stdout, whatever else is there", async () => {
  assert.equal(await language("--help"), { code: 0, stdout: `${usage}\n`, stderr: "" });
  assert.equal(await language("fly", "--help", "--rate", "x"), await language("--help"));
});

test("stand in the help under the commands that take them", () => {
  const sections = usage.matchAll(/^(|[a-z, ]+:)\n((?: {2}--.*\n(?: {3,}.*\n)*)+)/gm);
  const listed = [...sections].flatMap(([, title = "", lines = ""]) => {
    const own = title === "" ? [...commands] : title.slice(0, -1).split(", ");
    return [...lines.matchAll(/^ {2}--(\S+)( [A-Z]\S*)?/gm)].map(([, flag = "", value]) => ({
      flag,
      own,
      words: [`--${flag}`, ...(value ? ["1"] : [])],
    }));
  });
  assert.is(new Set(listed.map(({ flag }) => flag)).size, listed.length);
  assert.is(listed.length, 42);
  for (const { flag, own, words } of listed)
    for (const command of commands) {
      const parsed = parseOptions([command, ...words]);
      const isTaken = !(
        E.isLeft(parsed) && parsed.left.startsWith(`options of ${command} expected`)
      );
      const isSaid = own.includes(command) || flag === "help"; // which is answered before
      assert.is(isTaken, isSaid, `${command} ${flag}`);
    }
});

const beside = "--bits 8 or 4 expected beside --per, got none";
const c = "compress --model m --out c";

/** What is wrong with each option, in the words that come between `language: ` and the hint. */
const complaints: readonly (readonly [words: string, expected: string])[] = [
  ["fly", 'train, sample, evaluate, compress or benchmark expected, got "fly"'],
  ["train now", 'no words behind train expected, got "now"'],
  ["--device=abacus", `one of ${deviceNames.join(", ")} expected for --device, got "abacus"`],
  ["--tokens words", 'one of characters, bytes, bpe expected for --tokens, got "words"'],
  ["--vocabulary 300", "--tokens bpe expected beside --vocabulary, got none"],
  ["--vocabulary-files v", "--tokens bpe expected beside --vocabulary-files, got none"],
  [
    "--tokens bpe --vocabulary 300 --vocabulary-files v",
    "--vocabulary N or --vocabulary-files FOLDER expected, got both",
  ],
  ["--tokens bpe --vocabulary 256", 'a whole number ≥ 257 expected for --vocabulary, got "256"'],
  ["--model gpt5", 'one of nano, nano-modern, gpt2 expected for --model, got "gpt5"'],
  ["--layers 0", 'a whole number ≥ 1 expected for --layers, got "0"'],
  ["--heads 5", "heads that divide 128 expected for nano, got 5"],
  ["--groups 3", "groups that divide 4 expected for nano, got 3"],
  [
    "--model nano-modern --width 20 --heads 4",
    "heads of even width expected to be turned for nano-modern, got 5",
  ],
  ["--context 1.5", 'a whole number ≥ 1 expected for --context, got "1.5"'],
  [
    "--attention near",
    'one of full, blockwise, window, linear expected for --attention, got "near"',
  ],
  ["--window 8", "--attention window expected beside --window, got full"],
  ["--attention window --window 0", 'a whole number ≥ 1 expected for --window, got "0"'],
  ["--dropout 1", 'a number in [0, 1) expected for --dropout, got "1"'],
  ["--iterations many", 'a whole number ≥ 1 expected for --iterations, got "many"'],
  ["--batch=", 'a whole number ≥ 1 expected for --batch, got ""'],
  ["--rate 0", 'a number above 0 expected for --rate, got "0"'],
  ["--seed 4294967296", 'a whole number ≤ 4294967295 expected for --seed, got "4294967296"'],
  ["--precision f8", 'one of f32, bf16, f16 expected for --precision, got "f8"'],
  ["--micro-batches 5", "a divisor of the batch, 12, expected for --micro-batches, got 5"],
  ["--every 0", 'a whole number ≥ 1 expected for --every, got "0"'],
  ["--out c", "options of train expected, got --out"],
  ["sample", "--model FILE expected for sample, got none; train writes model.safetensors"],
  ["sample --model m --prompt=", 'a text expected for --prompt, got ""'],
  ["sample --model m --count 0", 'a whole number ≥ 1 expected for --count, got "0"'],
  ["sample --model m --temperature=-1", 'a number ≥ 0 expected for --temperature, got "-1"'],
  ["sample --model m --top-k 0", 'a whole number ≥ 1 expected for --top-k, got "0"'],
  ["sample --model m --top-p 1.5", 'a number in (0, 1] expected for --top-p, got "1.5"'],
  ["sample --model m --greedy --top-k 3", "--greedy or --top-k expected, got both"],
  ["sample --model m --beams 2 --greedy", "--beams or --greedy expected, got both"],
  ["sample --model m --beams 0", 'a whole number ≥ 1 expected for --beams, got "0"'],
  ["evaluate", "--model FILE expected for evaluate, got none; train writes model.safetensors"],
  ["evaluate --model m --part test", 'one of train, validation expected for --part, got "test"'],
  ["evaluate --model m --rate 1", "options of evaluate expected, got --rate"],
  ["compress --model m --bits 8", "--out FILE expected for compress, got none"],
  [
    "compress --model m --out m --bits 8",
    'another file than that of --model expected for --out, got "m"',
  ],
  [c, "--heads, --neurons, --prune or --bits expected for compress, got none of them"],
  [
    `${c} --tune 5`,
    "--heads, --neurons, --prune or --bits expected for compress, got none of them",
  ],
  [`${c} --bits 3`, 'one of 8, 4 expected for --bits, got "3"'],
  [
    `${c} --bits 8 --per row`,
    'tensor, channel or the size of a group expected for --per, got "row"',
  ],
  [`${c} --prune 0.5 --per channel`, beside],
  [`${c} --prune 1`, 'a share in (0, 1), or 2:4, expected for --prune, got "1"'],
  [`${c} --prune 1:4`, 'a share in (0, 1), or 2:4, expected for --prune, got "1:4"'],
  [`${c} --heads 2`, 'a share in (0, 1) expected for --heads, got "2"'],
  [`${c} --neurons 0`, 'a share in (0, 1) expected for --neurons, got "0"'],
  [`${c} --bits 8 --teacher`, "--tune N expected beside --teacher, got none"],
  [`${c} --bits 8 --rate 0.1`, "--tune N expected beside --rate, got none"],
  [`${c} --bits 8 --tune 0`, 'a whole number ≥ 1 expected for --tune, got "0"'],
  ["benchmark", "--model FILE expected for benchmark, got none; train writes model.safetensors"],
];

for (const [words, expected] of complaints)
  test(`${words}: code 2, the rule in one line, and a hint`, () =>
    refuses(words.split(" "), `language: ${expected}\nhint: --help lists the options`));

test("that do not exist, or lack their value, are refused in Node's words", async () => {
  for (const [words, said] of [
    [
      ["--iteration", "3"],
      /^language: Unknown option '--iteration'.*\nhint: --help lists the options\n$/,
    ],
    [["--json=yes"], /^language: Option '--json' does not take.*\nhint: .*\n$/],
    [["--data"], /^language: Option '--data <value>' argument missing\nhint: .*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await language(...words);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, said);
  }
});

test.run();
