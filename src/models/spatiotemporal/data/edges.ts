// Call edges from a table of one row for each, by name.

import type { Edge } from "../series.ts";
import type { OnRecord } from "./csv.ts";
import { type DataError, quote } from "./errors.ts";
import { parseNumber } from "./scalars.ts";
import type { Sink } from "./source.ts";
import type { Notes } from "./summary.ts";
import { tableSink, wrongField } from "./table.ts";

/** How to read a table of edges. */
export interface EdgeTable {
  readonly sourceColumn: string;
  readonly targetColumn: string;
  /** Weights are numbers above 0; all 1 when absent. */
  readonly weightColumn?: string;
  /** What an end without metrics is: an error, or an edge to leave out. */
  readonly unknown: "refuse" | "drop";
}

/** Edges, and a weight for each where there are weights. */
export interface Links {
  readonly edges: readonly Edge[];
  readonly weights?: Float64Array;
}

/** Edges that are being gathered. */
export interface LinkList {
  /** Adds an edge; false for one that is there already. */
  readonly add: (source: number, target: number, weight: number) => boolean;
  readonly links: (hasWeights: boolean) => Links;
}

/** No edges yet, among so many nodes. */
export const makeLinks = (nodes: number): LinkList => {
  const edges: Edge[] = [];
  const weights: number[] = [];
  const seen = new Set<number>();
  return {
    add: (source, target, weight) => {
      const key = source * nodes + target;
      if (seen.has(key)) return false;
      seen.add(key);
      edges.push([source, target]);
      weights.push(weight);
      return true;
    },
    links: (hasWeights) => ({
      edges,
      ...(hasWeights ? { weights: Float64Array.from(weights) } : {}),
    }),
  };
};

/** A sink that gathers the edges of a table, in its order. */
export const edgeSink = (
  file: string,
  table: EdgeTable,
  services: readonly string[],
  list: LinkList,
  notes: Notes,
): Sink => {
  const { sourceColumn, targetColumn, weightColumn, unknown } = table;
  const indexOf = new Map(services.map((name, index) => [name, index]));
  const ends = [sourceColumn, targetColumn] as const;
  const columns = [...ends, ...(weightColumn === undefined ? [] : [weightColumn])];
  const rows =
    ([sourceAt = 0, targetAt = 0, weightAt]: readonly number[]): OnRecord =>
    ({ line, fields }) => {
      const names = [fields[sourceAt] as string, fields[targetAt] as string] as const; // one width
      const weight = weightOf(file, line, weightColumn, fields[weightAt ?? -1]);
      if (typeof weight !== "number") return weight;
      const nameless = names.indexOf("");
      const wrong = nameless < 0 ? names.findIndex((name) => !indexOf.has(name)) : nameless;
      if (wrong < 0) {
        const [source, target] = names.map((name) => indexOf.get(name)) as [number, number]; // both known
        return list.add(source, target, weight) ? undefined : repeatedEdge(file, line, names);
      }
      const [column, name] = [ends[wrong] as string, names[wrong] as string]; // one of two
      if (unknown === "refuse" || name === "") return unknownEnd(file, line, column, name);
      notes.add("unknownEnd", file, line, () => name);
      return undefined;
    };
  return tableSink(file, columns, rows);
};

const weightOf = (
  file: string,
  line: number,
  column: string | undefined,
  text: string | undefined,
): number | DataError => {
  if (column === undefined || text === undefined) return 1;
  const weight = parseNumber(text);
  return weight > 0
    ? weight
    : wrongField("BadNumber", file, line, column, "a number above 0 expected", text);
};

const unknownEnd = (file: string, line: number, column: string, name: string): DataError =>
  wrongField("UnknownService", file, line, column, "a service with metrics expected", name);

const repeatedEdge = (file: string, line: number, names: readonly string[]): DataError => ({
  _tag: "Duplicate",
  file,
  line,
  rule: "each edge once expected",
  got: `${quote(names.join(","))} again`,
});
