// A training process that is ended from outside: by SIGKILL at any moment it loses what came after its newest checkpoint and nothing else;
// by Ctrl-C it ends in order.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import { checkpointPath } from "../../../src/nn/index.ts";
import { root } from "../../support/files.ts";
import { pinnedSeed } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const top = mkdtempSync(join(tmpdir(), "pullback-killed-"));
const test = suite("a training process");

// As one file of JavaScript, which starts in a tenth of the time; below the project's root, where packages are found.
const script = join(root, ".cache", `${basename(top)}.mjs`);
await build({
  entryPoints: [join(root, "test/nn/train/script.ts")],
  outfile: script,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "error",
});
test.after(() => {
  rmSync(top, { recursive: true });
  rmSync(script);
});

/** A script that trains, and what it did in the end. */
interface Running {
  readonly process: ChildProcess;
  /** Resolves at the first step from this number on, or at the end. */
  readonly reaches: (step: number) => Promise<void>;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly said: string;
  }>;
}

const start = (folder: string, slowMs = 0): Running => {
  const child = spawn(process.execPath, [script, folder, String(slowMs)], { cwd: root });
  let said = "";
  let last = 0;
  const waiting = new Set<() => void>();
  const hear = (part: Buffer): void => {
    said += part;
    last = Number([...said.matchAll(/^step (\d+)$/gm)].at(-1)?.[1] ?? 0);
    for (const look of waiting) look();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended: Running["ended"] = new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, said }));
  });
  const reaches = (step: number): Promise<void> => {
    const reached = new Promise<void>((resolve) => waiting.add(() => last >= step && resolve()));
    return Promise.race([reached, ended.then(() => undefined)]);
  };
  return { process: child, reaches, ended };
};

const steps = 40;
const finalBytes = (folder: string): string =>
  readFileSync(checkpointPath(folder, steps)).toString("hex");
const linesOf = (folder: string) =>
  readFileSync(join(folder, "log.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), time: 0 }));

const unbroken = join(top, "unbroken");
const whole = start(unbroken).ended;

/** Numbers in [0, 1) that follow from a seed. */
const randomsFrom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

test("killed at any moment, again and again, it ends with the bytes of an unbroken run", async () => {
  const { code, said } = await whole;
  assert.is(code, 0, said);
  const folder = join(top, "killed");
  const random = randomsFrom(pinnedSeed());
  let [kills, from] = [0, 0];
  while (kills < 6) {
    const run = start(folder);
    from = Math.min(steps - 2, from + Math.floor(random() * 7));
    await run.reaches(from);
    await new Promise((resolve) => setTimeout(resolve, random() * 15)); // in the middle of whatever
    run.process.kill("SIGKILL");
    const { signal } = await run.ended;
    kills++;
    if (signal !== "SIGKILL") break; // it was done before
  }
  assert.ok(kills >= 3, `${kills} kills`);
  const last = await start(folder).ended;
  assert.is(last.code, 0, last.said);
  assert.is(finalBytes(folder), finalBytes(unbroken));
  assert.equal(linesOf(folder), linesOf(unbroken));
  assert.equal(readdirSync(folder).sort(), readdirSync(unbroken).sort());
});

test("Ctrl-C finishes the step, writes a checkpoint and ends with 130; it goes on from there", async () => {
  const folder = join(top, "interrupted");
  const run = start(folder, 20);
  await run.reaches(3);
  run.process.kill("SIGINT");
  const { code, said } = await run.ended;
  assert.is(code, 130, said);
  const last = Number([...said.matchAll(/^step (\d+)$/gm)].at(-1)?.[1]);
  assert.ok(last < steps, said);
  assert.ok(
    readdirSync(folder).includes(`step-${String(last).padStart(12, "0")}.safetensors`),
    said,
  );
  const rest = await start(folder).ended;
  assert.match(rest.said, `step ${last + 1}\n`);
  assert.not.match(rest.said, `step ${last}\n`);
  assert.is(finalBytes(folder), finalBytes(unbroken));
  assert.equal(linesOf(folder), linesOf(unbroken));
});

test("a second Ctrl-C ends it at once", async () => {
  const folder = join(top, "twice");
  const run = start(folder, 5000); // each step takes longer than we wait
  await run.reaches(1);
  const pressedAt = performance.now();
  run.process.kill("SIGINT");
  run.process.kill("SIGINT"); // the same key press, passed on by tsx
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.is(run.process.exitCode, null);
  run.process.kill("SIGINT");
  const { code } = await run.ended;
  assert.is(code, 130);
  assert.ok(performance.now() - pressedAt < 4000, "before the step was done");
});

test.run();
