// From a long table and a table of edges to a series: what the readers of Online Boutique, PetShop and
// any long CSV share.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import type { ServiceSeries } from "../series.ts";
import { makeCells } from "./cells.ts";
import { type EdgeTable, edgeSink, makeLinks } from "./edges.ts";
import type { DataError } from "./errors.ts";
import { type Grid, type GridRules, toGrid } from "./grid.ts";
import { type LongTable, longSink } from "./longTable.ts";
import { feedFile, feedText, type Sink } from "./source.ts";
import { type DataSummary, makeNotes, type Notes } from "./summary.ts";

/** What every reader gives: a series, and what was read, filled, put right or left out for it. */
export interface Reading {
  readonly series: ServiceSeries;
  readonly summary: DataSummary;
}

/** The paths of a series' files; no edges when there is no file of them. */
export interface LongFiles {
  readonly metrics: string;
  readonly edges?: string;
}

/** How they are read. */
export interface LongLayout {
  readonly table: LongTable;
  readonly edges: EdgeTable;
  readonly rules: Omit<GridRules, "file" | "timeColumn">;
}

/** The series in two files. */
export const readLong = (
  files: LongFiles,
  layout: LongLayout,
  source: FileSource,
): TE.TaskEither<DataError, Reading> =>
  pipe(
    TE.fromIO(() => begin(files, layout)),
    TE.chain(({ notes, metrics, grid, edges }) =>
      pipe(
        feedFile(source, metrics, notes),
        TE.chainEitherK(grid),
        TE.map(edges),
        TE.chain(({ sink, reading }) =>
          pipe(
            sink === undefined ? TE.right(undefined) : feedFile(source, sink, notes),
            TE.map(reading),
          ),
        ),
      ),
    ),
  );

/** The series in two texts; `files` names them in errors. */
export const parseLong = (
  texts: Required<LongFiles>,
  files: Required<LongFiles>,
  layout: LongLayout,
): E.Either<DataError, Reading> => {
  const { notes, metrics, grid, edges } = begin(files, layout);
  return pipe(
    feedText(texts.metrics, metrics, notes),
    E.chain(grid),
    E.map(edges),
    E.chain(({ sink, reading }) =>
      pipe(
        sink === undefined ? E.right(undefined) : feedText(texts.edges, sink, notes),
        E.map(reading),
      ),
    ),
  );
};

/** The steps of reading, in the order in which they are to be taken. */
interface Steps {
  readonly notes: Notes;
  readonly metrics: Sink;
  readonly grid: () => E.Either<DataError, Grid>;
  readonly edges: (grid: Grid) => {
    readonly sink: Sink | undefined;
    readonly reading: () => Reading;
  };
}

const begin = (files: LongFiles, { table, edges, rules }: LongLayout): Steps => {
  const notes = makeNotes();
  const cells = makeCells(table.metrics.length);
  return {
    notes,
    metrics: longSink(files.metrics, table, cells, notes),
    grid: () =>
      toGrid(cells, { ...rules, file: files.metrics, timeColumn: table.timeColumn }, notes),
    edges: (grid) => {
      const list = makeLinks(grid.services.length);
      return {
        sink:
          files.edges === undefined
            ? undefined
            : edgeSink(files.edges, edges, grid.services, list, notes),
        reading: () => ({
          series: {
            ...grid,
            features: table.metrics.map(({ column, feature }) => feature ?? column),
            units: table.metrics.map(({ unit = "" }) => unit),
            ...list.links(edges.weightColumn !== undefined),
          },
          summary: notes.summary(),
        }),
      };
    },
  };
};
