// npy and npz: every bit comes back, numpy reads ours and we numpy's in either order of bytes and axes, and what is no plain array of
// numbers is refused by name.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import type { Dtype } from "../../../src/core/dtype.ts";
import { type Tensor, tensor, toArray, zeros } from "../../../src/index.ts";
import {
  decodeNpy,
  decodeNpz,
  encodeNpy,
  encodeNpz,
  type FormatTag,
  loadNpy,
  loadNpz,
  saveNpy,
  saveNpz,
  type Tensors,
} from "../../../src/nn/index.ts";
import { bitsOf, tensorsOfAnyBits } from "../../support/arrays.ts";
import { forAll } from "../../support/property.ts";
import { numpyMissing, python } from "../../support/python.ts";
import { suite } from "../../support/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "pullback-npy-"));
const test = suite("npy, npz");
test.after(() => rmSync(folder, { recursive: true }));

const kinds: readonly Dtype[] = ["f32", "f64", "f16", "i32", "i8", "u8", "bool"];
const tensors = tensorsOfAnyBits(kinds);
const collections = fc
  .dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tensors, { maxKeys: 4 })
  .map((found): Tensors => new Map(Object.entries(found)));

const right = <A>(found: E.Either<unknown, A>): A => {
  if (E.isLeft(found)) throw new Error(JSON.stringify(found.left));
  return found.right;
};
const bitsByName = (found: Tensors) =>
  Object.fromEntries([...found].map(([name, x]) => [name, bitsOf(x)]));

test(
  "every bit comes back",
  forAll(tensors)(async (x) => {
    assert.equal(bitsOf(right(decodeNpy(right(await encodeNpy(x))))), bitsOf(x));
  }),
);

test(
  "every bit comes back from an archive, stored or deflated",
  forAll(
    { all: collections, isCompressed: fc.boolean() },
    { runs: 50 },
  )(async ({ all, isCompressed }) => {
    const bytes = right(await encodeNpz(all, { isCompressed }));
    assert.equal(bitsByName(right(decodeNpz(bytes))), bitsByName(all));
  }),
);

/** An .npy file with a header as text. */
const fileOf = (header: string, data: readonly number[] = [], version = 1): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const length =
    version === 1
      ? [text.length & 255, text.length >> 8]
      : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...length, ...text, ...data]);
};
const headerOf = (descr: string, shape = "(2,)", order = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

test("a file is read by hand: big-endian, first axis fastest, version 2", () => {
  const data = [0, 1, 0, 2, 0, 3, 0, 4].flatMap((byte) => [0, byte]).slice(0, 16);
  const file = fileOf(headerOf("'>i4'", "(2, 2)", "True"), data, 2);
  assert.equal(toArray(right(decodeNpy(file))), [
    [1, 3],
    [2, 4],
  ]);
});

test("a file is written by hand", async () => {
  const bytes = right(await encodeNpy(tensor([7], { dtype: "i32" })));
  const text = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }";
  assert.is(
    Buffer.from(bytes).toString("latin1"),
    `\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n\x07\x00\x00\x00`,
  );
});

const two = [0, 0, 128, 63, 0, 0, 0, 64];
const refused: readonly (readonly [FormatTag, string, Uint8Array])[] = [
  ["Truncated", "9 bytes", new Uint8Array(9)],
  ["Truncated", "half a header", fileOf(headerOf("'<f4'")).subarray(0, 30)],
  ["Truncated", "elements cut off", fileOf(headerOf("'<f4'"), two.slice(1))],
  ["WrongByteCount", "bytes behind the elements", fileOf(headerOf("'<f4'"), [...two, 0])],
  ["BadHeader", "another magic word", fileOf(headerOf("'<f4'"), two).fill(0x92, 0, 1)],
  ["BadHeader", "version 4", fileOf(headerOf("'<f4'"), two).fill(4, 6, 7)],
  ["BadHeader", "no dictionary", fileOf("print('hello')\n", two)],
  ["BadHeader", "a field too few", fileOf("{'descr': '<f4', 'shape': (2,), }", two)],
  [
    "BadHeader",
    "a field too many",
    fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': True}", two),
  ],
  ["BadHeader", "more behind it", fileOf(`${headerOf("'<f4'").trim()} + 1`, two)],
  [
    "DuplicateName",
    "a field twice",
    fileOf("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", two),
  ],
  ["BadShape", "a number for a tuple", fileOf(headerOf("'<f4'", "(2)"), two)],
  ["BadShape", "no commas", fileOf(headerOf("'<f4'", "(2 2)"), two)],
  [
    "BadShape",
    "more than can be counted",
    fileOf(headerOf("'<f4'", `(${2 ** 40}, ${2 ** 40})`), two),
  ],
  ["UnknownDtype", "objects", fileOf(headerOf("'|O'"), two)],
  ["UnknownDtype", "int64", fileOf(headerOf("'<i8'", "(1,)"), two)],
  ["UnknownDtype", "complex", fileOf(headerOf("'<c8'", "(1,)"), two)],
  ["UnknownDtype", "text", fileOf(headerOf("'<U1'"), two)],
  ["UnknownDtype", "fields", fileOf(headerOf("[('a', '<f4'), ('b', '<f4')]", "(1,)"), two)],
  ["UnknownDtype", "no order of bytes", fileOf(headerOf("'f4'"), two)],
];
for (const [tag, what, bytes] of refused)
  test(`${tag}: ${what}`, () => {
    const found = decodeNpy(bytes);
    assert.is(E.isLeft(found) && found.left._tag, tag, JSON.stringify(found));
  });

test("a refusal says what to do", () => {
  const objects = decodeNpy(fileOf(headerOf("'|O'"), two));
  assert.match(E.isLeft(objects) ? `${objects.left.hint}` : "", "pickled");
  const longs = decodeNpy(fileOf(headerOf("'<i8'", "(1,)"), two));
  assert.match(E.isLeft(longs) ? `${longs.left.hint}` : "", "x.astype(numpy.int32)");
});

test("bf16 and i4 are refused in writing", async () => {
  for (const dtype of ["bf16", "i4"] as const) {
    const found = await encodeNpz(new Map([["w", zeros([2], dtype)]]));
    assert.is(E.isLeft(found) && found.left.rule, '"w": a dtype that numpy has expected');
  }
});

test(
  "no change of an archive's bytes is taken for the archive",
  forAll(
    {
      all: collections,
      at: fc.nat(),
      flip: fc.integer({ min: 1, max: 255 }),
      isCompressed: fc.boolean(),
    },
    { runs: 300 },
  )(async ({ all, at, flip, isCompressed }) => {
    const bytes = right(await encodeNpz(all, { isCompressed }));
    const changed = bytes.slice();
    changed[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
    const found = decodeNpz(changed);
    // Names are not in the checksum, nor are dates; tensors are.
    const bits = (some: Tensors) => [...some.values()].map(bitsOf);
    if (E.isRight(found) && found.right.size === all.size)
      assert.equal(bits(found.right), bits(all));
    const cut = decodeNpz(bytes.subarray(0, at % bytes.length));
    assert.ok(E.isLeft(cut));
  }),
);

test(
  "no bytes at all make the readers fail",
  forAll(
    { bytes: fc.uint8Array({ maxLength: 200 }), text: fc.string() },
    { runs: 300 },
  )(({ bytes, text }) => {
    decodeNpy(fileOf(text, [...bytes]));
    decodeNpy(bytes);
    decodeNpz(bytes);
  }),
);

// What numpy makes of some arrays, to be read by us; and what it reads of ours.
const makeAll = `
import sys, numpy as np
folder = sys.argv[1]
x = np.arange(24).reshape(2, 3, 4)
for dtype in ["f2", "f4", "f8", "i1", "i4", "u1"]:
    for order in "<>":
        for layout in "CF":
            np.save(f"{folder}/{dtype}{'be' if order == '>' else 'le'}{layout}.npy", np.array(x, dtype=order + dtype, order=layout))
np.save(f"{folder}/bool.npy", x % 2 == 0)
np.save(f"{folder}/scalar.npy", np.float32(3.5))
np.save(f"{folder}/empty.npy", np.zeros((0, 3), np.float32))
np.lib.format.write_array(open(f"{folder}/v2.npy", "wb"), np.float32([1, 2]), version=(2, 0))
np.lib.format.write_array(open(f"{folder}/v3.npy", "wb"), np.float32([1, 2]), version=(3, 0))
np.savez(f"{folder}/plain.npz", w=np.float32(x), b=np.int32(3))
np.savez_compressed(f"{folder}/small.npz", np.zeros((100, 100)), w=np.float32(x))
np.save(f"{folder}/objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
`;
const readAll = `
import json, sys, numpy as np
def show(x): return [str(x.dtype), list(x.shape), np.ascontiguousarray(x).tobytes().hex()]
print(json.dumps({path.split("/")[-1]: show(found) if isinstance(found, np.ndarray) else {k: show(found[k]) for k in found.files}
    for path in sys.argv[1:] for found in [np.load(path)]}))
`;

if (numpyMissing !== undefined) test.skip("numpy reads and writes the same", numpyMissing);
else {
  const load = async (name: string): Promise<Tensor> => right(await loadNpy(join(folder, name))());
  test.before(() => void python(makeAll, folder));

  test("what numpy saves is read, in either order of bytes and axes", async () => {
    const x = Array.from({ length: 2 }, (_, i) =>
      Array.from({ length: 3 }, (_, j) => Array.from({ length: 4 }, (_, k) => i * 12 + j * 4 + k)),
    );
    for (const dtype of ["f2", "f4", "f8", "i1", "i4", "u1"])
      for (const order of ["leC", "leF", "beC", "beF"])
        assert.equal(toArray(await load(`${dtype}${order}.npy`)), x, `${dtype} ${order}`);
    assert.equal(
      toArray(await load("bool.npy")),
      x.map((plane) => plane.map((row) => row.map((n) => n % 2 === 0))),
    );
    assert.is(toArray(await load("scalar.npy")), 3.5);
    assert.equal((await load("empty.npy")).shape, [0, 3]);
    for (const name of ["v2.npy", "v3.npy"]) assert.equal(toArray(await load(name)), [1, 2]);
  });

  test("what numpy zips is read, stored and deflated", async () => {
    const plain = right(await loadNpz(join(folder, "plain.npz"))());
    assert.equal([...plain.keys()], ["w", "b"]);
    assert.is(toArray(plain.get("b") as Tensor), 3);
    const small = right(await loadNpz(join(folder, "small.npz"))());
    assert.equal(
      [...small].map(([name, x]) => [name, x.dtype, x.shape]),
      [
        ["w", "f32", [2, 3, 4]],
        ["arr_0", "f64", [100, 100]],
      ],
    );
    assert.equal(toArray(small.get("w") as Tensor), toArray(plain.get("w") as Tensor));
  });

  test("pickled objects are refused", async () => {
    const found = await loadNpy(join(folder, "objects.npy"))();
    assert.is(E.isLeft(found) && found.left._tag, "UnknownDtype");
  });

  test("numpy reads what we save", async () => {
    const samples = fc.sample(tensors, { numRuns: 12, seed: 5 });
    const all = new Map(samples.map((x, i) => [`t${i}`, x]));
    const paths = samples.map((_, i) => join(folder, `ours${i}.npy`));
    for (const [i, x] of samples.entries()) right(await saveNpy(paths[i] as string, x)());
    for (const isCompressed of [false, true]) {
      paths.push(join(folder, `ours-${isCompressed}.npz`));
      right(await saveNpz(paths.at(-1) as string, all, { isCompressed })());
    }
    const found = JSON.parse(python(readAll, ...paths));
    const numpyName = {
      f32: "float32",
      f64: "float64",
      f16: "float16",
      i32: "int32",
      i8: "int8",
      u8: "uint8",
      bool: "bool",
    };
    const wanted = samples.map((x) => {
      const { dtype, shape, bytes } = bitsOf(x);
      return [
        numpyName[dtype as keyof typeof numpyName],
        shape,
        Buffer.from(bytes).toString("hex"),
      ];
    });
    samples.forEach((_, i) => assert.equal(found[`ours${i}.npy`], wanted[i]));
    const byName = Object.fromEntries([...all.keys()].map((name, i) => [name, wanted[i]]));
    for (const isCompressed of [false, true])
      assert.equal(found[`ours-${isCompressed}.npz`], byName);
    assert.ok(readFileSync(join(folder, "ours-true.npz")).length > 0);
  });
}

test.run();
