// The names that a module exports, read from its text, so that examples can use them unimported.

import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { root } from "./files.ts";

/** The exported names of `file`, through its re-exports; true marks a name that is only a type. */
export function exportsOf(file: string): ReadonlyMap<string, boolean> {
  const known = cache.get(file);
  if (known !== undefined) return known;
  const names = new Map<string, boolean>();
  cache.set(file, names); // before its re-exports are followed: they may lead back here
  if (existsSync(join(root, file)))
    for (const statement of parse(file).statements)
      if (ts.isExportDeclaration(statement)) addReexports(file, statement, names);
      else addExports(statement, names);
  return names;
}

const cache = new Map<string, Map<string, boolean>>();

function parse(file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function addExports(statement: ts.Statement, names: Map<string, boolean>): void {
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (!isExported) return;
  if (ts.isVariableStatement(statement))
    for (const { name } of statement.declarationList.declarations)
      for (const declared of boundNames(name)) names.set(declared, false);
  else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
    if (statement.name !== undefined) names.set(statement.name.text, false);
  } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    // A value and a type may share a name; then the value's import brings both.
    if (!names.has(statement.name.text)) names.set(statement.name.text, true);
  }
}

function addReexports(
  file: string,
  { exportClause, isTypeOnly, moduleSpecifier }: ts.ExportDeclaration,
  names: Map<string, boolean>,
): void {
  if (exportClause === undefined) {
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
    const target = posix.join(posix.dirname(file), moduleSpecifier.text);
    for (const [name, isType] of exportsOf(target)) names.set(name, isType || isTypeOnly);
  } else if (ts.isNamespaceExport(exportClause)) names.set(exportClause.name.text, isTypeOnly);
  else
    for (const element of exportClause.elements)
      names.set(element.name.text, isTypeOnly || element.isTypeOnly);
}

/** The names that a declaration such as `x` or `{ a, b: [c] }` binds. */
export function boundNames(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundNames(element.name) : [],
  );
}
