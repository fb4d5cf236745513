// Zip archives, as far as numpy has them: files by name, stored or deflated (PKWARE's APPNOTE, sections 4.3 and 4.4). fflate packs and
// inflates (deflate.ts); the directory is read here, so that every file is held to its checksum.

import * as E from "fp-ts/lib/Either.js";
import { crc32 } from "./crc.ts";
import { inflate, largestRatio, pack } from "./deflate.ts";
import { type FormatProblem, formatProblem } from "./problem.ts";

/** Files by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

type Checked<A> = E.Either<FormatProblem, A>;

/** The bytes of an archive. The same files give the same bytes. */
export const zip = (files: Files, isCompressed: boolean): Uint8Array =>
  pack(Object.fromEntries(files), {
    level: isCompressed ? 6 : 0,
    mtime: new Date(1980, 0, 1), // the earliest that the format knows
  });

/** A file as the directory lists it. */
interface Listed {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where the file's own header is. */
  readonly offset: number;
}

const endSize = 22;
const longestComment = 0xffff;

/** The files of an archive. */
export const unzip = (bytes: Uint8Array): Checked<Files> => {
  try {
    return unpack(bytes);
  } catch (cause) {
    // A view was read beyond its end, or fflate met a stream that is none.
    return E.left(
      formatProblem(
        "BadHeader",
        "a zip archive expected",
        cause instanceof Error ? cause.message : `${cause}`,
      ),
    );
  }
};

const unpack = (bytes: Uint8Array): Checked<Files> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined)
    return E.left(
      formatProblem(
        "Truncated",
        "a zip archive with its directory expected",
        `${bytes.length} bytes without one`,
      ),
    );
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const files = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const [listed, next] = readListed(view, bytes, at);
    if (files.has(listed.name))
      return E.left(
        formatProblem("DuplicateName", "each file once expected", `"${listed.name}" twice`),
      );
    const content = contentOf(view, bytes, listed);
    if (E.isLeft(content)) return content;
    files.set(listed.name, content.right);
    at = next;
  }
  return at === end
    ? E.right(files)
    : E.left(formatProblem("BadHeader", `a directory that ends at byte ${end} expected`, `${at}`));
};

/** Where the last record of an archive begins; a comment may follow it. */
const findEnd = (view: DataView): number | undefined => {
  const last = view.byteLength - endSize;
  for (let at = last; at >= Math.max(0, last - longestComment); at--)
    if (view.getUint32(at, true) === 0x06054b50) return at;
  return undefined;
};

const readListed = (view: DataView, bytes: Uint8Array, at: number): readonly [Listed, number] => {
  if (view.getUint32(at, true) !== 0x02014b50) throw new RangeError(`no entry at byte ${at}`);
  const [nameSize, extraSize, commentSize] = [28, 30, 32].map((k) =>
    view.getUint16(at + k, true),
  ) as [number, number, number]; // three
  const nameStart = at + 46;
  const listed = {
    name: new TextDecoder().decode(bytes.subarray(nameStart, nameStart + nameSize)),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  return [listed, nameStart + nameSize + extraSize + commentSize];
};

const contentOf = (view: DataView, bytes: Uint8Array, file: Listed): Checked<Uint8Array> => {
  const { name, method, crc, packedSize, size, offset } = file;
  if (view.getUint32(offset, true) !== 0x04034b50)
    throw new RangeError(`no file at byte ${offset}`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  const packed = bytes.subarray(start, start + packedSize);
  if (packedSize === 0xffffffff || packed.length !== packedSize)
    return E.left(
      formatProblem("Truncated", `${packedSize} bytes expected for "${name}"`, `${packed.length}`),
    );
  if (method !== 0 && method !== 8)
    return E.left(
      formatProblem("BadHeader", `"${name}" stored or deflated expected`, `method ${method}`),
    );
  // A size beyond that would only take memory.
  if (method === 8 && size > largestRatio * (packedSize + 1))
    return E.left(
      formatProblem(
        "WrongByteCount",
        `at most ${largestRatio * (packedSize + 1)} bytes expected for "${name}"`,
        `${size}`,
      ),
    );
  const content = method === 0 ? packed : inflate(packed, size);
  if (content.length !== size)
    return E.left(
      formatProblem("WrongByteCount", `${size} bytes expected for "${name}"`, `${content.length}`),
    );
  const found = crc32(content);
  return found === crc
    ? E.right(content)
    : E.left(
        formatProblem(
          "BadChecksum",
          `checksum ${crc} expected for "${name}"`,
          `${found}`,
          "the file was changed or damaged",
        ),
      );
};
