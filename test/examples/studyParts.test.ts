// What studies share, on a study that trains nothing: results from several files and processes, and how a run of the
// command ends.

import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as assert from "uvu/assert";
import { costTable } from "../../examples/study/parts.ts";
import { runStudy } from "../../examples/study/run.ts";
import { compare, verdict } from "../../examples/study/statistics.ts";
import { openStore } from "../../examples/study/store.ts";
import type { AnyJob, Failure, Finished, Study } from "../../examples/study/study.ts";
import { root } from "../support/files.ts";
import { inFolder } from "../support/folders.ts";
import { suite } from "../support/suite.ts";

interface Result extends AnyJob, Finished {
  readonly iou: number;
}

const resultOf = (contender: string, seed: number | null, iou: number): Result => ({
  ...{ contender, seed, iou, sizes: { epochs: 1 }, seconds: 2, parameters: 10 },
  ...{ bestEpoch: 1, epochs: 1, device: "cpu" },
});
const lineOf = (result: Result): string => `${JSON.stringify(result)}\n`;
const nameOf = ({ contender, seed }: AnyJob): string => `${contender}, seed ${seed}`;
const keyOf = (result: Result): string => nameOf(result);

const store = suite("study store");

store("takes the first of results with one key, and known files before its own", () =>
  inFolder((folder) => {
    const [path, published] = [join(folder, "results.jsonl"), join(folder, "published.jsonl")];
    writeFileSync(path, [0.1, 0.2].map((iou) => lineOf(resultOf("a", 0, iou))).join(""));
    const own = openStore({ path, keyOf });
    assert.is(own.find("a, seed 0")?.iou, 0.1);
    const bytes = `${lineOf(resultOf("a", 0, 0.9))}${lineOf(resultOf("b", 0, 0.8))}{"cut`;
    writeFileSync(published, bytes);
    const known = [join(folder, "absent.jsonl"), published];
    const both = openStore({ path, known, keyOf });
    assert.equal([both.find("a, seed 0")?.iou, both.find("b, seed 0")?.iou], [0.9, 0.8]);
    both.add(resultOf("c", 0, 0.7));
    assert.is(readFileSync(published, "utf8"), bytes);
    assert.ok(readFileSync(path, "utf8").endsWith(lineOf(resultOf("c", 0, 0.7))));
    assert.not.ok(existsSync(join(folder, "absent.jsonl")));
  }),
);

store("sees what another process adds, when its line has ended", () =>
  inFolder((folder) => {
    const path = join(folder, "results.jsonl");
    const mine = openStore({ path, keyOf });
    assert.is(mine.find("a, seed 0"), undefined);
    const line = lineOf(resultOf("a", 0, 0.5));
    appendFileSync(path, line.slice(0, 20));
    assert.is(mine.find("a, seed 0"), undefined);
    appendFileSync(path, line.slice(20));
    assert.is(mine.find("a, seed 0")?.iou, 0.5);
    mine.add(resultOf("a", 0, 0.6));
    assert.is(mine.find("a, seed 0")?.iou, 0.5);
  }),
);

const writer = `
import { openStore } from ${JSON.stringify(join(root, "examples/study/store.ts"))};
const [path, name] = process.argv.slice(-2);
const store = openStore({ path, keyOf: ({ contender, seed }) => contender + seed });
for (let seed = 0; seed < 50; seed++) store.add({ contender: name, seed, filling: name.repeat(2000) });
`;

store("keeps every line whole that three processes write at once", () =>
  inFolder(async (folder) => {
    const [path, script] = [join(folder, "results.jsonl"), join(folder, "writer.mjs")];
    writeFileSync(script, writer);
    const names = ["a", "b", "c"];
    const ended = names.map(
      (name) =>
        new Promise((resolve) => {
          const words = ["--import", "tsx", script, path, name];
          spawn(process.execPath, words, { cwd: root, stdio: "ignore" }).on("close", resolve);
        }),
    );
    assert.equal(await Promise.all(ended), [0, 0, 0]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const found = lines.map((line) => JSON.parse(line));
    assert.is(new Set(found.map(({ contender, seed }) => contender + seed)).size, 150);
    for (const { contender, filling } of found) assert.is(filling, contender.repeat(2000));
  }),
);

store.run();

const command = suite("a study's command");

/** A study of two tables whose jobs end as `ends` says, with the names of those that were carried out. */
const studyWith = (
  ends: (job: AnyJob) => E.Either<Failure, Result>,
  known: readonly string[] = [],
): { readonly study: Study<AnyJob, Result>; readonly ran: string[] } => {
  const ran: string[] = [];
  const table = (contender: string) => ({
    title: `About ${contender}`,
    jobs: (seeds: readonly number[]) => seeds.map((seed) => ({ contender, seed })),
    report: (results: readonly Result[]) => ({ markdown: costTable(results), pictures: {} }),
  });
  const study: Study<AnyJob, Result> = {
    name: "study:nothing",
    subject: "nothing",
    tables: { first: table("a"), absent: table("absent"), second: table("b") },
    out: "nowhere",
    seeds: { full: 3, quick: 2, smoke: 1 },
    known,
    help: { data: "nothing", seeds: "", quick: "fewer", smoke: "few" },
    nameOf,
    sizesFor: () => ({ epochs: 1 }),
    runner: () => ({
      need: ({ contender }) => (contender === "absent" ? TE.left("no data") : TE.right(undefined)),
      carryOut: (job) => async () => {
        ran.push(nameOf(job));
        return ends(job);
      },
    }),
  };
  return { study, ran };
};

/** Runs a command without its words on the terminal; what it said comes behind the exit code. */
const quietly = async (run: () => Promise<number>): Promise<readonly [number, string]> => {
  const said: unknown[] = [];
  const { log } = console;
  const { write } = process.stderr;
  console.log = (text: unknown) => said.push(text);
  process.stderr.write = (text: unknown) => said.push(text) > 0;
  try {
    return [await run(), said.join("\n")];
  } finally {
    console.log = log;
    process.stderr.write = write;
  }
};

const fine = ({ contender, seed }: AnyJob) => E.right(resultOf(contender, seed, 0.5));

command("runs what is not known, skips what has no data, and writes pages", () =>
  inFolder(async (out) => {
    const published = join(out, "published.jsonl");
    writeFileSync(published, lineOf(resultOf("a", 1, 0.75)));
    const { study, ran } = studyWith(fine, [published]);
    const [code, said] = await quietly(() => runStudy(study, ["--out", out]));
    assert.is(code, 0);
    const all = ["a, seed 0", "a, seed 2", "b, seed 0", "b, seed 1", "b, seed 2"];
    assert.equal(ran, all);
    assert.match(said, /2 tables in .*; skipped: absent \(no data\)/);
    assert.match(
      readFileSync(join(out, "first.md"), "utf8"),
      "`npm run study:nothing -- first`. Test part; means ± deviations over seeds. Trained on: cpu.",
    );
    const found = JSON.parse(readFileSync(join(out, "first.json"), "utf8"));
    assert.equal(
      found.map(({ iou }: Result) => iou),
      [0.5, 0.75, 0.5],
    );
    assert.not.ok(existsSync(join(out, "absent.md")));
    const results = join(out, "results.jsonl");
    for (const seed of [0, 1, 2]) appendFileSync(results, lineOf(resultOf("absent", seed, 0.5)));
    const [, again] = await quietly(() => runStudy(study, ["--out", out]));
    assert.match(again, /3 tables in .*, \d+ s$/, "what is known needs no data");
    assert.equal(ran, all);
  }),
);

command(
  "says on its pages what was trained, where the study has words for it, and unusual seeds",
  () =>
    inFolder(async (out) => {
      const ends = (job: AnyJob) =>
        E.right({
          ...resultOf(job.contender, job.seed, 0.5),
          ...(job.seed === 0 ? { seconds: 99, isResumed: true as const } : { seconds: 7.4 }),
        });
      const study = { ...studyWith(ends).study, sizesText: () => "One epoch" };
      const openingWith = async (...words: readonly string[]): Promise<string | undefined> => {
        await quietly(() => runStudy(study, ["first", "--out", out, ...words]));
        return readFileSync(join(out, "first.md"), "utf8").split("\n")[2];
      };
      const [command, device] = ["`npm run study:nothing -- first", "Trained on: cpu."];
      assert.is(
        await openingWith(),
        `${command}\`. Test part; means ± deviations over seeds. One epoch; the longest run took 7 s. ${device}`,
      );
      assert.is(
        await openingWith("--seeds", "2"),
        `${command} --seeds 2\`. Test part; means ± deviations over 2 seeds. One epoch; the longest run took 7 s. ${device}`,
      );
      assert.is(
        await openingWith("--seeds", "1"),
        `${command} --seeds 1\`. Test part; means ± deviations over one seed. One epoch. ${device}`,
      );
    }),
);

command("ends with the first failure, which is not kept, and keeps what came before", () =>
  inFolder(async (out) => {
    const failures: readonly (readonly [Failure, number])[] = [
      ["interrupted", 130],
      [{ reason: "the loss is not finite" }, 1],
    ];
    for (const [failure, expected] of failures) {
      const { study, ran } = studyWith((job) => (job.seed === 1 ? E.left(failure) : fine(job)));
      const [code] = await quietly(() => runStudy(study, ["second", "--out", out]));
      assert.is(code, expected);
      assert.is(ran.at(-1), "b, seed 1");
      assert.not.ok(existsSync(join(out, "second.md")));
      assert.is(readFileSync(join(out, "results.jsonl"), "utf8"), lineOf(resultOf("b", 0, 0.5)));
    }
  }),
);

command("knows its tables by their own names only, and lists them for --help", async () => {
  const { study } = studyWith(fine);
  const [refused, complaint] = await quietly(() => runStudy(study, ["constructor"]));
  assert.is(refused, 2);
  assert.match(complaint, /one of first, absent, second expected, got "constructor"/);
  const [code, said] = await quietly(() => runStudy(study, ["--help"]));
  assert.is(code, 0);
  for (const words of ["npm run study:nothing --", "  second   About b", "(3; 2 with --quick"])
    assert.ok(said.includes(words), words);
});

command.run();

const statistics = suite("study statistics");

statistics("call the highest best where that is said", () => {
  const [ours, theirs] = [[resultOf("a", 0, 0.5)], [resultOf("b", 0, 0.75)]];
  const iou = (result: Result): number => result.iou;
  assert.is(compare(ours, theirs, iou).losses, 0);
  assert.is(compare(ours, theirs, iou, "highest").losses, 1);
  const groups = new Map([
    ["a", ours],
    ["b", theirs],
  ]);
  assert.is(verdict("IoU", groups, "b", iou, "highest"), "IoU: b (0.750) beats all 1 others");
  assert.match(verdict("IoU", groups, "a", iou, "highest"), "b is better by 0.250");
});

statistics("leave seconds of runs that were broken off out of what models cost", () => {
  const runs = [
    resultOf("a", 0, 1),
    { ...resultOf("a", 1, 1), seconds: 9, isResumed: true as const },
  ];
  assert.match(costTable(runs), "| a | 10 | 2.0 | 1 | 1 |");
});

statistics.run();
