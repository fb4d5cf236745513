// What is said and drawn of language models: losses in several units, tables, and curves of training.

import { existsSync, readFileSync } from "node:fs";
import { lines, type Picture } from "../../tools/plot/index.ts";

/** A loss in nats a token, and what it means for a text. */
export interface Scores {
  /** Nats a token. */
  readonly loss: number;
  /** e^loss: among how many tokens as likely as each other the loss would be the same. */
  readonly perplexity: number;
  /** By which losses of models with different tokens can be held against each other. */
  readonly bitsPerCharacter: number;
}

/** Scores from a loss on a text of so many tokens and characters. */
export const scoresOf = (
  loss: number,
  { tokens, characters }: { readonly tokens: number; readonly characters: number },
): Scores => ({
  loss,
  perplexity: Math.exp(loss),
  bitsPerCharacter: ((loss / Math.LN2) * tokens) / characters,
});

/** Scores in a line. */
export const printScores = ({ loss, perplexity, bitsPerCharacter }: Scores): string =>
  `${loss.toFixed(4)} nats a token, ${bitsPerCharacter.toFixed(4)} bits a character, perplexity ${perplexity.toFixed(2)}`;

/** A table of text: the first column to the left, the others to the right. */
export const tableOf = (rows: readonly (readonly string[])[]): string => {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => {
          const width = widths[i] as number; // as many as columns
          return i === 0 ? cell.padEnd(width) : cell.padStart(width + 2);
        })
        .join(""),
    )
    .join("\n");
};

/** Bytes in units that are read at a glance. */
export const printBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
};

/** What a run measured, over its updates. */
export interface Curves {
  readonly training: readonly Point[];
  readonly validation: readonly Point[];
}

interface Point {
  readonly iteration: number;
  readonly loss: number;
}

/** The losses of training that metrics.jsonl has of a run, in updates of so many steps; none where somebody has removed it. */
export const trainingIn = (path: string, microBatches: number): readonly Point[] => {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { step: number; phase: string; metrics: { loss: number } }) // as `jsonLines` writes them
    .filter((it) => it.phase === "training")
    .map(({ step, metrics }) => ({ iteration: step / microBatches, loss: Number(metrics.loss) }));
};

/** The means of neighbours: at most so many points, each in the middle of those that it stands for. */
export const smoothed = (points: readonly Point[], count: number): readonly Point[] => {
  const each = Math.max(1, Math.ceil(points.length / count));
  const mean = (some: readonly Point[], of: (point: Point) => number): number =>
    some.reduce((sum, point) => sum + of(point), 0) / some.length;
  return Array.from({ length: Math.ceil(points.length / each) }, (_, i) => {
    const some = points.slice(i * each, (i + 1) * each);
    return {
      iteration: mean(some, (p) => p.iteration),
      loss: mean(some, (p) => p.loss),
    };
  });
};

/** The losses of a run: that of training in means of neighbours, that of the validation text as it is. */
export const lossChart = ({ training, validation }: Curves): Picture =>
  lines({
    title: "Loss of training",
    x: { label: "updates" },
    y: { label: "nats a token" },
    curves: Object.entries({ training: smoothed(training, 100), validation })
      .filter(([, points]) => points.length > 0)
      .map(([name, points]) => ({
        name,
        x: points.map((p) => p.iteration),
        y: points.map((p) => p.loss),
      })),
  });
