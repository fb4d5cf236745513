// The study of the forecaster: every comparison that a careful reader expects, a table each.
//
//   npm run study -- baselines    one table
//   npm run study                 all of them
//   npm run study -- --help
//
// Exit codes: 0 done, 1 a run failed, 2 wrong options or device, 130 interrupted.

import { runStudy } from "../../study/run.ts";
import { study } from "./study.ts";

process.exitCode = await runStudy(study, process.argv.slice(2));
