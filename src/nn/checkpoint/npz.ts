// Tensors by name as .npz files: zip archives of .npy files, as `numpy.savez` and `numpy.savez_compressed` write them.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Tensor } from "../../core/tensor.ts";
import { readBytes, writeAtomically } from "../files.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import {
  decoded,
  type FileProblem,
  type FormatProblem,
  formatProblem,
  reading,
  writing,
} from "./problem.ts";
import type { Tensors } from "./safetensors.ts";
import { unzip, zip } from "./zip.ts";

/** Options of `encodeNpz` and `saveNpz`. */
export interface NpzOptions {
  /** Whether to deflate, which takes time; default: no, as `numpy.savez`. */
  readonly isCompressed?: boolean;
}

const ending = ".npy";
const named =
  (name: string) =>
  (problem: FormatProblem): FormatProblem => ({ ...problem, rule: `"${name}": ${problem.rule}` });

/**
 * The bytes of an .npz file. UnknownDtype for bf16 and i4, which numpy has not.
 *
 * @example
 * import * as E from "fp-ts/lib/Either.js";
 * const bytes = await encodeNpz(new Map([["w", tensor([1, 2])]]), { isCompressed: true });
 * const back = pipe(bytes, E.chain(decodeNpz));
 * back._tag === "Right" ? toArray(back.right.get("w")!) : back.left // [1, 2]
 */
export const encodeNpz = async (
  tensors: Tensors,
  { isCompressed = false }: NpzOptions = {},
): Promise<E.Either<FormatProblem, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  for (const [name, x] of tensors) {
    const bytes = await encodeNpy(x);
    if (E.isLeft(bytes)) return E.mapLeft(named(name))(bytes);
    files.set(`${name}${ending}`, bytes.right);
  }
  return E.right(zip(files, isCompressed));
};

/** The tensors in the bytes of an .npz file, or which rule they break. Each file is held to its checksum. */
export const decodeNpz = (bytes: Uint8Array): E.Either<FormatProblem, Tensors> =>
  pipe(
    unzip(bytes),
    E.chain((files) => {
      const tensors = new Map<string, Tensor>();
      for (const [file, content] of files) {
        if (!file.endsWith(ending))
          return E.left(formatProblem("BadHeader", "files that end in .npy expected", `"${file}"`));
        const name = file.slice(0, -ending.length);
        const x = E.mapLeft(named(name))(decodeNpy(content));
        if (E.isLeft(x)) return x;
        tensors.set(name, x.right);
      }
      return E.right(tensors);
    }),
  );

/** Writes tensors to an .npz file, whole or not at all. */
export const saveNpz = (
  path: string,
  tensors: Tensors,
  options: NpzOptions = {},
): TE.TaskEither<FileProblem, void> =>
  pipe(
    TE.fromTask(() => encodeNpz(tensors, options)),
    TE.chain((bytes) => decoded("saveNpz", path, bytes)),
    TE.chain((bytes) => writing("saveNpz", path, () => writeAtomically(path, [bytes]))),
  );

/** Reads the tensors in an .npz file. */
export const loadNpz = (path: string): TE.TaskEither<FileProblem, Tensors> =>
  pipe(
    reading("loadNpz", path, () => readBytes(path)),
    TE.chain((bytes) => decoded("loadNpz", path, decodeNpz(bytes))),
  );
