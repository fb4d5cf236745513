// The configuration of a Transformer: every choice that the laboratory compares is a field of it, and published models are values.

import { fail } from "../../../core/errors.ts";

/** Which keys a query looks at, and how. */
export type AttentionKind =
  | { readonly kind: "full" }
  /** The same, a block of queries after the other, in memory that grows with the context; see `Attention.blockwise`. */
  | { readonly kind: "blockwise"; readonly block?: number }
  /** Keys less than `window` away; see `Attention.windowed`. */
  | { readonly kind: "window"; readonly window: number }
  /** By features; see `Attention.linear`. */
  | { readonly kind: "linear" };

/** What a Transformer is built from. */
export interface Config {
  /** Different tokens. */
  readonly symbols: number;
  /** The longest sequence. */
  readonly context: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values, which divide the heads: 1 is multi-query attention, fewer than heads grouped-query. As many as heads when absent. */
  readonly groups?: number;
  /** Width of a head; width / heads when absent. */
  readonly headWidth?: number;
  /** Width inside a feed-forward part; 4 · width when absent. */
  readonly hidden?: number;
  /** How tokens learn where they are: rows that are added, or turns of queries and keys. */
  readonly positions: "learned" | "rotary";
  readonly norm: "layer" | "rms";
  /** "gelu-tanh" is GPT-2's approximation; "swiglu" has a third matrix. */
  readonly activation: "gelu" | "gelu-tanh" | "swiglu";
  readonly attention: AttentionKind;
  /** Whether the scores of tokens are made with the table that embeds them. */
  readonly tied: boolean;
  /** Whether projections and normalisations have biases. */
  readonly bias: boolean;
  /** How what projections take is rounded: to int8, each token by a scale of its own (dynamic quantisation), or not at all when absent. */
  readonly activations?: "int8";
  /** Share of what is dropped in training, of embeddings, attention weights and what each part adds; 0 when absent. */
  readonly dropout?: number;
}

/** Heads of keys and values. */
export const groupsOf = ({ groups, heads }: Pick<Config, "groups" | "heads">): number =>
  groups ?? heads;

/** Width of a head. */
export const headWidthOf = ({
  headWidth,
  width,
  heads,
}: Pick<Config, "headWidth" | "width" | "heads">): number => headWidth ?? width / heads;

/** Width inside a feed-forward part. */
export const hiddenOf = ({ hidden, width }: Pick<Config, "hidden" | "width">): number =>
  hidden ?? 4 * width;

/** GPT-2's choices (Radford et al., "Language models are unsupervised multitask learners", 2019) at other sizes. */
type Sizes = Pick<Config, "symbols" | "context" | "width" | "layers" | "heads">;
const gpt = (sizes: Sizes, choices: Partial<Config> = {}): Config => ({
  positions: "learned",
  norm: "layer",
  activation: "gelu-tanh",
  attention: { kind: "full" },
  tied: true,
  bias: true,
  ...sizes,
  ...choices,
});

/** Models that are known by name, without their number of symbols. */
const named = {
  /** nanoGPT's setting for small machines (Karpathy, 2022): no biases, exact GELU. */
  nano: (symbols: number) =>
    gpt(
      { symbols, context: 64, width: 128, layers: 4, heads: 4 },
      { bias: false, activation: "gelu" },
    ),
  /** The same sizes with what later models chose: RMSNorm, SwiGLU of as many numbers, turned queries and keys. */
  "nano-modern": (symbols: number) =>
    gpt(
      { symbols, context: 64, width: 128, layers: 4, heads: 4 },
      { bias: false, norm: "rms", activation: "swiglu", hidden: 344, positions: "rotary" },
    ),
  gpt2: (symbols: number) => gpt({ symbols, context: 1024, width: 768, layers: 12, heads: 12 }),
} satisfies Readonly<Record<string, (symbols: number) => Config>>;

/** The name of a model that is known by one. */
export type ModelName = keyof typeof named;

/** Names of models. */
export const modelNames = Object.keys(named) as readonly ModelName[]; // its own keys

/**
 * The configuration of a model by its name, with changes.
 *
 * @example
 * configOf("nano", 65, { layers: 2 }).width // 128
 */
export const configOf = (
  name: ModelName,
  symbols: number,
  changes: Partial<Config> = {},
): Config => ({ ...named[name](symbols), ...changes });

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** The words of an option, as a record, so that a forgotten one is a type error. */
type Words<W extends string> = Readonly<Record<W, true>>;
const positions: Words<Config["positions"]> = { learned: true, rotary: true };
const norms: Words<Config["norm"]> = { layer: true, rms: true };
const activations: Words<Config["activation"]> = { gelu: true, "gelu-tanh": true, swiglu: true };
const kinds: Words<AttentionKind["kind"]> = {
  full: true,
  blockwise: true,
  window: true,
  linear: true,
};

const refuse = (rule: string, got: string): never =>
  fail("Transformer.init", "InvalidArgument", rule, got);

/** Types do not hold what comes from a file. */
const requireWord = (what: string, words: Words<string>, word: string): void => {
  if (!Object.hasOwn(words, word))
    refuse(`${what} ${Object.keys(words).join(" or ")} expected`, String(word));
};

/** Refuses a configuration that makes no model. */
export const checkConfig = (config: Config): void => {
  const { symbols, context, width, layers, heads, dropout = 0, attention } = config;
  const groups = groupsOf(config);
  const counts = { symbols, context, width, layers, heads, groups, hidden: hiddenOf(config) };
  for (const [what, n] of Object.entries(counts))
    if (!isCount(n)) refuse(`${what} of 1 or more expected`, String(n));
  if (config.headWidth !== undefined && !isCount(config.headWidth))
    refuse("headWidth of 1 or more expected", String(config.headWidth));
  if (!Number.isInteger(headWidthOf(config)))
    refuse(`heads that divide ${width} expected`, `${heads}`);
  if (!Number.isInteger(heads / groups))
    refuse(`groups that divide ${heads} expected`, `${groups}`);
  requireWord("positions", positions, config.positions);
  requireWord("norm", norms, config.norm);
  requireWord("activation", activations, config.activation);
  requireWord("attention", kinds, attention.kind);
  if (config.positions === "rotary" && headWidthOf(config) % 2 !== 0)
    refuse("heads of even width expected to be turned", String(headWidthOf(config)));
  if (config.activations !== undefined)
    requireWord("activations", { int8: true }, config.activations);
  if (!(dropout >= 0 && dropout < 1)) refuse("a dropout in [0, 1) expected", String(dropout));
  if (attention.kind === "window" && !isCount(attention.window))
    refuse("a window of 1 or more expected", String(attention.window));
  if (attention.kind === "blockwise" && !isCount(attention.block ?? 1))
    refuse("a block of 1 or more expected", String(attention.block));
};
