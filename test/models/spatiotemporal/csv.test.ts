// RFC 4180: writing and reading back is the identity, and stray quotes are refused with their line.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { parseCsv } from "../../../src/models/spatiotemporal/csv.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("parseCsv");

const records = (text: string): readonly (readonly string[])[] => {
  const result = parseCsv(text);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right.map(({ fields }) => fields);
};
const problem = (text: string) => {
  const result = parseCsv(text);
  return E.isLeft(result) ? result.left : undefined;
};

const characters = fc.constantFrom("a", "b", ",", '"', "\n", "\r\n", " ", "é");
const fields = fc.array(
  fc.array(characters).map((list) => list.join("")),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

test(
  "reads back what is written with quotes",
  forAll(fc.array(fields, { maxLength: 5 }))((rows) => {
    const text = rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
    assert.equal(records(text), rows);
  }),
);

test("reads plain and quoted fields, empty ones, either line end, with or without the last", () => {
  assert.equal(records('a,b\n1,\r\n"x, y",""'), [
    ["a", "b"],
    ["1", ""],
    ["x, y", ""],
  ]);
  assert.equal(records("a,b\n1,2\n"), records("a,b\n1,2"));
  assert.equal(records("a,"), [["a", ""]]);
});

test("skips a byte-order mark and blank lines", () => {
  assert.equal(records("\ufeffa\n\n\nb\n"), [["a"], ["b"]]);
  assert.equal(records(""), []);
});

test("knows the line on which each record begins", () => {
  const result = parseCsv('a\n"1\n2"\n\nb\n');
  const lines = E.isRight(result) ? result.right.map(({ line }) => line) : [];
  assert.equal(lines, [1, 2, 5]);
});

test("refuses stray quotes, and says where", () => {
  const rule = "a comma or a line's end after each field expected";
  assert.equal(problem('a\nb"c\n'), { line: 2, rule, got: 'b"c' });
  assert.equal(problem('a\n"b"c,d\n'), { line: 2, rule, got: '"b"c,d' });
  assert.equal(problem('a\n\n"b\nc'), { line: 3, rule, got: '"b' });
});

test.run();
