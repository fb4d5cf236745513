// Language models from the command line as a user meets them: a run on a text, an interruption and what comes after it, and what the model is
// used for afterwards. What makes it smaller, and GPT-2's layout, are in a file of their own beside this one.

import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Language } from "../../src/models/index.ts";
import { suite } from "../support/suite.ts";
import { filesIn, temporaryFolder, writeFiles } from "./inProcess.ts";
import { language, languageAlone, refuses, small, textOf } from "./languageSupport.ts";

const test = suite("language");
const top = temporaryFolder(test, "language");
const at = (...names: readonly string[]): string => join(top, ...names);

const text = textOf(1500);
const data = at("input.txt");
writeFiles(top, { "input.txt": text });
const model = at("run", "model.safetensors");
const words = ["train", "--data", data, ...small];

/** What training printed; the first test sets it. */
let trained: Readonly<Record<string, unknown>>;

test("--json prints one line with every score; model, curves and logs are in the folder", async () => {
  const { code, stdout, stderr } = await language(...words, "--json", "--folder", at("run"));
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  trained = JSON.parse(stdout);
  const characters = new Set(text).size;
  assert.is(
    trained["text"],
    `${data}: 1500 characters, 1350 tokens to learn from, 150 to be judged on`,
  );
  assert.equal(
    [trained["device"], trained["path"], trained["chart"]],
    ["cpu", model, at("run", "loss.png")],
  );
  const [loss, bits, perplexity] = ["loss", "bitsPerCharacter", "perplexity"].map((name) =>
    Number(trained[name]),
  ) as [number, number, number]; // three
  assert.ok(loss > 0 && loss < Math.log(characters) + 0.5, `${loss}`);
  assert.ok(Math.abs(bits - loss / Math.LN2) < 1e-9); // a token is a character
  assert.ok(Math.abs(perplexity - Math.exp(loss)) < 1e-9);
  const validation = trained["validation"] as readonly { iteration: number; loss: number }[];
  assert.equal(
    validation.map(({ iteration }) => iteration),
    [10, 20],
  );
  assert.is(validation.at(-1)?.loss, loss);
  assert.is((trained["sample"] as string).length, 300);
  assert.ok([...(trained["sample"] as string)].every((it) => text.includes(it)));

  assert.equal([...readFileSync(at("run", "loss.png")).subarray(1, 4)], [0x50, 0x4e, 0x47]);
  const phases = readFileSync(at("run", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).phase as string);
  assert.is(phases.filter((it) => it === "training").length, 20);
  assert.is(phases.filter((it) => it === "evaluation").length, 2);
  assert.ok(readdirSync(at("run")).some((name) => name.startsWith("events.out.tfevents.")));
});

test("without --json text, tokens, model and device are told, then the losses and a sample", async () => {
  const { code, stdout, stderr } = await language(...words, "--folder", at("run")); // which is over
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  const characters = new Set(text).size;
  assert.equal(lines.slice(0, 4), [
    `${data}: 1500 characters, 1350 tokens to learn from, 150 to be judged on`,
    `tokens: ${characters} characters`,
    `nano: 1 layers of width 16, 2 heads, context 8, full attention; ${trained["parameters"]} parameters`,
    "stored in f32",
  ]);
  assert.match(lines[4] as string, /^device cpu: mode /);
  const loss = Number(trained["loss"]);
  assert.match(stdout, `\nvalidation: ${loss.toFixed(4)} nats a token, `);
  assert.match(stdout, /\n20 updates; \d+\.\d s in all\n/);
  assert.match(stdout, `\n${trained["sample"]}\n`);
  assert.match(stdout, `model  ${model}\ncurve  ${at("run", "loss.png")}\n`);
});

test("a run that is over is told again where its curves were removed: they are drawn as far as known", async () => {
  cpSync(at("run"), at("bare"), { recursive: true });
  for (const name of ["metrics.jsonl", "loss.png"]) rmSync(at("bare", name));
  const { code, stdout, stderr } = await language(...words, "--json", "--folder", at("bare"));
  assert.equal([code, stderr], [0, ""]);
  assert.is(JSON.parse(stdout).loss, trained["loss"]);
  assert.ok(existsSync(at("bare", "loss.png")));
  appendFileSync(at("bare", "metrics.jsonl"), '{"step": 21, "pha'); // a line that a crash cut off
  assert.is((await language(...words, "--json", "--folder", at("bare"))).code, 0);
});

test("another configuration or text in the same folder is refused, and nothing of the run is lost", async () => {
  const before = filesIn(at("run"));
  const { code, stdout, stderr } = await language(
    ...[...words, "--json", "--folder", at("run"), "--rate", "0.5"],
  );
  assert.equal([code, stdout], [2, ""]);
  assert.match(stderr, /^fit: \S+ of a run with \S+learningRate 0\.5 expected, got 0\.002\n/);
  writeFiles(top, { "other.txt": text.replace("a", "b") });
  const other = await language(
    ...["train", "--data", at("other.txt"), ...small, "--json", "--folder", at("run")],
  );
  assert.match(other.stderr, /^fit: \S+ of a run with \S+text /);
  assert.equal(filesIn(at("run")), before);
});

test("SIGINT exits with 130 and no scores; the same command ends with the bytes of an unbroken run", async () => {
  const long = (name: string) => [
    ...["train", "--data", data, ...small, "--iterations", "400", "--folder", at(name)],
  ];
  const broken = await languageAlone(long("broken"), (child) => child.kill("SIGINT")); // after an evaluation
  assert.is(broken.code, 130, broken.stderr);
  assert.not.match(broken.stdout, "nats a token");
  assert.ok(broken.stderr.endsWith("interrupted; the same command goes on from here\n"));
  assert.not.ok(existsSync(at("broken", "model.safetensors")));
  const rest = await language(...long("broken"));
  assert.is(rest.code, 0, rest.stderr);
  const steps = [...rest.stderr.matchAll(/step (\d+)\/400 /g)].map(([, step]) => Number(step));
  assert.ok((steps[0] as number) > 10, rest.stderr);
  assert.is((await language(...long("whole"))).code, 0);
  const bytes = (name: string): Buffer => readFileSync(at(name, "model.safetensors"));
  assert.ok(bytes("broken").equals(bytes("whole")));
  assert.not.ok(bytes("whole").equals(readFileSync(model)));
});

/** What training prints, as far as it is looked at here. */
interface Told {
  readonly config: Language.Config;
  readonly loss: number;
  readonly bitsPerCharacter: number;
}

test("bytes and pairs of bytes are tokens as well; a window, groups, dropout and parts of batches train", async () => {
  const run = async (...more: readonly string[]) => {
    const name = at(`run-${more[1]}`);
    const { code, stdout, stderr } = await language(
      ...[...words, ...more, "--json", "--iterations", "4", "--folder", name],
    );
    assert.is(code, 0, stderr);
    return JSON.parse(stdout) as Told;
  };
  const bytes = await run("--tokens", "bytes", "--attention", "window", "--window", "4");
  assert.equal(bytes.config.attention, { kind: "window", window: 4 });
  assert.is(bytes.config.symbols, 256);
  const more =
    "--vocabulary 300 --groups 1 --dropout 0.1 --micro-batches 2 --recompute --precision bf16";
  const pairs = await run("--tokens", "bpe", ...more.split(" "));
  const { config, loss, bitsPerCharacter } = pairs;
  assert.equal([config.symbols, config.groups], [300, 1]);
  assert.ok(bitsPerCharacter < loss / Math.LN2); // fewer tokens than characters
  const judged = await language(
    ...["evaluate", "--model", at("run-bpe"), "--data", data, "--json", "--device", "cpu"],
  );
  const found = JSON.parse(judged.stdout);
  assert.is(found.loss, loss); // of a file in f32, and of a folder
  assert.is(found.bitsPerCharacter, ((loss / Math.LN2) * found.tokens) / 150);
});

test("evaluate gives the loss that train printed, to the bit, and that of the other part", async () => {
  const evaluate = ["evaluate", "--model", model, "--data", data, "--device", "cpu"];
  const { code, stdout, stderr } = await language(...evaluate, "--json");
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  const { loss, tokens, characters, part } = JSON.parse(stdout);
  assert.equal([loss, tokens, characters, part], [trained["loss"], 150, 150, "validation"]);
  const other = await language(...evaluate, "--part", "train");
  assert.match(other.stdout, `${data}: 1350 tokens to learn from, 1350 characters\n`);
  assert.match(
    other.stdout,
    /\n\d\.\d{4} nats a token, \d\.\d{4} bits a character, perplexity \d+\.\d\d\n$/,
  );
});

test("evaluate names the characters that a model does not know, and where they are", async () => {
  writeFiles(top, { "foreign.txt": `${text}\né${text}` });
  const line = text.split("\n").length + 1;
  const symbols = new Set(text).size;
  await refuses(
    ["evaluate", "--model", model, "--data", at("foreign.txt")],
    `${at("foreign.txt")}: encode: the ${symbols} characters of the tokeniser expected, got "é" (U+00E9) once, first in line ${line}, column 1\nhint: take them out of the text, make the tokeniser from a text that has them, or use bytes, which write any text`,
  );
});

const sample = ["sample", "--model", model, "--device", "cpu"];

test("sample writes on behind a prompt; a seed decides the text, greed the most likely one", async () => {
  const write = async (...more: readonly string[]) => {
    const { code, stdout, stderr } = await language(...sample, ...more);
    assert.equal([code, stderr], [0, ""]);
    return stdout;
  };
  const prompt = ["--prompt", "the "];
  const one = await write(...prompt, "--count", "20", "--seed", "1");
  assert.ok(one.startsWith("the ") && one.endsWith("\n"));
  assert.is(one.length, 4 + 20 + 1);
  assert.is(await write(...prompt, "--count", "20", "--seed", "1"), one);
  assert.is.not(await write(...prompt, "--count", "20", "--seed", "2"), one);
  const greedy = await write(...prompt, "--count", "4", "--greedy");
  assert.is(await write(...prompt, "--count", "4", "--top-k", "1", "--seed", "9"), greedy);
  assert.is(await write(...prompt, "--count", "4", "--temperature", "0"), greedy);
  assert.is(await write(...prompt, "--count", "4", "--beams", "1"), greedy);
  const json = JSON.parse(await write(...prompt, "--count", "20", "--seed", "1", "--json"));
  assert.equal(json, { prompt: "the ", text: one.slice(4, -1) });
  assert.is((await write("--count", "30")).length, 31); // further than the context
});

test("sample ends quietly where nobody reads on", async () => {
  const ended = await languageAlone([...sample, "--count", "100000"], undefined, (child) =>
    child.stdout?.destroy(),
  );
  assert.equal([ended.code, ended.stderr], [0, ""]);
});

test("sample reads the end of a prompt that is longer than the context, and says so", async () => {
  const [long, end] = ["and so the ", "so the ".padStart(8)];
  const run = (prompt: string) =>
    language(...sample, "--greedy", "--count", "6", "--prompt", prompt);
  const { code, stdout, stderr } = await run(long);
  assert.is(code, 0);
  assert.is(
    stderr,
    "sample: of 11 tokens of the prompt the last 8 are read, the context of the model\n",
  );
  assert.is(stdout.slice(long.length), (await run(end)).stdout.slice(end.length));
});

test("sample refuses what the model does not know, and a beam beyond the context", async () => {
  const symbols = new Set(text).size;
  await refuses(
    [...sample, "--prompt", "né €"],
    `sample: a --prompt of characters that the model knows expected, got "é" (U+00E9), "€" (U+20AC)\nhint: ${model} knows ${symbols} characters: those of the text that it learned from`,
  );
  await refuses(
    [...sample, "--beams", "2", "--count", "7", "--prompt", "th"],
    "sample: a prompt and a text of at most 8 tokens, the context, expected for --beams, got 2 and 7\nhint: a smaller --count or a shorter --prompt",
  );
});

test("texts that are too short, not there or no text are refused by name", async () => {
  const cut = Buffer.from([0x61, 0xff, 0x62]);
  writeFiles(top, { "short.txt": "ab".repeat(30), "empty.txt": "", "bytes.txt": cut });
  mkdirSync(at("folder.txt"));
  const said: Readonly<Record<string, string>> = {
    short:
      "corpusOf: more than 8 tokens, the context, to be judged on expected, got 6\nhint: take a longer text or a shorter context",
    empty: "a text expected, got an empty file",
    missing: "a file expected, got nothing",
    folder: "a readable file expected, got EISDIR",
  };
  for (const [name, what] of Object.entries(said)) {
    const file = at(`${name}.txt`);
    await refuses(["train", "--data", file, ...small, "--folder", at("n")], `${file}: ${what}`);
  }
  await refuses(
    ["train", "--data", at("bytes.txt"), "--folder", at("n")],
    `${at("bytes.txt")}:1: UTF-8 expected at byte 2, got byte 0xff\nhint: save the file as UTF-8`,
  );
  await refuses(
    [
      "train",
      "--data",
      data,
      "--tokens",
      "bpe",
      "--vocabulary-files",
      at("v"),
      "--folder",
      at("n"),
    ],
    `${at("v", "vocab.json")}: a file expected, got nothing`,
  );
  assert.not.ok(existsSync(at("n")));
});

test("damaged and foreign files are refused as models", async () => {
  const bytes = readFileSync(model);
  const checkpoint = readdirSync(at("run")).find((name) => name.startsWith("step-")) as string; // one at the end
  writeFiles(at("models"), {
    "cut.safetensors": bytes.subarray(0, -1),
    "text.safetensors": "a model of no kind",
    "checkpoint.safetensors": readFileSync(at("run", checkpoint)),
  });
  const length = bytes.length - 8 - Number(bytes.readBigUInt64LE(0)); // behind a header of the length that is told first
  const said: Readonly<Record<string, RegExp>> = {
    cut: new RegExp(`^loadModel FILE: ${length} bytes of data expected, got ${length - 1}\n$`),
    text: /^loadModel FILE: a header of at most \d+ bytes expected, got \d+\nhint: is it a safetensors file\?\n$/,
    checkpoint:
      /^loadModel FILE: a language model expected, got no description of one\nhint: .*\n$/,
    missing: /^loadModel FILE: a file expected, got nothing\n$/,
  };
  for (const [name, what] of Object.entries(said)) {
    const file = at("models", `${name}.safetensors`);
    for (const command of ["sample", "evaluate", "benchmark"]) {
      const { code, stdout, stderr } = await language(command, "--model", file);
      assert.equal([code, stdout], [2, ""]);
      assert.match(stderr.replace(file, "FILE"), what);
    }
  }
});

test("places that cannot be written are refused before anything is read", async () => {
  const said = (folder: string): string =>
    `${folder}: a folder that can be written expected, got a file, ${data}`;
  for (const folder of [data, join(data, "deep", "er")]) {
    await refuses(["train", "--data", "none", "--folder", folder], said(folder));
    const out = join(folder, "c.safetensors");
    await refuses(["compress", "--model", "none", "--bits", "8", "--out", out], said(folder));
  }
});

test("the program in a process of its own refuses with code 2, and no stack", async () => {
  const alone = await languageAlone(["sample", "--model", at("none")]);
  assert.equal(alone, await language("sample", "--model", at("none")));
  assert.is(alone.code, 2);
});

test.run();
