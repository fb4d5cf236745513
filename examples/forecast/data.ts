// What the forecaster is trained on: measured data or simulated, cut into examples, with the cycle
// of the load for its clock.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Spatiotemporal } from "../../src/models/index.ts";
import type { Options } from "./options.ts";

const { dominantPeriod, makeWindows, printDataError, printOptionProblem } = Spatiotemporal;
const { readServiceFolder, simulate } = Spatiotemporal;
type Series = Spatiotemporal.ServiceSeries;
type Windows = Spatiotemporal.Windows;

/** The series that the options name, or what is wrong with it. */
export const loadSeries = ({ data, minutes, seed }: Options): TE.TaskEither<string, Series> =>
  data === undefined
    ? pipe(
        TE.fromEither(simulate({ minutes, seed })),
        TE.mapLeft((problem) => printOptionProblem("simulate", problem)),
      )
    : pipe(readServiceFolder(data), TE.mapLeft(printDataError));

/**
 * What `cut` makes of a series with a clock that tells the cycle which shows in a feature of the training part, or
 * nothing where none shows.
 */
export const cutByCycle = <Problem>(
  feature: string,
  cut: (cycleMinutes: readonly number[]) => E.Either<Problem, Windows>,
): E.Either<Problem, Windows> =>
  pipe(
    cut([]),
    E.chain((windows) => {
      const { features, stepSeconds } = windows.series;
      const period = dominantPeriod(windows, features.indexOf(feature));
      return period === undefined ? E.right(windows) : cut([(period * stepSeconds) / 60]);
    }),
  );

/**
 * Examples of a series. The clock tells the phase of the cycle given, or else of the one that shows
 * in the throughput of the training part; without either it tells nothing.
 */
export const cutWindows = (
  series: Series,
  { horizons, window, cycle }: Options,
): E.Either<string, Windows> => {
  const cut = (cycleMinutes: readonly number[]) =>
    makeWindows(series, {
      targets: ["cpu", "responseTime", "throughput"],
      horizonMinutes: horizons,
      window,
      cycleMinutes,
    });
  return pipe(
    cycle === undefined ? cutByCycle("throughput", cut) : cut([cycle]),
    E.mapLeft((problem) => printOptionProblem("forecast", problem)),
  );
};

/** The cycle that the clock tells, in minutes; null when it tells none. */
export const cycleMinutesOf = ({ cycleSeconds: [seconds] }: Windows): number | null =>
  seconds === undefined ? null : seconds / 60;

/** What the data is, in one line, and what the clock tells, in another. */
export const describe = (
  windows: Windows,
  { data, seed, cycle }: Pick<Options, "data" | "seed" | "cycle">,
): string => {
  const { services, edges, times, stepSeconds } = windows.series;
  const source = data ?? `simulator, seed ${seed}`;
  const minutes = cycleMinutesOf(windows);
  const origin = cycle === undefined ? "found in the throughput" : "as told";
  const clock =
    minutes === null ? "no cycle found in the throughput" : `cycle ${minutes} min, ${origin}`;
  const sizes = `${services.length} services, ${edges.length} calls, ${(times.length * stepSeconds) / 60} minutes`;
  return `${source}: ${sizes}\n${clock}`;
};
