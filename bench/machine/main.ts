// npm run bench:machine: what this machine can do, and the table from which the register tile of products is chosen. `--help` says more.

import { openDevices } from "../devices.ts";
import { header } from "../report.ts";
import { measureMachine } from "./measure.ts";
import { machineHelp, readMachineOptions } from "./options.ts";
import { machineLines, printMachine } from "./report.ts";

const main = async (): Promise<void> => {
  const options = readMachineOptions(process.argv.slice(2));
  if (options.help) return console.log(machineHelp);
  const say = options.json ? console.error : console.log;
  say(`${header([], await openDevices({ devices: ["cpu"], software: false }))}\n`);
  const machine = await measureMachine();
  if (options.json) for (const line of machineLines(machine)) console.log(line);
  else console.log(printMachine(machine));
};

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
