// The tables of the study: which runs each needs, and what it says of their results.

import { Segmentation } from "../../../src/models/index.ts";
import { page } from "../../study/markdown.ts";
import { byContender } from "../../study/statistics.ts";
import type * as Study from "../../study/study.ts";
import { type ConnectionsName, nameFor } from "./contenders.ts";
import type { Job, Result } from "./jobs.ts";
import {
  barsOfClasses,
  classTable,
  costNote,
  difference,
  scoreTable,
  validationCurves,
} from "./parts.ts";
import { sideBySide } from "./sideBySide.ts";

type Table = Study.Table<Job, Result>;

/** Thin things and rare ones. */
const rare = ["Pole", "SignSymbol", "Fence", "Pedestrian", "Bicyclist"];

/** What is compared, in the words of the study: SegNet as it was, and with all connections and the balanced loss. */
const baseline = nameFor("segnet", "plain", "cross-entropy");
const ours = nameFor("segnet", "residual", "balanced");

/** What a table says besides its scores. */
interface Said extends Pick<Study.Report, "pictures"> {
  readonly words: readonly string[];
}

const tableOf = (
  title: string,
  which: Pick<Job, "data" | "longer">,
  names: readonly string[],
  more: (results: readonly Result[]) => Said | Promise<Said>,
): Table => ({
  title,
  jobs: (seeds) =>
    seeds.flatMap((seed) => names.map((contender): Job => ({ ...which, contender, seed }))),
  report: async (results) => {
    const { words, pictures } = await more(results);
    return {
      markdown: page(...words, scoreTable(results), classTable(results), costNote),
      pictures,
    };
  },
});

const namesIn = (results: readonly Result[]): readonly string[] => [...byContender(results).keys()];

/** Bars and curves of the contenders with these names, or of all. */
const pictured = (results: readonly Result[], names = namesIn(results)) => ({
  classes: barsOfClasses(results, names),
  validation: validationCurves(results, names),
});

/** Bars and curves of all contenders, without words. */
const shown = (results: readonly Result[]): Said => ({ words: [], pictures: pictured(results) });

/** The same with ours against SegNet. */
const claimed = (results: readonly Result[]): Said => ({
  words: [difference(results, ours, baseline, rare)],
  pictures: pictured(results),
});

const main = (["segnet", "segnet-basic"] as const).flatMap((network) =>
  (["plain", "residual"] as const).flatMap((connected) =>
    (["cross-entropy", "median-frequency", "balanced"] as const).map((loss) =>
      nameFor(network, connected, loss),
    ),
  ),
);

const connectionNames: readonly ConnectionsName[] = [
  "plain",
  "blocks",
  "skips added",
  "skips concatenated",
  "finest skip concatenated",
  "images",
  "residual",
];

/** The tables by name. */
export const tables: Readonly<Record<string, Table>> = {
  camvid: tableOf(
    "CamVid at 120x90: networks, connections and losses",
    { data: "camvid" },
    main,
    (results) => ({
      words: [
        [
          difference(results, ours, baseline, rare),
          difference(
            results,
            nameFor("segnet-basic", "residual", "balanced"),
            nameFor("segnet-basic", "plain", "cross-entropy"),
            rare,
          ),
        ].join("\n"),
      ],
      pictures: pictured(results, [
        baseline,
        nameFor("segnet", "plain", "balanced"),
        nameFor("segnet", "residual", "cross-entropy"),
        ours,
      ]),
    }),
  ),
  claim: tableOf(
    "CamVid at 120x90: the claim of the paper, SegNet beside SegNet with connections and the balanced loss",
    { data: "camvid" },
    [baseline, ours],
    claimed,
  ),
  longer: tableOf(
    "CamVid at 120x90: the claim again, five times as long",
    { data: "camvid", longer: 5 },
    [baseline, ours],
    claimed,
  ),
  connections: tableOf(
    "CamVid at 120x90: each connection alone, on the small SegNet",
    { data: "camvid" },
    connectionNames.map((connected) => nameFor("segnet-small", connected, "balanced")),
    shown,
  ),
  losses: tableOf(
    "CamVid at 120x90: losses, on the small SegNet with all connections",
    { data: "camvid" },
    Segmentation.lossNames.map((loss) => nameFor("segnet-small", "residual", loss)),
    shown,
  ),
  networks: tableOf(
    "CamVid at 120x90: U-Net beside SegNet with all connections",
    { data: "camvid" },
    [
      nameFor("unet", "own", "balanced"),
      ours,
      nameFor("segnet-basic", "residual", "balanced"),
      nameFor("segnet-small", "residual", "balanced"),
    ],
    shown,
  ),
  scenes: tableOf(
    "Scenes drawn by the program: SegNet beside ours",
    { data: "scenes" },
    (["plain", "residual"] as const).flatMap((connected) =>
      (["cross-entropy", "balanced"] as const).map((loss) => nameFor("segnet", connected, loss)),
    ),
    async (results) => {
      const { words, pictures } = claimed(results);
      const beside = await sideBySide(results, { SegNet: baseline, ours });
      return { words, pictures: { ...pictures, pictures: beside } };
    },
  ),
};
