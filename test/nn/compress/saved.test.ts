// Packed trees in files: smaller on the disk, the same bits and results when they come back, and what is wrong with a file.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { key, leavesOf, normal, type Tensor, values, zeros } from "../../../src/index.ts";
import {
  Compress,
  Linear,
  loadTensors,
  printFileProblem,
  saveTensors,
  saveTree,
} from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";
import { inFolder } from "../../support/folders.ts";
import { messageOf } from "../../support/messages.ts";
import { suite } from "../../support/suite.ts";

const { formatsOf, loadPacked, matrices, pack, savePacked, unpack } = Compress;

const test = suite("savePacked, loadPacked");

const params = {
  layers: [
    Linear.init(key(1), { inputs: 256, outputs: 256, initial: (k, shape) => normal(k, shape) }),
  ],
  "a name": normal(key(2), [3]),
  none: null,
};
type Params = typeof params;

const packedAs = (format: Compress.Format) => {
  const formats = formatsOf(params, matrices(format));
  return { formats, packed: pack(formats)(params) };
};

const found = async (path: string) => {
  const answer = await loadPacked<Compress.Packed<Params>>(path)();
  if (E.isLeft(answer)) throw new Error(printFileProblem(answer.left));
  return answer.right;
};

const complaint = async (path: string): Promise<string> => {
  const answer = await loadPacked(path)();
  return E.isLeft(answer)
    ? `${answer.left._tag} ${printFileProblem(answer.left).replace(path, "F")}`
    : "none";
};

test("files are smaller: about 4 times with 8 bits, more than 6 times with 4", () =>
  inFolder(async (folder) => {
    const bytes = async (name: string, save: (path: string) => Promise<unknown>) => {
      const path = join(folder, name);
      await save(path);
      return statSync(path).size;
    };
    const dense = await bytes("dense", (path) => saveTree(path, params)());
    const eight = await bytes("8", (path) => savePacked(path, packedAs(Compress.int8))());
    const four = await bytes("4", (path) => savePacked(path, packedAs(Compress.int4))());
    assert.ok(dense / eight > 3.8 && dense / eight < 4.1, `${dense / eight}`);
    assert.ok(dense / four > 6, `${dense / four}`);
  }));

test("trees come back bit for bit with formats and metadata, and give the same results", () =>
  inFolder(async (folder) => {
    for (const format of [
      Compress.int8,
      Compress.int4,
      { ...Compress.int4, symmetric: false },
      { kind: "dense", dtype: "bf16" },
      { kind: "dense" },
    ] as const) {
      const path = join(folder, "model.safetensors");
      const { formats, packed } = packedAs(format);
      assert.equal(
        await savePacked(path, { formats, packed, metadata: { step: "7" } })(),
        E.right(undefined),
      );
      const again = await found(path);
      assert.equal(again.formats, formats);
      assert.equal(again.metadata, { step: "7" });
      assert.equal(leavesOf(again.packed).map(bitsOf), leavesOf(packed).map(bitsOf));
      const x = normal(key(3), [2, 256]);
      const run = (tree: Compress.Packed<Params>): Tensor => {
        const { layers, none } = unpack(formats)(tree);
        assert.is(none, null);
        return Linear.apply(layers[0] as Linear.Params)(x) as Tensor;
      };
      assert.equal(values(run(again.packed)), values(run(packed)));
    }
  }));

test("a damaged file, or one that was cut, is said to be", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    assert.is(await complaint(path), "MissingFile loadPacked F: a file expected, got nothing");
    await savePacked(path, packedAs(Compress.int8))();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, -1));
    assert.match(await complaint(path), /^Truncated loadPacked F: /);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
    writeFileSync(path, bytes);
    assert.match(await complaint(path), /^BadChecksum loadPacked F: /);
  }));

test("a file that is no packed tree, or whose formats do not fit its parts, is refused", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    await saveTree(path, params)();
    assert.is(
      await complaint(path),
      "BadHeader loadPacked F: metadata of a packed tree under pullback.packed expected, got none",
    );
    const small = { w: zeros([4, 4]) };
    const formats = formatsOf(small);
    await savePacked(path, { formats, packed: pack(formats)(small) })();
    const contents = await loadTensors(path)();
    if (E.isLeft(contents)) throw new Error(printFileProblem(contents.left));
    const { tensors, metadata } = contents.right;
    const said = metadata["pullback.packed"] as string;
    const withText = async (text: string): Promise<string> => {
      await saveTensors(path, tensors, { "pullback.packed": text })();
      return complaint(path);
    };
    assert.is(await withText(said), "none");
    assert.is(
      await withText("[]"),
      "BadHeader loadPacked F: formats and a tree under pullback.packed expected, got []",
    );
    assert.is(
      await withText(said.replace('"quantized"', '"zip"')),
      'BadHeader loadPacked F: a format for "w" expected, got {"kind":"zip","bits":8,"per":"channel"}',
    );
    assert.is(
      await withText(said.replace("f32 [4, 4]", "f32 [4, x]")),
      'BadHeader loadPacked F: a leaf as text at "w" expected, got "f32 [4, x]"',
    );
    assert.is(
      await withText(said.replace('"w":"f32', '"v":"f32')),
      'BadHeader loadPacked F: formats for leaves of the tree expected, got "w"',
    );
    assert.is(
      await withText(said.replace('"bits":8', '"bits":4')),
      'DtypeMismatch loadPacked F: shapes and dtypes of the tree expected, got "w.codes" i8 [4, 4] where i4 [4, 4] is expected',
    );
    assert.is(
      await withText(said.replace('"channel"', '{"group":3}')),
      'BadHeader loadPacked F: a group size that divides axis 0 of "w", 4, expected, got 3\nhint: divisors near it are 2 and 4',
    );
    assert.is(
      await withText(said.replace('"channel"', '"channel","symmetric":false')),
      'MissingTensor loadPacked F: the leaves of the tree expected, got no "w.zero"',
    );
  }));

test("a tree that its formats do not fit is refused before a file is written", () => {
  const small = { w: zeros([4, 4]), b: zeros([2]) };
  const formats = formatsOf(small);
  const packed = pack(formats)(small);
  const of = (wrong: Compress.Formats): string =>
    messageOf(() => savePacked("x", { formats: wrong, packed }));
  assert.is(
    of({ ...formats, v: Compress.int8 }),
    'savePacked: formats for leaves of the tree expected, got "v"',
  );
  assert.is(
    of({ ...formats, w: { ...Compress.int8, bits: 4 } }),
    'savePacked: shapes and dtypes of the tree expected, got "w.codes" i8 [4, 4] where i4 [4, 4] is expected',
  );
  assert.is(
    of({ ...formats, b: { kind: "dense", dtype: "f16" } }),
    'savePacked: shapes and dtypes of the tree expected, got "b" f32 [2] where f16 [2] is expected',
  );
  const clipped = { ...Compress.int8, clip: 0.5 } as Compress.QuantizedFormat; // more than a format may have
  assert.match(of({ ...formats, w: clipped }), 'savePacked: a format for "w" expected, got {');
});

test("a name of ours is refused in metadata, and a place that cannot be written said to be", () =>
  inFolder(async (folder) => {
    const model = packedAs(Compress.int8);
    assert.is(
      messageOf(() => savePacked("x", { ...model, metadata: { "pullback.packed": "" } })),
      "savePacked: names that are not reserved expected, got pullback.packed",
    );
    const answer = await savePacked(folder, model)();
    assert.is(E.isLeft(answer) && answer.left._tag, "UnwritableFile");
    assert.is(E.isLeft(answer) && answer.left.op, "savePacked");
  }));

test.run();
