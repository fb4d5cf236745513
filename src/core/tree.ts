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
  /** Adds the leaves of another tree to a list, in order, if it has this structure; else it may have added some. */
  readonly match: (tree: unknown, leaves: (Tensor | number)[]) => boolean;
}

/** The structure of a part of a tree. */
type Part = Pick<Structure, "key" | "rebuild" | "match">;

const isRecord = (node: unknown): node is Readonly<Record<string, unknown>> => {
  if (typeof node !== "object" || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
};

const arrayPart = (parts: readonly Part[]): Part => ({
  key: `[${parts.map((part) => part.key).join(",")}]`,
  rebuild: (values) => parts.map((part) => part.rebuild(values)),
  match: (tree, leaves) => {
    if (!Array.isArray(tree) || tree.length !== parts.length) return false;
    for (let i = 0; i < parts.length; i++)
      if (!(parts[i] as Part).match(tree[i], leaves)) return false;
    return true;
  },
});

// The loops of parts run at every call of a compiled function.
const recordPart = (names: readonly string[], parts: readonly Part[]): Part => ({
  key: `{${parts.map(({ key }, i) => `${quoted(names[i] as string)}:${key}`).join(",")}}`,
  rebuild: (values) => {
    const record: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const value = (parts[i] as Part).rebuild(values);
      if (name === "__proto__")
        Object.defineProperty(record, name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else record[name] = value;
    }
    return record;
  },
  match: (tree, leaves) => {
    if (!isRecord(tree)) return false;
    // Names in another order are another structure, since leaves are in the order of the names.
    let at = 0;
    for (const name in tree) {
      if (names[at] !== name || !(parts[at] as Part).match(tree[name], leaves)) return false;
      at++;
    }
    return at === names.length;
  },
});

/** The leaves of a tree, in the order of its fields, and its structure. Numbers are allowed where `allowNumbers` is set. */
export const flattenTree = (
  tree: unknown,
  op = "tree",
  allowNumbers = false,
): { readonly leaves: readonly (Tensor | number)[]; readonly structure: Structure } => {
  const leaves: (Tensor | number)[] = [];
  const paths: string[] = [];
  const isLeaf = (node: unknown): node is Tensor | number =>
    isTensor(node) || (allowNumbers && typeof node === "number");
  const visit = (node: unknown, path: string): Part => {
    if (isLeaf(node)) {
      const position = leaves.push(node) - 1;
      paths.push(path);
      return {
        key: "*",
        rebuild: (values) => values[position],
        match: (tree, found) => isLeaf(tree) && found.push(tree) > 0,
      };
    }
    if (node === null || node === undefined)
      return { key: "-", rebuild: () => node, match: (tree) => tree === node };
    if (Array.isArray(node)) return arrayPart(node.map((item, i) => visit(item, `${path}[${i}]`)));
    if (isRecord(node)) {
      const names = Object.keys(node);
      return recordPart(
        names,
        names.map((name) => visit(node[name], fieldPath(path, name))),
      );
    }
    return fail(
      op,
      "InvalidArgument",
      "a tree of tensors (records and arrays) expected",
      `${describe(node)}${path === "" ? "" : ` at ${path}`}`,
      "keep configuration outside the tree; turn numbers into tensors with `scalar`",
    );
  };
  return { leaves, structure: { paths, ...visit(tree, "") } };
};

// Names that are no words are quoted, so that no two trees or leaves print alike.
const isWord = (name: string): boolean => /^[\w$]+$/.test(name);
const quoted = (name: string): string => (isWord(name) ? name : JSON.stringify(name));
/** The path of a field below another path. */
export const fieldPath = (path: string, name: string): string =>
  !isWord(name) ? `${path}[${JSON.stringify(name)}]` : path === "" ? name : `${path}.${name}`;

const describe = (value: unknown): string =>
  typeof value === "object"
    ? (value?.constructor?.name ?? "an object")
    : typeof value === "function"
      ? "a function"
      : `${typeof value} ${String(value)}`;

/** The tensors at the leaves of a tree, in the order of its fields. */
export const leavesOf = (tree: unknown, op = "tree"): readonly Tensor[] =>
  isTensor(tree) ? [tree] : (flattenTree(tree, op).leaves as readonly Tensor[]); // numbers are not allowed here

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
