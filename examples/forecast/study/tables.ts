// The tables of the study: which runs each needs, and what it says of their results.

import { page } from "../../study/markdown.ts";
import { barsOf, costTable } from "../../study/parts.ts";
import { byContender, type Measure, verdict } from "../../study/statistics.ts";
import type { DataName } from "./cases.ts";
import type { ContenderName } from "./contenders.ts";
import type { Result } from "./jobs.ts";
import { losTable } from "./losTable.ts";
import { scaledRmse } from "./measures.ts";
import { groupBars, groupTable, originalTable, scaledTable, withoutLast } from "./parts.ts";
import { runsOf, type Table } from "./table.ts";
import { windowTable } from "./windowTable.ts";

const baselines: readonly ContenderName[] = [
  "last value",
  "historical average",
  "seasonal",
  "ridge",
  "ridge + neighbours",
];
const ablations: readonly ContenderName[] = [
  "no graph (GRU alone)",
  "no recurrence (GCN alone)",
  "no time encoding",
  "no linear part",
  "shuffled graph",
  "identity graph",
];
const variants: readonly ContenderName[] = [
  "two graph convolutions",
  "callers only",
  "callees only",
  "callers and callees alike",
  "T-GCN's cell",
  "Time2Vec",
  "learned calendar",
  "quantiles 0.1, 0.5, 0.9",
];
const champion: ContenderName = "full model";

const headline: Readonly<Record<string, Measure<Result>>> = {
  "cpu, 5 min": scaledRmse("cpu", 5),
  "throughput, 10 min": scaledRmse("throughput", 10),
};

const verdicts = (
  results: readonly Result[],
  measures: Readonly<Record<string, Measure<Result>>>,
): string =>
  Object.entries(measures)
    .map(([name, measure]) => `- ${verdict(name, byContender(results), champion, measure)}`)
    .join("\n");

const beside = (data: DataName, title: string, names: readonly ContenderName[]): Table => ({
  title,
  jobs: (seeds) => runsOf(data, names, seeds),
  report: (results) => ({
    markdown: page(
      verdicts(results, headline),
      scaledTable(results),
      originalTable(results, 5),
      costTable(results),
    ),
    pictures: { bars: barsOf(withoutLast(results), headline, "RMSE in deviations") },
  }),
});

const inGroups: readonly ContenderName[] = [
  "last value",
  "ridge",
  "ridge + neighbours",
  champion,
  "no graph (GRU alone)",
];

const grouped = (
  data: DataName,
  title: string,
  names: readonly ContenderName[],
  places: readonly (readonly [string, number])[],
  notes: readonly string[] = [],
): Table => ({
  title,
  jobs: (seeds) => runsOf(data, names, seeds),
  report: (results) => ({
    markdown: page(groupTable(results, places), ...notes, scaledTable(results)),
    pictures: Object.fromEntries(
      places.map(([target, ahead]) => [`${target}-${ahead}`, groupBars(results, target, ahead)]),
    ),
  }),
});

const petshop = (data: DataName, title: string): Table => {
  const names: readonly ContenderName[] = [...baselines, champion, "no graph (GRU alone)"];
  const measures = {
    "latency, 5 min": scaledRmse("latency_average", 5),
    "requests, 5 min": scaledRmse("requests_sum", 5),
  };
  return {
    title,
    jobs: (seeds) => runsOf(data, names, seeds),
    report: (results) => ({
      markdown: page(
        verdicts(results, measures),
        "Latencies are counted in deviations of log(1 + latency / median), requests in deviations; each of its node and the training part.",
        scaledTable(results),
        originalTable(results, 5),
      ),
      pictures: { bars: barsOf(results, measures, "RMSE in deviations") },
    }),
  };
};

/** The tables by name, in the order in which they are run. */
export const tables = {
  baselines: beside("online-boutique", "Online Boutique: the full model beside baselines", [
    ...baselines,
    champion,
  ]),
  ablations: beside("online-boutique", "Online Boutique: the model without each of its parts", [
    champion,
    ...ablations,
  ]),
  variants: beside("online-boutique", "Online Boutique: other ways to build its parts", [
    champion,
    ...variants,
  ]),
  windows: windowTable(headline),
  load: grouped("online-boutique", "Online Boutique: terciles of load", inGroups, [
    ["cpu", 5],
    ["throughput", 10],
  ]),
  simulated: grouped(
    "simulated",
    "A simulated shop with incidents and missing values",
    ["last value", "ridge + neighbours", champion, "no graph (GRU alone)", "edges weigh as calls"],
    [
      ["cpu", 5],
      ["responseTime", 5],
    ],
    [
      "Response times are counted in deviations of log(1 + time / median), the rest in deviations; each of its service and the training part.",
    ],
  ),
  "petshop-low": petshop("petshop-low", "PetShop under low load"),
  "petshop-high": petshop("petshop-high", "PetShop under high load"),
  "los-loop": losTable,
} satisfies Record<string, Table>;
