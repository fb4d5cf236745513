// Trees in files: names are paths, mistakes name the leaf, and a file is there whole or not at all.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { key, leavesOf, scalar, tensor, zeros } from "../../../src/index.ts";
import {
  adamW,
  Linear,
  loadTensors,
  loadTree,
  printFileProblem,
  saveTree,
} from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";
import { suite } from "../../support/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "pullback-tree-"));
const test = suite("saveTree, loadTree");
test.after(() => rmSync(folder, { recursive: true }));

const model = (seed: number) => {
  const params = {
    layers: [Linear.init(key(seed), { inputs: 3, outputs: 2 })],
    "a name": scalar(seed, "f64"),
  };
  return { params, optimizer: adamW({ learningRate: 1e-3 }).init(params), none: null };
};
const state = model(1);
const path = join(folder, "deep/run/model.safetensors");

const complaint = async (like: unknown, file = path): Promise<string> => {
  const found = await loadTree(file, like)();
  return E.isLeft(found)
    ? `${found.left._tag} ${printFileProblem(found.left).replace(file, "F")}`
    : "none";
};

test("a tree comes back bit for bit, in a folder that is made", async () => {
  assert.equal(await saveTree(path, state, { step: "7" })(), E.right(undefined));
  const found = await loadTree(path, model(2))();
  if (E.isLeft(found)) throw new Error(printFileProblem(found.left));
  const { tree, metadata } = found.right;
  assert.equal(leavesOf(tree).map(bitsOf), leavesOf(state).map(bitsOf));
  assert.is(tree.none, null);
  assert.equal(metadata, { step: "7" });
});

test("names are paths", async () => {
  const found = await loadTensors(path)();
  if (E.isLeft(found)) throw new Error(printFileProblem(found.left));
  for (const name of ["params.layers[0].weight", 'params["a name"]', "optimizer[0].count"])
    assert.ok(found.right.tensors.has(name), name);
});

test("a single tensor is a tree", async () => {
  const single = join(folder, "single.safetensors");
  await saveTree(single, scalar(3))();
  const found = await loadTree(single, scalar(0))();
  assert.equal(E.isRight(found) && bitsOf(found.right.tree), bitsOf(scalar(3)));
});

test("mistakes name the leaf", async () => {
  const small = join(folder, "small.safetensors");
  await saveTree(small, { w: zeros([2, 3]), b: zeros([3]) })();
  const start = "loadTree F: ";
  assert.is(
    await complaint({ w: zeros([2, 3]), b: zeros([3]), c: zeros([]), d: zeros([]) }, small),
    `MissingTensor ${start}the leaves of the tree expected, got no "c", "d"`,
  );
  assert.is(
    await complaint({ w: zeros([2, 3]) }, small),
    `ExtraTensor ${start}the leaves of the tree expected, got extra "b"`,
  );
  assert.is(
    await complaint({ w: zeros([2, 3]), bias: zeros([3]) }, small),
    `MissingTensor ${start}the leaves of the tree expected, got no "bias"; extra "b"`,
  );
  assert.is(
    await complaint({ w: zeros([3, 2]), b: zeros([4]) }, small),
    `ShapeMismatch ${start}shapes and dtypes of the tree expected, got "w" f32 [2, 3] where f32 [3, 2] is expected, and 1 more`,
  );
  assert.is(
    await complaint({ w: zeros([2, 3], "f64"), b: zeros([3]) }, small),
    `DtypeMismatch ${start}shapes and dtypes of the tree expected, got "w" f32 [2, 3] where f64 [2, 3] is expected`,
  );
});

test("a file that is not there, not readable or damaged is said to be", async () => {
  assert.is(
    await complaint({}, join(folder, "none.safetensors")),
    "MissingFile loadTree F: a file expected, got nothing",
  );
  assert.is(
    await complaint({}, folder),
    "UnreadableFile loadTree F: a readable file expected, got EISDIR",
  );
  const cut = join(folder, "cut.safetensors");
  writeFileSync(cut, readFileSync(path).subarray(0, -1));
  assert.match(
    await complaint(model(0), cut),
    /^Truncated loadTree F: \d+ bytes of data expected, got \d+$/,
  );
});

test("a place that cannot be written leaves nothing behind", async () => {
  const taken = join(folder, "taken");
  mkdirSync(join(taken, "file.safetensors", "full"), { recursive: true });
  const saved = await saveTree(join(taken, "file.safetensors"), state)();
  assert.is(E.isLeft(saved) && saved.left._tag, "UnwritableFile");
  assert.equal(readdirSync(taken), ["file.safetensors"]);
});

test("the old file stays until the new one is whole, and nothing else does", async () => {
  await saveTree(path, model(3))();
  await Promise.all([saveTree(path, model(4))(), saveTree(path, model(5))()]);
  assert.equal(readdirSync(join(folder, "deep/run")), ["model.safetensors"]);
  assert.is(await complaint(model(0)), "none");
});

test("the same tree gives the same bytes", async () => {
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  await saveTree(one, { a: tensor([1]), b: tensor([2]) })();
  await saveTree(other, { b: tensor([2]), a: tensor([1]) })();
  assert.equal(readFileSync(one), readFileSync(other));
});

test.run();
