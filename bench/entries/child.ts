// Times everything on one device in this process and prints one JSON line: child.ts DEVICE RUNS. main.ts starts it with PULLBACK_ENTRIES set.

import { timeAll } from "./work.ts";

const [device, runs] = process.argv.slice(2) as [string, string];
try {
  console.log(JSON.stringify(await timeAll(device, Number(runs))));
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
process.exit(0); // adapters may be alive
