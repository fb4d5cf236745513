// The study as a reader meets it: options, results that are kept, a run that is broken off, the sentences that
// are drawn from results, and the protocol of T-GCN on its data.

import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { loadCase } from "../../examples/forecast/study/cases.ts";
import { contenders } from "../../examples/forecast/study/contenders.ts";
import { type Job, nameOf, type Result } from "../../examples/forecast/study/jobs.ts";
import { scaledRmse } from "../../examples/forecast/study/measures.ts";
import { type Sizes, sizesFor } from "../../examples/forecast/study/sizes.ts";
import { study as forecastStudy } from "../../examples/forecast/study/study.ts";
import { tables } from "../../examples/forecast/study/tables.ts";
import { pooledScores } from "../../examples/forecast/study/tgcnProtocol.ts";
import { parseOptions } from "../../examples/study/options.ts";
import { keyOf } from "../../examples/study/run.ts";
import { byContender, compare, verdict } from "../../examples/study/statistics.ts";
import { openStore } from "../../examples/study/store.ts";
import { folderOf } from "../../examples/study/study.ts";
import { testOnData } from "../support/data.ts";
import { root } from "../support/files.ts";
import { inFolder } from "../support/folders.ts";
import { suite } from "../support/suite.ts";

const options = suite("study options");

options("are all tables and five seeds, unless told otherwise", () => {
  const parsed = parseOptions(forecastStudy, [], {});
  assert.equal(E.toUnion(parsed), {
    tables: Object.keys(tables),
    data: undefined,
    out: "runs/forecast",
    seeds: 5,
    extent: "full",
    software: false,
  });
  const words = ["load", "windows", "--quick", "--device", "reference", "--data", "d"];
  const {
    tables: chosen,
    seeds,
    device,
    data,
  } = E.toUnion(parseOptions(forecastStudy, words, {})) as never;
  assert.equal([chosen, seeds, device, data], [["load", "windows"], 2, "reference", "d"]);
});

options("say what is wrong", () => {
  const complaints = [
    [["nonsense"], /^one of baselines, ablations, .* expected, got "nonsense"$/],
    [["--seeds", "0"], /^a whole number ≥ 1 expected for --seeds, got "0"$/],
    [["--device", "abacus"], /^one of gpu, .* expected for --device, got "abacus"$/],
    [["--epochs", "3"], /^Unknown option '--epochs'/],
  ] as const;
  for (const [words, expected] of complaints) {
    const parsed = parseOptions(forecastStudy, words, {});
    assert.match(E.isLeft(parsed) ? parsed.left : "nothing", expected);
  }
});

options.run();

const results = suite("study results");

const sizes: Sizes = sizesFor("online-boutique", "smoke");
const job = (contender: Job["contender"], seed: number | null): Job => ({
  data: "online-boutique",
  window: 12,
  contender,
  seed,
});
/** A result that says nothing but an RMSE of cpu in five minutes. */
const resultOf = (contender: Job["contender"], seed: number | null, rmse: number): Result => ({
  ...job(contender, seed),
  sizes,
  scores: [
    {
      target: "cpu",
      unit: "cores",
      minutesAhead: 5,
      mae: 0,
      rmse: 0,
      scaledMae: 0,
      scaledRmse: rmse,
      medianMae: 0,
      medianRmse: 0,
      medianR2: 0,
      groups: {},
    },
  ],
  seconds: 1,
  parameters: 1,
  bestEpoch: 1,
  epochs: 1,
  device: "cpu",
});

const storeAt = (path: string) =>
  openStore<Result>({ path, keyOf: (result) => keyOf(nameOf(result), result.sizes) });

results("are found again by run and sizes, and a line that was cut off is run again", () =>
  inFolder((folder) => {
    const path = join(folder, "results.jsonl");
    const first = storeAt(path);
    first.add(resultOf("full model", 0, 0.5));
    first.add(resultOf("full model", 1, 0.25));
    const whole = readFileSync(path, "utf8");
    appendFileSync(path, '{"data":"online-bou');
    const again = storeAt(path);
    const find = (asked: Job, askedSizes: Sizes) => again.find(keyOf(nameOf(asked), askedSizes));
    assert.is(readFileSync(path, "utf8"), whole);
    assert.equal(find(job("full model", 1), sizes), resultOf("full model", 1, 0.25));
    assert.is(find(job("full model", 2), sizes), undefined);
    assert.is(find(job("full model", 1), { ...sizes, epochs: 3 }), undefined);
  }),
);

results("come from checkpoints in a folder for each run and its sizes", () => {
  const full = sizesFor("online-boutique", "full");
  const folders = [job("T-GCN's cell", 0), job("T-GCN's cell", 1)].flatMap((each) =>
    [sizes, full].map((chosen) => folderOf(nameOf(each), chosen)),
  );
  assert.is(new Set(folders).size, 4);
  for (const folder of folders)
    assert.match(folder, /^online-boutique-window-12-T-GCN-s-cell-seed-[01]-[0-9a-f]{8}$/);
});

results("name the line of a file that is damaged", () =>
  inFolder((folder) => {
    const path = join(folder, "results.jsonl");
    writeFileSync(path, `${JSON.stringify(resultOf("ridge", null, 1))}\nnonsense\n`);
    assert.throws(
      () => storeAt(path),
      /results\.jsonl:2: a result as JSON expected, got "nonsense"$/,
    );
  }),
);

results("are compared seed by seed, and a baseline with every seed", () => {
  const ours = [resultOf("full model", 0, 0.25), resultOf("full model", 1, 0.5)];
  const measure = scaledRmse("cpu", 5);
  const ridge = [resultOf("ridge", null, 0.375)];
  assert.is(compare(ours, ridge, measure).losses, 1);
  assert.is(compare(ours, ridge, measure).difference, 0);
  const worse = [resultOf("shuffled graph", 0, 0.75), resultOf("shuffled graph", 1, 0.75)];
  assert.is(compare(ours, worse, measure).difference, 0.375);
  const better = [resultOf("no time encoding", 0, 0.125), resultOf("no time encoding", 1, 0.5)];
  assert.is(
    verdict("cpu", byContender([...ours, ...worse, ...better]), "full model", measure),
    "cpu: full model (0.375 ± 0.177) beats 1 of 2 others; " +
      "no time encoding is better by 0.063 ± 0.088 (1 of 2 seeds)",
  );
  const near = [resultOf("identity graph", 0, 0.5), resultOf("identity graph", 1, 0.5)];
  assert.is(
    verdict("cpu", byContender([...ours, ...near]), "full model", measure),
    "cpu: full model (0.375 ± 0.177) beats all 1 others; identity graph hardly, by 0.125 ± 0.177",
  );
  assert.is(
    verdict("cpu", byContender([...ours, ...worse]), "full model", measure),
    "cpu: full model (0.375 ± 0.177) beats all 1 others",
  );
});

results("that are no numbers are never said to be beaten", () => {
  const ours = [resultOf("full model", 0, 0.25)];
  const none = [resultOf("shuffled graph", 0, Number.NaN)];
  assert.is(
    verdict("cpu", byContender([...ours, ...none]), "full model", scaledRmse("cpu", 5)),
    "cpu: full model (0.250) beats 0 of 1 others; shuffled graph cannot be compared",
  );
});

results(
  "on Los-loop stand beside the stored ones, with the width that they were trained at",
  async () => {
    const at = (minutesAhead: number) => ({
      ...{ minutesAhead, examples: 1, mae: 3, accuracy: 0.91, r2: 0.85 },
      rmse: 5 + minutesAhead / 60,
    });
    const pooled = [15, 30, 45, 60].map(at);
    const run = { ...resultOf("T-GCN, re-implemented", 0, 1), data: "los-loop" as const, pooled };
    const { markdown } = await tables["los-loop"].report([run]);
    assert.match(
      markdown,
      "| T-GCN, re-implemented | 5.250 / 3.000 | 5.500 / 3.000 | 5.750 / 3.000 | 6.000 / 3.000 | 0.9100 / 0.8500 |",
    );
    assert.match(markdown, "5.126 / 3.180 | – | – | – | 0.9127 / 0.8634 |");
  },
);

results.run();

const command = suite("study");

/** Runs the command; `listen` is called with all that it has said of runs so far. */
const study = (
  words: readonly string[],
  listen?: (said: string, kill: (signal: NodeJS.Signals) => void) => void,
) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(root, "examples/forecast/study/main.ts"), ...words],
      { cwd: root, env: { ...process.env, PULLBACK_DATA: "" } },
    );
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      listen?.(stderr, (signal) => child.kill(signal));
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });

/** The results in a folder, without what depends on the clock and on when a run was broken off. */
const kept = (folder: string): readonly unknown[] =>
  readFileSync(join(folder, "results.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: 0, isResumed: null }));

command(
  "--smoke trains, writes page, pictures and results, and skips what has no data, aloud",
  () =>
    inFolder(async (out) => {
      const { code, stdout, stderr } = await study([
        "--smoke",
        "--out",
        out,
        "simulated",
        "petshop-low",
      ]);
      assert.is(code, 0, stderr);
      assert.match(
        stdout,
        /1 tables in .*; skipped: petshop-low \(petshop-low: skipped, no --data/,
      );
      assert.match(stderr, /\[5\/12\] simulated, window 12, edges weigh as calls, seed 0: /);
      const text = readFileSync(join(out, "simulated.md"), "utf8");
      for (const name of ["last value", "full model", "edges weigh as calls"])
        assert.match(text, new RegExp(`\\| ${name} \\| \\d`));
      for (const file of ["simulated.json", "simulated-cpu-5.png"])
        assert.ok(existsSync(join(out, file)));
      assert.is(kept(out).length, 5);
      const again = await study(["--smoke", "--out", out, "simulated"]);
      assert.is(again.code, 0);
      assert.is((again.stderr.match(/: known/g) ?? []).length, 5);
      assert.is(readFileSync(join(out, "simulated.md"), "utf8"), text);
    }),
);

command("killed or interrupted, the same command goes on and finds the same", () =>
  inFolder(async (out) => {
    const [broken, unbroken] = [join(out, "broken"), join(out, "unbroken")];
    const words = (folder: string) => ["--smoke", "--out", folder, "simulated"];
    const stopAt = (run: number, signal: NodeJS.Signals) => {
      let isDone = false;
      return (said: string, kill: (signal: NodeJS.Signals) => void) => {
        if (isDone || !said.includes(`[${run}/5]`)) return;
        isDone = true;
        kill(signal);
      };
    };
    assert.is((await study(words(broken), stopAt(2, "SIGKILL"))).code, null);
    const interrupted = await study(words(broken), stopAt(3, "SIGINT"));
    assert.is(interrupted.code, 130, interrupted.stderr);
    assert.match(interrupted.stderr, /interrupted; the same command goes on from here/);
    assert.is((await study(words(broken))).code, 0);
    assert.is((await study(words(unbroken))).code, 0);
    assert.equal(kept(broken), kept(unbroken));
  }),
);

command.run();

const traffic = suite("T-GCN's protocol");

testOnData(
  traffic,
  "los-loop",
  "gives the errors of the last value that others publish",
  async (folder) => {
    const found = await loadCase("los-loop", {
      folder: join(folder, ".."),
      window: 12,
      simulatedMinutes: 0,
    })();
    if (E.isLeft(found)) throw new Error(found.left);
    const { windows } = found.right;
    const predictor = contenders["last value"].fit(windows);
    const scores = await pooledScores(windows, async (examples) => predictor(examples));
    assert.equal(
      scores.map(({ minutesAhead, examples }) => [minutesAhead, examples]),
      [
        [15, 389],
        [30, 386],
        [45, 383],
        [60, 380],
      ],
    );
    const printed = scores.map(({ rmse, mae }) => `${rmse.toFixed(3)}/${mae.toFixed(3)}`);
    assert.equal(printed, ["5.543/3.156", "6.699/3.632", "7.628/4.042", "8.456/4.433"]);
  },
);

traffic.run();
