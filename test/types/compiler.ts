// Compiles snippets in memory, beside this file, and says what the compiler complains about and where.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One complaint of the compiler. */
export interface Complaint {
  /** The whole message, related causes indented below. */
  readonly message: string;
  /** The sentence of the ShapeError in it, or "" when it is about something else. */
  readonly sentence: string;
  /** The source text that is underlined. */
  readonly at: string;
}

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "..", "..");

const readOptions = (): ts.CompilerOptions => {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  return { ...options, noUnusedLocals: false };
};

// Libraries and the sources of the project do not change while tests run: they are parsed once.
const parsed = new Map<string, ts.SourceFile | undefined>();

/** A host that finds some files in memory and the rest on disk. */
const hostOf = (files: ReadonlyMap<string, string>, options: ts.CompilerOptions) => {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, version) => {
    const text = files.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, version);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, version));
    return parsed.get(name);
  };
  return host;
};

const complaintOf = ({ messageText, file, start = 0, length = 0 }: ts.Diagnostic): Complaint => {
  const message = ts.flattenDiagnosticMessageText(messageText, "\n");
  const sentence = /ShapeError<"((?:[^"\\]|\\.)*)">/.exec(message)?.[1] ?? "";
  return {
    message,
    sentence: sentence.replaceAll('\\"', '"'),
    at: file?.text.slice(start, start + length) ?? "",
  };
};

/** The complaints about each of some sources, which may import from this folder. One program checks them all. */
export const compileAll = (sources: readonly string[]): readonly (readonly Complaint[])[] => {
  const options = readOptions();
  const names = sources.map((_, i) => join(folder, `snippet${i}.ts`));
  const files = new Map(names.map((name, i) => [name, sources[i] as string]));
  const program = ts.createProgram(names, options, hostOf(files, options));
  return names.map((name) => {
    const source = program.getSourceFile(name);
    return [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map(complaintOf);
  });
};

/** The complaints about files of the project. */
export const checkFiles = (paths: readonly string[]): readonly Complaint[] => {
  const options = readOptions();
  const program = ts.createProgram([...paths], options, hostOf(new Map(), options));
  return paths.flatMap((path) =>
    program.getSemanticDiagnostics(program.getSourceFile(path)).map(complaintOf),
  );
};

/** An import of every op that a snippet names, and of `pipe` and `dim`, with a dynamic size `n`. */
export const withImports = (code: string, opNames: readonly string[]): string => {
  const used = opNames.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  return [
    `import { pipe } from "fp-ts/lib/function.js";`,
    `import type { Tensor } from "../../src/core/tensor.ts";`,
    `import { dim } from "../../src/core/types/index.ts";`,
    `import { ${used.join(", ")} } from "./ops.ts";`,
    "declare const n: number;",
    code,
  ].join("\n");
};

/** The names that ops.ts exports. */
export const opNames = (): readonly string[] => {
  const path = join(folder, "ops.ts");
  const options = readOptions();
  const program = ts.createProgram([path], options, hostOf(new Map(), options));
  const source = program.getSourceFile(path);
  const module = source && program.getTypeChecker().getSymbolAtLocation(source);
  return module === undefined
    ? []
    : program
        .getTypeChecker()
        .getExportsOfModule(module)
        .map(({ name }) => name);
};
