// Trees: nested readonly records and arrays with tensors at the leaves. Parameters, batches and optimiser states are trees,
// and every transform takes and returns them.

import { fail } from "./errors.ts";
import { isTensor, type Tensor } from "./tensor.ts";

/** Nested readonly records and arrays of tensors. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

/** How a tree is put together: enough to rebuild it from its leaves, and to tell two structures apart. */
export interface Structure {
  /** Paths of the leaves, in order, as `params.layers[0].weight`. */
  readonly paths: readonly string[];
  /** Printed form: equal text, equal structure. */
  readonly key: string;
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
}

/** The leaves of a tree, in the order of its fields, and its structure. Numbers are allowed where `allowNumbers` is set. */
export const flattenTree = (
  tree: unknown,
  op = "tree",
  allowNumbers = false,
): { readonly leaves: readonly (Tensor | number)[]; readonly structure: Structure } => {
  const leaves: (Tensor | number)[] = [];
  const paths: string[] = [];
  const visit = (node: unknown, path: string): { key: string; rebuild: Structure["rebuild"] } => {
    if (isTensor(node) || (allowNumbers && typeof node === "number")) {
      const position = leaves.push(node) - 1;
      paths.push(path);
      return { key: "*", rebuild: (values) => values[position] };
    }
    if (node === null || node === undefined) return { key: "-", rebuild: () => node };
    if (Array.isArray(node)) {
      const parts = node.map((item, i) => visit(item, `${path}[${i}]`));
      return {
        key: `[${parts.map((part) => part.key).join(",")}]`,
        rebuild: (values) => parts.map((part) => part.rebuild(values)),
      };
    }
    if (
      typeof node === "object" &&
      (Object.getPrototypeOf(node) === Object.prototype || Object.getPrototypeOf(node) === null)
    ) {
      const parts = Object.entries(node).map(
        ([name, item]) => [name, visit(item, fieldPath(path, name))] as const,
      );
      return {
        key: `{${parts.map(([name, part]) => `${quoted(name)}:${part.key}`).join(",")}}`,
        rebuild: (values) =>
          Object.fromEntries(parts.map(([name, part]) => [name, part.rebuild(values)])),
      };
    }
    return fail(
      op,
      "InvalidArgument",
      "a tree of tensors (records and arrays) expected",
      `${describe(node)}${path === "" ? "" : ` at ${path}`}`,
      "keep configuration outside the tree; turn numbers into tensors with `scalar`",
    );
  };
  const { key, rebuild } = visit(tree, "");
  return { leaves, structure: { paths, key, rebuild } };
};

// Names that are no words are quoted, so that no two trees or leaves print alike.
const isWord = (name: string): boolean => /^[\w$]+$/.test(name);
const quoted = (name: string): string => (isWord(name) ? name : JSON.stringify(name));
const fieldPath = (path: string, name: string): string =>
  !isWord(name) ? `${path}[${JSON.stringify(name)}]` : path === "" ? name : `${path}.${name}`;

const describe = (value: unknown): string =>
  typeof value === "object"
    ? (value?.constructor?.name ?? "an object")
    : typeof value === "function"
      ? "a function"
      : `${typeof value} ${String(value)}`;

/** The tensors at the leaves of a tree, in the order of its fields. */
export const leavesOf = (tree: unknown, op = "tree"): readonly Tensor[] =>
  flattenTree(tree, op).leaves as readonly Tensor[]; // numbers are not allowed here

/** The tree with every leaf replaced. */
export const mapTree = <T>(tree: T, change: (leaf: Tensor, path: string) => unknown): T => {
  const { leaves, structure } = flattenTree(tree, "mapTree");
  return structure.rebuild(
    leaves.map((leaf, i) => change(leaf as Tensor, structure.paths[i] as string)),
  ) as T; // the same structure
};

/** Trees of one structure combined leaf by leaf. */
export const zipTrees = <T>(
  combine: (...leaves: Tensor[]) => unknown,
  ...trees: readonly T[]
): T => {
  const [first, ...others] = trees.map((tree) => flattenTree(tree, "zipTrees"));
  if (first === undefined)
    return fail("zipTrees", "InvalidArgument", "one tree or more expected", "none");
  for (const { structure } of others) {
    if (structure.key !== first.structure.key) {
      fail(
        "zipTrees",
        "ShapeMismatch",
        "trees of one structure expected",
        `${first.structure.key} and ${structure.key}`,
      );
    }
  }
  return first.structure.rebuild(
    first.leaves.map((leaf, i) =>
      combine(leaf as Tensor, ...others.map(({ leaves }) => leaves[i] as Tensor)),
    ),
  ) as T; // the same structure
};
