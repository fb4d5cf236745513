// The program that trains, judges and uses networks for pictures.

import { runWordsOf } from "../program.ts";
import { carryOut } from "./commands.ts";
import { parseOptions } from "./options.ts";
import { usage } from "./usage.ts";

/** Does what the words say. Results go to stdout, all else to stderr. */
export const runWords = runWordsOf({ name: "segment", usage, parse: parseOptions, carryOut });
