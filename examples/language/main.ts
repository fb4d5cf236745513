// Language models from the command line: trains a Transformer, has it write, judges it, makes it smaller and times it.
//
//   npm run language                                     trains on a text that the program writes itself
//   npm run language -- train --data FILE                on a text of your own
//   npm run language -- sample --model FILE              writes on behind a prompt
//   npm run language -- compress --model FILE --out FILE
//   npm run language -- --help
//
// Exit codes: 0 done, 2 wrong options, device, text or model, 130 interrupted.

import { endWhereUnread } from "../program.ts";
import { runWords } from "./run.ts";

endWhereUnread();
process.exitCode = await runWords(process.argv.slice(2));
