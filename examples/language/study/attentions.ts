// Kinds of attention, each with what it means written out over all pairs of tokens: by that it is checked before it is timed.

import {
  abs,
  arange,
  compile,
  div,
  expandDims,
  grad,
  greater,
  item,
  key,
  lessEqual,
  logicalAnd,
  matmul,
  max,
  mul,
  normal,
  ready,
  splitKey,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from "../../../src/index.ts";
import { Attention } from "../../../src/nn/index.ts";
import { timed } from "../../study/timing.ts";

/** Tokens that a window goes back, and queries in a block. */
export const reach = 64;

/** Sizes of what is measured: so many heads of such a width, one text. */
export const sizes = { heads: 4, width: 32 } as const;

/** A kind of attention. */
export interface Kind {
  readonly name: string;
  readonly attend: Attention.Attend;
  /** The same by the scores of all pairs. */
  readonly meaning: Attention.Attend;
  /** Heads of keys and values. */
  readonly groups: number;
}

const full = Attention.scaledDotProduct({ causal: true });

/** bool [time, time]: which keys each query sees. */
const seen = (time: number, window: number): Tensor => {
  const [queries, keys] = [expandDims(1)(arange(time)), expandDims(0)(arange(time))];
  return logicalAnd(lessEqual(keys, queries), greater(keys, sub(queries, window)));
};

const weighed: Attention.Attend = (q, k, v) => {
  const scores = matmul(Attention.eluFeatures(q), transpose(Attention.eluFeatures(k)));
  const time = q.shape.at(-2) ?? 1;
  const past = where(seen(time, time), scores, 0);
  return div(matmul(past, v), sum({ axis: -1, keepDims: true })(past));
};

/** What is compared. */
export const kinds: readonly Kind[] = [
  { name: "full", attend: full, meaning: full, groups: sizes.heads },
  { name: "multi-query", attend: Attention.grouped(full), meaning: full, groups: 1 },
  {
    name: "blockwise",
    attend: Attention.blockwise({ block: reach, causal: true }),
    meaning: full,
    groups: sizes.heads,
  },
  {
    name: `window of ${reach}`,
    attend: Attention.windowed({ window: reach, causal: true }),
    meaning: (q, k, v) =>
      Attention.scaledDotProduct({ mask: seen(q.shape.at(-2) ?? 1, reach) })(q, k, v),
    groups: sizes.heads,
  },
  {
    name: "linear",
    attend: Attention.linear({ causal: true }),
    meaning: weighed,
    groups: sizes.heads,
  },
];

type Inputs = readonly [Tensor, Tensor, Tensor];

const inputsFor = async ({ groups }: Kind, time: number): Promise<Inputs> => {
  const keys = splitKey(key(0), 3);
  const drawn = [sizes.heads, groups, groups].map((heads, i) =>
    normal(keys[i] as Tensor, [1, heads, time, sizes.width]),
  );
  return (await ready(drawn)) as unknown as Inputs; // three
};

/** A mean of squares, which has gradients of every entry. */
const lossOf =
  (attend: Attention.Attend) =>
  ([q, k, v]: Inputs): Tensor =>
    sum(mul(attend(q, k, v), attend(q, k, v)));

/** The furthest that values and gradients of a kind are from those of its meaning, as a share of the largest. */
export const deviationOf = async (kind: Kind, time: number): Promise<number> => {
  const inputs = await inputsFor(kind, time);
  const parts = (attend: Attention.Attend) =>
    compile((given: Inputs) => [attend(...given), ...grad(lossOf(attend))(given)]);
  const [ours, wanted] = [parts(kind.attend)(inputs), parts(kind.meaning)(inputs)];
  const shares = ours.map((x, i) => {
    const y = wanted[i] as Tensor; // as many
    return item(div(max(abs(sub(x, y))), max(abs(y))));
  });
  return Math.max(...shares);
};

/** What attention with its gradients costs. */
export interface AttentionCost {
  readonly kind: string;
  readonly context: number;
  readonly milliseconds: number;
  /** Temporaries by the plan. */
  readonly bytes: number;
}

/** Measures a kind at a length of texts. */
export const costOf = async (
  kind: Kind,
  context: number,
  repetitions: number,
): Promise<AttentionCost> => {
  const inputs = await inputsFor(kind, context);
  const gradients = compile(grad(lossOf(kind.attend)));
  const bytes = gradients.plan(inputs).arenaBytes;
  const milliseconds = await timed(() => ready(gradients(inputs)), { repetitions });
  return { kind: kind.name, context, milliseconds, bytes };
};
