// WebAssembly instructions that the code generator uses: number, operands and result, as the specification lists them
// (https://webassembly.github.io/spec/core/appendix/index-instructions.html). Instructions with immediates have methods of their own.

/** Stack types, by the letters that signatures use. */
export interface Letters {
  readonly i: "i32";
  readonly l: "i64";
  readonly f: "f32";
  readonly d: "f64";
  readonly v: "v128";
}

/** The type of a value on the stack or in a local. */
export type ValueType = Letters[keyof Letters];

/** Above this, instructions have the SIMD prefix and a number of their own. */
export const simd = 0x1000;
/** And those of the atomics proposal. */
export const atomic = 0x2000;
/** And conversions that saturate. */
export const saturating = 0xfc00;

/** Plain instructions: operands > result. */
export const plainOps = {
  "i32.eqz": [0x45, "i>i"],
  "i32.eq": [0x46, "ii>i"],
  "i32.ne": [0x47, "ii>i"],
  "i32.lt_s": [0x48, "ii>i"],
  "i32.lt_u": [0x49, "ii>i"],
  "i32.gt_s": [0x4a, "ii>i"],
  "i32.gt_u": [0x4b, "ii>i"],
  "i32.le_s": [0x4c, "ii>i"],
  "i32.ge_s": [0x4e, "ii>i"],
  "i32.ge_u": [0x4f, "ii>i"],
  "f32.eq": [0x5b, "ff>i"],
  "f32.ne": [0x5c, "ff>i"],
  "f32.lt": [0x5d, "ff>i"],
  "f32.le": [0x5f, "ff>i"],
  "f64.eq": [0x61, "dd>i"],
  "f64.ne": [0x62, "dd>i"],
  "f64.lt": [0x63, "dd>i"],
  "f64.le": [0x65, "dd>i"],
  "i32.add": [0x6a, "ii>i"],
  "i32.sub": [0x6b, "ii>i"],
  "i32.mul": [0x6c, "ii>i"],
  "i32.div_s": [0x6d, "ii>i"],
  "i32.div_u": [0x6e, "ii>i"],
  "i32.rem_s": [0x6f, "ii>i"],
  "i32.rem_u": [0x70, "ii>i"],
  "i32.and": [0x71, "ii>i"],
  "i32.or": [0x72, "ii>i"],
  "i32.xor": [0x73, "ii>i"],
  "i32.shl": [0x74, "ii>i"],
  "i32.shr_s": [0x75, "ii>i"],
  "i32.shr_u": [0x76, "ii>i"],
  "i32.rotl": [0x77, "ii>i"],
  "i64.mul": [0x7e, "ll>l"],
  "i64.div_u": [0x80, "ll>l"],
  "f32.abs": [0x8b, "f>f"],
  "f32.neg": [0x8c, "f>f"],
  "f32.ceil": [0x8d, "f>f"],
  "f32.floor": [0x8e, "f>f"],
  "f32.nearest": [0x90, "f>f"],
  "f32.sqrt": [0x91, "f>f"],
  "f32.add": [0x92, "ff>f"],
  "f32.sub": [0x93, "ff>f"],
  "f32.mul": [0x94, "ff>f"],
  "f32.div": [0x95, "ff>f"],
  "f32.min": [0x96, "ff>f"],
  "f32.max": [0x97, "ff>f"],
  "f64.abs": [0x99, "d>d"],
  "f64.neg": [0x9a, "d>d"],
  "f64.ceil": [0x9b, "d>d"],
  "f64.floor": [0x9c, "d>d"],
  "f64.nearest": [0x9e, "d>d"],
  "f64.sqrt": [0x9f, "d>d"],
  "f64.add": [0xa0, "dd>d"],
  "f64.sub": [0xa1, "dd>d"],
  "f64.mul": [0xa2, "dd>d"],
  "f64.div": [0xa3, "dd>d"],
  "f64.min": [0xa4, "dd>d"],
  "f64.max": [0xa5, "dd>d"],
  "i32.wrap_i64": [0xa7, "l>i"],
  "i64.extend_i32_u": [0xad, "i>l"],
  "f32.convert_i32_s": [0xb2, "i>f"],
  "f32.demote_f64": [0xb6, "d>f"],
  "f64.convert_i32_s": [0xb7, "i>d"],
  "f64.promote_f32": [0xbb, "f>d"],
  "i32.reinterpret_f32": [0xbc, "f>i"],
  "f32.reinterpret_i32": [0xbe, "i>f"],
  "i32.trunc_sat_f32_s": [saturating + 0x00, "f>i"],
  "i32.trunc_sat_f64_s": [saturating + 0x02, "d>i"],
  "i8x16.swizzle": [simd + 0x0e, "vv>v"],
  "i8x16.splat": [simd + 0x0f, "i>v"],
  "i16x8.splat": [simd + 0x10, "i>v"],
  "i32x4.splat": [simd + 0x11, "i>v"],
  "f32x4.splat": [simd + 0x13, "f>v"],
  "f64x2.splat": [simd + 0x14, "d>v"],
  "i32x4.eq": [simd + 0x37, "vv>v"],
  "i32x4.ne": [simd + 0x38, "vv>v"],
  "i32x4.lt_s": [simd + 0x39, "vv>v"],
  "i32x4.lt_u": [simd + 0x3a, "vv>v"],
  "i32x4.gt_s": [simd + 0x3b, "vv>v"],
  "i32x4.gt_u": [simd + 0x3c, "vv>v"],
  "i32x4.le_s": [simd + 0x3d, "vv>v"],
  "i32x4.ge_s": [simd + 0x3f, "vv>v"],
  "f32x4.eq": [simd + 0x41, "vv>v"],
  "f32x4.ne": [simd + 0x42, "vv>v"],
  "f32x4.lt": [simd + 0x43, "vv>v"],
  "f32x4.gt": [simd + 0x44, "vv>v"],
  "f32x4.le": [simd + 0x45, "vv>v"],
  "f32x4.ge": [simd + 0x46, "vv>v"],
  "f64x2.eq": [simd + 0x47, "vv>v"],
  "f64x2.ne": [simd + 0x48, "vv>v"],
  "f64x2.lt": [simd + 0x49, "vv>v"],
  "f64x2.gt": [simd + 0x4a, "vv>v"],
  "f64x2.le": [simd + 0x4b, "vv>v"],
  "v128.not": [simd + 0x4d, "v>v"],
  "v128.and": [simd + 0x4e, "vv>v"],
  "v128.andnot": [simd + 0x4f, "vv>v"],
  "v128.or": [simd + 0x50, "vv>v"],
  "v128.xor": [simd + 0x51, "vv>v"],
  /** a where the bits of the third operand are set, else b. */
  "v128.bitselect": [simd + 0x52, "vvv>v"],
  "v128.any_true": [simd + 0x53, "v>i"],
  "f32x4.demote_f64x2_zero": [simd + 0x5e, "v>v"],
  "f64x2.promote_low_f32x4": [simd + 0x5f, "v>v"],
  "i8x16.narrow_i16x8_s": [simd + 0x65, "vv>v"],
  "i8x16.narrow_i16x8_u": [simd + 0x66, "vv>v"],
  "f32x4.ceil": [simd + 0x67, "v>v"],
  "f32x4.floor": [simd + 0x68, "v>v"],
  "f32x4.trunc": [simd + 0x69, "v>v"],
  /** Half to even. */
  "f32x4.nearest": [simd + 0x6a, "v>v"],
  "f64x2.floor": [simd + 0x75, "v>v"],
  "f64x2.nearest": [simd + 0x94, "v>v"],
  "i16x8.narrow_i32x4_s": [simd + 0x85, "vv>v"],
  "i16x8.narrow_i32x4_u": [simd + 0x86, "vv>v"],
  "i16x8.extend_low_i8x16_s": [simd + 0x87, "v>v"],
  "i16x8.extend_low_i8x16_u": [simd + 0x89, "v>v"],
  "i32x4.abs": [simd + 0xa0, "v>v"],
  "i32x4.neg": [simd + 0xa1, "v>v"],
  "i32x4.all_true": [simd + 0xa3, "v>i"],
  "i32x4.bitmask": [simd + 0xa4, "v>i"],
  "i32x4.extend_low_i16x8_s": [simd + 0xa7, "v>v"],
  "i32x4.extend_low_i16x8_u": [simd + 0xa9, "v>v"],
  "i32x4.shl": [simd + 0xab, "vi>v"],
  "i32x4.shr_s": [simd + 0xac, "vi>v"],
  "i32x4.shr_u": [simd + 0xad, "vi>v"],
  "i32x4.add": [simd + 0xae, "vv>v"],
  "i32x4.sub": [simd + 0xb1, "vv>v"],
  "i32x4.mul": [simd + 0xb5, "vv>v"],
  "i32x4.min_s": [simd + 0xb6, "vv>v"],
  "i32x4.min_u": [simd + 0xb7, "vv>v"],
  "i32x4.max_s": [simd + 0xb8, "vv>v"],
  "i64x2.shl": [simd + 0xcb, "vi>v"],
  "i64x2.shr_u": [simd + 0xcd, "vi>v"],
  "i64x2.add": [simd + 0xce, "vv>v"],
  "i64x2.sub": [simd + 0xd1, "vv>v"],
  "f32x4.abs": [simd + 0xe0, "v>v"],
  "f32x4.neg": [simd + 0xe1, "v>v"],
  "f32x4.sqrt": [simd + 0xe3, "v>v"],
  "f32x4.add": [simd + 0xe4, "vv>v"],
  "f32x4.sub": [simd + 0xe5, "vv>v"],
  "f32x4.mul": [simd + 0xe6, "vv>v"],
  "f32x4.div": [simd + 0xe7, "vv>v"],
  /** NaN where either is NaN; several machine instructions. */
  "f32x4.min": [simd + 0xe8, "vv>v"],
  "f32x4.max": [simd + 0xe9, "vv>v"],
  /** b < a ? b : a; one machine instruction. */
  "f32x4.pmin": [simd + 0xea, "vv>v"],
  /** a < b ? b : a; one machine instruction. */
  "f32x4.pmax": [simd + 0xeb, "vv>v"],
  "f64x2.abs": [simd + 0xec, "v>v"],
  "f64x2.neg": [simd + 0xed, "v>v"],
  "f64x2.sqrt": [simd + 0xef, "v>v"],
  "f64x2.add": [simd + 0xf0, "vv>v"],
  "f64x2.sub": [simd + 0xf1, "vv>v"],
  "f64x2.mul": [simd + 0xf2, "vv>v"],
  "f64x2.div": [simd + 0xf3, "vv>v"],
  "f64x2.pmin": [simd + 0xf6, "vv>v"],
  "f64x2.pmax": [simd + 0xf7, "vv>v"],
  "i32x4.trunc_sat_f32x4_s": [simd + 0xf8, "v>v"],
  "i32x4.trunc_sat_f32x4_u": [simd + 0xf9, "v>v"],
  "f32x4.convert_i32x4_s": [simd + 0xfa, "v>v"],
  "f32x4.convert_i32x4_u": [simd + 0xfb, "v>v"],
  "i32x4.trunc_sat_f64x2_s_zero": [simd + 0xfc, "v>v"],
  "f64x2.convert_low_i32x4_s": [simd + 0xfe, "v>v"],
  /** a · b + c, rounded once or twice; needs relaxed SIMD. */
  "f32x4.relaxed_madd": [simd + 0x105, "vvv>v"],
  /** −a · b + c; needs relaxed SIMD. */
  "f32x4.relaxed_nmadd": [simd + 0x106, "vvv>v"],
} as const satisfies Record<string, readonly [number, string]>;

/** Loads and stores: number, signature with the address first, and the alignment that they assume as a power of two. */
export const memoryOps = {
  "i32.load": [0x28, "i>i"],
  "f32.load": [0x2a, "i>f"],
  "f64.load": [0x2b, "i>d"],
  "i32.load8_s": [0x2c, "i>i"],
  "i32.load8_u": [0x2d, "i>i"],
  "i32.load16_u": [0x2f, "i>i"],
  "i32.store": [0x36, "ii>"],
  "f32.store": [0x38, "if>"],
  "f64.store": [0x39, "id>"],
  "i32.store8": [0x3a, "ii>"],
  "i32.store16": [0x3b, "ii>"],
  "v128.load": [simd + 0x00, "i>v"],
  "v128.load8x8_s": [simd + 0x01, "i>v"],
  "v128.load8x8_u": [simd + 0x02, "i>v"],
  "v128.load16x4_u": [simd + 0x04, "i>v"],
  "v128.load32_splat": [simd + 0x09, "i>v"],
  "v128.load64_splat": [simd + 0x0a, "i>v"],
  "v128.store": [simd + 0x0b, "iv>"],
  "v128.load32_zero": [simd + 0x5c, "i>v"],
  "v128.load64_zero": [simd + 0x5d, "i>v"],
} as const satisfies Record<string, readonly [number, string]>;

/** Loads and stores of one lane: number, lanes. */
export const laneMemoryOps = {
  "v128.load32_lane": [simd + 0x56, "iv>v"],
  "v128.store32_lane": [simd + 0x5a, "iv>"],
  "v128.store64_lane": [simd + 0x5b, "iv>"],
} as const satisfies Record<string, readonly [number, string]>;

/** Instructions on one lane. */
export const laneOps = {
  "i32x4.extract_lane": [simd + 0x1b, "v>i"],
  "i32x4.replace_lane": [simd + 0x1c, "vi>v"],
  "f32x4.extract_lane": [simd + 0x1f, "v>f"],
  "f32x4.replace_lane": [simd + 0x20, "vf>v"],
  "f64x2.extract_lane": [simd + 0x21, "v>d"],
} as const satisfies Record<string, readonly [number, string]>;

/** Atomic instructions; their alignment is exact. */
export const atomicOps = {
  "memory.atomic.notify": [atomic + 0x00, "ii>i"],
  "memory.atomic.wait32": [atomic + 0x01, "iil>i"],
  "i32.atomic.load": [atomic + 0x10, "i>i"],
  "i32.atomic.store": [atomic + 0x17, "ii>"],
  "i32.atomic.rmw.add": [atomic + 0x1e, "ii>i"],
  "i32.atomic.rmw.cmpxchg": [atomic + 0x48, "iii>i"],
} as const satisfies Record<string, readonly [number, string]>;
