// Models made smaller from the command line, what the files are good for, and models in GPT-2's layout.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { key, values } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { type Compress, loadTensors, saveTensors } from "../../src/nn/index.ts";
import { suite } from "../support/suite.ts";
import { temporaryFolder, writeFiles } from "./inProcess.ts";
import { language, refuses, small, textOf } from "./languageSupport.ts";

const test = suite("language compress");
const top = temporaryFolder(test, "compress");
const at = (...names: readonly string[]): string => join(top, ...names);

const data = at("input.txt");
writeFiles(top, { "input.txt": textOf(1500) });
const model = at("run", "model.safetensors");

const rightOf = <A>(answer: E.Either<unknown, A>): A => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
  return answer.right;
};

/** What a command prints with --json. */
const jsonOf = async (...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { code, stdout, stderr } = await language(...words, "--device", "cpu", "--json");
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  return JSON.parse(stdout);
};

interface Row {
  readonly step: string;
  readonly loss: number;
  readonly parameters: number;
  readonly sparsity: number;
  readonly bytes: number;
}
const compressed = async (name: string, ...words: readonly string[]): Promise<readonly Row[]> => {
  const out = at(`${name}.safetensors`);
  const told = await jsonOf("compress", "--model", model, "--out", out, "--data", data, ...words);
  assert.equal([told["text"], told["path"]], [data, out]);
  const rows = told["steps"] as readonly Row[];
  assert.is(statSync(out).size, rows.at(-1)?.bytes);
  return rows;
};
const lossOf = async (name: string): Promise<unknown> =>
  (await jsonOf("evaluate", "--model", at(`${name}.safetensors`), "--data", data))["loss"];

/** The loss of the model before anything is done to it; the first test sets it. */
let before: number;

test("tells what each step does; the file has the loss of the last one, to the bit", async () => {
  const words = ["train", "--data", data, ...small, "--folder", at("run")];
  before = Number((await jsonOf(...words))["loss"]);
  const rows = await compressed(
    "all",
    ...["--heads", "0.5", "--neurons", "0.5", "--prune", "0.5", "--bits", "8"],
    ...["--tune", "10", "--teacher", "--rate", "0.01"],
  );
  assert.equal(
    rows.map(({ step }) => step),
    [
      ...["as it was", "1 of 2 heads", "32 of 64 neurons", "50 % pruned", "8 bits per channel"],
      "10 updates by a teacher",
    ],
  );
  const [first, heads, neurons, pruned, rounded, tuned] = rows as readonly [
    Row,
    Row,
    Row,
    Row,
    Row,
    Row,
  ];
  assert.equal([first.loss, first.bytes], [before, statSync(model).size]);
  assert.is(heads.parameters, first.parameters - 4 * 16 * 8); // of queries, keys, values, and back
  assert.is(neurons.parameters, heads.parameters - 2 * 16 * 32); // into them and out of them
  assert.equal([neurons.sparsity, pruned.sparsity], [0, 0.5]);
  assert.ok(pruned.bytes < neurons.bytes && rounded.bytes < pruned.bytes);
  assert.ok(tuned.loss < rounded.loss, `${tuned.loss}`);
  assert.ok(tuned.sparsity >= 0.5); // small weights are rounded to 0, none comes back
  assert.is(await lossOf("all"), tuned.loss);
});

test("without --json steps are a table", async () => {
  const out = at("table.safetensors");
  const words = ["--model", at("run"), "--out", out, "--data", data, "--device", "cpu"];
  const { code, stdout, stderr } = await language(
    "compress",
    ...words,
    "--bits",
    "4",
    "--per",
    "8",
  );
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assert.match(lines[0] as string, /^ +loss +parameters +zeros +bytes$/);
  assert.match(
    lines[1] as string,
    new RegExp(`^as it was +${before.toFixed(4)} +\\d+ +0\\.0 % +\\d`),
  );
  assert.match(lines[2] as string, /^4 bits per group of 8 +\d\.\d{4} +\d+ +\d+\.\d % +\d/);
  assert.is(
    lines.slice(3).join("\n"),
    `\nloss: nats a token on the validation part (${data})\nmodel  ${out}\n`,
  );
});

test("two of every four weights are left, and none of the others comes back by training", async () => {
  const rows = await compressed("pairs", "--prune", "2:4", "--tune", "5");
  assert.equal(
    rows.map(({ step, sparsity }) => [step, sparsity]),
    [
      ["as it was", 0],
      ["2 of 4 weights", 0.5],
      ["5 updates", 0.5],
    ],
  );
  const [first, , tuned] = rows as readonly [Row, Row, Row];
  assert.ok(tuned.bytes < 0.8 * first.bytes, `${tuned.bytes} of ${first.bytes}`); // tables stay whole
  const found = rightOf(await Language.loadModel(at("pairs.safetensors"))());
  assert.is(found.formats?.["layers[0].forward.up.weight"]?.kind, "pairs");
  const [{ forward }] = Language.paramsOf(found).layers as readonly [
    Language.Params["layers"][number],
  ]; // one
  const { weight } = forward.up;
  const all = values(weight);
  const [inputs, outputs] = weight.shape as readonly [number, number];
  for (let column = 0; column < outputs; column++)
    for (let row = 0; row < inputs; row += 4) {
      const four = [0, 1, 2, 3].map((k) => all[(row + k) * outputs + column] as number);
      assert.is(four.filter((x) => x !== 0).length, 2);
    }
  assert.is(await lossOf("pairs"), rows.at(-1)?.loss);
});

test("what was pruned before stays so when the file is made smaller again", async () => {
  await compressed("half", "--prune", "0.5");
  const again = async (name: string, ...words: readonly string[]): Promise<readonly Row[]> => {
    const [file, out] = [at("half.safetensors"), at(`${name}.safetensors`)];
    const told = await jsonOf(
      ...["compress", "--model", file, "--out", out, "--data", data, ...words],
    );
    return told["steps"] as readonly Row[];
  };
  const rows = await again("half-int8", "--bits", "8", "--tune", "5", "--rate", "0.01");
  assert.equal(
    rows.map(({ sparsity }) => sparsity >= 0.5),
    [true, true, true],
  );
  const size = statSync(at("half.safetensors")).size;
  assert.is(rows[0]?.bytes, size); // as it is written
  const narrow = await again("half-narrow", "--neurons", "0.5", "--prune", "0.25");
  const [, fewer, pruned] = narrow as readonly [Row, Row, Row];
  assert.ok(fewer.bytes < size);
  assert.is(pruned.sparsity, fewer.sparsity); // more than a quarter was 0
});

/** A run in this process that hears Ctrl-C as soon as it listens for it. */
const interrupted = async (words: readonly string[]) => {
  const before = process.listenerCount("SIGINT");
  const press = setInterval(() => {
    if (process.listenerCount("SIGINT") === before) return;
    clearInterval(press);
    process.emit("SIGINT");
  }, 1);
  try {
    return await language(...words);
  } finally {
    clearInterval(press);
  }
};

test("training on is broken off and goes on to the bytes of an unbroken run; its checkpoints go then", async () => {
  const words = (name: string) => [
    ...["compress", "--model", model, "--out", at(`${name}.safetensors`), "--data", data],
    ...["--prune", "0.5", "--bits", "8", "--tune", "400", "--device", "cpu"],
  ];
  const broken = await interrupted(words("broken"));
  assert.equal([broken.code, broken.stdout], [130, ""], broken.stderr);
  assert.ok(broken.stderr.endsWith("interrupted; the same command goes on from here\n"));
  assert.not.ok(existsSync(at("broken.safetensors")));
  const folder = at("broken.safetensors.tuning");
  const [checkpoint = "none"] = readdirSync(folder);
  assert.ok(Number(/\d+/.exec(checkpoint)?.[0]) < 400, checkpoint);
  const other = await language(...words("broken"), "--seed", "1");
  assert.is(other.code, 2);
  const hint = `\nhint: give the options that it was begun with, name another --out, or remove ${folder}\n`;
  assert.ok(other.stderr.endsWith(hint), other.stderr);
  const rest = await language(...words("broken"));
  assert.is(rest.code, 0, rest.stderr);
  assert.not.ok(existsSync(folder));
  assert.is((await language(...words("whole"))).code, 0);
  const bytes = (name: string): Buffer => readFileSync(at(`${name}.safetensors`));
  assert.ok(bytes("broken").equals(bytes("whole")));
});

test("a folder, and the model by another name, are no places for what is compressed", async () => {
  const words = ["compress", "--model", at("run"), "--bits", "8", "--data", data, "--out"];
  const before = readFileSync(model);
  await refuses([...words, top], `${top}: a file to write expected for --out, got a folder`);
  await refuses(
    [...words, model],
    `${model}: another file than that of --model expected for --out, got the same`,
  );
  assert.ok(readFileSync(model).equals(before));
});

test("what is left of every four is rounded", async () => {
  const rows = await compressed("pairs8", "--prune", "2:4", "--bits", "8");
  const [, pairs, rounded] = rows as readonly [Row, Row, Row];
  assert.ok(rounded.bytes < 0.6 * pairs.bytes, `${rounded.bytes} of ${pairs.bytes}`);
  const { formats } = rightOf(await Language.loadModel(at("pairs8.safetensors"))());
  const [values, table] = [
    { kind: "quantized", bits: 8, per: "channel" },
    { kind: "quantized", bits: 8, per: "channel", axis: 0 },
  ];
  assert.equal(formats?.["layers[0].forward.up.weight"], { kind: "pairs", values });
  assert.equal(formats?.["tokens.table"], table);
  assert.is(await lossOf("pairs8"), rounded.loss);
});

test("a compressed model keeps its formats, writes and is timed beside the same in f32", async () => {
  const rows = await compressed("int8", "--bits", "8", "--per", "tensor");
  assert.ok(Math.abs((rows[1] as Row).loss - before) < 0.05);
  const file = at("int8.safetensors");
  const saved = rightOf(await Language.loadModel(file)());
  const format: Compress.Format = { kind: "quantized", bits: 8, per: "tensor" };
  assert.equal(saved.formats?.["layers[0].forward.up.weight"], format);
  const words = ["sample", "--model", file, "--device", "cpu", "--count", "12"];
  const { code, stdout } = await language(...words, "--prompt", "the ");
  assert.equal([code, stdout.length], [0, 17]);
  const told = await jsonOf("benchmark", "--model", file);
  assert.equal([told["read"], told["written"], told["repetitions"]], [4, 4, 9]);
  const times = told["rows"] as readonly Readonly<Record<string, number>>[];
  assert.equal(
    times.map((row) => row["model"] as unknown),
    ["as stored", "f32"],
  );
  for (const row of times) assert.ok(Number(row["reading"]) > 0 && Number(row["writing"]) > 0);
  const [packed, dense] = times.map((row) => Number(row["bytes"])) as [number, number]; // two
  assert.ok(3 * packed < dense, `${packed} ${dense}`);
});

test("benchmark times a model that is stored as it is alone, and refuses more than the context", async () => {
  const words = ["benchmark", "--model", model, "--device", "cpu"];
  const { code, stdout, stderr } = await language(...words, "--count", "2");
  assert.equal([code, stderr], [0, ""]);
  assert.match(stdout, "\nmedians of 9 runs: 4 tokens read at once, 2 written one by one\n");
  assert.match(stdout, /\n +parameters +read\/s +written\/s\nf32 +\d+\.\d kB +[\d.]+ +[\d.]+\n$/);
  await refuses(
    [...words, "--count", "5"],
    "benchmark: at most 4 tokens, which fit into the context of 8 behind a prompt of 4, expected for --count, got 5",
  );
});

test("what does not fit a model is refused, and nothing is written", async () => {
  const out = at("none.safetensors");
  const words = ["compress", "--model", model, "--out", out, "--data", data];
  await refuses(
    [...words, "--bits", "4", "--per", "6"],
    'pack: a group size that divides axis 1 of "tokens.table", 16, expected, got 6\nhint: divisors near it are 4 and 8',
  );
  writeFiles(top, { "foreign.txt": `${textOf(1500)}é` });
  const { code, stderr } = await language(
    ...["compress", "--model", model, "--out", out, "--data", at("foreign.txt"), "--bits", "8"],
  );
  assert.is(code, 2);
  assert.match(stderr, `${at("foreign.txt")}: encode: the `);
  const again = at("int8.safetensors");
  await refuses(
    ["compress", "--model", again, "--out", out, "--bits", "8"],
    `${again}: a model that is not compressed yet expected, got one that is\nhint: compress the model that it was made of, with all that is to be done to it`,
  );
  const damaged = at("damaged.safetensors");
  const bytes = readFileSync(again);
  const formats = bytes.indexOf("quantized");
  writeFiles(top, { "damaged.safetensors": Buffer.from(bytes).fill("x", formats, formats + 9) });
  const ended = await language("sample", "--model", damaged);
  assert.equal([ended.code, ended.stdout], [2, ""]);
  assert.ok(ended.stderr.startsWith(`loadModel ${damaged}: `), ended.stderr);
  assert.not.ok(existsSync(out));
});

const hello = "hello, world. ";
const vocabulary = rightOf(Language.trainBpe(hello.repeat(40), { symbols: 270 }));
const symbols = vocabulary.tokens.length;

/** A folder as Hugging Face has GPT-2's models. */
const publish = async (name: string, count: number): Promise<string> => {
  const sizes = { layers: 1, width: 16, heads: 2, context: 16 };
  const config = Language.configOf("gpt2", count, sizes);
  const found = rightOf(Language.toGpt2({ config, params: Language.init(key(0), config) }));
  const { vocab, merges } = Language.vocabularyFiles(vocabulary);
  writeFiles(at(name), {
    "config.json": JSON.stringify(found.published),
    "vocab.json": vocab,
    "merges.txt": merges,
  });
  const path = at(name, "model.safetensors");
  rightOf(await saveTensors(path, found.tensors, { format: "pt" })());
  assert.ok(rightOf(await loadTensors(path)()).tensors.size > 0);
  return at(name);
};

test("a folder in GPT-2's layout is a model: it writes, is judged, made smaller and timed", async () => {
  const folder = await publish("gpt2", symbols);
  const words = ["--model", folder, "--device", "cpu"];
  const wrote = await language("sample", ...words, "--prompt", "hello", "--count", "3");
  assert.equal([wrote.code, wrote.stderr], [0, ""]);
  assert.ok(wrote.stdout.startsWith("hello"));
  writeFiles(top, { "hello.txt": hello.repeat(60) });
  const judged = await jsonOf("evaluate", "--model", folder, "--data", at("hello.txt"));
  assert.ok(Math.abs(Number(judged["loss"]) - Math.log(symbols)) < 0.5); // it has learned nothing
  assert.ok(Number(judged["tokens"]) < Number(judged["characters"]));
  const out = at("gpt2.safetensors");
  const told = await jsonOf(
    ...["compress", "--model", folder, "--out", out, "--data", at("hello.txt"), "--bits", "8"],
  );
  const rows = told["steps"] as readonly Row[];
  assert.ok((rows[1] as Row).bytes < (rows[0] as Row).bytes);
  const again = await jsonOf("evaluate", "--model", out, "--data", at("hello.txt"));
  assert.is(again["loss"], rows[1]?.loss);
});

test("a vocabulary of another size than the model's is refused, and a config.json that is none", async () => {
  const folder = await publish("other", symbols + 1);
  const message = `${folder}: a vocabulary of ${symbols + 1} tokens, as the model has, expected, got ${symbols}`;
  for (const command of ["sample", "evaluate", "benchmark"])
    await refuses([command, "--model", folder], message);
  writeFiles(folder, { "config.json": "{" });
  await refuses(
    ["sample", "--model", folder],
    `${join(folder, "config.json")}: JSON expected, got another text`,
  );
});

test.run();
