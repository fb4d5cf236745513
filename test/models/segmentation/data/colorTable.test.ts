// Tables of classes: every way to write one gives the same, and what is no table is refused with its line.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  parseColorTable,
  readColorTable,
} from "../../../../src/models/segmentation/data/colorTable.ts";
import { printImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import type { ClassInfo, Color } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("parseColorTable");

const byte = fc.integer({ min: 0, max: 255 });
const tables: fc.Arbitrary<readonly ClassInfo[]> = fc
  .uniqueArray(fc.tuple(byte, byte, byte), { minLength: 1, maxLength: 5, selector: String })
  .map((colors) =>
    colors.map((color, k) => ({
      name: ["Road", "a b", "x-1", "12 monkeys", "Ä"][k] as string,
      color,
    })),
  );

type Write = (table: readonly ClassInfo[]) => string;
const lines =
  (line: (name: string, color: Color) => string): Write =>
  (table) =>
    table.map(({ name, color }) => line(name, color)).join("\n");

const ways: Readonly<Record<string, Write>> = {
  "name first": lines((name, color) => `${name} ${color.join(" ")}`),
  "colour first": lines((name, color) => `${color.join("  ")}\t${name}`),
  commas: (table) =>
    `name,r,g,b\r\n${lines((name, color) => `${name},${color.join(", ")}\r`)(table)}`,
  "commas, colour first": (table) =>
    `# a remark\nr, g, b, name\n\n${lines((name, color) => `${color.join(",")},${name}`)(table)}\n`,
  "a list": (table) => JSON.stringify(table),
  "an object": (table) =>
    `\n${JSON.stringify(Object.fromEntries(table.map(({ name, color }) => [name, color])), null, 1)}`,
};

for (const [way, write] of Object.entries(ways))
  test(
    `reads what is written as ${way}`,
    forAll({ table: tables })(({ table }) => {
      assert.equal(parseColorTable("t", write(table)), E.right(table));
    }),
  );

test("says which line is none, and what is there twice", () => {
  const said = (text: string) => {
    const result = parseColorTable("t.txt", text);
    return E.isLeft(result) ? printImageProblem(result.left) : "none";
  };
  const rule = "a name and three numbers in 0…255 expected";
  assert.is(said("Sky 1 2 3\n\nRoad 1 2"), `t.txt: line 3: ${rule}, got "Road 1 2"`);
  for (const bad of [
    "Sky 1 2 256",
    "1 2 3",
    "Sky -1 2 3",
    "Sky 1.5 2 3",
    "Sky,1,2,3,4",
    "Sky",
    ",1,2,3",
    "Sky 0x1 2 3",
  ])
    assert.is(said(bad), `t.txt: line 1: ${rule}, got "${bad}"`);
  assert.is(
    said("Sky 1 2 3\nSky 1 2 4"),
    't.txt: line 2: each name and colour once expected, got "Sky" twice',
  );
  assert.is(
    said("Sky 1 2 3\nRoad 1 2 3"),
    "t.txt: line 2: each name and colour once expected, got 1 2 3 twice",
  );
  assert.is(said("# nothing"), "t.txt: classes with a colour each expected, got none");
  assert.match(said('[{ "name": "Sky", "color": [1, 2] }]'), "JSON of");
  assert.match(said('[{ "name": "", "color": [1, 2, 3] }]'), "JSON of");
  assert.match(said('{ "Sky": [1, 2, "3"] }'), "JSON of");
  assert.match(said("[1, null]"), "JSON of");
  assert.match(said("[{"), "JSON of");
  assert.is(said("[]"), "t.txt: classes with a colour each expected, got none");
});

test("reads a file, with a byte-order mark or without", async () => {
  const bytes = new TextEncoder().encode("\ufeff64 128 64\tAnimal\n");
  const read = (path: string) => readColorTable(path, memorySource({ "t.txt": bytes }, 3))();
  assert.equal(await read("t.txt"), E.right([{ name: "Animal", color: [64, 128, 64] }]));
  const none = await read("u.txt");
  assert.is(E.isLeft(none) && printImageProblem(none.left), "u.txt: a file expected, got nothing");
});

test.run();
