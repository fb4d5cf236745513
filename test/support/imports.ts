// What each source file imports, read from its import lines.

import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { root } from "./files.ts";

/** One import or re-export. */
export interface Import {
  /** The importing file, as a path from the project's root. */
  readonly file: string;
  readonly line: number;
  /** A path from the project's root for a relative import, else a package such as `"fp-ts"`. */
  readonly target: string;
  /** As written, such as `"../core/shape.ts"` or `"fp-ts/lib/Either.js"`. */
  readonly specifier: string;
  readonly isPackage: boolean;
  /** `import type` and `export type` load nothing when the program runs. */
  readonly isTypeOnly: boolean;
}

/** Every import of `file`: import and export lines, `import("…")`, `require("…")`. */
export function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      const isPackage = !specifier.startsWith(".");
      found.push({
        file,
        line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
        target: isPackage ? packageOf(specifier) : posix.join(posix.dirname(file), specifier),
        specifier,
        isPackage,
        isTypeOnly: isTypeOnly(node),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return textOf(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return textOf(node.argument.literal);
  if (ts.isCallExpression(node) && isLoader(node.expression)) return textOf(node.arguments[0]);
  return undefined;
}

// `require` is what createRequire returns, by custom.
function isLoader(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(callee) && callee.text === "require")
  );
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly === true;
  return ts.isImportTypeNode(node) || (ts.isExportDeclaration(node) && node.isTypeOnly);
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** `"@scope/name"` of `"@scope/name/file.js"`, `"node:fs"` of `"node:fs/promises"`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
