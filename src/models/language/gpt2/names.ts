// What GPT-2's published files call our parameters. Their `Conv1D` has weights [inputs, outputs], as ours, so that nothing is turned.

import { flattenTree } from "../../../core/tree.ts";
import type { Tensors } from "../../../nn/checkpoint/safetensors.ts";
import { tensorsOf } from "../../../nn/checkpoint/tree.ts";
import type { Params } from "../model/transformer.ts";

/** The table of embeddings, which gives the scores, too, where these are tied to it. */
export const tableName = "wte.weight";

/** The matrix that gives the scores, [symbols, width]. */
export const headName = "lm_head.weight";

/** What stands before all names but the head's in files of the model with its head. */
export const prefix = "transformer.";

/** Parts of a layer by our names. */
const parts: Readonly<Record<string, string>> = {
  attentionNorm: "ln_1",
  "attention.input": "attn.c_attn",
  "attention.output": "attn.c_proj",
  forwardNorm: "ln_2",
  "forward.up": "mlp.c_fc",
  "forward.down": "mlp.c_proj",
};

/** The published name of a leaf by its path in our parameters, as `layers[0].attention.input.weight`. */
export const publishedName = (path: string): string => {
  const [, layer, part, leaf] = /^layers\[(\d+)\]\.(.+)\.(\w+)$/.exec(path) ?? [];
  const leafName = (ours: string): string => (ours === "bias" ? "bias" : "weight");
  if (layer !== undefined && part !== undefined && leaf !== undefined)
    return `h.${layer}.${parts[part] ?? part}.${leafName(leaf)}`;
  if (path === "tokens.table") return tableName;
  if (path === "places.table") return "wpe.weight";
  return path.startsWith("norm.") ? `ln_f.${leafName(path.slice("norm.".length))}` : path;
};

/** Parameters by published names, but for the head. */
export const publishedTensors = (params: Omit<Params, "scores">): Tensors =>
  new Map([...tensorsOf(params)].map(([path, x]) => [publishedName(path), x]));

/** Parameters like others, whose values do not matter, of tensors by published names, which are all there. */
export const paramsFrom = (tensors: Tensors, like: Params): Params => {
  const { structure } = flattenTree(like, "fromGpt2");
  const leaves = structure.paths.map((path) => tensors.get(publishedName(path)));
  return structure.rebuild(leaves) as Params; // as the other
};

/** Masks that old files hold beside the parameters. */
const isBuffer = (name: string): boolean => /^h\.\d+\.attn\.(bias|masked_bias)$/.test(name);

/** The parameters in a file by their names without a prefix, and without masks. */
export const withoutPrefix = (tensors: Tensors): Tensors =>
  new Map(
    [...tensors].flatMap(([name, x]) => {
      const short = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      return isBuffer(short) ? [] : [[short, x] as const];
    }),
  );

/** How many layers there are names of. */
export const layersIn = (tensors: Tensors): number =>
  new Set([...tensors.keys()].flatMap((name) => /^h\.(\d+)\./.exec(name)?.[1] ?? [])).size;
