// The calls of Alibaba's trace: each row says that one service called another. They become edges, and
// rates of calls over them.
//
// A call by rpc or http is recorded on both sides under one id, by the caller with a response time of
// 0 or more, by the callee with a negative one. Only the caller's records are counted. (Ids do not tell
// calls apart: by the publishers' word, in issue 124 of the repository, different calls may share one.)

import type { Edge } from "../series.ts";
import { badTimestamp } from "./alibabaInstances.ts";
import type { OnRecord } from "./csv.ts";
import type { Grid } from "./grid.ts";
import { memoLast } from "./longTable.ts";
import { parseNumber, parseTime, printTime } from "./scalars.ts";
import type { Sink } from "./source.ts";
import type { Notes } from "./summary.ts";
import { tableSink, wrongField } from "./table.ts";

/** Calls that are being counted. */
export interface Calls {
  /** The place of each edge, by source · services + target, in the order in which they were met. */
  readonly places: Map<number, number>;
  /** Calls in each step over each edge; an array may be shorter than there are edges. */
  readonly counts: Map<number, number[]>;
}

/** No calls yet. */
export const makeCalls = (): Calls => ({ places: new Map(), counts: new Map() });

/** A sink for a file of MSCallGraph. */
export const callSink = (file: string, grid: Grid, calls: Calls, notes: Notes): Sink =>
  tableSink(
    file,
    ["timestamp", "um", "dm", "rt"],
    ([timeAt = 0, callerAt = 0, calleeAt = 0, rtAt = 0]) =>
      callReader(file, grid, calls, notes, timeAt, [callerAt, calleeAt], rtAt),
  );

const callReader = (
  file: string,
  { services, times, stepSeconds }: Grid,
  calls: Calls,
  notes: Notes,
  timeAt: number,
  endsAt: readonly [number, number],
  rtAt: number,
): OnRecord => {
  const indexOf = new Map(services.map((name, index) => [name, index]));
  const stepMs = stepSeconds * 1000;
  const first = (times[0] as number) * 1000; // a grid has two times or more
  const timeOf = memoLast((text) => parseTime("milliseconds", text));
  return ({ line, fields }) => {
    const time = timeOf(fields[timeAt] as string); // records have one width
    if (!(time >= 0)) return badTimestamp(file, line, fields[timeAt] as string);
    const rtText = fields[rtAt] as string;
    const rt = parseNumber(rtText);
    if (Number.isNaN(rt) && rtText !== "") {
      return wrongField("BadNumber", file, line, "rt", "a number expected", rtText);
    }
    const [caller, callee] = [fields[endsAt[0]] as string, fields[endsAt[1]] as string];
    const [source, target] = [indexOf.get(caller), indexOf.get(callee)];
    const step = Math.floor((time - first) / stepMs);
    if (step < 0 || step >= times.length) {
      notes.add("callOffGrid", file, line, () => printTime(time));
      return undefined;
    }
    const counts = countsOf(calls, step); // where any call was recorded, others have a rate of 0
    if (rtText === "") notes.add("untimedCall", file, line);
    else if (rt < 0) notes.add("calleeRecord", file, line);
    else if (source === undefined || target === undefined) {
      notes.add("unknownEnd", file, line, () => (source === undefined ? caller : callee));
    } else if (source === target) notes.add("selfLoop", file, line, () => caller);
    else {
      const place = placeOf(calls, source * services.length + target);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    return undefined;
  };
};

const countsOf = ({ counts }: Calls, step: number): number[] => {
  const known = counts.get(step);
  if (known !== undefined) return known;
  const fresh: number[] = [];
  counts.set(step, fresh);
  return fresh;
};

const placeOf = ({ places }: Calls, key: number): number => {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, places.size);
  return places.size - 1;
};

/**
 * Edges in the order of sources and targets, and calls per second over each, [time, edge]; NaN in
 * steps in which no call at all was recorded.
 */
export const toRates = (
  { places, counts }: Calls,
  { services, times, stepSeconds }: Grid,
): { readonly edges: readonly Edge[]; readonly callRates: Float64Array } => {
  const keys = [...places.keys()].sort((a, b) => a - b);
  const callRates = new Float64Array(times.length * keys.length).fill(Number.NaN);
  for (const [step, row] of counts) {
    for (const [at, key] of keys.entries()) {
      const count = row[places.get(key) as number] ?? 0; // its own key
      callRates[step * keys.length + at] = count / stepSeconds;
    }
  }
  const edges = keys.map((key): Edge => [Math.floor(key / services.length), key % services.length]);
  return { edges, callRates };
};
