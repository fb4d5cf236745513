// Segmentation from the command line: trains an encoder-decoder, judges it, and paints what it finds in pictures.
//
//   npm run segment                                  trains on street scenes that the program draws itself
//   npm run segment -- train --data FOLDER           on pictures in CamVid's layout; --layout has others
//   npm run segment -- predict --model FILE IMAGE…   paints what a network finds over pictures
//   npm run segment -- --help
//
// Exit codes: 0 done, 2 wrong options, device, data or network, 130 interrupted.

import { runWords } from "./run.ts";

process.exitCode = await runWords(process.argv.slice(2));
