// Connections of a network as words of a command line.

import * as E from "fp-ts/lib/Either.js";
import { Segmentation } from "../../src/models/index.ts";

const { allConnections, noConnections } = Segmentation;

const skips: readonly string[] = ["none", "add", "concat"] satisfies readonly Segmentation.Skip[];
const isSkip = (word: string): word is Segmentation.Skip => skips.includes(word);

/** What words can say, for --help. */
export const connectionWords =
  "none, all, or some of blocks, images, skips=add, skips=concat, skips=concat/none/add";

/**
 * Connections from words, or what is wrong with them: "none", "all", or some of "blocks", "images" and "skips=…" between commas; skips are
 * one word for all scales, or one for each from the finest between slashes.
 */
export const parseConnections = (text: string): E.Either<string, Segmentation.Connections> => {
  if (text === "none") return E.right(noConnections);
  if (text === "all") return E.right(allConnections);
  let found = noConnections;
  for (const word of text.split(",")) {
    const [name, value] = word.split("=");
    const each = value?.split("/") ?? [];
    if (word === "blocks") found = { ...found, blocks: true };
    else if (word === "images") found = { ...found, images: true };
    else if (name === "skips" && each.length > 0 && each.every(isSkip))
      found = { ...found, skips: each.length === 1 ? (each[0] as Segmentation.Skip) : each };
    else return E.left(`${connectionWords} expected for --connections, got "${word}"`);
  }
  return E.right(found);
};

/** Connections as the words that stand for them. */
export const printConnections = ({
  blocks,
  images,
  skips: own,
}: Segmentation.Connections): string => {
  const each = typeof own === "string" ? own : own.join("/");
  const words = [
    ...(blocks ? ["blocks"] : []),
    ...(images ? ["images"] : []),
    ...(each === "none" ? [] : [`skips=${each}`]),
  ];
  return words.length === 0 ? "none" : words.join(",");
};
