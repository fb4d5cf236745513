// The study of the segmenter: every comparison that a careful reader expects, a table each.
//
//   npm run study:segment -- camvid   one table
//   npm run study:segment             all of them
//   npm run study:segment -- --help
//
// Exit codes: 0 done, 1 a run failed, 2 wrong options or device, 130 interrupted.

import { runStudy } from "../../study/run.ts";
import { study } from "./study.ts";

process.exitCode = await runStudy(study, process.argv.slice(2));
