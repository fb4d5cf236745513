// Packed trees in files: a safetensors file with the parts by their paths, and in its metadata how the tree is put together and stored.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Dtype, dtypes } from "../../core/dtype.ts";
import { fail, TensorError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { fieldPath, flattenTree, mapTree } from "../../core/tree.ts";
import { zeros } from "../../ops/create.ts";
import { isRecord, parseJson } from "../checkpoint/json.ts";
import {
  decoded,
  type FileProblem,
  type FormatProblem,
  formatProblem,
} from "../checkpoint/problem.ts";
import type { Metadata, Tensors } from "../checkpoint/safetensors.ts";
import { loadTensors, saveTensors, tensorsOf, treeOf } from "../checkpoint/tree.ts";
import type { Formats } from "./format.ts";
import { codec } from "./kinds.ts";
import { packedWith, requirePaths, unpack } from "./pack.ts";

/** Under which name the metadata of a file has how its tree is stored. */
const metadataKey = "pullback.packed";

/** A packed tree, how it was packed, and strings beside it. */
export interface PackedModel {
  readonly formats: Formats;
  readonly packed: unknown;
  readonly metadata?: Metadata;
}

/** What `loadPacked` finds. */
export interface LoadedPacked<T> {
  readonly formats: Formats;
  /** For `unpack`. */
  readonly packed: T;
  readonly metadata: Metadata;
}

/** The tree with its leaves as text, `f32 [2, 3]`: what JSON can say of it. */
const skeletonOf = (formats: Formats, packed: unknown): unknown =>
  mapTree(unpack(formats)(packed as never), ({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`);

/**
 * Writes a packed tree to a safetensors file, whole or not at all, with its formats in the metadata. Codes, scales and all else come back bit for bit.
 *
 * Fails with UnwritableFile. Throws where the formats are not those of the tree, so that `loadPacked` would refuse the file, or the metadata use the name `pullback.packed`. See `loadPacked`
 * for an example.
 */
export const savePacked = (
  path: string,
  { formats, packed, metadata = {} }: PackedModel,
): TE.TaskEither<FileProblem, void> => {
  if (Object.hasOwn(metadata, metadataKey))
    fail("savePacked", "InvalidArgument", "names that are not reserved expected", metadataKey);
  const said = JSON.stringify({ formats, tree: skeletonOf(formats, packed) });
  const tensors = tensorsOf(packed);
  const read = readAs(tensors, said); // as `loadPacked` will
  if (E.isLeft(read)) fail("savePacked", "InvalidArgument", read.left.rule, read.left.got);
  return pipe(
    saveTensors(path, tensors, { ...metadata, [metadataKey]: said }),
    TE.mapLeft((problem) => ({ ...problem, op: "savePacked" })),
  );
};

/**
 * Reads a packed tree, with its formats, from a file that `savePacked` wrote.
 *
 * Fails as `loadTree` does where the file is not there or damaged; with BadHeader where its metadata are no formats and tree; with MissingTensor,
 * ExtraTensor, ShapeMismatch or DtypeMismatch where its tensors are not the parts that the formats ask for. T is the tree that is expected, as
 * `Packed<Params>`.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * const path = `${tmpdir()}/pullback-packed-${process.pid}.safetensors`;
 * const params = { w: tensor([[0.5, -1.27], [1, 0]]) };
 * const formats = Compress.formatsOf(params);
 * await Compress.savePacked(path, { formats, packed: Compress.pack(formats)(params) })();
 * const found = await Compress.loadPacked(path)();
 * found._tag === "Right" ? found.right.formats : found.left // { w: { kind: "quantized", bits: 8, per: "channel" } }
 * rmSync(path);
 */
export const loadPacked = <T = unknown>(
  path: string,
): TE.TaskEither<FileProblem, LoadedPacked<T>> =>
  pipe(
    loadTensors(path),
    TE.mapLeft((problem) => ({ ...problem, op: "loadPacked" })),
    TE.chain(({ tensors, metadata: { [metadataKey]: said, ...metadata } }) =>
      decoded(
        "loadPacked",
        path,
        pipe(
          readAs(tensors, said),
          E.map(({ formats, packed }) => ({ formats, packed: packed as T, metadata })), // as the caller says
        ),
      ),
    ),
  );

/** The packed tree that tensors are, by what is said of it, and its formats. */
const readAs = (
  tensors: Tensors,
  said: string | undefined,
): E.Either<FormatProblem, Pick<PackedModel, "formats" | "packed">> =>
  pipe(
    described(said),
    E.chain(({ formats, like }) =>
      pipe(
        treeOf(tensors, like),
        E.map((packed) => ({ formats, packed })),
      ),
    ),
  );

/** What the metadata say: formats, and a tree of tensors of the dtypes and shapes that are to be there. */
interface Described {
  readonly formats: Formats;
  readonly like: unknown;
}

const bad = (rule: string, got: string): E.Either<FormatProblem, never> =>
  E.left(formatProblem("BadHeader", rule, got));

const described = (said: string | undefined): E.Either<FormatProblem, Described> => {
  if (said === undefined)
    return bad(`metadata of a packed tree under ${metadataKey} expected`, "none");
  const found = parseJson(said);
  if (!isRecord(found) || !isRecord(found["formats"]) || !("tree" in found))
    return bad(`formats and a tree under ${metadataKey} expected`, said.slice(0, 80));
  return pipe(
    readFormats(found["formats"]),
    E.bindTo("formats"),
    E.bind("like", ({ formats }) => likeOf(formats, found["tree"])),
  );
};

/** Formats from plain data, or BadHeader for the first one that is none. */
export const readFormats = (found: unknown): E.Either<FormatProblem, Formats> => {
  if (!isRecord(found)) return bad("formats by path expected", `${JSON.stringify(found)}`);
  const formats = Object.entries(found).map(
    ([path, it]) => [path, isRecord(it) ? codec.read(it) : undefined] as const,
  );
  const unknown = formats.find(([, format]) => format === undefined);
  return unknown === undefined
    ? E.right(Object.fromEntries(formats) as Formats) // none is undefined
    : bad(`a format for "${unknown[0]}" expected`, `${JSON.stringify(found[unknown[0]])}`);
};

/** The tree that parameters become under formats, of which only shapes and dtypes are to be looked at, or BadHeader where the formats do not fit them. */
export const packedLike = (formats: Formats, params: unknown): E.Either<FormatProblem, unknown> =>
  E.tryCatch(() => {
    requirePaths("loadPacked", formats, flattenTree(params).structure.paths);
    return packedWith(formats, params);
  }, formatCause);

/** What a TensorError says, as a problem of a file. */
const formatCause = (cause: unknown): FormatProblem => {
  if (!(cause instanceof TensorError)) throw cause;
  const { rule, got, hint } = cause.problem;
  return formatProblem("BadHeader", rule, got, hint);
};

/** The tree that leaves as text stand for, packed. */
const likeOf = (formats: Formats, tree: unknown): E.Either<FormatProblem, unknown> =>
  pipe(
    leavesOfText(tree),
    E.chain((params) => packedLike(formats, params)),
  );

const leavesOfText = (tree: unknown): E.Either<FormatProblem, unknown> =>
  E.tryCatch(() => leavesFromText(tree, ""), formatCause);

const refuse = (path: string, got: unknown): never =>
  fail(
    "loadPacked",
    "InvalidArgument",
    `a leaf as text at "${path}" expected`,
    JSON.stringify(got),
  );

const leavesFromText = (node: unknown, path: string): unknown => {
  if (node === null) return null;
  if (typeof node === "string") return leafFromText(node, path);
  if (Array.isArray(node)) return node.map((item, i) => leavesFromText(item, `${path}[${i}]`));
  if (!isRecord(node)) return refuse(path, node);
  return Object.fromEntries(
    Object.entries(node).map(([name, part]) => [name, leavesFromText(part, fieldPath(path, name))]),
  );
};

const leafFromText = (text: string, path: string): Tensor => {
  const [, dtype, sizes] = /^(\w+) \[((?:\d+(?:, \d+)*)?)\]$/.exec(text) ?? [];
  if (dtype === undefined || sizes === undefined || !Object.hasOwn(dtypes, dtype))
    return refuse(path, text);
  const shape: Shape = sizes === "" ? [] : sizes.split(", ").map(Number);
  return zeros(shape, dtype as Dtype); // just seen
};
