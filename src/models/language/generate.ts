// Texts that a model writes: drawn token by token, or the most likely ones by a beam of hypotheses.

import { fail } from "../../core/errors.ts";
import { uniforms } from "../prng.ts";
import { deviceOf } from "../running.ts";
import type { Config } from "./model/config.ts";
import type { Params } from "./model/transformer.ts";
import { type ReaderOptions, readerOf } from "./reader.ts";
import { type Choice, candidates, draw, logProbabilities, problemOf } from "./sampling.ts";

/** How a text is written. */
export interface GenerateOptions<P = Params>
  extends Choice,
    Pick<ReaderOptions<P>, "device" | "unpack"> {
  /** What it begins with, one token or more. */
  readonly prompt: readonly number[];
  /** What tokens are drawn from, 0…2³² − 1; default 0. */
  readonly seed?: number;
  /** A token that ends the text; it is given, too. */
  readonly end?: number;
}

/** Refuses an empty prompt, and tokens that are no symbols. */
const requireTokens = (
  op: string,
  { symbols }: Config,
  { prompt, end }: { readonly prompt: readonly number[]; readonly end: number | undefined },
): void => {
  if (prompt.length === 0)
    fail(op, "InvalidArgument", "a prompt of one token or more expected", "none");
  const all = end === undefined ? prompt : [...prompt, end];
  const wrong = all.find((token) => !(Number.isInteger(token) && token >= 0 && token < symbols));
  if (wrong !== undefined)
    fail(op, "IndexOutOfRange", `tokens in 0…${symbols - 1} expected`, String(wrong));
};

/** Scores of one text, of which none is NaN or infinite: among those nothing is likely. */
const finite = (op: string, scores: Float32Array | undefined): Float32Array => {
  const all = scores as Float32Array; // of each text
  const wrong = all.find((x) => !Number.isFinite(x));
  if (wrong === undefined) return all;
  const hint = "parameters of the model are not finite, or too large";
  return fail(op, "NonFinite", "finite scores of tokens expected", String(wrong), hint);
};

/** Options of a reader without those that are not given. */
const readingOf = <P>({
  device,
  unpack,
}: {
  readonly device: string | undefined;
  readonly unpack: ((stored: P) => Params) | undefined;
}): ReaderOptions<P> => ({ ...deviceOf(device), ...(unpack === undefined ? {} : { unpack }) });

/**
 * Tokens behind a prompt, one by one, without an end unless one is given: take as many as you like. Where the context is full, its last half is
 * read again as the start of a new one, and what was before is forgotten.
 *
 * Fails with InvalidArgument for a choice or seed that is none and for an empty prompt, with IndexOutOfRange for a token that is no symbol, with NonFinite
 * where scores are no numbers.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf, init } = Language;
 * const config = configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * const written: number[] = [];
 * for await (const token of generate(config, init(key(0), config), { prompt: [1, 2], topK: 5 })) {
 *   written.push(token);
 *   if (written.length === 3) break;
 * }
 * written.length // 3
 */
export async function* generate<P = Params>(
  config: Config,
  params: P,
  { prompt, seed = 0, end, device, unpack, ...choice }: GenerateOptions<P>,
): AsyncGenerator<number, void> {
  const problem = problemOf(choice);
  if (problem !== undefined) {
    const [rule, got] = problem.split(", got ") as [string, string];
    fail("generate", "InvalidArgument", rule, got);
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    fail("generate", "InvalidArgument", "a whole seed in 0…2³² − 1 expected", String(seed));
  requireTokens("generate", config, { prompt, end });
  const reader = readerOf(config, params, readingOf({ device, unpack }));
  const at = uniforms(seed, 0);
  let recent = prompt.slice(-config.context);
  let [scores] = await reader.read([recent]);
  for (let n = 0; ; n++) {
    const token = draw(candidates(finite("generate", scores), choice), at(n));
    yield token;
    if (token === end) return;
    const isFull = reader.length() === config.context;
    if (isFull) reader.restart();
    const kept = isFull ? Math.max(1, Math.floor(config.context / 2)) : config.context;
    recent = [...recent, token].slice(-kept);
    [scores] = await reader.read([isFull ? recent : [token]]);
  }
}

/** How a beam is searched. */
export interface BeamOptions<P = Params> extends Pick<ReaderOptions<P>, "device" | "unpack"> {
  readonly prompt: readonly number[];
  /** Hypotheses that are kept, ≥ 1. */
  readonly beams: number;
  /** Tokens to write at most. */
  readonly count: number;
  readonly end?: number;
  /** α in score = log probability / length^α, by which hypotheses are ranked at the end; default 1. */
  readonly lengthPenalty?: number;
}

/** A text and the logarithm of its probability behind the prompt. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** The best continuations of hypotheses, of all together. */
const extended = (
  beams: readonly Hypothesis[],
  scores: readonly Float32Array[],
  count: number,
): readonly (Hypothesis & { readonly from: number })[] =>
  beams
    .flatMap(({ tokens, logProbability }, from) => {
      const logs = logProbabilities(finite("beamSearch", scores[from]));
      return candidates(logs, { topK: count }).map(({ token }) => ({
        from,
        tokens: [...tokens, token],
        logProbability: logProbability + (logs[token] as number),
      }));
    })
    .sort((a, b) => b.logProbability - a.logProbability || a.from - b.from)
    .slice(0, count);

/**
 * The most likely texts behind a prompt that a beam finds, the best first: each ends with `end` or has `count` tokens. A hypothesis that ends is set aside, and
 * the beam is narrower by one from then on (Sutskever, Vinyals & Le, "Sequence to sequence learning with neural networks", 2014, §3.2). One beam is the
 * greedy text.
 *
 * Fails with InvalidArgument where there is nothing to write and for an empty prompt, with IndexOutOfRange for a token that is no symbol, with ShapeMismatch
 * where prompt and text do not fit into the context, with NonFinite where scores are no numbers.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf, init } = Language;
 * const config = configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * const found = await beamSearch(config, init(key(0), config), { prompt: [1], beams: 2, count: 3 });
 * found[0]?.tokens.length // 3
 */
export const beamSearch = async <P = Params>(
  config: Config,
  params: P,
  { prompt, beams, count, end, lengthPenalty = 1, device, unpack }: BeamOptions<P>,
): Promise<readonly Hypothesis[]> => {
  requireTokens("beamSearch", config, { prompt, end });
  for (const [what, n] of Object.entries({ beams, count }))
    if (!(Number.isInteger(n) && n >= 1))
      fail("beamSearch", "InvalidArgument", `${what} of 1 or more expected`, String(n));
  if (!Number.isFinite(lengthPenalty)) {
    const rule = "a finite lengthPenalty expected";
    fail("beamSearch", "InvalidArgument", rule, String(lengthPenalty));
  }
  const reader = readerOf(config, params, { batch: beams, ...readingOf({ device, unpack }) });
  const ended: Hypothesis[] = [];
  // All beams begin alike, so only one of them counts at first.
  let alive: readonly Hypothesis[] = [{ tokens: [], logProbability: 0 }];
  let scores = await reader.read(Array.from({ length: beams }, () => prompt));
  for (let n = 1; ; n++) {
    const best = extended(alive, scores, beams - ended.length);
    const going = best.filter(({ tokens }) => tokens.at(-1) !== end);
    ended.push(...best.filter(({ tokens }) => tokens.at(-1) === end));
    alive = going;
    const [first] = going;
    if (n === count || first === undefined) break;
    // A beam that lacks a hypothesis of its own goes along with the first one.
    const rows = Array.from({ length: beams }, (_, i) => going[i] ?? first);
    reader.choose(rows.map(({ from }) => from));
    scores = await reader.read(rows.map(({ tokens }) => [tokens.at(-1) as number]));
  }
  const rank = ({ tokens, logProbability }: Hypothesis): number =>
    logProbability / tokens.length ** lengthPenalty;
  return [...ended, ...alive]
    .sort((a, b) => rank(b) - rank(a))
    .map(({ tokens, logProbability }) => ({ tokens, logProbability }));
};
