// Type-checks generated files with the project's own compiler settings.

import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "./files.ts";

/** A compiler's complaint, with the line counted from 1. */
export interface Complaint {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What the compiler says of `files`, absolute paths; names that stay unused are forgiven. */
export function complaintsAbout(files: readonly string[]): readonly Complaint[] {
  const settings = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, root);
  const program = ts.createProgram(files, {
    ...options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: [join(root, "node_modules/@types")],
  });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`no such file in ${dirname(file)}: ${file}`);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ start = 0, messageText }) => ({
      file,
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      message: ts.flattenDiagnosticMessageText(messageText, "\n      "),
    }));
  });
}
