// One law for every layout: whatever happened to a set, it is refused with the problem that a simple model foresees and the file is
// named, or every picture and label is as it was written.

import { inspect } from "node:util";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import { forAll, runsFor } from "../../../support/property.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import { filesOf, itemsIn, layouts, loading, opening, type Refusal } from "./damagedSets.ts";

const test = suite("layouts of data sets");

const holdsRefusal = (problem: ImageProblem, { tag, file, says = "" }: Refusal): void => {
  const message = printImageProblem(problem);
  assert.equal([problem._tag, problem.file], [tag, file], message);
  assert.ok(message.startsWith(`${file}: `));
  assert.match(message, says);
};

for (const [name, layout] of Object.entries(layouts)) {
  const seen = new Map<string, number>();
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const law = forAll(
    { items: itemsIn(layout), pieceBytes: fc.integer({ min: 1, max: 100 }) },
    { runs: 500 },
  )(async ({ items, pieceBytes }) => {
    const opened = await layout.open(memorySource(filesOf(layout, items), pieceBytes))();
    const expected = opening(layout, items);
    if ("tag" in expected) {
      count(expected.tag);
      if (E.isRight(opened)) throw new Error(`${expected.tag} expected, and it was opened`);
      return holdsRefusal(opened.left, expected);
    }
    if (E.isLeft(opened)) throw new Error(printImageProblem(opened.left));
    const { names, load } = opened.right;
    assert.equal(
      names,
      expected.map((item) => item.name),
    );
    for (const [index, item] of expected.entries()) {
      const loaded = await load(index)();
      const picture = loading(layout, item);
      count("tag" in picture ? picture.tag : "good");
      if (!("tag" in picture)) assert.equal(loaded, E.right(picture));
      else if (E.isLeft(loaded)) holdsRefusal(loaded.left, picture);
      else throw new Error(`${picture.tag} expected, and it was loaded`);
    }
  });
  test(`${name}: refused with the file's name, or read as written`, async () => {
    await law();
    const all = ["good", "EmptyFolder", "MissingMask", "MissingPicture", "CorruptImage"];
    const also = ["UnknownFormat", "WrongMode", "UnknownLabel", "WrongSize"];
    const missing = [...all, ...also].filter((what) => (seen.get(what) ?? 0) < 3);
    assert.ok(runsFor({ runs: 500 }) < 500 || missing.length === 0, inspect(seen));
  });
}

test("a folder that is missing is named, and an index that there is not", async () => {
  for (const layout of Object.values(layouts)) {
    const none = await layout.open(memorySource({}, 1))();
    assert.ok(E.isLeft(none));
    assert.is(none.left._tag, "MissingFile");
    assert.match(printImageProblem(none.left), ": a folder expected, got nothing");
  }
});

test.run();
