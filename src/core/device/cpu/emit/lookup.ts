// Loads of one of four neighbours, where which one differs from lane to lane: all four are one vector, whose bytes are picked by an index for each.

import { asLinear, rangeOf } from "../../../kernel/affine.ts";
import type { Affine, Expr, Load } from "../../../kernel/expr.ts";
import { splatBits } from "../constants.ts";
import type { Nest } from "../normalise.ts";
import type { Local } from "../wasm/function.ts";
import type { Emitter } from "./emitter.ts";

/** How many neighbours a vector holds, and the bytes of each. */
const [neighbours, element] = [4, 4];

/** Where the four are, and which of them is wanted. */
export interface Lookup {
  readonly start: Expr;
  readonly offset: number;
  readonly place: Expr;
  /** start + 4 · place: the address, which no code needs. */
  readonly sum: Expr;
}

const isPlace = (expr: Expr): boolean => {
  if (expr.tag !== "call") return false;
  const { min, max } = rangeOf(expr);
  return min >= 0 && max < neighbours;
};

/** Whether a load, by its index, is one of four neighbours, all of which are in its input. */
const isAmongFour = ({ inputs }: Pick<Nest, "inputs">, { slot, index }: Load): boolean => {
  const input = inputs[slot] as Nest["inputs"][number];
  const { base, terms } = asLinear(index);
  const places = terms.filter(({ atom, stride }) => stride === 1 && isPlace(atom));
  if (input.dtype !== "f32" || places.length !== 1) return false;
  const others = terms.filter((term) => term !== places[0]);
  let [min, max] = [base, base + neighbours - 1];
  for (const { atom, stride } of others) {
    const range = rangeOf(atom);
    min += stride * (stride > 0 ? range.min : range.max);
    max += stride * (stride > 0 ? range.max : range.min);
  }
  return min >= 0 && max < input.size;
};

/** What a load, given as it was with its index and as it is with its address, picks from four neighbours; undefined where it does not. */
export const lookupOf = (
  nest: Pick<Nest, "inputs">,
  indexed: Load,
  { index: address }: Load,
): Lookup | undefined => {
  if (!isAmongFour(nest, indexed)) return undefined;
  const { base: offset, terms: outer } = asLinear(address);
  const sum = outer.length === 1 ? (outer[0] as Affine["terms"][number]).atom : address;
  const { base, terms } = asLinear(sum);
  const place = terms.find(({ atom, stride }) => stride === element && isPlace(atom));
  const start = terms.find((term) => term !== place);
  return base === 0 && offset >= 0 && terms.length === 2 && place && start?.stride === 1
    ? { start: start.atom, offset, place: place.atom, sum }
    : undefined;
};

/** Parts of four lanes, each lane the neighbour that it picks; undefined where all lanes pick one, or the four are not the same for all. */
export const loadLookup = (
  e: Emitter,
  { start, offset, place }: Lookup,
): readonly Local<"v128">[] | undefined => {
  const { f } = e;
  const swizzle = f.isFused ? "i8x16.relaxed_swizzle" : "i8x16.swizzle"; // where the one is, the other is
  const from = e.value(start);
  if (!e.isVarying(place) || from.kind !== "uniform") return undefined;
  const four = f.let(f.memory("v128.load", offset, f.get(from.local as Local<"i32">))); // an address
  return Array.from({ length: e.parts }, (_, part) => {
    // The four bytes of place p are 4p, 4p + 1, 4p + 2 and 4p + 3.
    const first = f.op("i32x4.mul", e.lanes(place, part), splatBits(f, 0x04040404));
    const bytes = f.let(f.op("i32x4.add", first, splatBits(f, 0x03020100)));
    f.set(bytes, f.op(swizzle, f.get(four), f.get(bytes)));
    return bytes;
  });
};
