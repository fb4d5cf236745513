// WebAssembly as bytes: numbers against a plain decoder of LEB128, and modules that the host takes and runs.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { Bytes } from "../../../../src/core/device/cpu/wasm/bytes.ts";
import { FunctionBuilder } from "../../../../src/core/device/cpu/wasm/function.ts";
import { encodeModule, type ModuleParts } from "../../../../src/core/device/cpu/wasm/module.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("wasm");

/** The integer that bytes are in LEB128, as the specification has it. */
const decoded = (bytes: Uint8Array, isSigned: boolean): bigint => {
  let [value, shift, at] = [0n, 0n, 0];
  for (;;) {
    const byte = bytes[at++] as number; // else the last one said that more follow
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if ((byte & 0x80) !== 0) continue;
    assert.is(at, bytes.length, "nothing follows");
    return isSigned && (byte & 0x40) !== 0 ? value - (1n << shift) : value;
  }
};

const written = (write: (bytes: Bytes) => void): Uint8Array => {
  const bytes = new Bytes();
  write(bytes);
  return bytes.written;
};

/** Around every power of two up to 2⁵³. */
const edges = Array.from({ length: 54 }, (_, i) => 2 ** i).flatMap((n) => [n - 1, n, n + 1]);
const safe = edges.filter((n) => n <= Number.MAX_SAFE_INTEGER);
const shortest = (n: bigint): number => Math.max(1, Math.ceil(n.toString(2).length / 7));

test("unsigned integers are LEB128, as short as can be", () => {
  for (const n of [0, ...safe]) {
    const bytes = written((out) => out.unsigned(n));
    assert.is(decoded(bytes, false), BigInt(n));
    assert.is(bytes.length, shortest(BigInt(n)));
  }
});

test("signed integers are LEB128, as short as can be", () => {
  for (const n of [...safe, ...safe.map((x) => -x)]) {
    const bytes = written((out) => out.signed(n));
    assert.is(decoded(bytes, true), BigInt(n));
    // The sign takes a bit.
    const size = n < 0 ? -BigInt(n) - 1n : BigInt(n);
    assert.is(bytes.length, n === 0 || n === -1 ? 1 : shortest(size << 1n), `${n}`);
  }
});

test(
  "integers of any size come back",
  forAll({ n: fc.maxSafeNat(), m: fc.maxSafeInteger() })(({ n, m }) => {
    assert.is(
      decoded(
        written((out) => out.unsigned(n)),
        false,
      ),
      BigInt(n),
    );
    assert.is(
      decoded(
        written((out) => out.signed(m)),
        true,
      ),
      BigInt(m),
    );
  }),
);

test("bytes grow, and keep what was written", () => {
  const bytes = new Bytes();
  for (let i = 0; i < 3000; i++) bytes.u32(i);
  bytes.bytes(new Uint8Array(20_000).fill(7));
  bytes.f64(-0.1);
  bytes.name("run");
  assert.is(bytes.length, 12_000 + 20_000 + 8 + 4);
  const all = bytes.written;
  const view = new DataView(all.buffer, all.byteOffset, all.length);
  for (let i = 0; i < 3000; i++) assert.is(view.getUint32(4 * i, true), i);
  assert.ok(all.subarray(12_000, 32_000).every((x) => x === 7));
  assert.is(view.getFloat64(32_000, true), -0.1);
  assert.equal([...all.slice(-4)], [3, 114, 117, 110]);
});

type Numeric = (...args: number[]) => number;

/** A module of some functions, each exported under its name, with its memory. */
const moduleOf = (
  builders: Readonly<Record<string, FunctionBuilder>>,
  imports: ModuleParts["imports"] = [],
  functions: Readonly<Record<string, Numeric>> = {},
) => {
  const bytes = encodeModule({
    memory: { initialPages: 1, maximumPages: 200, isShared: false },
    imports,
    functions: Object.values(builders),
    exports: Object.fromEntries(Object.keys(builders).map((name, i) => [name, i + imports.length])),
  });
  assert.ok(WebAssembly.validate(bytes));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 200 });
  const module = new WebAssembly.Module(bytes);
  const instance = new WebAssembly.Instance(module, { env: { memory, ...functions } });
  return { memory, exports: instance.exports as Record<string, Numeric> }; // functions only
};

/** a + b. */
const sum = (): FunctionBuilder => {
  const f = new FunctionBuilder(["i32", "i32"], ["i32"]);
  f.op("i32.add", f.get(f.param(0)), f.get(f.param(1)));
  return f;
};

/** 0 + 1 + … + (n − 1), and so many turns of the loop. */
const triangle = (from: number, step: number): FunctionBuilder => {
  const f = new FunctionBuilder(["i32"], ["i32"]);
  const [i, total] = [f.local("i32"), f.let(f.i32(0))];
  f.for(i, from, f.param(0), step, () => {
    f.set(total, f.op("i32.add", f.get(total), f.get(i)));
  });
  f.get(total);
  return f;
};

test("a module of functions runs", () => {
  const { exports } = moduleOf({ sum: sum(), triangle: triangle(0, 1), odd: triangle(1, 2) });
  const call = (name: string, ...args: number[]): number => (exports[name] as Numeric)(...args);
  assert.is(call("sum", 2 ** 31 - 1, 1), -(2 ** 31));
  assert.equal(
    [-1, 0, 1, 5, 1000].map((n) => call("triangle", n)),
    [0, 0, 0, 10, 499_500],
  );
  assert.equal(
    [0, 1, 2, 6, 7].map((n) => call("odd", n)),
    [0, 0, 1, 9, 9],
  );
});

test("constants of every size come out as they went in", () => {
  const whole = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31)];
  const builders = Object.fromEntries(
    whole.map((value) => {
      const f = new FunctionBuilder([], ["i32"]);
      f.i32(value);
      return [`is ${value}`, f];
    }),
  );
  const { exports } = moduleOf(builders);
  for (const value of whole) assert.is((exports[`is ${value}`] as Numeric)(), value);
  const floats = [0, -0, 0.1, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** -149];
  for (const value of floats) {
    const f = new FunctionBuilder([], ["f32"]);
    f.f32(value);
    const d = new FunctionBuilder([], ["f64"]);
    d.f64(value);
    const { exports: made } = moduleOf({ single: f, double: d });
    assert.ok(Object.is((made["single"] as Numeric)(), Math.fround(value)), `${value}`);
    assert.ok(Object.is((made["double"] as Numeric)(), value), `${value}`);
  }
});

test("lanes are shuffled from two vectors", () => {
  const f = new FunctionBuilder([]);
  const a = f.let(f.memory("v128.load", 0, f.i32(0)));
  const b = f.let(f.memory("v128.load", 16, f.i32(0)));
  const at = f.i32(0);
  f.memory("v128.store", 32, at, f.shuffle32([0, 4, 3, 7], f.get(a), f.get(b)));
  const reversed = Array.from({ length: 16 }, (_, i) => 15 - i);
  const next = f.i32(0);
  f.memory("v128.store", 48, next, f.shuffle(reversed, f.get(a), f.get(b)));
  const { memory, exports } = moduleOf({ run: f });
  const words = new Int32Array(memory.buffer);
  words.set([1, 2, 3, 4, 5, 6, 7, 8]);
  (exports["run"] as Numeric)();
  assert.equal([...words.subarray(8, 12)], [1, 5, 4, 8]);
  assert.equal(
    [...words.subarray(12, 16)],
    [4, 3, 2, 1].map((n) => n << 24),
  );
});

test("conditions choose, and functions call one another and what they are given", () => {
  // 2^n by doubling with an imported function of number 0; its own number is 1.
  const power = new FunctionBuilder(["i32"], ["f64"]);
  power.if(power.op("i32.eqz", power.get(power.param(0))), () => power.return([power.f64(1)]));
  const before = power.op("i32.sub", power.get(power.param(0)), power.i32(1));
  power.callFor("f64", 0, [power.callFor("f64", 1, [before])]);
  const larger = new FunctionBuilder(["i32", "i32"], ["i32"]);
  const [a, b] = [larger.param(0), larger.param(1)];
  larger.select(larger.get(a), larger.get(b), larger.op("i32.gt_s", larger.get(a), larger.get(b)));
  const { exports } = moduleOf(
    { power, larger },
    [{ name: "double", params: ["f64"], results: ["f64"] }],
    { double: (x) => 2 * x },
  );
  assert.is((exports["power"] as Numeric)(60), 2 ** 60);
  assert.is((exports["larger"] as Numeric)(-5, 3), 3);
  assert.is((exports["larger"] as Numeric)(4, 3), 4);
});

test("locals are used again, by type, once they are released", () => {
  const f = new FunctionBuilder(["i32"]);
  const a = f.local("i32");
  const v = f.local("v128");
  f.release(a);
  f.release(v);
  assert.is(f.local("v128"), v);
  assert.is(f.local("i32"), a);
  assert.is(f.local("i32").index, 3);
  assert.equal(f.localTypes, ["i32", "v128", "i32"]);
});

test("a module with many locals of changing types and a long body is valid", () => {
  const f = new FunctionBuilder([], ["f32"]);
  const locals = Array.from({ length: 300 }, (_, i) =>
    i % 3 === 0 ? f.let(f.f32(i)) : i % 3 === 1 ? f.let(f.i32(i)) : f.let(f.f64(i)),
  );
  assert.is(locals.length, 300);
  let total = f.f32(0);
  for (const local of locals)
    if (local.type === "f32") total = f.op("f32.add", total, f.get({ ...local, type: "f32" }));
  const { exports } = moduleOf({ run: f });
  const wanted = Array.from({ length: 100 }, (_, i) => 3 * i).reduce((a, b) => a + b, 0);
  assert.is((exports["run"] as Numeric)(), wanted);
});

test("a module without memory sharing refuses shared memory, and the other way round", () => {
  for (const isShared of [false, true]) {
    const bytes = encodeModule({
      memory: { initialPages: 1, maximumPages: 4, isShared },
      imports: [],
      functions: [sum()],
      exports: { run: 0 },
    });
    const module = new WebAssembly.Module(bytes);
    for (const shared of [false, true]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared });
      const start = () => new WebAssembly.Instance(module, { env: { memory } });
      if (shared === isShared) start();
      else assert.throws(start, (error: Error) => error instanceof WebAssembly.LinkError);
    }
  }
});

test.run();
