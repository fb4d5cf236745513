// The ways of storing a leaf, one record each. Another one is a member of `Format` and a record here.

import { customVjp } from "../../core/custom.ts";
import { isStorage } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { cast } from "../../ops/arithmetic.ts";
import { isRecord } from "../checkpoint/json.ts";
import type { Codec, Dense, Format, Kind, PairsFormat, Parts, QuantizedFormat } from "./format.ts";
import { dequantize, fakeQuantize, type Quantized, quantize } from "./quantize.ts";
import { layoutOf } from "./scheme.ts";
import { joinPairs, requirePairs, splitPairs } from "./sparsePairs.ts";

const requireF32 = (leaf: string, { dtype }: Tensor): void => {
  if (dtype !== "f32") fail("pack", "DtypeMismatch", `dtype f32 of "${leaf}" expected`, dtype);
};

/** What rounds to infinity: half a step above the largest number. */
const overflow = { f16: 65520, bf16: (2 - 2 ** -8) * 2 ** 127 } as const;

/** Fails where a leaf has numbers that a dtype does not hold. */
const requireRange = (dtype: Dense["dtype"], leaf: Tensor, path: string): void => {
  if (dtype !== "f16" && dtype !== "bf16") return;
  const numbers = values(leaf);
  const at = numbers.findIndex((x) => Math.abs(x) >= overflow[dtype]);
  if (at >= 0)
    fail(
      "pack",
      "NonFinite",
      `numbers in "${path}" that ${dtype} holds expected`,
      `${numbers[at]} at flat index ${at}`,
    );
};

const dense: Kind<Dense> = {
  check: ({ dtype }, w, leaf) => requireRange(dtype, w, leaf),
  pack: ({ dtype }, w, leaf) => {
    if (dtype === undefined) return w;
    requireF32(leaf, w);
    return cast(dtype)(w);
  },
  unpack: ({ dtype }, parts) => {
    const stored = parts as Tensor; // as `pack` made it
    return dtype !== undefined && isStorage(dtype) ? cast("f32")(stored) : stored;
  },
  fake: ({ dtype }, w) =>
    dtype === undefined
      ? w
      : customVjp(
          (x: Tensor): Tensor => cast("f32")(cast(dtype)(x)),
          ({ cotangent }) => [cotangent],
        )(w),
  read: ({ dtype, ...others }) => {
    if (Object.keys(others).length > 1) return undefined; // `kind` is one
    if (dtype === undefined) return { kind: "dense" };
    return dtype === "f32" || dtype === "f16" || dtype === "bf16"
      ? { kind: "dense", dtype }
      : undefined;
  },
};

const quantized: Kind<QuantizedFormat> = {
  pack: (format, w, leaf) => {
    requireF32(leaf, w);
    layoutOf("pack", format, w.shape, leaf); // refuses with the leaf's name
    return { ...quantize(format)(w) };
  },
  unpack: (format, parts) => dequantize(format)(parts as unknown as Quantized), // as `pack` made them
  fake: (format, w) => fakeQuantize(format)(w),
  read: ({ kind: _kind, bits, per, axis, symmetric, ...others }) => {
    const isKnown =
      (bits === 8 || bits === 4) &&
      (per === "tensor" || per === "channel" || isGroup(per)) &&
      (axis === undefined || Number.isInteger(axis)) &&
      (symmetric === undefined || typeof symmetric === "boolean") &&
      Object.keys(others).length === 0;
    if (!isKnown) return undefined;
    return {
      ...{ kind: "quantized", bits, per },
      ...(axis === undefined ? {} : { axis: axis as number }), // just seen
      ...(symmetric === undefined ? {} : { symmetric: symmetric as boolean }),
    };
  },
};

const isGroup = (per: unknown): per is { readonly group: number } =>
  typeof per === "object" &&
  per !== null &&
  "group" in per &&
  Number.isInteger(per.group) &&
  Object.keys(per).length === 1;

/** How the values of pairs are stored. */
const valuesOf = ({ values }: PairsFormat): Dense | QuantizedFormat => values ?? { kind: "dense" };

const pairs: Kind<PairsFormat> = {
  check: (format, w, leaf) => {
    requirePairs(w, format, { op: "pack", leaf });
    codec.check(valuesOf(format), w, leaf);
  },
  pack: (format, w, leaf, { pack }) => {
    requireF32(leaf, w);
    const { values, places } = splitPairs(w, format, { op: "pack", leaf });
    return { values: pack(valuesOf(format), values, `${leaf}.values`), places };
  },
  unpack: (format, parts, { unpack }) => {
    const { values, places } = parts as { readonly values: Parts; readonly places: Tensor }; // as `pack` made them
    return joinPairs({ values: unpack(valuesOf(format), values), places }, format);
  },
  fake: (format, w, { fake }) => {
    const { values, places } = splitPairs(w, format, { op: "fakeQuantizeTree" });
    return joinPairs({ values: fake(valuesOf(format), values), places }, format);
  },
  read: ({ kind: _kind, axis, values, ...others }, { read }) => {
    const inner = isRecord(values) ? read(values) : undefined;
    const isKnown =
      (axis === undefined || Number.isInteger(axis)) &&
      (values === undefined || (inner !== undefined && inner.kind !== "pairs")) &&
      Object.keys(others).length === 0;
    if (!isKnown) return undefined;
    return {
      ...{ kind: "pairs" },
      ...(axis === undefined ? {} : { axis: axis as number }), // just seen
      ...(inner === undefined ? {} : { values: inner as Dense | QuantizedFormat }),
    };
  },
};

/** All ways of storing. */
const kinds = { dense, quantized, pairs } satisfies {
  readonly [K in Format["kind"]]: Kind<Extract<Format, { readonly kind: K }>>;
};

// The record of a format's kind takes that format.
const kindOf = ({ kind }: Pick<Format, "kind">): Kind<Format> => kinds[kind] as Kind<Format>;

/** What can be done with a leaf of any format. */
export const codec: Codec = {
  check: (format, w, leaf) => kindFor(leaf, format).check?.(format, w, leaf),
  pack: (format, w, leaf) => kindFor(leaf, format).pack(format, w, leaf, codec),
  unpack: (format, parts) => kindOf(format).unpack(format, parts, codec),
  fake: (format, w) => kindOf(format).fake(format, w, codec),
  read: (said) => {
    const { kind } = said;
    return typeof kind === "string" && Object.hasOwn(kinds, kind)
      ? kindOf({ kind: kind as Format["kind"] }).read(said, codec) // just seen
      : undefined;
  },
};

/** The record for a leaf that is to be packed. Fails where there is no such kind. */
const kindFor = (leaf: string, format: Format): Kind<Format> =>
  Object.hasOwn(kinds, format.kind)
    ? kindOf(format)
    : fail(
        "pack",
        "InvalidArgument",
        `a kind of format for "${leaf}" expected`,
        String(format.kind),
        `there are ${Object.keys(kinds).join(", ")}`,
      );
