// The main job as a user meets it: options, help, a quick run, mistakes, an interruption and what comes after it.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { type Options, parseOptions, usage } from "../../examples/forecast/options.ts";
import { compareWithLastValue, printScores, type Row } from "../../examples/forecast/scores.ts";
import { deviceNames } from "../../src/index.ts";
import { suite } from "../support/suite.ts";
import { alone } from "./alone.ts";

const options = suite("forecast options");

const optionsOf = (...words: string[]): Options => {
  const parsed = parseOptions(words);
  if (E.isLeft(parsed) || parsed.right === "help") throw new Error(JSON.stringify(parsed));
  return parsed.right;
};
const complaintOf = (...words: string[]): string => {
  const parsed = parseOptions(words);
  return E.isLeft(parsed) ? parsed.left : "none";
};

/** The value in brackets behind a flag in the help. */
const helpOn = (flag: string): string =>
  new RegExp(`^  --${flag} .*\\((.+)\\)$`, "m").exec(usage)?.[1] ?? "none";

options("are the defaults that the help names", () => {
  const number = (flag: string): number => Number(helpOn(flag));
  assert.equal(optionsOf(), {
    minutes: number("minutes"),
    seed: number("seed"),
    window: number("window"),
    horizons: helpOn("horizons").split(",").map(Number),
    epochs: number("epochs"),
    batchSize: number("batch"),
    learningRate: number("rate"),
    hidden: number("hidden"),
    embedding: number("embedding"),
    software: false,
    json: false,
  });
});

options("are what the words say", () => {
  const words =
    "--data d --folder f --device gpu --cycle 2.5 --horizons 3,1,3 --rate 1e-3 --seed 7 --json";
  const { data, folder, device, cycle, horizons, learningRate, seed, json } = optionsOf(
    ...words.split(" "),
  );
  assert.equal([data, folder, device, cycle], ["d", "f", "gpu", 2.5]);
  assert.equal([learningRate, seed, json], [1e-3, 7, true]);
  assert.equal(horizons, [3, 1]);
});

const sizesOf = ({ epochs, minutes, hidden }: Options) => ({ epochs, minutes, hidden });

options("--quick is small, unless told otherwise", () => {
  const [whole, small] = [optionsOf(), optionsOf("--quick", "--window", "5")];
  assert.ok(small.epochs < whole.epochs && small.minutes < whole.minutes);
  assert.ok(small.hidden < whole.hidden);
  assert.equal({ ...small, window: 12 }, { ...whole, ...sizesOf(small) });
  const told = optionsOf("--quick", "--epochs", "7", "--hidden", "5", "--minutes", "100");
  assert.equal(sizesOf(told), { epochs: 7, hidden: 5, minutes: 100 });
});

options("--help goes before anything else", () => {
  assert.equal(parseOptions(["--help", "--epochs", "x"]), E.right("help"));
});

options("say what is wrong", () => {
  const complaints: readonly (readonly [string, string])[] = [
    ["--epochs=0", 'a whole number ≥ 1 expected for --epochs, got "0"'],
    ["--epochs=2.5", 'a whole number ≥ 1 expected for --epochs, got "2.5"'],
    ["--epochs=", 'a whole number ≥ 1 expected for --epochs, got ""'],
    ["--seed=-1", 'a whole number ≥ 0 expected for --seed, got "-1"'],
    ["--minutes=59", 'a whole number ≥ 60 expected for --minutes, got "59"'],
    ["--batch=many", 'a whole number ≥ 1 expected for --batch, got "many"'],
    ["--horizons=1,,5", 'a whole number ≥ 1 expected for --horizons, got ""'],
    ["--rate=0", 'a number above 0 expected for --rate, got "0"'],
    ["--rate=Infinity", 'a number above 0 expected for --rate, got "Infinity"'],
    ["--cycle=-3", 'a number above 0 expected for --cycle, got "-3"'],
  ];
  for (const [word, expected] of complaints) assert.is(complaintOf(word), expected);
  assert.match(complaintOf("--epoch", "3"), /^Unknown option '--epoch'/); // the rest is Node's
  assert.match(complaintOf("3"), /^Unexpected argument '3'/);
  assert.match(complaintOf("--data"), /^Option '--data <value>' argument missing/);
});

options.run();

const shown = suite("forecast scores");

const score = (rmse: number, rmseInDeviations: number) => ({
  mae: 1,
  rmse,
  rmseInDeviations,
  r2: NaN,
});
const row = (minutesAhead: number, ours: readonly [number, number]): Row => ({
  target: "cpu",
  unit: "cores",
  minutesAhead,
  forecaster: score(...ours),
  lastValue: score(4, 2),
});

shown("the comparison is made at the middle horizon, and admits a draw", () => {
  const at = (ours: readonly [number, number]): string =>
    compareWithLastValue([row(1, [9, 9]), row(5, ours), row(10, [9, 9])]);
  assert.is(at([3, 1]), "beats last value on cpu at 5 min: RMSE 25 % lower, RMSE/σ 50 % lower");
  assert.is(
    at([6, 1]),
    "neither beats nor loses to last value on cpu at 5 min: RMSE 50 % higher, RMSE/σ 50 % lower",
  );
  assert.is(
    at([6, 3]),
    "does not beat last value on cpu at 5 min: RMSE 50 % higher, RMSE/σ 50 % higher",
  );
});

shown("the table has a row for each target and horizon, and – for what is undefined", () => {
  const [header, first, second] = printScores([row(1, [3, 1]), row(10, [6, 3])]).split("\n");
  assert.match(
    header as string,
    /^target +min ahead +MAE +last +RMSE +last +RMSE\/σ +last +median R² +last$/,
  );
  assert.match(
    first as string,
    /^cpu \(cores\) +1 +1\.000 +1\.000 +3\.000 +4\.000 +1\.000 +2\.000 +– +–$/,
  );
  assert.is(second?.length, header?.length);
});

shown.run();

/** Runs the main job. */
const forecast = alone("examples/forecast/main.ts");

const main = suite("forecast");

main("--help prints the options", async () => {
  assert.equal(await forecast(["--help"]), { code: 0, stdout: `${usage}\n`, stderr: "" });
});

main("--quick --json prints one line with finite scores, and nothing else", async () => {
  const { code, stdout, stderr } = await forecast(["--quick", "--json"]);
  assert.equal([code, stderr, stdout.split("\n").length], [0, "", 2]);
  const { device, cycleMinutes, bestEpoch, scores } = JSON.parse(stdout);
  assert.type(device, "string");
  assert.ok(Math.abs(cycleMinutes - 120) < 12, `cycle of ${cycleMinutes} min`); // 2.4 days of 120
  assert.ok(bestEpoch >= 0 && bestEpoch < optionsOf("--quick").epochs);
  assert.is(scores.length, 9);
  for (const { forecaster, lastValue } of scores) {
    const figures = [...Object.values(forecaster), ...Object.values(lastValue)];
    assert.is(figures.length, 8);
    assert.ok(figures.every(Number.isFinite), figures.join());
  }
});

main("--quick prints data, cycle, device, table and comparison, with progress aside", async () => {
  const { code, stdout, stderr } = await forecast(["--quick", "--epochs", "1", "--cycle", "120"]);
  assert.is(code, 0);
  const lines = stdout.split("\n");
  assert.is(lines[0], "simulator, seed 0: 12 services, 21 calls, 480 minutes");
  assert.is(lines[1], "cycle 120 min, as told");
  assert.match(lines[2] as string, /^device \S+: mode /);
  assert.is(
    lines.filter((line) => / last value on (cpu|responseTime|throughput) at 5 min/.test(line))
      .length,
    3,
  );
  assert.match(
    stderr,
    /^epoch 1\/1 {2}step 8\/8 {2}\S+ steps\/s {2}loss \S+ {2}evaluation validation \S+ {2}0 s left\n$/,
  );
});

/** A mistake is told in these words on stderr; nothing else is printed, and the exit code is 2. */
const refuses = async (words: readonly string[], message: string): Promise<void> => {
  assert.equal(await forecast(words), { code: 2, stdout: "", stderr: `${message}\n` });
};

main("refuses a folder without data", () =>
  refuses(["--data", "no/such/folder"], "no/such/folder/ob_1min.csv: a file expected, got nothing"),
);

main("refuses an unknown device", () =>
  refuses(
    ["--device", "abacus"],
    `forecast: one of ${deviceNames.join(", ")} expected for --device, got "abacus"\nhint: --help lists the options`,
  ),
);

main("refuses wrong options", () =>
  refuses(
    ["--epochs", "x"],
    'forecast: a whole number ≥ 1 expected for --epochs, got "x"\nhint: --help lists the options',
  ),
);

main("refuses a series that is too short for its window", () =>
  refuses(
    ["--minutes", "100", "--window", "15"],
    "forecast: 25 steps or more in the validation part expected, " +
      "got borders 0, 60, 80, 100 (window 15, horizon 10)",
  ),
);

const top = mkdtempSync(join(tmpdir(), "pullback-forecast-"));
main.after(() => rmSync(top, { recursive: true }));

/** What is printed of the test part, without times. */
const tableIn = (stdout: string): string => {
  const begin = stdout.indexOf("target ");
  assert.ok(begin > 0, stdout);
  return stdout.slice(begin).replace(/[\d.]+ s in all/, "");
};

main("Ctrl-C exits with 130 and no scores; the same command goes on from its folder", async () => {
  const words = (name: string) => [
    "--quick",
    "--epochs",
    "6",
    "--hidden",
    "4",
    "--cycle",
    "120",
    "--folder",
    join(top, name),
  ];
  const press = (child: ChildProcess): void => void child.kill("SIGINT"); // when the first epoch is done
  const { code, stdout, stderr } = await forecast(words("broken"), press);
  assert.is(code, 130, stderr);
  assert.not.match(stdout, "RMSE");
  assert.match(stderr, `interrupted; the same command goes on from ${join(top, "broken")}\n`);
  const steps = (said: string) =>
    [...said.matchAll(/^epoch .* step (\d+)\/48 /gm)].map(([, step]) => Number(step));
  const last = steps(stderr).at(-1) as number; // it has spoken
  assert.ok(last >= 8 && last < 48, stderr);

  const rest = await forecast(words("broken"));
  assert.is(rest.code, 0, rest.stderr);
  assert.ok((steps(rest.stderr)[0] as number) > last, rest.stderr);
  const whole = await forecast(words("whole"));
  assert.is(tableIn(rest.stdout), tableIn(whole.stdout));
  const files = readdirSync(join(top, "broken"));
  assert.ok(files.some((name) => name.endsWith(".safetensors")));
  assert.ok(
    files.some((name) => name.includes("tfevents")),
    files.join(),
  );
  const lines = readFileSync(join(top, "broken", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  assert.is(lines.filter((line) => JSON.parse(line).phase === "training").length, 48);
});

main("refuses to go on with a run of other options, and says so", async () => {
  const folder = join(top, "other");
  const words = ["--quick", "--epochs", "1", "--hidden", "4", "--json", "--folder", folder];
  assert.is((await forecast(words)).code, 0);
  const { code, stdout, stderr } = await forecast([...words, "--rate", "0.5"]);
  assert.equal([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /^fit: \S+ of a run with config\.\S*learningRate 0\.5 expected, got 0\.004\n/,
  );
  assert.match(stderr, "name another folder for a new one\n");
});

main("without a folder Ctrl-C keeps nothing, and says so", async () => {
  const words = ["--quick", "--epochs", "1000", "--hidden", "4"];
  const { code, stdout, stderr } = await forecast(words, (child) => child.kill("SIGINT"));
  assert.is(code, 130);
  assert.not.match(stdout, "RMSE");
  assert.match(stderr, "interrupted; nothing is kept without --folder\n");
});

main.run();
