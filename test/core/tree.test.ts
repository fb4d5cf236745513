// Trees: leaves, paths and structures, rebuilding, combination, and refusals.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { flattenTree } from "../../src/core/tree.ts";
import {
  add,
  item,
  leavesOf,
  mapTree,
  mul,
  scalar,
  type Tensor,
  zeros,
  zipTrees,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("tree");

const params = {
  layers: [
    { w: scalar(1), b: scalar(2) },
    { w: scalar(3), b: null },
  ],
  last: scalar(4),
};

test("has its leaves in the order of its fields, each with a path", () => {
  assert.equal(leavesOf(params).map(item), [1, 2, 3, 4]);
  const { paths } = flattenTree(params).structure;
  assert.equal(paths, ["layers[0].w", "layers[0].b", "layers[1].w", "last"]);
});

test("may be one tensor, or nothing", () => {
  assert.equal(flattenTree(scalar(1)).structure.paths, [""]);
  assert.equal(leavesOf([]), []);
  assert.equal(leavesOf({ a: null, b: undefined }), []);
});

/** Nested records and arrays with numbers in the place of leaves. */
const shapes = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.nat(99),
    fc.constant(null),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).tree;

test(
  "is rebuilt as it was",
  forAll(shapes)((tree) => {
    const { leaves, structure } = flattenTree(tree, "test", true);
    assert.equal(structure.rebuild(leaves), tree);
    assert.is(leaves.length, structure.paths.length);
    assert.is(new Set(structure.paths).size, structure.paths.length, "paths differ");
  }),
);

test(
  "has the structure of another exactly when only leaves differ",
  forAll({ a: shapes, b: shapes })(({ a, b }) => {
    const marked = (tree: unknown) => {
      const { leaves, structure } = flattenTree(tree, "test", true);
      return JSON.stringify(structure.rebuild(leaves.map(() => "leaf")));
    };
    const key = (tree: unknown) => flattenTree(tree, "test", true).structure.key;
    assert.is(key(a) === key(b), marked(a) === marked(b));
  }),
);

test("tells apart names that would print alike", () => {
  const key = (tree: unknown) => flattenTree(tree).structure.key;
  const x = scalar(0);
  assert.not.equal(key({ "a:*,b": x }), key({ a: x, b: x }));
  assert.equal(flattenTree({ "a.b": x, a: { b: x } }).structure.paths, ['["a.b"]', "a.b"]);
});

test("is mapped leaf by leaf", () => {
  const doubled = mapTree(params, (x) => mul(x, 2));
  assert.equal(leavesOf(doubled).map(item), [2, 4, 6, 8]);
  assert.is(doubled.layers[1]?.b, null);
  const named = mapTree(params, (x, path) => (path === "last" ? zeros([2]) : x));
  assert.equal(named.last.shape, [2]);
});

test("is combined with trees of its structure", () => {
  const summed = zipTrees((a: Tensor, b: Tensor) => add(a, b), params, params);
  assert.equal(leavesOf(summed).map(item), [2, 4, 6, 8]);
  assert.is(
    messageOf(() => zipTrees((a: Tensor) => a, { a: scalar(1) } as unknown, { b: scalar(1) })),
    "zipTrees: trees of one structure expected, got {a:*} and {b:*}",
  );
});

test("holds tensors only", () => {
  const hint =
    "\nhint: keep configuration outside the tree; turn numbers into tensors with `scalar`";
  const rule = "tree: a tree of tensors (records and arrays) expected, got";
  assert.is(
    messageOf(() => leavesOf({ a: [1] })),
    `${rule} number 1 at a[0]${hint}`,
  );
  assert.is(
    messageOf(() => leavesOf("x")),
    `${rule} string x${hint}`,
  );
  assert.is(
    messageOf(() => leavesOf({ f: () => 1 })),
    `${rule} a function at f${hint}`,
  );
  assert.is(
    messageOf(() => leavesOf([new Date(0)])),
    `${rule} Date at [0]${hint}`,
  );
});

test.run();
