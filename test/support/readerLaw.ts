// One law for every reader of files: whatever was done to good files, the reader gives what a simple model of
// its documentation gives, or refuses what the model refuses and names a file. Never a wrong number.

import { isUtf8 } from "node:buffer";
import { inspect } from "node:util";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import * as assert from "uvu/assert";
import {
  type DataError,
  type FileSource,
  printDataError,
  printSummary,
  type Reading,
} from "../../src/models/spatiotemporal/data/index.ts";
import type { ServiceSeries } from "../../src/models/spatiotemporal/series.ts";
import { forAll, runsFor } from "./property.ts";
import type { TestBody } from "./suite.ts";

/** Texts by path. */
export type Texts = Readonly<Record<string, string>>;

/** The records of a file, its header first. */
export type Records = readonly (readonly string[])[];

/** What a model throws for files that are to be refused. */
export class Refused extends Error {}

/** A reader, files that it reads, and what it should make of them. */
export interface ReaderUnderTest {
  readonly files: fc.Arbitrary<Texts>;
  readonly read: (source: FileSource) => TE.TaskEither<DataError, Reading>;
  /** The series in parsed files. */
  readonly model: (files: Readonly<Record<string, Records>>) => ServiceSeries;
}

/** A source of files in memory, in pieces of so many bytes. */
export const memorySource = (
  files: Readonly<Record<string, Uint8Array>>,
  pieceBytes: number,
): FileSource => {
  const missing = () => Object.assign(new Error("no such file"), { code: "ENOENT" });
  return {
    open: async function* (path) {
      const bytes = files[path];
      if (bytes === undefined) throw missing();
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        yield bytes.subarray(at, at + pieceBytes);
      }
    },
    list: async (folder) => {
      const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
      if (inside.length === 0) throw missing();
      return [
        ...new Set(inside.map((path) => path.slice(folder.length + 1).split("/")[0] as string)),
      ];
    },
  };
};

// Bad cells: words, nothing, numbers out of range, other spellings, stray quotes, one field too many.
const cells = fc.constantFrom(
  ...[
    "NaN",
    "",
    "1e400",
    "-1e400",
    "text",
    "-1",
    "inf",
    "0x10",
    " 1",
    "1_0",
    "-0",
    "1e-400",
    "1e308",
  ],
  ...['"1"', '"a', 'a"', "1,2", "0", "7", "99999999999999", "2023-02-30 17:46:00", "web"],
);
const place = fc.nat(1000);

/** What may happen to a file, as a function of its rows of fields. */
const changes = fc.oneof(
  fc
    .record({ row: place, column: place, text: cells })
    .map(({ row, column, text }) => (rows: string[][]) => {
      const fields = rows[row % rows.length] as string[]; // there is a header at least
      fields[column % fields.length] = text;
    }),
  fc.record({ from: place, to: place }).map(({ from, to }) => (rows: string[][]) => {
    rows.splice(to % rows.length, 0, [...(rows[from % rows.length] as string[])]);
  }),
  fc.record({ from: place, to: place }).map(({ from, to }) => (rows: string[][]) => {
    const [moved] = rows.splice(from % rows.length, 1) as [string[]];
    rows.splice(to % (rows.length + 1), 0, moved);
  }),
  fc.record({ row: place }).map(({ row }) => (rows: string[][]) => {
    if (rows.length > 1) rows.splice(row % rows.length, 1);
  }),
  fc.record({ a: place, b: place }).map(({ a, b }) => (rows: string[][]) => {
    for (const fields of rows) {
      const [i, j] = [a % fields.length, b % fields.length];
      [fields[i], fields[j]] = [fields[j] as string, fields[i] as string];
    }
  }),
  fc.constant((rows: string[][]) => {
    for (const fields of rows) for (const [at, text] of fields.entries()) fields[at] = `"${text}"`;
  }),
);

/** What may happen to the bytes afterwards. */
const damage = fc.oneof(
  { weight: 3, arbitrary: fc.constant((bytes: Uint8Array) => bytes) },
  fc.record({ at: place }).map(
    ({ at }) =>
      (bytes: Uint8Array) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc
    .record({ at: place, bad: fc.constantFrom(0xff, 0xc3, 0x80) })
    .map(({ at, bad }) => (bytes: Uint8Array) => {
      const cut = at % (bytes.length + 1);
      return Uint8Array.from([...bytes.subarray(0, cut), bad, ...bytes.subarray(cut)]);
    }),
);

const styles = fc.constantFrom(
  { begin: "", end: "\n" },
  { begin: "", end: "\r\n" },
  { begin: "\ufeff", end: "\n" },
  { begin: "\n", end: "\n\n" },
);

const mutations = fc.record({
  file: place,
  changes: fc.array(changes, { maxLength: 2 }),
  style: styles,
  damage,
});

/** The body of a test that holds a reader to its model, and makes sure that both outcomes occur. */
export const readerLaw = (reader: ReaderUnderTest, runs = 300): TestBody => {
  const outcomes = { read: 0, refused: 0 };
  const law = forAll(
    { texts: reader.files, mutation: mutations, pieceBytes: fc.integer({ min: 1, max: 50 }) },
    { runs },
  )(async ({ texts, mutation, pieceBytes }) => {
    const outcome = await compare(reader, texts, mutate(texts, mutation), pieceBytes);
    outcomes[outcome]++;
  });
  return async () => {
    await law();
    const least = Math.min(outcomes.read, outcomes.refused);
    assert.ok(runsFor({ runs }) < 100 || least * 10 > runs, inspect(outcomes));
  };
};

/** Holds one reading to the model's. */
const compare = async (
  { read, model }: ReaderUnderTest,
  texts: Texts,
  bytes: Readonly<Record<string, Uint8Array>>,
  pieceBytes: number,
): Promise<"read" | "refused"> => {
  const result = await read(memorySource(bytes, pieceBytes))();
  const expected = seriesOf(bytes, model);
  const shown = () => inspect(Object.values(bytes).map((it) => Buffer.from(it).toString()));
  if (E.isRight(result)) {
    if (expected === undefined) throw new Error(`read, and should be refused: ${shown()}`);
    assert.equal(plain(result.right.series), plain(expected));
    assert.not.match(printSummary(result.right.summary), "undefined");
    return "read";
  }
  const message = printDataError(result.left);
  if (expected !== undefined) throw new Error(`refused, ${message}, and is good: ${shown()}`);
  const { file } = result.left;
  const isNamed = Object.keys(texts).some((path) => path === file || path.startsWith(`${file}/`));
  assert.ok(isNamed, `a file or folder is named: ${message}`);
  assert.not.match(message, "undefined");
  return "refused";
};

const mutate = (
  texts: Texts,
  {
    file,
    changes,
    style,
    damage,
  }: {
    readonly file: number;
    readonly changes: readonly ((rows: string[][]) => void)[];
    readonly style: { readonly begin: string; readonly end: string };
    readonly damage: (bytes: Uint8Array) => Uint8Array;
  },
): Readonly<Record<string, Uint8Array>> => {
  const paths = Object.keys(texts);
  const chosen = paths[file % paths.length];
  const entries = Object.entries(texts).map(([path, text]) => {
    if (path !== chosen) return [path, new TextEncoder().encode(text)] as const;
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    for (const change of changes) change(rows);
    const changed = rows.map((fields) => fields.join(",") + style.end).join("");
    return [path, damage(new TextEncoder().encode(style.begin + changed))] as const;
  });
  return Object.fromEntries(entries);
};

/** What the model makes of the files; undefined where they are to be refused. */
const seriesOf = (
  files: Readonly<Record<string, Uint8Array>>,
  model: ReaderUnderTest["model"],
): ServiceSeries | undefined => {
  try {
    return model(
      Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, recordsOf(bytes)])),
    );
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
};

const recordsOf = (bytes: Uint8Array): Records => {
  if (!isUtf8(bytes)) throw new Refused("not UTF-8");
  // Of a line's end in two characters, the first one ends the last line too.
  const text = Buffer.from(bytes).toString().replace(/\r$/, "");
  try {
    return parse(text, { bom: true, record_delimiter: ["\r\n", "\n"], skip_empty_lines: true });
  } catch {
    throw new Refused("not CSV");
  }
};

/** A series whose arrays print, with names for what JSON has none. */
export const plain = (series: ServiceSeries) => ({
  ...series,
  times: [...series.times],
  values: Array.from(series.values, String),
  ...(series.weights === undefined ? {} : { weights: [...series.weights] }),
  ...(series.callRates === undefined ? {} : { callRates: Array.from(series.callRates, String) }),
});
