// What the study forecasts: each data set cut into windows by its protocol, and the groups of steps that
// are judged apart.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Spatiotemporal } from "../../../src/models/index.ts";
import { cutByCycle } from "../data.ts";

const { makeWindows, printDataError, printOptionProblem } = Spatiotemporal;
const { readBoutique, readLosLoop, readPetshop, simulateTestBed } = Spatiotemporal;
type Windows = Spatiotemporal.Windows;
type Series = Spatiotemporal.ServiceSeries;

/** The data sets of the study. */
export const dataNames = [
  "online-boutique",
  "petshop-low",
  "petshop-high",
  "los-loop",
  "simulated",
] as const;
/** A name among `dataNames`. */
export type DataName = (typeof dataNames)[number];

/** Whether steps belong to a group, by its name. */
export type Groups = Readonly<Record<string, (step: number) => boolean>>;

/** A data set cut into windows. */
export interface Case {
  readonly name: DataName;
  readonly windows: Windows;
  /** Steps of the test part that are judged apart. */
  readonly groups: Groups;
  /** What was read, in a few lines. */
  readonly description: string;
}

/** Where data is, and how large a simulation is. */
export interface CaseOptions {
  /** The folder that holds the data sets; only simulated data without. */
  readonly folder: string | undefined;
  readonly window: number;
  readonly simulatedMinutes: number;
}

interface Read {
  readonly series: Series;
  readonly groups: Groups;
  readonly description: string;
}

const noGroups: Groups = {};

/** A data set, cut; the reason where it cannot be had. */
export const loadCase = (name: DataName, options: CaseOptions): TE.TaskEither<string, Case> =>
  pipe(
    name === "simulated" ? TE.fromEither(simulated(options)) : measured(name, options),
    TE.chainEitherK(({ series, groups, description }) =>
      pipe(
        cut(name, series, options.window),
        E.map((windows): Case => {
          const all = name === "online-boutique" ? loadLevels(windows) : groups;
          return { name, windows, groups: all, description };
        }),
      ),
    ),
  );

const measured = (
  name: Exclude<DataName, "simulated">,
  { folder }: CaseOptions,
): TE.TaskEither<string, Read> => {
  if (folder === undefined)
    return TE.left(`${name}: skipped, no --data and no PULLBACK_DATA says where data sets are`);
  const place = (set: string): string => join(folder, set);
  const reading = {
    "online-boutique": () => readBoutique(place("mft-online-boutique")),
    "petshop-low": () => readPetshop(place("petshop"), { load: "low_traffic" }),
    "petshop-high": () => readPetshop(place("petshop"), { load: "high_traffic" }),
    "los-loop": () => readLosLoop(place("los-loop")),
  }[name]();
  return pipe(
    reading,
    TE.mapLeft(printDataError),
    TE.map(({ series, summary }) => ({
      series,
      groups: noGroups,
      description: Spatiotemporal.printSummary(summary),
    })),
  );
};

/** A shop with incidents, a service that comes later, and cells that are missing: all with the truth. */
const simulated = ({ simulatedMinutes }: CaseOptions): E.Either<string, Read> =>
  pipe(
    simulateTestBed({
      minutes: simulatedMinutes,
      seed: 1,
      incidents: { count: Math.round(simulatedMinutes / 120) },
      missing: { cellRate: 0.02 },
    }),
    E.bimap(
      (problem) => printOptionProblem("simulateTestBed", problem),
      (bed): Read => {
        const during = (step: number): boolean =>
          bed.truth.incidents.some(({ begin, end }) => step >= begin && step < end);
        return {
          series: bed.series,
          groups: { normal: (step) => !during(step), incident: during },
          description: Spatiotemporal.describeTestBed(bed),
        };
      },
    ),
  );

const minutes = (...all: readonly number[]): readonly number[] => all;

const latencies = ["average", "p50", "p90", "p95", "p99"].map((it) => `latency_${it}`);

/** Targets, horizons and shares of each protocol. */
const protocols = {
  "online-boutique": {
    targets: ["cpu", "responseTime", "throughput"],
    horizonMinutes: minutes(1, 5, 10),
    cycleOf: "throughput",
  },
  simulated: {
    targets: ["cpu", "responseTime", "throughput"],
    horizonMinutes: minutes(1, 5, 10),
    cycleOf: "throughput",
    logarithmic: ["responseTime"],
  },
  "petshop-low": {
    targets: ["latency_average", "requests_sum"],
    horizonMinutes: minutes(5, 30),
    logarithmic: latencies,
  },
  "petshop-high": {
    targets: ["latency_average", "requests_sum"],
    horizonMinutes: minutes(5, 30),
    logarithmic: latencies,
  },
  // T-GCN's first 80 % are divided into 72 % to train on and 8 % to choose the epoch on.
  "los-loop": {
    targets: ["speed"],
    horizonMinutes: Array.from({ length: 12 }, (_, k) => 5 * (k + 1)),
    cycleMinutes: minutes(1440),
    shares: { train: 0.72, validation: 0.08 },
  },
} as const satisfies Record<DataName, Protocol>;

interface Protocol extends Omit<Spatiotemporal.WindowOptions, "window"> {
  /** The feature whose cycle, found in the training part, the clock tells. */
  readonly cycleOf?: string;
}

/** A series cut as its protocol says, except for `change`. */
export const cut = (
  name: DataName,
  series: Series,
  window: number,
  change: Partial<Spatiotemporal.WindowOptions> = {},
): E.Either<string, Windows> => {
  const { cycleOf, cycleMinutes = [], ...protocol }: Protocol = protocols[name];
  const cutWith = (cycles: readonly number[]): E.Either<string, Windows> =>
    pipe(
      makeWindows(series, { ...protocol, window, cycleMinutes: cycles, ...change }),
      E.mapLeft((problem) => printOptionProblem(name, problem)),
    );
  return cycleOf === undefined ? cutWith(cycleMinutes) : cutByCycle(cycleOf, cutWith);
};

/** Terciles of the load of the test part: the throughput of the services that nobody calls. */
const loadLevels = ({ series, borders }: Windows): Groups => {
  const { services, features, edges, values } = series;
  const called = new Set(edges.map(([, target]) => target));
  const entries = services.flatMap((_, node) => (called.has(node) ? [] : [node]));
  const throughput = features.indexOf("throughput");
  const loadAt = (step: number): number =>
    entries.reduce(
      (sum, node) =>
        sum + (values[(step * services.length + node) * features.length + throughput] as number),
      0,
    );
  const steps = Array.from({ length: borders[3] - borders[2] }, (_, k) => borders[2] + k);
  const sorted = steps.map(loadAt).sort((a, b) => a - b);
  const [low, high] = [1, 2].map((third) => sorted[Math.floor((third * sorted.length) / 3)]) as [
    number,
    number,
  ];
  return {
    "low load": (step) => loadAt(step) < low,
    "medium load": (step) => loadAt(step) >= low && loadAt(step) < high,
    "high load": (step) => loadAt(step) >= high,
  };
};
