// RFC 4180: writing and reading back is the identity wherever the text is cut; records and lines are those of csv-parse; stray
// quotes are refused with their line.

import { parse } from "csv-parse/sync";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { type CsvRecord, makeCsvParser } from "../../../../src/models/spatiotemporal/data/csv.ts";
import type { DataError } from "../../../../src/models/spatiotemporal/data/errors.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("makeCsvParser");

/** The records in a text that comes in pieces, and what ended the parsing. */
const parsePieces = (pieces: readonly string[]) => {
  const records: CsvRecord[] = [];
  const parser = makeCsvParser("t.csv", (record) => void records.push(record));
  let problem: DataError | undefined;
  for (const piece of pieces) problem ??= parser.push(piece);
  problem ??= parser.end();
  return { records, problem };
};
const fieldsOf = (text: string): readonly (readonly string[])[] => {
  const { records, problem } = parsePieces([text]);
  if (problem !== undefined) throw new Error(JSON.stringify(problem));
  return records.map(({ fields }) => fields);
};
const problemOf = (text: string) => {
  const { problem } = parsePieces([text]);
  return problem === undefined ? undefined : [problem.line, problem.rule, problem.got];
};

const characters = fc.constantFrom("a", "b", ",", '"', "\n", "\r\n", " ", "é", "𝄞");
const textOf = (list: readonly string[]): string => list.join("");
const fields = fc.array(fc.array(characters).map(textOf), { minLength: 1, maxLength: 4 });
const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

/** A text in pieces of the given lengths, over and over. */
const cut = (text: string, lengths: readonly number[]): readonly string[] => {
  const pieces: string[] = [];
  for (let at = 0, k = 0; at < text.length; k++) {
    const length = lengths[k % lengths.length] as number; // one at least
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
};
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

test(
  "reads back what is written with quotes",
  forAll(fc.array(fields, { maxLength: 5 }))((rows) => {
    const text = rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
    assert.equal(fieldsOf(text), rows);
  }),
);

test(
  "gives the same however the text is cut",
  forAll({ text: fc.array(characters).map(textOf), lengths })(({ text, lengths }) => {
    assert.equal(parsePieces(cut(text, lengths)), parsePieces([text]));
  }),
);

test(
  "reads and refuses what csv-parse does",
  forAll(
    { text: fc.array(characters).map(textOf) },
    { runs: 500 },
  )(({ text }) => {
    const { records, problem } = parsePieces([text]);
    let known: readonly (readonly string[])[] | undefined;
    try {
      known = parse(text, {
        record_delimiter: ["\r\n", "\n"],
        skip_empty_lines: true,
        relax_column_count: true,
      });
    } catch {
      known = undefined;
    }
    assert.is(problem === undefined, known !== undefined);
    if (known !== undefined) {
      assert.equal(
        records.map((record) => record.fields),
        known,
      );
    }
  }),
);

test(
  "knows the line on which each record begins",
  forAll(fc.array(fields, { maxLength: 5 }))((rows) => {
    const texts = rows.map((row) => `${row.map(quoted).join(",")}\n`);
    const linesBefore = (k: number) => texts.slice(0, k).join("").split("\n").length;
    assert.equal(
      parsePieces([texts.join("")]).records.map(({ line }) => line),
      rows.map((_, k) => linesBefore(k)),
    );
  }),
);

test("reads plain and quoted fields, empty ones, either line end, with or without the last", () => {
  assert.equal(fieldsOf('a,b\n1,\r\n"x, y",""'), [
    ["a", "b"],
    ["1", ""],
    ["x, y", ""],
  ]);
  assert.equal(fieldsOf("a,b\n1,2\n"), fieldsOf("a,b\n1,2"));
  assert.equal(fieldsOf("a,"), [["a", ""]]);
});

test("skips a byte-order mark and blank lines, which count", () => {
  assert.equal(fieldsOf("\ufeffa\n\n\r\nb\n"), [["a"], ["b"]]);
  assert.equal(fieldsOf(""), []);
  const { records } = parsePieces(['a\n"1\r\n2"\n\nb\n']);
  assert.equal(
    records.map(({ line }) => line),
    [1, 2, 5],
  );
});

test("refuses stray quotes and carriage returns, and says where", () => {
  const rule = "a comma or a line's end after each field expected";
  assert.equal(problemOf('a\nb"c\n'), [2, rule, '"b"c"']);
  assert.equal(problemOf('a\n"b"c,d\n'), [2, rule, '""b"c,d"']);
  assert.equal(problemOf('a\n\n"b\nc'), [3, rule, '""b"']);
  assert.equal(problemOf("a\nb\rc\n"), [2, rule, '"b\rc"']);
});

test("reads a long quoted field, and refuses one without end before it fills the memory", () => {
  const long = "x\n".repeat(2 ** 20);
  assert.is(fieldsOf(`"${long}",b\n`)[0]?.[0], long);
  const pieces = Array.from({ length: 40 }, (_, k) => (k === 0 ? '"' : "x\n".repeat(2 ** 18)));
  assert.equal(parsePieces(pieces).problem, {
    _tag: "MalformedCsv",
    file: "t.csv",
    line: 1,
    rule: "a record of at most 16777216 characters expected",
    got: '""x"',
  });
});

test.run();
