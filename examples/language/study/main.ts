// The study of language models: what each way to train them and to make them cheaper costs and gives, a table each.
//
//   npm run study:language -- quantization   one table
//   npm run study:language                   all of them
//   npm run study:language -- --help
//
// Exit codes: 0 done, 1 a run failed, 2 wrong options or device, 130 interrupted.

import { runStudy } from "../../study/run.ts";
import { study } from "./study.ts";

process.exitCode = await runStudy(study, process.argv.slice(2));
