// What a reader did with its files besides reading them: how many records there were, what was not
// measured, what was put right and what was left out. It is data, so that a program can decide, and
// has a printer, so that a person can.

/** What a reader says of its files. */
export type NoteKind =
  | "emptyCell"
  | "missingRow"
  | "missingTime"
  | "lateNode"
  | "vanishedNode"
  | "outOfOrder"
  | "averagedRow"
  | "binnedRow"
  | "unnamedRow"
  | "unusedColumn"
  | "selfLoop"
  | "unknownEnd"
  | "calleeRecord"
  | "untimedCall"
  | "callOffGrid"
  | "unterminated";

const sentences = {
  emptyCell: "cells without a value, not measured",
  missingRow: "times at which a node has no row, not measured",
  missingTime: "times at which no node has a row, not measured",
  lateNode: "nodes whose first row comes after the first time",
  vanishedNode: "nodes whose last row comes before the last time",
  outOfOrder: "rows whose time is before that of the row above, sorted",
  averagedRow: "rows that repeat a node and a time, averaged",
  binnedRow: "rows moved to the beginning of their step and averaged there",
  unnamedRow: "rows without a name, left out",
  unusedColumn: "columns of other metrics, left out",
  selfLoop: "edges from a node to itself, left out",
  unknownEnd: "edges or calls with an end that has no metrics, left out",
  calleeRecord: "callee's own records of a call, not counted again",
  untimedCall: "calls without a response time, whose record may be either side's, left out",
  callOffGrid: "calls before the first or after the last step, left out",
  unterminated: "files whose last line has no end, so that it may be cut off",
} as const satisfies Record<NoteKind, string>;

/** Where something was found. */
export interface NotePlace {
  readonly file: string;
  readonly line?: number;
  /** A column, a name, a time: what the note is about. */
  readonly what?: string;
}

/** How often a reader did a thing. */
export interface Note {
  readonly kind: NoteKind;
  readonly count: number;
  /** The first few places, in the order in which they were found. */
  readonly places: readonly NotePlace[];
}

/** What was read, and what was filled, put right or left out. */
export interface DataSummary {
  /** Records of each file, headers and blank lines not counted. */
  readonly files: readonly { readonly file: string; readonly records: number }[];
  /** One for each kind that occurred. */
  readonly notes: readonly Note[];
}

/** Gathers a summary while files are read. */
export interface Notes {
  readonly file: (file: string, records: number) => void;
  /** `what` is asked for only where the place is kept. */
  readonly add: (kind: NoteKind, file: string, line?: number, what?: () => string) => void;
  readonly summary: () => DataSummary;
}

const PLACES = 3;

/** A summary of nothing, to be added to. */
export const makeNotes = (): Notes => {
  const files: { file: string; records: number }[] = [];
  const found = new Map<NoteKind, { count: number; places: NotePlace[] }>();
  const at = (kind: NoteKind) => {
    const known = found.get(kind);
    if (known !== undefined) return known;
    const fresh = { count: 0, places: [] };
    found.set(kind, fresh);
    return fresh;
  };
  return {
    file: (file, records) => void files.push({ file, records }),
    add: (kind, file, line, what) => {
      const note = at(kind);
      note.count++;
      if (note.places.length < PLACES) note.places.push(toPlace(file, line, what?.()));
    },
    summary: () => ({
      files: [...files],
      notes: [...found].map(([kind, { count, places }]) => ({ kind, count, places: [...places] })),
    }),
  };
};

const toPlace = (file: string, line?: number, what?: string): NotePlace => ({
  file,
  ...(line === undefined ? {} : { line }),
  ...(what === undefined ? {} : { what }),
});

/**
 * A summary in lines: the files with their records, then what was filled, put right or left out, with
 * the first places.
 *
 * @example
 * const places = [{ file: "m.csv", line: 3, what: "cpu" }];
 * const notes = [{ kind: "emptyCell", count: 2, places }] as const;
 * printSummary({ files: [{ file: "m.csv", records: 10 }], notes })
 * // 'm.csv: 10 records\ncells without a value, not measured: 2 (m.csv:3 cpu, …)'
 */
export const printSummary = ({ files, notes }: DataSummary): string =>
  [
    ...files.map(({ file, records }) => `${file}: ${records} records`),
    ...notes.map(printNote),
  ].join("\n");

const printNote = ({ kind, count, places }: Note): string => {
  const shown = places.map(({ file, line, what }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return what === undefined ? place : `${place} ${what}`;
  });
  const more = count > shown.length ? ["…"] : [];
  return `${sentences[kind]}: ${count} (${[...shown, ...more].join(", ")})`;
};
