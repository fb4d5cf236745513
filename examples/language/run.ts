// The program that trains, uses and shrinks language models.

import { runWordsOf } from "../program.ts";
import { carryOut } from "./commands.ts";
import { parseOptions } from "./options.ts";
import { usage } from "./usage.ts";

/** Does what the words say. Results go to stdout, all else to stderr. */
export const runWords = runWordsOf({ name: "language", usage, parse: parseOptions, carryOut });
