// zlib's streams against Node's own zlib: read back, and refused where they hold more, less or other bytes than are due.

import { deflateSync } from "node:zlib";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { inflateZlib } from "../../../src/nn/checkpoint/deflate.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("inflateZlib");

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.integer({ min: 0, max: 20_000 }).map((size) => new Uint8Array(size).fill(255)), // past the sum's remainder
);

test(
  "gives what Node packed, stored or not",
  forAll({ content: contents, level: fc.integer({ min: 0, max: 9 }) })(({ content, level }) => {
    const packed = Uint8Array.from(deflateSync(content, { level }));
    assert.equal(inflateZlib(packed, content.length), E.right(content));
  }),
);

test(
  "refuses another size and a cut, and gives no other bytes where one was changed",
  forAll({ content: contents, level: fc.constantFrom(0, 1, 9), at: fc.nat(10_000) })(
    ({ content, level, at }) => {
      const packed = Uint8Array.from(deflateSync(content, { level }));
      assert.ok(E.isLeft(inflateZlib(packed, content.length + 1)));
      if (content.length > 0) assert.ok(E.isLeft(inflateZlib(packed, content.length - 1)));
      assert.ok(E.isLeft(inflateZlib(packed.subarray(0, at % packed.length), content.length)));
      const changed = Uint8Array.from(packed);
      changed[at % packed.length]! ^= 1; // an index in it
      const read = inflateZlib(changed, content.length);
      // Some bits say nothing about the content: how hard it was packed, what fills up a byte, a stored length again.
      assert.ok(E.isLeft(read) || Buffer.compare(read.right, content) === 0);
    },
  ),
);

test("says what is wrong", () => {
  const packed = Uint8Array.from(deflateSync(Uint8Array.of(1, 2, 3)));
  const said = (bytes: Uint8Array, size = 3) => {
    const read = inflateZlib(bytes, size);
    return E.isLeft(read) ? read.left : "nothing";
  };
  assert.is(said(packed, 2), "more than 2 bytes");
  assert.is(said(packed, 4), "3 bytes");
  assert.is(said(packed.subarray(0, 5)), "5 bytes of zlib");
  assert.is(
    said(Uint8Array.from(packed, (byte, i) => (i === 0 ? 0x79 : byte))),
    "a stream that is not zlib's",
  );
  const last = packed.length - 1;
  assert.is(
    said(Uint8Array.from(packed, (byte, i) => (i === last ? byte ^ 1 : byte))),
    "bytes with another checksum",
  );
});

test.run();
