// The study of the segmenter: who is compared, what is said of results, and one table from the command line.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { parseConnections, printConnections } from "../../examples/segment/connections.ts";
import { contenders } from "../../examples/segment/study/contenders.ts";
import { configFor, type Job, nameOf, type Result } from "../../examples/segment/study/jobs.ts";
import {
  classTable,
  convergence,
  difference,
  scoreTable,
} from "../../examples/segment/study/parts.ts";
import { sizesFor } from "../../examples/segment/study/sizes.ts";
import { batchOf, type Cost, costsOf, starterOn } from "../../examples/segment/study/steps.ts";
import { study } from "../../examples/segment/study/study.ts";
import { Segmentation } from "../../src/models/index.ts";
import { inFolder } from "../support/folders.ts";
import { suite } from "../support/suite.ts";
import { alone } from "./alone.ts";

/** What was found; throws where it is a complaint. */
const rightOf = <A>(found: E.Either<unknown, A>): A => {
  if (E.isLeft(found)) throw new Error(String(found.left));
  return found.right;
};

const results = suite("segment study");

const resultOf = (
  contender: string,
  seed: number,
  iou: readonly (number | null)[],
  validation: readonly number[],
): Result => ({
  data: "camvid",
  contender,
  seed,
  sizes: sizesFor({}, "full"),
  classes: ["Road", "Pole"],
  meanIou: iou.reduce<number>((sum, x) => sum + (x ?? 0), 0) / iou.length,
  globalAccuracy: 0.5,
  meanClassAccuracy: 0.4,
  boundary: 0.3,
  iou,
  validation,
  peakBytes: 3 * 2 ** 20,
  seconds: 24,
  parameters: 7,
  bestEpoch: validation.indexOf(Math.max(...validation)) + 1,
  epochs: validation.length,
  device: "cpu",
});

const ours = [
  resultOf("ours", 0, [0.8, 0.2], [0.3, 0.5, 0.6, 0.55]),
  resultOf("ours", 1, [0.9, 0.2], [0.1, 0.2, 0.25, 0.3]),
];
const theirs = [
  resultOf("theirs", 0, [0.7, null], [0.1, 0.2, 0.3, 0.4]),
  resultOf("theirs", 1, [0.8, 0.1], [0.1, 0.2, 0.3, 0.35]),
];

results("name the first epoch with the other's best, or none", () => {
  assert.is(
    convergence(ours, theirs),
    "40.0 % in epoch 2 instead of 4, 35.0 % in epoch – instead of 4",
  );
});

results("are compared seed by seed, in points", () => {
  const said = difference([...ours, ...theirs], "ours", "theirs", ["Road"]).split("\n");
  // 50 − 35 and 55 − 45
  assert.match(said[0] as string, "mean +12.5 ± 3.5; Road +10.0 ± 0.0.");
  const one = difference([ours[0] as Result, theirs[0] as Result], "ours", "theirs", ["Road"]);
  assert.match(one, "mean +15.0; Road +10.0.");
});

results("stand in tables, a class without pixels as none", () => {
  const scores = scoreTable([...ours, ...theirs]).split("\n");
  assert.match(
    scores[2] as string,
    "| ours | 52.5 ± 3.5 | 50.0 ± 0.0 | 40.0 ± 0.0 | 30.0 ± 0.0 | 7 | 3.0 |",
  );
  assert.match(classTable([theirs[0] as Result]), "| theirs | 70.0 | – |");
});

results("are of jobs whose names differ, each of a network that there is", () => {
  for (const [name, { jobs }] of Object.entries(study.tables)) {
    const all = jobs([0, 1]);
    assert.is(new Set(all.map(nameOf)).size, all.length, name);
    for (const { contender } of all) {
      const known = contenders.get(contender);
      assert.ok(known, contender);
      Segmentation.Segmenter.planOf(configFor(known, { width: 4 }, 11));
    }
  }
});

results("are of longer runs where a table asks for them, but for a smoke run", () => {
  const jobs = study.tables.longer?.jobs([0]) ?? [];
  assert.is(jobs.length, 2);
  for (const job of jobs) {
    assert.match(nameOf(job), /seed 0, 5 times as long$/);
    const epochs = (["full", "quick", "smoke"] as const).map(
      (extent) => study.sizesFor(job, extent).epochs,
    );
    assert.equal(epochs, [60, 30, 1]);
  }
});

results("are of contenders that make a network each, whether a table names them or not", () => {
  for (const [name, contender] of contenders) {
    const config = configFor(contender, { width: 1 }, 2);
    assert.not.throws(() => Segmentation.Segmenter.planOf(config), undefined, name);
  }
  const finest = contenders.get("SegNet, finest skip concatenated, focal");
  assert.equal(finest?.connections?.skips, ["concat", "none", "none", "none", "none"]);
});

results("the paper's claim is tried on networks that differ in nothing else", () => {
  const jobs: readonly Job[] = study.tables.camvid?.jobs([0]) ?? [];
  assert.is(jobs.length, 12);
  const configs = jobs.map(({ contender }) => {
    const known = contenders.get(contender) as NonNullable<ReturnType<typeof contenders.get>>;
    const { connections: _, ...rest } = configFor(known, { width: 16 }, 11);
    return JSON.stringify(rest);
  });
  assert.is(new Set(configs).size, 2); // SegNet and SegNet-Basic
});

results.run();

const steps = suite("what a training step costs");

const small = { network: "segnet-small", width: 2, connected: "all" } as const;

steps("is a time and bytes, where losses in all precisions are those in f32", async () => {
  const said: string[] = [];
  const start = starterOn(await batchOf(1), "cpu", 1);
  const found = await costsOf(start, small, (text) => said.push(text));
  const costs = rightOf(found);
  assert.equal([costs.length, said.length], [6, 6]);
  for (const { milliseconds, peakBytes, temporaryBytes } of costs)
    assert.ok(milliseconds > 0 && peakBytes > temporaryBytes && temporaryBytes > 0);
  const [kept, again] = costs as readonly [Cost, Cost];
  assert.ok(again.temporaryBytes < kept.temporaryBytes);
});

steps("is not measured where a loss is another one, or none", async () => {
  /** Starts steps with losses, one after the other, and notes what is asked. */
  const told = async (losses: readonly number[]) => {
    const asked: string[] = [];
    const found = await costsOf(
      async ({ precision, recompute }) => {
        const loss = losses[asked.filter((it) => it === "start").length] as number; // as many as are read
        asked.push("start");
        return {
          cost: { network: "n", precision, recompute, peakBytes: 2, temporaryBytes: 1, loss },
          time: async () => asked.push("time"),
        };
      },
      small,
      () => undefined,
    );
    return { said: E.isLeft(found) ? found.left : "", asked: asked.join(" ") };
  };
  assert.equal(await told([2, 2, 2.5]), {
    said: "n, bf16, kept: a first loss of 2 ± 5 % expected, as in f32 and kept, got 2.5",
    asked: "start time start time start",
  });
  assert.match((await told([2, 2.001])).said, "n, f32, computed again: a first loss of 2 ± 0.01 %");
  assert.is((await told([Number.NaN])).asked, "start");
  assert.is((await told([2, 2, 2.05, 1.95, 2.01, 1.99])).said, "");
});

steps.run();

const words = suite("connections as words");

words("are read and printed", () => {
  for (const text of [
    "none",
    "blocks",
    "images,skips=add",
    "blocks,images,skips=concat/none/add",
  ]) {
    const read = parseConnections(text);
    assert.is(read._tag === "Right" && printConnections(read.right), text);
  }
  const all = parseConnections("all");
  assert.equal(all._tag === "Right" && all.right, Segmentation.allConnections);
  for (const text of ["", "some", "blocks,", "skips=", "skips=add/sub", "blocks=1"])
    assert.is(parseConnections(text)._tag, "Left", text);
});

words.run();

const command = suite("npm run study:segment");

command("makes a table with its pictures, and makes it again from what it knows", () =>
  inFolder(async (out) => {
    const run = alone("examples/segment/study/main.ts");
    const first = await run(["scenes", "--smoke", "--out", out]);
    assert.is(first.code, 0, first.stderr);
    const page = readFileSync(join(out, "scenes.md"), "utf8");
    assert.match(page, "`npm run study:segment -- scenes --smoke`");
    const trained =
      /over seeds\. Width 2 \(SegNet was published with 64\), 1 epoch, batches of 4, highest learning rate 0\.005; the longest run took \d+ s\. Trained on: \w/;
    assert.match(page, trained);
    for (const name of ["classes", "validation", "pictures"])
      assert.ok(existsSync(join(out, `scenes-${name}.png`)), name);
    const again = await run(["scenes", "--smoke", "--out", out]);
    assert.is(again.stderr.match(/: known$/gm)?.length, 4);
    assert.is(readFileSync(join(out, "scenes.md"), "utf8"), page);
  }),
);

command("shares its runs between processes, and skips what has no data, aloud", () =>
  inFolder(async (out) => {
    const run = alone("examples/segment/study/main.ts");
    const share = await run(["scenes", "--smoke", "--share", "2/4", "--out", out]);
    assert.is(share.code, 0, share.stderr);
    assert.is(share.stderr.match(/left to others$/gm)?.length, 3);
    assert.not(existsSync(join(out, "scenes.md")));
    const bad = await run(["scenes", "--share", "5/4"]);
    assert.is(bad.code, 2);
    assert.match(bad.stderr, 'K/N with K in 1…N expected for --share, got "5/4"');
    const absent = await run(["losses", "--smoke", "--out", out, "--data", join(out, "nowhere")]);
    assert.is(absent.code, 0, absent.stderr);
    assert.match(absent.stdout, /0 tables in .*; skipped: losses \(.*camvid/);
  }),
);

command.run();
