// What a notebook becomes: outputs of every kind, the form of the file, equal bytes, names across cells, the command line.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { display } from "../../tools/notebook/index.ts";
import { parseOptions } from "../../tools/notebook/options.ts";
import { linesOf, resolveReturns } from "../../tools/notebook/outputs.ts";
import { root } from "../support/files.ts";
import { suite } from "../support/suite.ts";
import { folder, ipynbOf, outputsOf, write } from "./notebooks.ts";

const test = suite("notebook");

const tools = `// %%
import { display, isQuick, markdown, table } from "../../tools/notebook/index.ts";
`;
// Loading the library takes as long as all else.
const imports = `${tools}import { tensor } from "../../src/index.ts";\n`;

test("shows values as the console prints them, and what is printed", async () => {
  const [first, second] = await outputsOf(`${imports}
console.log("out", [1, { a: 2 }]);
display(tensor([[1, 2], [3, 4]]));
display("plain words");
console.error("err");
tensor([1, 2]);
// %%
const list: number[] = [];
list[0] = 1;
`);
  assert.equal(first, [
    { name: "stdout", output_type: "stream", text: ["out [ 1, { a: 2 } ]\n"] },
    {
      data: { "text/plain": ["Tensor([[1., 2.],\n", "        [3., 4.]], f32[2, 2])"] },
      metadata: {},
      output_type: "display_data",
    },
    { data: { "text/plain": ["plain words"] }, metadata: {}, output_type: "display_data" },
    { name: "stderr", output_type: "stream", text: ["err\n"] },
    {
      data: { "text/plain": ["Tensor([1., 2.], f32[2])"] },
      execution_count: 1,
      metadata: {},
      output_type: "execute_result",
    },
  ]);
  assert.equal(second, []); // assignments show nothing
});

test("shows tables as HTML and as text, and Markdown", async () => {
  const [[rows, text] = []] = await outputsOf(`${tools}
display(table([{ name: "a <b>", loss: 0.123456 }, { name: "c", steps: 1200 }]));
display(markdown("**bold**"));
`);
  const data = rows?.["data"] as Record<string, readonly string[]>;
  assert.equal(data["text/plain"], [
    "name     loss  steps\n",
    "a <b>  0.1235      –\n",
    "c           –   1200",
  ]);
  const cells = [...data["text/html"]!.join("").matchAll(/<td[^>]*>([^<]*)<\/td>/g)];
  assert.equal(
    cells.map(([, word]) => word),
    ["a &lt;b&gt;", "0.1235", "–", "c", "–", "1200"],
  );
  assert.equal(text?.["data"], { "text/markdown": ["**bold**"], "text/plain": ["**bold**"] });
});

test("changes what is shown in its place, from later cells too", async () => {
  const [first, second] = await outputsOf(`${tools}
const shown = display("before");
display("other");
// %%
shown.update("after");
shown;
`);
  assert.equal(
    first?.map(({ data }) => data),
    [{ "text/plain": ["after"] }, { "text/plain": ["other"] }],
  );
  assert.equal(second, []);
});

test("keeps what a terminal would show of lines written over", async () => {
  const [outputs] = await outputsOf(`// %%
for (let i = 0; i <= 100; i += 50) process.stdout.write(\`\\r\${i} %\`);
process.stdout.write(Buffer.from("\\nß\\n"));
void 0;
`);
  assert.equal(outputs, [{ name: "stdout", output_type: "stream", text: ["100 %\n", "ß\n"] }]);
  assert.is(resolveReturns("long line\rshort"), "shortline");
  assert.is(resolveReturns("long line\rshort\u001b[K\r\nnext"), "short\nnext");
  assert.is(linesOf("a\n\nb").join("|"), "a\n|\n|b");
});

test("lets names be declared again, and functions keep those that they were written with", async () => {
  const outputs = await outputsOf(`// %%
const x = 1;
let y = 1;
const old = (): number => x + y;
class A {}
// %%
const x = await Promise.resolve("two");
y = 10;
function A(): string { return x; }
// %%
import type { Tensor } from "../../src/index.ts";
import path, { join as joined } from "node:path";
import * as all from "node:path";
const unused: Tensor | undefined = undefined;
[x, old(), A(), path === all.default, joined("a", "b")];
`);
  assert.equal(outputs[2]?.[0]?.["data"], { "text/plain": ["[ 'two', 11, 'two', true, 'a/b' ]"] });
});

test("has names of Node's for itself", async () => {
  const [, outputs] = await outputsOf(`// %%
const performance = { now: () => 42 };
// %%
[performance.now(), globalThis.performance.now() === 42];
`);
  assert.equal(outputs?.[0]?.["data"], { "text/plain": ["[ 42, false ]"] });
});

test("hands words and the wish to be quick to the notebook", async () => {
  const text = `${tools}\n[isQuick(), process.argv.slice(2)];\n`;
  const shown = async (options: object) => (await outputsOf(text, options))[0]?.[0]?.["data"];
  const quick = await shown({ args: ["--a", "b"], env: { PULLBACK_QUICK: "1" } });
  assert.equal(quick, { "text/plain": ["[ true, [ '--a', 'b' ] ]"] });
  const slow = await shown({ env: { PULLBACK_QUICK: undefined } });
  assert.equal(slow, { "text/plain": ["[ false, [] ]"] });
});

test("gives the same bytes twice, and tells no time or place", async () => {
  const text = `${imports}
import { normal, key, matmul, compile } from "../../src/index.ts";
const f = compile(() => matmul(normal(key(1), [8, 8]), normal(key(2), [8, 8])));
f();
// %%
console.log(new Error("here").stack?.split("\\n")[1]);
new Date(0).getHours();
`;
  const path = write(text, "same.ts");
  const [first, second] = [await ipynbOf(text), await ipynbOf(text)];
  const withoutName = (it: string): string => it.replace(/notebook-tests\/[\d-]+\.ts/, "");
  assert.is(withoutName(first), withoutName(second));
  assert.not.ok(first.includes(root));
  rmSync(path);
});

test("is a notebook of nbformat 4.5", async () => {
  const text = await ipynbOf(`// %% [markdown] Text
// # Title
// %% One tags=["slow"]
1;
// %%
1;
// %%
2;
`);
  const book = JSON.parse(text);
  assert.equal(Object.keys(book), ["cells", "metadata", "nbformat", "nbformat_minor"]);
  assert.equal([book.nbformat, book.nbformat_minor], [4, 5]);
  assert.equal(book.metadata.kernelspec, {
    display_name: "Deno",
    language: "typescript",
    name: "deno",
  });
  const [words, ...code] = book.cells;
  assert.equal(Object.keys(words), ["cell_type", "id", "metadata", "source"]);
  assert.equal([words.cell_type, words.source], ["markdown", ["# Title"]]);
  for (const cell of code)
    assert.equal(Object.keys(cell), [
      "cell_type",
      "execution_count",
      "id",
      "metadata",
      "outputs",
      "source",
    ]);
  assert.equal(
    code.map((cell: { execution_count: number }) => cell.execution_count),
    [1, 2, 3],
  );
  assert.equal(code[0].metadata, { tags: ["slow"], title: "One" });
  const ids: string[] = book.cells.map(({ id }: { id: string }) => id);
  assert.is(new Set(ids).size, 4);
  for (const id of ids) assert.match(id, /^[a-zA-Z0-9_-]{1,64}$/);
  assert.is(text, `${JSON.stringify(book, null, 1)}\n`);
});

const hasNbformat = spawnSync("python3", ["-c", "import nbformat"]).status === 0;
if (hasNbformat)
  test("passes the validation of nbformat, which writes it as it is", async () => {
    const text = await ipynbOf(`${tools}\ndisplay(table([{ a: 1 }]));\nconsole.log("ä");\n1;\n`);
    const script = [
      "import nbformat, sys",
      "book = nbformat.reads(sys.stdin.read(), as_version=4)",
      "nbformat.validate(book)",
      "sys.stdout.write(nbformat.writes(book) + '\\n')",
    ].join("\n");
    const options = {
      input: text,
      encoding: "utf8",
      env: { ...process.env, PYTHONUTF8: "1" },
    } as const;
    const { stdout, stderr } = spawnSync("python3", ["-c", script], options);
    assert.is(stdout, text, stderr);
  });
else test.skip("passes the validation of nbformat", "python3 has no nbformat");

test("runs as a script, where display prints", () => {
  const path = write(`${imports}
display(tensor([1, 2]));
const shown = display(table([{ a: 1 }]));
shown.update("again");
`);
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", path], {
    encoding: "utf8",
    cwd: root,
  });
  assert.is(stdout, "Tensor([1., 2.], f32[2])\na\n1\nagain\n");
});

test("shows in Jupyter what Deno's kernel sends on", () => {
  const sent: unknown[] = [];
  const broadcast = async (type: string, content: unknown) => void sent.push([type, content]);
  Object.assign(globalThis, { Deno: { jupyter: { broadcast } } });
  try {
    display("a").update("b");
  } finally {
    Reflect.deleteProperty(globalThis, "Deno");
  }
  const content = (text: string) => {
    const [, { transient }] = sent[0] as [string, { transient: object }];
    return { data: { "text/plain": text }, metadata: {}, transient };
  };
  assert.equal(sent, [
    ["display_data", content("a")],
    ["update_display_data", content("b")],
  ]);
});

const run = (...words: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "tools/notebook/main.ts", ...words], {
    cwd: root,
    encoding: "utf8",
  });

test("is written beside its source or into a folder, and checked", () => {
  const path = write("// %%\nprocess.argv[2];", "written.ts");
  const beside = path.replace(".ts", ".ipynb");
  rmSync(beside, { force: true });
  assert.is(run(path, "--check").status, 1);
  assert.not.ok(existsSync(beside));
  assert.match(
    run(path, "--write", "--", "word").stdout,
    /written to \.cache\/\S+\.ipynb\n1 passed/,
  );
  assert.ok(readFileSync(beside, "utf8").includes('"word"'));
  assert.is(run(path, "--check", "--", "word").status, 0);
  assert.match(run(path, "--check").stderr, /hint: --write writes it anew/);
  const other = mkdtempSync(join(folder, "out-"));
  assert.is(run(path, "--out", other, "--", "word").status, 0);
  assert.is(readFileSync(join(other, "written.ipynb"), "utf8"), readFileSync(beside, "utf8"));
  for (const file of [path, beside]) rmSync(file);
});

test("options are what the words say, and mistakes are named", () => {
  const read = (...words: string[]) => parseOptions(words);
  assert.equal(
    read("a.ts", "--limit", "5", "--quick", "--", "--out", "x"),
    E.right({
      places: ["a.ts"],
      result: { _tag: "dropped" },
      limitSeconds: 5,
      isQuick: true,
      args: ["--out", "x"],
    }),
  );
  assert.equal(read("--help", "--limit", "x"), E.right("help"));
  assert.equal(read(), E.left("a notebook or a folder expected"));
  assert.equal(read("a", "--limit", "x"), E.left('seconds expected for --limit, got "x"'));
  assert.equal(
    read("a", "--write", "--check"),
    E.left("one of --write, --out and --check expected, got several"),
  );
  assert.ok(E.isLeft(read("a", "--colour")));
  const { status, stderr } = run("nowhere");
  assert.equal([status, stderr.split("\n")[0]], [2, "notebook: no such file or folder: nowhere"]);
});

test.run();
