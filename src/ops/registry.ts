// Every primitive of the language by name. The laws in test/laws quantify over this record; a primitive that is missing here, or
// that has no row in test/support/specs.ts, fails a test or does not type-check.

import {
  addAllPrimitive,
  aliasPrimitive,
  barrierPrimitive,
  collapsePrimitive,
  fullPrimitive,
  replicatePrimitive,
} from "../core/builtin.ts";
import type { Primitive } from "../core/tensor.ts";
import { sumWindowsPrimitive } from "./correlate.ts";
import * as ops from "./index.ts";
import { pickMaximaPrimitive } from "./maxima.ts";
import { countBelowPrimitive, mergePrimitive, placePrimitive, rankPrimitive } from "./order.ts";
import {
  resampleLinearTransposedPrimitive,
  resampleNearestTransposedPrimitive,
} from "./resample.ts";
import { checkIndicesPrimitive, runsPrimitives } from "./rows.ts";

/** A table of primitives whose type tells their names and leaves their attributes out. */
const register = <Name extends string>(
  table: Readonly<Record<Name, Primitive>>,
): Readonly<Record<Name, Primitive>> => table;

/**
 * The primitives of the language. Public functions that are made of others (mean, einsum, split …) have no row of their own.
 *
 * Not listed is `custom`, which carries a pullback that the user wrote: no law of ours holds it to anything.
 */
export const registry = register({
  // The engine's own
  full: fullPrimitive,
  alias: aliasPrimitive,
  barrier: barrierPrimitive,
  addAll: addAllPrimitive,
  replicate: replicatePrimitive,
  collapse: collapsePrimitive,
  // Creation
  iota: ops.iota.primitive,
  // Arithmetic, comparison, logic, selection
  neg: ops.neg.primitive,
  add: ops.add.primitive,
  sub: ops.sub.primitive,
  mul: ops.mul.primitive,
  div: ops.div.primitive,
  mod: ops.mod.primitive,
  pow: ops.pow.primitive,
  maximum: ops.maximum.primitive,
  minimum: ops.minimum.primitive,
  abs: ops.abs.primitive,
  sign: ops.sign.primitive,
  floor: ops.floor.primitive,
  ceil: ops.ceil.primitive,
  round: ops.round.primitive,
  square: ops.square.primitive,
  reciprocal: ops.reciprocal.primitive,
  equal: ops.equal.primitive,
  notEqual: ops.notEqual.primitive,
  less: ops.less.primitive,
  lessEqual: ops.lessEqual.primitive,
  greater: ops.greater.primitive,
  greaterEqual: ops.greaterEqual.primitive,
  logicalAnd: ops.logicalAnd.primitive,
  logicalOr: ops.logicalOr.primitive,
  logicalXor: ops.logicalXor.primitive,
  logicalNot: ops.logicalNot.primitive,
  isNaN: ops.isNaN.primitive,
  isFinite: ops.isFinite.primitive,
  cast: ops.cast.primitive,
  where: ops.where.primitive,
  stopGradient: ops.stopGradient.primitive,
  // Functions
  exp: ops.exp.primitive,
  expm1: ops.expm1.primitive,
  log: ops.log.primitive,
  log1p: ops.log1p.primitive,
  sqrt: ops.sqrt.primitive,
  rsqrt: ops.rsqrt.primitive,
  sin: ops.sin.primitive,
  cos: ops.cos.primitive,
  tanh: ops.tanh.primitive,
  sigmoid: ops.sigmoid.primitive,
  erf: ops.erf.primitive,
  // Activations
  relu: ops.relu.primitive,
  clamp: ops.clamp.primitive,
  gelu: ops.gelu.primitive,
  geluTanh: ops.geluTanh.primitive,
  silu: ops.silu.primitive,
  softplus: ops.softplus.primitive,
  elu: ops.elu.primitive,
  leakyRelu: ops.leakyRelu.primitive,
  // Random
  randomBits: ops.randomBits.primitive,
  // Reductions
  sum: ops.sum.primitive,
  max: ops.max.primitive,
  min: ops.min.primitive,
  prod: ops.prod.primitive,
  softmax: ops.softmax.primitive,
  logSoftmax: ops.logSoftmax.primitive,
  cumsum: ops.cumsum.primitive,
  // Structure
  reshape: ops.reshape.primitive,
  expand: ops.expand.primitive,
  permute: ops.permute.primitive,
  pad: ops.pad.primitive,
  slice: ops.slice.primitive,
  flip: ops.flip.primitive,
  concat: ops.concat.primitive,
  // Contraction: matmul, dot, outer, einsum
  contract: ops.matmul.primitive,
  // Convolution, its adjoints, and what they are lowered to
  correlate: ops.conv2d.primitive,
  spreadWindows: ops.convTranspose2d.primitive,
  sumWindows: sumWindowsPrimitive,
  // Pooling
  maxPool: ops.maxPool2d.primitive,
  maxPoolIndices: ops.maxPoolWithIndices2d.primitive,
  placeMaxima: ops.maxUnpool2d.primitive,
  pickMaxima: pickMaximaPrimitive,
  // Resizing
  resampleNearest: ops.resizeNearest.primitive,
  resampleNearestTransposed: resampleNearestTransposedPrimitive,
  resampleLinear: ops.resizeBilinear.primitive,
  resampleLinearTransposed: resampleLinearTransposedPrimitive,
  // Gather and scatter, and what scatters are lowered to where they cannot run
  take: ops.take.primitive,
  scatterAdd: ops.scatterAdd.primitive,
  takeAlongAxis: ops.takeAlongAxis.primitive,
  scatterAddAlongAxis: ops.scatterAddAlongAxis.primitive,
  oneHot: ops.oneHot.primitive,
  checkIndices: checkIndicesPrimitive,
  sumRuns: runsPrimitives.sum,
  maxRuns: runsPrimitives.max,
  // Order
  argsort: ops.argsort.primitive,
  rank: rankPrimitive,
  place: placePrimitive,
  merge: mergePrimitive,
  countBelow: countBelowPrimitive,
  // Sparse rows and segments
  csrMatmul: ops.csrMatmul.primitive,
  segmentSum: ops.segmentSum.primitive,
  segmentMax: ops.segmentMax.primitive,
  segmentSoftmax: ops.segmentSoftmax.primitive,
});

/** The name of a primitive. */
export type PrimitiveName = keyof typeof registry;
