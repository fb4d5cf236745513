// Elements of i4, of which two share a byte: the one of even index is the lower half. They are found by a pointer to the first of all and an
// index, since no address tells the halves of a byte apart.

import { splatBits } from "../constants.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";
import { type Emitter, lanesPerPart, linearLanes } from "./emitter.ts";
import { type Address, loadApart, withLanes } from "./memory.ts";

type Vector = Pushed<"v128">;

/** Where elements are: the value and offset of the address are an index. */
export interface HalfAddress extends Address {
  readonly pointer: Local<"i32">;
}

/** Bits of an element, and of a lane. */
const [bits, laneBits] = [4, 32];

/** Pushes an index, once its constant is added. */
const indexOf = (f: FunctionBuilder, index: Local<"i32">, offset: number): Pushed<"i32"> =>
  offset === 0 ? f.get(index) : f.op("i32.add", f.get(index), f.i32(offset));

/** Pushes the address of the byte that has an element; near it for an index that lies before the first, in a lane that does not count. */
const byteOf = (f: FunctionBuilder, pointer: Local<"i32">, index: Local<"i32">): Pushed<"i32"> =>
  f.op("i32.add", f.get(pointer), f.op("i32.shr_s", f.get(index), f.i32(1)));

/** Pushes how far an element is from the low end of its byte. */
const shiftOf = (f: FunctionBuilder, index: Local<"i32">): Pushed<"i32"> =>
  f.op("i32.shl", f.op("i32.and", f.get(index), f.i32(1)), f.i32(2));

/** Pushes one element as a scalar. */
export const loadHalf = (
  f: FunctionBuilder,
  { pointer, offset }: HalfAddress,
  index: Local<"i32">,
): Pushed<"i32"> => {
  const at = f.let(indexOf(f, index, offset));
  const left = (): Pushed<"i32"> => f.op("i32.sub", f.i32(laneBits - bits), shiftOf(f, at));
  const high = f.op("i32.shl", f.memory("i32.load8_u", 0, byteOf(f, pointer, at)), left());
  const element = f.op("i32.shr_s", high, f.i32(laneBits - bits));
  f.release(at);
  return element;
};

/** The elements of all parts, in vectors. `isEven` says that the first is known to be the lower half of a byte. */
export const loadHalves = (
  e: Emitter,
  address: HalfAddress,
  isEven: boolean,
): readonly Local<"v128">[] => {
  const { f } = e;
  const { pointer, value, offset } = address;
  const areNeighbours =
    value.kind === "linear" &&
    value.stride === 1 &&
    (e.parts === 1 || (value.partStride >= 0 && value.partStride % 2 === 0));
  if (!areNeighbours)
    return Array.from({ length: e.parts }, (_, part) => f.let(loadAnywhere(e, address, part)));
  if (isEven && offset >= 0) return loadWhole(e, pointer, value, offset);
  const first = f.let(indexOf(f, value.local, offset));
  const at = f.let(byteOf(f, pointer, first));
  const shift = f.let(shiftOf(f, first));
  const parts = Array.from({ length: e.parts }, (_, part) => {
    // Four elements are in the lowest 20 bits of what is read, which may go on behind the last: there is memory.
    const word = f.memory("i32.load", (part * value.partStride) / 2, f.get(at));
    const whole = f.op("i32x4.splat", f.op("i32.shr_u", word, f.get(shift)));
    return f.let(signed(f, f.op("i32x4.mul", whole, f.v128(toTop))));
  });
  for (const local of [first, at, shift]) f.release(local);
  return parts;
};

/** The elements of all parts, of which the first is the lower half of a byte. */
const loadWhole = (
  { f, parts }: Emitter,
  pointer: Local<"i32">,
  { local, partStride }: Extract<HalfAddress["value"], { kind: "linear" }>,
  offset: number,
): readonly Local<"v128">[] => {
  const at = f.let(byteOf(f, pointer, local));
  const all = Array.from({ length: parts }, (_, part) => {
    // Four elements are the lower half of what is read, which may go on behind the last: there is memory.
    const word = f.memory("v128.load32_splat", (offset + part * partStride) / 2, f.get(at));
    return f.let(signed(f, f.op("i32x4.mul", word, f.v128(toTop))));
  });
  f.release(at);
  return all;
};

/** By what a word is multiplied so that the element of each lane is at its high end. */
const toTop: readonly [number, number, number, number] = [1 << 28, 1 << 24, 1 << 20, 1 << 16];

/** Pushes the elements at the high end of lanes. */
const signed = (f: FunctionBuilder, lanes: Vector): Vector =>
  f.op("i32x4.shr_s", lanes, f.i32(laneBits - bits));

/** Pushes one part, each lane from an index of its own. */
const loadAnywhere = (
  e: Emitter,
  { pointer, value, offset }: HalfAddress,
  part: number,
): Vector => {
  const { f } = e;
  const index = f.let(indices(f, value, offset, part));
  // Lanes that do not count may have any index.
  const active = e.active?.[part];
  if (active !== undefined) f.set(index, f.op("v128.and", f.get(index), f.get(active)));
  const addresses = f.let(
    f.op(
      "i32x4.add",
      f.op("i32x4.shr_s", f.get(index), f.i32(1)),
      f.op("i32x4.splat", f.get(pointer)),
    ),
  );
  const bytes = f.local("v128");
  withLanes(
    f,
    addresses,
    Array.from({ length: lanesPerPart }, (_, lane) => lane),
    (bases) => {
      const places = bases.map((base) => ({ base, offset: 0 }));
      f.set(bytes, loadApart(f, "u8", places));
    },
  );
  const isOdd = f.let(f.op("i32x4.shr_s", f.op("i32x4.shl", f.get(index), f.i32(31)), f.i32(31)));
  const lanes = f.op(
    "v128.bitselect",
    f.op("i32x4.shl", f.get(bytes), f.i32(laneBits - 2 * bits)),
    f.op("i32x4.shl", f.get(bytes), f.i32(laneBits - bits)),
    f.get(isOdd),
  );
  for (const local of [index, addresses, bytes, isOdd]) f.release(local);
  return signed(f, lanes);
};

/** Pushes the indices of the lanes of a part. */
const indices = (
  f: FunctionBuilder,
  value: HalfAddress["value"],
  offset: number,
  part: number,
): Vector => {
  switch (value.kind) {
    case "lanes": {
      const lanes = f.get(value.parts[part] as Local<"v128">);
      return offset === 0 ? lanes : f.op("i32x4.add", lanes, splatBits(f, offset));
    }
    case "linear":
      return linearLanes(f, value, part, offset);
    case "uniform":
      throw new Error("cpu: indices in lanes expected");
  }
};

/**
 * Stores one element, given as a scalar; of larger numbers the lowest bits. Elements are stored one after the other, so that with one in the
 * lower half of a byte, the other half holds nothing yet.
 */
export const storeHalf = (
  f: FunctionBuilder,
  { pointer, offset }: HalfAddress,
  index: Local<"i32">,
  push: () => Pushed<"i32">,
): void => {
  const at = f.let(indexOf(f, index, offset));
  const byte = f.let(byteOf(f, pointer, at));
  const element = f.let(f.op("i32.and", push(), f.i32(15)));
  f.if(
    f.op("i32.and", f.get(at), f.i32(1)),
    () => {
      const low = f.let(f.op("i32.and", f.memory("i32.load8_u", 0, f.get(byte)), f.i32(15)));
      const both = () => f.op("i32.or", f.get(low), f.op("i32.shl", f.get(element), f.i32(bits)));
      f.memory("i32.store8", 0, f.get(byte), both());
      f.release(low);
    },
    () => f.memory("i32.store8", 0, f.get(byte), f.get(element)),
  );
  for (const local of [at, byte, element]) f.release(local);
};

/** Stores one part at neighbouring places, of which the first has an even index. */
export const storeHalves = (
  { f }: Emitter,
  { pointer, value, offset }: HalfAddress,
  part: number,
  push: () => Vector,
): void => {
  if (value.kind !== "linear" || value.stride !== 1)
    throw new Error("cpu: neighbouring places for i4 expected");
  const at = f.let(indexOf(f, value.local, offset + part * value.partStride));
  // Each element to its place in the 16 bits of all four, then all together in the first lane.
  const placed = f.op(
    "i32x4.mul",
    f.op("v128.and", push(), splatBits(f, 15)),
    f.v128([1, 1 << bits, 1 << (2 * bits), 1 << (3 * bits)]),
  );
  const all = f.let(placed);
  for (const order of [
    [2, 3, 0, 1],
    [1, 0, 3, 2],
  ] as const) {
    const swapped = () => f.shuffle32([...order], f.get(all), f.get(all));
    f.set(all, f.op("v128.or", f.get(all), swapped()));
  }
  const word = () => f.lane("i32x4.extract_lane", 0, f.get(all));
  f.memory("i32.store16", 0, byteOf(f, pointer, at), word());
  f.release(at);
  f.release(all);
};
