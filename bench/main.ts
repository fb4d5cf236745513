// npm run bench: times ops and whole training steps on each device, with PyTorch and TensorFlow.js beside them. `--help` says more.

import { cases, chosenCases } from "./cases/index.ts";
import { compare, measureRates } from "./compare.ts";
import { openDevices } from "./devices.ts";
import { help, type Options, readOptions } from "./options.ts";
import { findPeers } from "./peers/index.ts";
import { header, jsonLine, type Line, peerRemarks, tableHead, tableRow } from "./report.ts";

const main = async (options: Options): Promise<void> => {
  if (options.help) return console.log(help);
  if (options.list) {
    for (const { name, about } of cases) console.log(name.padEnd(20) + about);
    return;
  }
  const say = options.json ? console.error : console.log;
  const selected = chosenCases(options.cases);
  const found = await openDevices(options);
  const devices = found.opened.map(({ device }) => device);
  const peers = await findPeers(options.peers);
  say(header(peers, found));
  const rates = options.smoke ? new Map<string, number>() : await measureRates(devices);
  if (!options.json) say(`\n${tableHead(peers)}`);
  const lines: Line[] = [];
  for (const it of selected) {
    for (const line of await compare(it, devices, peers, rates, options)) {
      console.log(options.json ? jsonLine(line) : tableRow(line));
      lines.push(line);
    }
  }
  if (!options.json) for (const remark of peerRemarks(lines)) say(remark);
  if (lines.some((line) => "error" in line)) process.exitCode = 1;
};

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
