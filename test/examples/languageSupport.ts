// What tests of `npm run language` share: the program run in this process or in one of its own, and words of a model that is trained in a moment.

import { runWords } from "../../examples/language/run.ts";
import { Language } from "../../src/models/index.ts";
import { alone } from "./alone.ts";
import { inProcess, refusing } from "./inProcess.ts";

/** Runs the program in this process. */
export const language = inProcess(runWords);

/** Runs the program in a process of its own. */
export const languageAlone = alone("examples/language/main.ts");

/** A mistake is told in these words on stderr; nothing else is printed, and the exit code is 2. */
export const refuses = refusing(language);

/** A text to learn from: so many characters of the generated one. */
export const textOf = (length: number): string => Language.generatedText({ length });

/** The words of a small model, and of a run of a moment. */
export const small =
  "--layers 1 --width 16 --heads 2 --context 8 --iterations 20 --batch 4 --every 10 --device cpu".split(
    " ",
  );
