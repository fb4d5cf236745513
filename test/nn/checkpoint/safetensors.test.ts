// Safetensors: values come back bit for bit, one file is checked by hand, Python reads ours and we Python's, and nothing that is damaged
// is taken for whole.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { type Dtype, dtypes } from "../../../src/core/dtype.ts";
import { add, compile, scalar, tensor, toArray, zeros } from "../../../src/index.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type FormatTag,
  type Tensors,
} from "../../../src/nn/index.ts";
import { bitsOf, fromBits, tensorsOfAnyBits } from "../../support/arrays.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { numpyMissing, python } from "../../support/python.ts";
import { suite } from "../../support/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "pullback-safetensors-"));
const test = suite("safetensors");
test.after(() => rmSync(folder, { recursive: true }));

const kinds = Object.keys(dtypes) as Dtype[]; // its keys
const names = fc.oneof(
  fc.string(),
  fc.constantFrom("", "w", "__proto__", "layers[0].b", "π", "10"),
);
const files = fc.record({
  tensors: fc
    .dictionary(names, tensorsOfAnyBits(kinds), { maxKeys: 6 })
    .map((found): Tensors => new Map(Object.entries(found))),
  metadata: fc.dictionary(names, fc.string(), { maxKeys: 3 }),
});

const read = (bytes: Uint8Array) => {
  const found = decodeSafetensors(bytes);
  if (E.isLeft(found)) throw new Error(JSON.stringify(found.left));
  return found.right;
};
const bitsByName = (tensors: Tensors) =>
  Object.fromEntries([...tensors].map(([name, x]) => [name, bitsOf(x)]));

test(
  "every bit comes back, with names and metadata",
  forAll(files)(async ({ tensors, metadata }) => {
    const found = read(await encodeSafetensors(tensors, metadata));
    assert.equal(bitsByName(found.tensors), bitsByName(tensors));
    assert.equal({ ...found.metadata }, { ...metadata });
  }),
);

test(
  "equal tensors give equal bytes, in whatever order they come",
  forAll(files, { runs: 30 })(async ({ tensors, metadata }) => {
    const backwards = new Map([...tensors].reverse());
    assert.equal(
      await encodeSafetensors(backwards, metadata),
      await encodeSafetensors(tensors, metadata),
    );
  }),
);

test("tensors are computed first, also on a device", async () => {
  const double = compile((x: ReturnType<typeof tensor>) => add(x, x), { device: "cpu" });
  const bytes = await encodeSafetensors(
    new Map([
      ["lazy", add(tensor([1, 2]), 1)],
      ["made", double(tensor([3]))],
    ]),
  );
  const { tensors } = read(bytes);
  assert.equal(toArray(tensors.get("lazy") as never), [2, 3]);
  assert.equal(toArray(tensors.get("made") as never), [6]);
});

/** A file with a header as text, in front of data. */
const fileOf = (header: string | object, data: readonly number[] = []): Uint8Array => {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
};

test("a file is length, header and data", async () => {
  const bytes = await encodeSafetensors(new Map([["w", tensor([1, 2])]]), { step: "7" });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  assert.is((8 + length) % 8, 0);
  assert.equal(
    header.trimEnd(),
    '{"__metadata__":{"step":"7","pullback.crc32c":"' +
      `${JSON.parse(header).__metadata__["pullback.crc32c"]}"},` +
      '"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
  );
  assert.equal([...bytes.subarray(8 + length)], [0, 0, 128, 63, 0, 0, 0, 64]); // 1 and 2 as f32
});

test("another program's file is read, unaligned and unsorted", () => {
  const header = {
    a: { dtype: "U8", shape: [1], data_offsets: [4, 5] },
    b: { dtype: "F32", shape: [], data_offsets: [5, 9] },
    c: { dtype: "BF16", shape: [2, 1], data_offsets: [0, 4] },
    none: { dtype: "I32", shape: [0, 3], data_offsets: [9, 9] },
  };
  const { tensors } = read(fileOf(header, [128, 63, 0, 192, 7, 0, 0, 128, 63]));
  const found = [...tensors].map(([name, x]) => [name, x.shape, toArray(x)]);
  assert.equal(found, [
    ["c", [2, 1], [[1], [-2]]],
    ["a", [1], [7]],
    ["b", [], 1],
    ["none", [0, 3], []],
  ]);
});

const f32 = (begin: unknown, end: unknown, shape: unknown = [1], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const four = [0, 0, 128, 63];
const eight = [...four, ...four];
const damaged: readonly (readonly [FormatTag, string, Uint8Array])[] = [
  ["Truncated", "no length", new Uint8Array(7)],
  ["Truncated", "no header", fileOf("{}").subarray(0, 9)],
  ["Truncated", "data cut off", fileOf({ w: f32(0, 4) }, [0, 0])],
  ["HeaderTooLarge", "a length of 100 000 001", Uint8Array.of(1, 225, 245, 5, 0, 0, 0, 0)],
  ["HeaderTooLarge", "a length of 2⁶⁴ − 1", new Uint8Array(16).fill(255)],
  ["BadHeader", "no JSON", fileOf("{oh}")],
  ["BadHeader", "a space first", fileOf(" {}")],
  ["BadHeader", "a mark of byte order", fileOf("\ufeff{}")],
  ["BadHeader", "a list", fileOf("[]")],
  ["BadHeader", "no UTF-8", fileOf("{}").map((byte, i) => (i === 8 ? 255 : byte))],
  ["BadHeader", "numbers as metadata", fileOf({ __metadata__: { step: 7 } })],
  ["BadHeader", "a field too few", fileOf({ w: { dtype: "F32", shape: [1] } }, four)],
  ["BadHeader", "a field too many", fileOf({ w: { ...f32(0, 4), strides: [1] } }, four)],
  ["BadHeader", "null", fileOf({ w: null })],
  [
    "DuplicateName",
    "a name twice",
    fileOf(`{"w":${JSON.stringify(f32(0, 4))},"\\u0077":${JSON.stringify(f32(0, 4))}}`, four),
  ],
  [
    "DuplicateName",
    "a field twice",
    fileOf('{"w":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', four),
  ],
  ["UnknownDtype", "I64", fileOf({ w: f32(0, 8, [1], "I64") }, eight)],
  ["UnknownDtype", "our own name", fileOf({ w: f32(0, 4, [1], "f32") }, four)],
  ["BadShape", "a negative size", fileOf({ w: f32(0, 4, [-1]) }, four)],
  ["BadShape", "half a size", fileOf({ w: f32(0, 4, [0.5]) }, four)],
  ["BadShape", "more than can be counted", fileOf({ w: f32(0, 4, [2 ** 40, 2 ** 40]) }, four)],
  ["WrongByteCount", "too few", fileOf({ w: f32(0, 4, [2]) }, four)],
  ["WrongByteCount", "bytes behind the data", fileOf({ w: f32(0, 4) }, [...four, 0])],
  ["OutOfRange", "backwards", fileOf({ w: f32(4, 0) }, four)],
  ["OutOfRange", "negative", fileOf({ w: f32(-4, 0) }, four)],
  ["OutOfRange", "halves", fileOf({ w: f32(0.5, 4.5) }, eight)],
  ["OutOfRange", "behind the end", fileOf({ w: f32(400, 404) }, four)],
  ["OutOfRange", "three offsets", fileOf({ w: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, four)],
  ["Overlap", "the same place", fileOf({ a: f32(0, 4), b: f32(0, 4) }, four)],
  ["Overlap", "half of it", fileOf({ a: f32(0, 4), b: f32(2, 6) }, eight)],
  ["Overlap", "nothing, within", fileOf({ a: f32(0, 4), b: f32(2, 2, [0]) }, four)],
  ["Hole", "before the first", fileOf({ a: f32(4, 8) }, eight)],
  ["Hole", "between", fileOf({ a: f32(0, 4), b: f32(8, 12) }, [...eight, ...four])],
  ["BadShape", "i4 that is not there", fileOf({ __metadata__: { "pullback.i4": '{"w":[2]}' } })],
  [
    "BadShape",
    "i4 of another size",
    fileOf({ __metadata__: { "pullback.i4": '{"w":[3]}' }, w: f32(0, 1, [1], "U8") }, [0]),
  ],
  ["BadChecksum", "another checksum", fileOf({ __metadata__: { "pullback.crc32c": "00000000" } })],
];
for (const [tag, what, bytes] of damaged)
  test(`${tag}: ${what}`, () => {
    const found = decodeSafetensors(bytes);
    assert.is(E.isLeft(found) && found.left._tag, tag, JSON.stringify(found));
  });

test("a problem says the rule and what is there", () => {
  const found = decodeSafetensors(fileOf({ w: f32(0, 8, [1, 2], "F64") }, eight));
  assert.equal(
    found,
    E.left({
      _tag: "WrongByteCount",
      rule: '16 bytes expected for "w", f64 [1, 2]',
      got: "8",
    }),
  );
});

const checksumKey = "pullback.crc32c";
const isChecked = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes(checksumKey);

test(
  "no change of bytes is taken for the file",
  forAll(
    {
      file: files,
      changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 3,
      }),
    },
    { runs: 300 },
  )(async ({ file, changes }) => {
    const bytes = await encodeSafetensors(file.tensors, file.metadata);
    const changed = bytes.slice();
    for (const [at, flip] of changes)
      changed[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
    const found = decodeSafetensors(changed);
    // Without the name of the checksum it is another program's file, which nothing holds to a checksum.
    if (E.isRight(found) && isChecked(changed))
      assert.equal(bitsByName(found.right.tensors), bitsByName(file.tensors));
  }),
);

test(
  "no part of a file is taken for the file",
  forAll({ file: files, cut: fc.nat(), more: fc.uint8Array({ minLength: 1, maxLength: 9 }) })(
    async ({ file, cut, more }) => {
      const bytes = await encodeSafetensors(file.tensors, file.metadata);
      assert.ok(E.isLeft(decodeSafetensors(bytes.subarray(0, cut % bytes.length))));
      assert.ok(E.isLeft(decodeSafetensors(Uint8Array.from([...bytes, ...more]))));
    },
  ),
);

test(
  "no bytes at all make the reader fail",
  forAll(
    { header: fc.oneof(fc.json(), fc.string()), data: fc.uint8Array() },
    { runs: 300 },
  )(({ header, data }) => {
    decodeSafetensors(data);
    decodeSafetensors(fileOf(header, [...data]));
  }),
);

test("reserved names are refused", () => {
  const taken = new Map([["__metadata__", scalar(1)]]);
  return encodeSafetensors(taken).then(
    () => assert.unreachable(),
    (error) =>
      assert.match(
        messageOf(() => {
          throw error;
        }),
        'safetensors: names that are not reserved expected, got "__metadata__"',
      ),
  );
});

test("i4 takes half a byte an element", async () => {
  const bytes = await encodeSafetensors(new Map([["w", zeros([1000], "i4")]]));
  assert.ok(bytes.length < 800, `${bytes.length} bytes`);
});

// The layout once more, by another hand: each tensor as dtype, shape and hexadecimal bytes.
const reader = `
import json, struct, sys, numpy as np
data = open(sys.argv[1], "rb").read()
(n,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + n])
header.pop("__metadata__", None)
types = dict(F64="<f8", F32="<f4", F16="<f2", BF16="<u2", I32="<i4", I8="i1", U8="u1", BOOL="?")
out = {}
for name, h in header.items():
    b, e = h["data_offsets"]
    x = np.frombuffer(data[8 + n + b:8 + n + e], types[h["dtype"]]).reshape(h["shape"])
    out[name] = [h["dtype"], list(x.shape), x.tobytes().hex()]
print(json.dumps(out))
`;
const writer = `
import json, struct, sys, numpy as np
tensors = dict(F64=np.linspace(0, 1, 6).reshape(2, 3), F32=np.float32([[1.5], [-0.0]]), F16=np.float16([0.1]), I32=np.int32(7),
    I8=np.int8([-128, 127]), U8=np.uint8([[255]]), BOOL=np.array([True, False]), empty=np.zeros((0, 2), np.float32))
header, data = {}, b""
for name, x in tensors.items():
    dtype = "F32" if name == "empty" else name
    header[name] = dict(dtype=dtype, shape=list(x.shape), data_offsets=[len(data), len(data) + x.nbytes])
    data += x.tobytes()
text = json.dumps(header).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + data)
`;

if (numpyMissing !== undefined) test.skip("Python reads and writes the same", numpyMissing);
else {
  test("Python reads the same bits", async () => {
    const bytes = Uint8Array.from({ length: 48 }, (_, i) => i * 37);
    const all = kinds.map(
      (dtype) =>
        [
          dtype,
          fromBits(dtype, [2, 3], bytes.slice(0, Math.ceil(6 * dtypes[dtype].bytes))),
        ] as const,
    );
    const path = join(folder, "ours.safetensors");
    writeFileSync(path, await encodeSafetensors(new Map(all)));
    const wanted = all.map(([name, x]) => [
      name,
      name === "i4"
        ? ["U8", [3], Buffer.from(bitsOf(x).bytes).toString("hex")]
        : [name.toUpperCase(), [2, 3], Buffer.from(bitsOf(x).bytes).toString("hex")],
    ]);
    assert.equal(JSON.parse(python(reader, path)), Object.fromEntries(wanted));
  });

  test("what Python writes is read", () => {
    const path = join(folder, "theirs.safetensors");
    python(writer, path);
    const { tensors } = read(readFileSync(path));
    const found = Object.fromEntries([...tensors].map(([name, x]) => [name, toArray(x)]));
    assert.equal(found, {
      F64: [
        [0, 0.2, 0.4],
        [0.6000000000000001, 0.8, 1],
      ],
      F32: [[1.5], [-0]],
      F16: [0.0999755859375],
      I32: 7,
      I8: [-128, 127],
      U8: [[255]],
      BOOL: [true, false],
      empty: [],
    });
  });
}

test.run();
