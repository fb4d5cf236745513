// Deflate (RFC 1951), bare and in the wrapping of zlib (RFC 1950). fflate packs and inflates; sizes and checksums are held here.

import { inflateSync, zipSync } from "fflate";
import * as E from "fp-ts/lib/Either.js";

/** fflate's packing of files into a zip archive. */
export const pack = zipSync;

/** Deflate makes nothing smaller than by this factor. */
export const largestRatio = 1032;

/**
 * What a deflated stream holds, cut off at `size` bytes: memory is a matter of `size` alone, whatever the stream would grow to. Throws
 * fflate's complaint about a stream that is none.
 */
export const inflate = (packed: Uint8Array, size: number): Uint8Array =>
  inflateSync(packed, { out: new Uint8Array(size) });

/**
 * The `size` bytes in a stream of zlib. A Left says what is wrong: not zlib, cut off, more or fewer bytes, another checksum.
 *
 * @example
 * const one = Uint8Array.of(0x78, 1, 1, 1, 0, 0xfe, 0xff, 7, 0, 8, 0, 8); // one stored byte, 7
 * inflateZlib(one, 1) // { _tag: "Right", right: Uint8Array(1) [7] }
 */
export const inflateZlib = (bytes: Uint8Array, size: number): E.Either<string, Uint8Array> => {
  if (bytes.length < 6) return E.left(`${bytes.length} bytes of zlib`);
  const [method = 0, flags = 0] = bytes;
  if ((method & 15) !== 8 || ((method << 8) | flags) % 31 !== 0 || (flags & 32) !== 0)
    return E.left("a stream that is not zlib's");
  try {
    // One more byte than is due shows whether there are more.
    const content = inflate(bytes.subarray(2, -4), size + 1);
    if (content.length > size) return E.left(`more than ${size} bytes`);
    if (content.length < size) return E.left(`${content.length} bytes`);
    return adler32(content) === uint32At(bytes, bytes.length - 4)
      ? E.right(content)
      : E.left("bytes with another checksum");
  } catch (cause) {
    if (cause instanceof RangeError) return E.left(`more than ${size} bytes`); // a stored block that does not fit
    return E.left(cause instanceof Error ? cause.message : `${cause}`);
  }
};

const uint32At = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);

/** The checksum of RFC 1950, section 8.2. */
const adler32 = (bytes: Uint8Array): number => {
  let [a, b] = [1, 0];
  for (let from = 0; from < bytes.length; from += 3800) {
    // So many bytes leave b below 2³¹ without a remainder taken.
    const to = Math.min(from + 3800, bytes.length);
    for (let i = from; i < to; i++) b += a += bytes[i] as number;
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
};
