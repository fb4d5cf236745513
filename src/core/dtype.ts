// Element types. f32, f64, i32 and bool are computed with; f16, bf16, i8, u8 and i4 are only stored, and converted on load and store.

/** Types that ops compute with. */
export type ComputeDtype = "f32" | "f64" | "i32" | "bool";

/** Types that are only stored; `cast` converts them. */
export type StorageDtype = "f16" | "bf16" | "i8" | "u8" | "i4";

/** The element type of a tensor. */
export type Dtype = ComputeDtype | StorageDtype;

/** Any array that holds the elements of a tensor. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | Int8Array
  | Uint16Array;

interface DtypeRow {
  /** Bytes of an element; ½ where two are in one. */
  readonly bytes: number;
  readonly isFloat: boolean;
  readonly isStorage: boolean;
  readonly array: new (
    source: number | ArrayLike<number> | ArrayBufferLike,
    offset?: number,
    length?: number,
  ) => TypedArray;
}

// The constructors accept these arguments; TypeScript types each overload apart.
const constructorOf = (array: unknown) => array as DtypeRow["array"];

/** What is known of each dtype. f16 and bf16 are held as their 16-bit patterns, i4 in pairs: the element of even index in the low half of a byte. */
export const dtypes = {
  f32: { bytes: 4, isFloat: true, isStorage: false, array: constructorOf(Float32Array) },
  f64: { bytes: 8, isFloat: true, isStorage: false, array: constructorOf(Float64Array) },
  i32: { bytes: 4, isFloat: false, isStorage: false, array: constructorOf(Int32Array) },
  bool: { bytes: 1, isFloat: false, isStorage: false, array: constructorOf(Uint8Array) },
  f16: { bytes: 2, isFloat: true, isStorage: true, array: constructorOf(Uint16Array) },
  bf16: { bytes: 2, isFloat: true, isStorage: true, array: constructorOf(Uint16Array) },
  i8: { bytes: 1, isFloat: false, isStorage: true, array: constructorOf(Int8Array) },
  u8: { bytes: 1, isFloat: false, isStorage: true, array: constructorOf(Uint8Array) },
  i4: { bytes: 0.5, isFloat: false, isStorage: true, array: constructorOf(Uint8Array) },
} as const satisfies Record<Dtype, DtypeRow>;

/** Whether gradients flow through tensors of this dtype. */
export const isFloat = (dtype: Dtype): boolean => dtypes[dtype].isFloat;

/** Whether the dtype is for storage only. */
export const isStorage = (dtype: Dtype): dtype is StorageDtype => dtypes[dtype].isStorage;

/** The dtype that a stored dtype is computed in: f32 for f16 and bf16, i32 for i8, u8 and i4. */
export const computeDtype = (dtype: Dtype): ComputeDtype => {
  switch (dtype) {
    case "f16":
    case "bf16":
      return "f32";
    case "i8":
    case "u8":
    case "i4":
      return "i32";
    default:
      return dtype;
  }
};

/** The least and the greatest number that an integer dtype holds; undefined for all others. */
export const integerRange = (dtype: Dtype): readonly [number, number] | undefined => {
  switch (dtype) {
    case "i32":
      return [-(2 ** 31), 2 ** 31 - 1];
    case "i8":
      return [-128, 127];
    case "u8":
      return [0, 255];
    case "i4":
      return [-8, 7];
    default:
      return undefined;
  }
};

/** Bytes that `count` elements of a dtype take. */
export const bytesFor = (dtype: Dtype, count: number): number =>
  Math.ceil(dtypes[dtype].bytes * count);

/** Items of the array that holds `count` elements of a dtype: as many, or half of that. */
export const itemsFor = (dtype: Dtype, count: number): number =>
  dtype === "i4" ? Math.ceil(count / 2) : count;

/** A zero-filled array for `count` elements of a dtype. */
export const allocate = (dtype: Dtype, count: number): TypedArray =>
  new dtypes[dtype].array(itemsFor(dtype, count));

const scratch = new DataView(new ArrayBuffer(4));

/** The bfloat16 pattern nearest to x, ties to even; NaN stays NaN. */
export const encodeBf16 = (x: number): number => {
  if (Number.isNaN(x)) return 0x7fc0;
  scratch.setFloat32(0, x);
  const bits = scratch.getUint32(0);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
};

/** The number that a bfloat16 pattern stands for. */
export const decodeBf16 = (pattern: number): number => {
  scratch.setUint32(0, (pattern << 16) >>> 0);
  return scratch.getFloat32(0);
};

const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
};

/** The IEEE half-precision pattern nearest to x, ties to even; overflow gives infinity. */
export const encodeF16 = (x: number): number => {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (Number.isNaN(x)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundHalfEven(size * 2 ** 24); // subnormals are multiples of 2⁻²⁴
  const exponent = Math.floor(Math.log2(size));
  // log2 may round up just below a power of two; the mantissa below tells.
  const scale = size < 2 ** exponent ? exponent - 1 : exponent;
  return sign | (((scale + 15) << 10) + roundHalfEven((size / 2 ** scale - 1) * 1024));
};

/** The number that a half-precision pattern stands for. */
export const decodeF16 = (pattern: number): number => {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
};

/** The element of i4 at an index, from an array of bytes with two in each. */
export const decodeI4 = (bytes: TypedArray, index: number): number =>
  ((bytes[index >> 1] as number) << (28 - 4 * (index & 1))) >> 28;

/** Writes an element of i4 beside the one that it shares a byte with. Of other whole numbers the lowest four bits count. */
export const encodeI4 = (bytes: TypedArray, index: number, x: number): void => {
  const shift = 4 * (index & 1);
  const other = (bytes[index >> 1] as number) & (0xf0 >> shift);
  bytes[index >> 1] = other | ((x & 15) << shift);
};

/** How one number is written as an item of the array of a dtype, other than i4. */
export const encode = (dtype: Dtype, x: number): number =>
  dtype === "f16" ? encodeF16(x) : dtype === "bf16" ? encodeBf16(x) : x;

/** Writes a number into the array of a dtype. */
export const writeElement = (dtype: Dtype, array: TypedArray, index: number, x: number): void => {
  if (dtype === "i4") encodeI4(array, index, x);
  else array[index] = encode(dtype, x);
};

/** The first `count` elements in an array of a dtype as numbers: the array itself, floats from 16-bit patterns, or integers from pairs. */
export const decodeArray = (dtype: Dtype, array: TypedArray, count: number): TypedArray => {
  switch (dtype) {
    case "f16":
      return Float32Array.from(array, decodeF16);
    case "bf16":
      return Float32Array.from(array, decodeBf16);
    case "i4":
      return Int8Array.from({ length: count }, (_, i) => decodeI4(array, i));
    default:
      return array;
  }
};
