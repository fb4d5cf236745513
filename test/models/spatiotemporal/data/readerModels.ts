// What readers should make of their files, by the documentation (docs/data.md), as simply as it can be
// said: everything in maps, nothing shared with the readers.

import type { Edge, ServiceSeries } from "../../../../src/models/spatiotemporal/series.ts";
import { type Records, Refused } from "../../../support/readerLaw.ts";

/** A condition without which files are refused. */
export const demand = (condition: boolean, why: string): void => {
  if (!condition) throw new Refused(why);
};

/** A decimal number in the file. */
export const numberIn = (text: string, min = Number.NEGATIVE_INFINITY): number => {
  demand(/^[\d+\-.eE]+$/.test(text), `number "${text}"`);
  const value = Number(text);
  demand(Number.isFinite(value) && value >= min, `number "${text}"`);
  return value;
};

/** Unix milliseconds. */
export const timeIn = (format: "iso" | "seconds" | "milliseconds", text: string): number => {
  if (format === "iso") {
    demand(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text), `time "${text}"`);
    const time = Date.parse(`${text.replace(" ", "T")}Z`);
    demand(!Number.isNaN(time), `time "${text}"`);
    demand(new Date(time).toISOString().slice(8, 10) === text.slice(8, 10), `day "${text}"`);
    return time;
  }
  const time = numberIn(text) * (format === "seconds" ? 1000 : 1);
  demand(Math.abs(time) <= 8.64e15 && Math.abs(time - Math.round(time)) < 1e-3, `time "${text}"`);
  return Math.round(time);
};

/** The rows of a table as functions from a column's name to a field. */
export const rowsOf = (records: Records | undefined, columns: readonly string[]) => {
  demand(records !== undefined && records.length > 0, "a header");
  const [header = [], ...rows] = records ?? [];
  for (const name of columns) demand(header.filter((it) => it === name).length === 1, name);
  return rows.map(
    (fields) =>
      (name: string): string =>
        fields[header.indexOf(name)] as string,
  );
};

/** A table of one row for each time and node. */
export interface LongModel {
  readonly time: string;
  readonly format: "iso" | "seconds" | "milliseconds";
  readonly node: string;
  readonly metrics: readonly {
    readonly column: string;
    readonly feature: string;
    readonly unit: string;
    readonly min?: number;
  }[];
  readonly missing: readonly string[];
  readonly repeated: "refuse" | "average";
  readonly gaps: "fill" | "refuse";
  readonly stepMs?: number;
  readonly bin?: boolean;
}

type Series = Omit<ServiceSeries, "edges" | "weights">;

/** Lists of numbers for each feature, by time and node. */
export type Lists = Map<number, Map<string, number[][]>>;

/** The series in such a table. */
export const longModel = (records: Records | undefined, table: LongModel): Series => {
  const { metrics, missing, stepMs = 1 } = table;
  const columns = [table.time, table.node, ...metrics.map(({ column }) => column)];
  const lists: Lists = new Map();
  for (const cell of rowsOf(records, columns)) {
    const exact = timeIn(table.format, cell(table.time));
    const time = table.bin === true ? Math.floor(exact / stepMs) * stepMs : exact;
    const node = cell(table.node);
    demand(node !== "", "a name");
    const known = lists.get(time) ?? new Map<string, number[][]>();
    lists.set(time, known);
    demand(table.repeated === "average" || !known.has(node), "each row once");
    const cellLists = known.get(node) ?? metrics.map(() => []);
    known.set(node, cellLists);
    for (const [k, { column, min }] of metrics.entries()) {
      const text = cell(column);
      if (!missing.includes(text)) cellLists[k]?.push(numberIn(text, min));
    }
  }
  return gridOf(lists, metrics, table.gaps, table.stepMs);
};

/** Means on an even grid. */
export const gridOf = (
  lists: Lists,
  metrics: readonly { readonly feature: string; readonly unit: string }[],
  gaps: "fill" | "refuse",
  given?: number,
): Series => {
  const known = [...lists.keys()].sort((a, b) => a - b);
  demand(known.length >= 2, "two times");
  const spacings = known.slice(1).map((time, k) => time - (known[k] as number));
  const frequency = (spacing: number) => spacings.filter((it) => it === spacing).length;
  const [usual = 0] = spacings.sort((a, b) => frequency(b) - frequency(a) || a - b);
  const stepMs = given ?? usual;
  const [first, last] = [known[0] as number, known.at(-1) as number];
  demand(
    known.every((time) => (time - first) % stepMs === 0),
    "times on the grid",
  );
  const steps = (last - first) / stepMs + 1;
  demand(known.length * 10 >= steps, "one step in ten");
  const services = [...new Set([...lists.values()].flatMap((nodes) => [...nodes.keys()]))].sort();
  const times = Array.from({ length: steps }, (_, k) => first + k * stepMs);
  const values = times.flatMap((time) =>
    services.flatMap((node) => {
      const cell = lists.get(time)?.get(node);
      demand(gaps === "fill" || cell !== undefined, "no gap");
      return metrics.map((_, k) => mean(cell?.[k] ?? []));
    }),
  );
  return {
    services,
    features: metrics.map(({ feature }) => feature),
    units: metrics.map(({ unit }) => unit),
    times: Float64Array.from(times, (time) => time / 1000),
    values: Float64Array.from(values),
    stepSeconds: stepMs / 1000,
  };
};

/** The sum of numbers that have one. */
export const sum = (list: readonly number[]): number => {
  const total = list.reduce((a, b) => a + b, 0);
  demand(Number.isFinite(total), "a sum");
  return total;
};

/** NaN for nothing. */
export const mean = (list: readonly number[]): number => sum(list) / list.length;

/** Edges in a table, with weights where there is a column of them. */
export const edgesModel = (
  records: Records | undefined,
  columns: { readonly source: string; readonly target: string; readonly weight?: string },
  services: readonly string[],
  unknown: "refuse" | "drop",
): Pick<ServiceSeries, "edges" | "weights"> => {
  const { source, target, weight } = columns;
  const names = [source, target, ...(weight === undefined ? [] : [weight])];
  const found = new Map<string, { edge: Edge; weight: number }>();
  for (const cell of rowsOf(records, names)) {
    const value = weight === undefined ? 1 : numberIn(cell(weight));
    demand(value > 0, "a weight");
    const ends = [cell(source), cell(target)];
    demand(!ends.includes(""), "a name");
    if (ends.some((name) => !services.includes(name))) {
      demand(unknown === "drop", "known ends");
      continue;
    }
    const edge = ends.map((name) => services.indexOf(name)) as [number, number]; // two ends
    demand(!found.has(String(edge)), "each edge once");
    found.set(String(edge), { edge, weight: value });
  }
  const list = [...found.values()];
  return {
    edges: list.map(({ edge }) => edge),
    ...(weight === undefined ? {} : { weights: Float64Array.from(list, (it) => it.weight) }),
  };
};
