// What the environment says about the device cpu: how many threads it has, and whether it may use fused multiply-add. And that a process ends, whatever
// threads it has.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import { Engine } from "../../src/core/device/cpu/engine.ts";
import { root } from "../support/files.ts";
import { refusalOf } from "../support/refusal.ts";
import { suite } from "../support/suite.ts";

const test = suite("environment of cpu");

const folder = mkdtempSync(join(tmpdir(), "pullback-cpu-"));
test.after(() => rmSync(folder, { recursive: true }));

/** What a program printed, how it ended, and how long after its last line. */
interface Ended {
  readonly lines: readonly string[];
  readonly errors: string;
  readonly code: number | null;
  readonly secondsAfter: number;
}

/** A program as one text without imports of ours. */
const bundled = async (program: string): Promise<string> => {
  const { outputFiles } = await build({
    ...{ stdin: { contents: program, resolveDir: root }, bundle: true, write: false },
    ...{ platform: "node", format: "esm", target: "node20", external: ["gpu.js", "webgpu", "gl"] },
  });
  return (outputFiles[0] as { text: string }).text;
};

/** How a process is given its program: as a file, or as text that it reads. */
type Given = "file" | "text";

/** Runs a program in a process of its own. */
const endOf = (
  program: string,
  given: Given,
  env: Readonly<Record<string, string>>,
): Promise<Ended> =>
  new Promise((resolve) => {
    const { PULLBACK_THREADS: _threads, PULLBACK_RELAXED_SIMD: _simd, ...rest } = process.env;
    const file = join(folder, `${Object.values(env).join("-")}.mjs`);
    if (given === "file") writeFileSync(file, program);
    const child = spawn(
      process.execPath,
      given === "file" ? [file] : ["--input-type=module", "-"],
      {
        ...{
          cwd: root,
          env: { ...rest, ...env },
          stdio: ["pipe", "pipe", "pipe"],
          timeout: 30_000,
        },
      },
    );
    child.stdin.end(given === "file" ? "" : program);
    let [text, errors, last] = ["", "", performance.now()];
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      last = performance.now();
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      errors += part;
    });
    child.on("close", (code) => {
      const secondsAfter = (performance.now() - last) / 1000;
      resolve({ lines: text.trim().split("\n"), errors, code, secondsAfter });
    });
  });

/** Trains a perceptron that is large enough for threads, and prints what ran and the losses. */
const training = `
  import * as P from "./src/index.ts";
  const x = P.evaluate(P.normal(P.key(1), [127, 65]), { device: "reference" });
  const y = P.sin(P.sum({ axis: 1, keepDims: true })(x));
  let params = [[65, 131], [131, 67], [67, 1]].map((shape, i) => P.mul(P.normal(P.key(i + 2), shape), 0.1));
  const loss = ([a, b, c]) =>
    P.mean(P.square(P.sub(P.matmul(P.tanh(P.matmul(P.tanh(P.matmul(x, a)), b)), c), y)));
  const step = P.compile((p) => {
    const [value, gradient] = P.valueAndGrad(loss)(p);
    return [value, p.map((w, i) => P.sub(w, P.mul(0.1, gradient[i])))];
  }, { device: "cpu", donate: [0] });
  const losses = [];
  for (let i = 0; i < 12; i++) {
    const [value, next] = step(params);
    params = next;
    losses.push(P.item(value));
    // Threads start while the first steps run on one.
    if (i < 4) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { mode, details } = P.deviceInfo("cpu");
  console.log(mode);
  console.log(details);
  console.log(losses.join(" "));
`;

/** Runs of the training: on so many threads, and without fused multiply-add. */
const environments: readonly (readonly [Given, Readonly<Record<string, string>>])[] = [
  ["file", { PULLBACK_THREADS: "1" }],
  ["file", { PULLBACK_THREADS: "2" }],
  // Workers that took over --input-type=module would take their own text for a module.
  ["text", { PULLBACK_THREADS: "3" }],
  ["file", { PULLBACK_THREADS: "2", PULLBACK_RELAXED_SIMD: "0" }],
];
const runs: Ended[] = [];

test("processes that used threads end by themselves, soon after their last line", async () => {
  const program = await bundled(training);
  for (const pair of [environments.slice(0, 2), environments.slice(2)])
    runs.push(...(await Promise.all(pair.map(([given, env]) => endOf(program, given, env)))));
  for (const { lines, errors, code, secondsAfter } of runs) {
    assert.is(errors, "");
    assert.is(code, 0);
    assert.is(lines.length, 3);
    assert.ok(secondsAfter < 5, `${secondsAfter} s`);
  }
});

test("PULLBACK_THREADS is how many threads there are, and changes no loss", () => {
  const [one, two, three] = runs as [Ended, Ended, Ended, Ended];
  assert.match(one.lines[1] as string, /^1 thread; SIMD/);
  assert.match(two.lines[1] as string, /^2 threads; SIMD/);
  assert.match(three.lines[1] as string, /^3 threads; SIMD/);
  assert.is(two.lines[2], one.lines[2]);
  assert.is(three.lines[2], one.lines[2]);
});

test("PULLBACK_THREADS that is no number of threads is refused in words", async () => {
  const before = process.env["PULLBACK_THREADS"];
  try {
    for (const value of ["0", "-1", "1.5", "two", "257", "Infinity"]) {
      process.env["PULLBACK_THREADS"] = value;
      assert.equal(await refusalOf(() => new Engine(true)), {
        tag: "InvalidArgument",
        message: `cpu: PULLBACK_THREADS in 1…256 expected, got ${value}`,
      });
    }
    process.env["PULLBACK_THREADS"] = "5";
    assert.is(new Engine(true).pool.threads, 5);
    process.env["PULLBACK_THREADS"] = ""; // as if it were not set
    const { threads } = new Engine(true).pool;
    assert.ok(threads >= 1 && threads <= 16, `${threads}`);
  } finally {
    if (before === undefined) delete process.env["PULLBACK_THREADS"];
    else process.env["PULLBACK_THREADS"] = before;
  }
});

test("an engine without shared memory has one thread", () => {
  assert.is(new Engine(false, 4).pool.threads, 1);
});

/** (module (func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))) */
const fusedModule = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x85, 0x02, 0x0b],
);

const hasFused = (): boolean => {
  if (Number.parseInt(process.versions.node, 10) < 21)
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(fusedModule);
};

test("multiplies and adds in one instruction where WebAssembly can, unless PULLBACK_RELAXED_SIMD is 0", () => {
  const [, fused, , plain] = runs as [Ended, Ended, Ended, Ended];
  const mode = hasFused() ? "wasm relaxed" : "wasm simd";
  assert.is(fused.lines[0], mode);
  assert.is(plain.lines[0], "wasm simd");
  assert.match(plain.lines[1] as string, /multiply and add$/);
  const lossesOf = ({ lines }: Ended): readonly number[] =>
    (lines[2] as string).split(" ").map(Number);
  const [wanted, found] = [lossesOf(fused), lossesOf(plain)];
  assert.is(wanted.length, 12);
  found.forEach((loss, step) => {
    const apart = Math.abs(loss / (wanted[step] as number) - 1);
    assert.ok(apart < 1e-5, `step ${step}: ${apart}`); // 12 steps, sums of at most 131 terms
  });
});

test.run();
