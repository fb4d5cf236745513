// A text of our own to learn from, of any length: scenes of a play that follow from a seed, so that everything runs without a download. What can be learned from
// it has several ranges: spelling; the agreement of a verb with its subject, across a clause too; quotation marks that close; lines that count or rhyme;
// answers that take up a question; who is there to speak; and the words of a scene's topic.

import { makeDice } from "../../../dice.ts";
import { sceneBy } from "./scene.ts";

/** Which text. */
export interface GeneratedText {
  /** Default 0. */
  readonly seed?: number;
  /** In characters; default 300 000. */
  readonly length?: number;
}

/** A scene of a seed's play, by its number from 0: it does not depend on others. */
export const scene = (seed: number, index: number): string => sceneBy(makeDice(seed, index));

/**
 * The beginning of a seed's play, of just so many characters: letters of both cases, punctuation, blanks and ends of lines, all of them ASCII. A longer text of
 * the same seed begins with a shorter one.
 *
 * @example
 * generatedText({ length: 6 }) // Scene:
 */
export const generatedText = ({ seed = 0, length = 300_000 }: GeneratedText = {}): string => {
  const scenes: string[] = [];
  for (let written = 0; written < length; ) {
    const next = scene(seed, scenes.length);
    scenes.push(next);
    written += next.length;
  }
  return scenes.join("").slice(0, length);
};
