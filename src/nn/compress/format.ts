// How a leaf of a tree is stored, as plain data: a union that grows by one member and one record of `kinds.ts` for each way.

import type { Dtype } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Scheme } from "./scheme.ts";

/** Floats as they are, or in another float dtype. A leaf without a format is stored as it is, too. */
export interface Dense {
  readonly kind: "dense";
  /** Default: the leaf's own. */
  readonly dtype?: "f32" | "f16" | "bf16";
}

/** Integers and scales, see `quantize`. */
export interface QuantizedFormat extends Omit<Scheme, "per" | "clip"> {
  readonly kind: "quantized";
  readonly per: "tensor" | "channel" | { readonly group: number };
}

/** Two of every four neighbours, and where they are: for weights of which `nOfM` has left no more. See `toPairs`. */
export interface PairsFormat {
  readonly kind: "pairs";
  /** The axis along which there are groups of four; default −2: along the inputs of a linear layer or a convolution. */
  readonly axis?: number;
  /** How what is kept is stored, [inputs / 2, ...others]; default: as it is. */
  readonly values?: Dense | QuantizedFormat;
}

/** How a leaf is stored. */
export type Format = Dense | QuantizedFormat | PairsFormat;

/** Formats by the path of the leaf, as `layers[0].weight`. */
export type Formats = Readonly<Record<string, Format>>;

/** What a leaf becomes: a tensor, or named parts. */
export type Parts = Tensor | { readonly [name: string]: Parts };

/** A leaf as the choice of its format sees it. */
export interface LeafInfo {
  readonly path: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** What can be done with a leaf, given its format. */
export interface Codec {
  /** Fails where the values of a tensor are none that the format can hold; `leaf` is named. */
  readonly check: (format: Format, w: Tensor, leaf: string) => void;
  /** The parts of a tensor, as graphs. Fails where the format does not fit its shape and dtype; `leaf` is named. */
  readonly pack: (format: Format, w: Tensor, leaf: string) => Parts;
  /** The tensor that parts stand for, as a graph. */
  readonly unpack: (format: Format, parts: Parts) => Tensor;
  /** The tensor rounded as packing would, with a gradient that goes straight through. */
  readonly fake: (format: Format, w: Tensor) => Tensor;
  /** A format from what JSON says; undefined where that is none. */
  readonly read: (said: Readonly<Record<string, unknown>>) => Format | undefined;
}

/** One way of storing: what is done with a leaf. Formats that contain others hand them to `codec`. */
export interface Kind<F extends Format> {
  /** Any values will do when absent. */
  readonly check?: (format: F, w: Tensor, leaf: string) => void;
  readonly pack: (format: F, w: Tensor, leaf: string, codec: Codec) => Parts;
  readonly unpack: (format: F, parts: Parts, codec: Codec) => Tensor;
  readonly fake: (format: F, w: Tensor, codec: Codec) => Tensor;
  readonly read: (said: Readonly<Record<string, unknown>>, codec: Codec) => F | undefined;
}
