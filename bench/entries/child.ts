// Times everything on one device in this process and prints one JSON line: child.ts DEVICE RUNS WORD, where WORD is what PULLBACK_ENTRIES shall be.

import { timeAll } from "./work.ts";

const [device, runs, word] = process.argv.slice(2) as [string, string, string];
process.env["PULLBACK_ENTRIES"] = word;
try {
  console.log(JSON.stringify(await timeAll(device, Number(runs))));
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
process.exit(0); // adapters may be alive
