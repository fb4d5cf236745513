// Turns an example into a module that checks itself. Line 1 holds the imports; every line after it
// is one line of the example, so that positions can be told apart by counting.
//
//   add(1, x)  // 3           becomes   $at(12); $shows("3", add(1, x))
//   sum(x)  // [2, 3] → []    becomes   $at(12); { const x = $zeros([2, 3]); $shapes("[]", sum(x)) }

import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Example } from "./docExamples.ts";
import { shapeClaims } from "./exampleProbe.ts";
import { exportsOf } from "./exports.ts";
import { root } from "./files.ts";
import { declaredBy, freeNames } from "./freeNames.ts";

/** The entry points of the package, by the name that a user imports. */
export const entryPoints: ReadonlyMap<string, string> = new Map(
  [
    ["pullback", "src/index.ts"] as const,
    ["pullback/ops", "src/ops/index.ts"] as const,
    ["pullback/nn", "src/nn/index.ts"] as const,
    ["pullback/models", "src/models/index.ts"] as const,
  ].filter(([, file]) => existsSync(join(root, file))),
);

/** The source text of the module for `example`; `toRoot` leads from its folder to the project's. */
export function moduleOf(example: Example, toRoot: string): string {
  const text = example.lines.map((line) => line.text).join("\n");
  const source = ts.createSourceFile("example.ts", text, ts.ScriptTarget.Latest, true);
  const scope = namesInScope(example);
  const known = new Set([...scope.keys(), ...declaredBy(source), ...globals]);
  const edits = source.statements.flatMap((statement): readonly Edit[] => {
    const start = statement.getStart();
    if (ts.isImportDeclaration(statement)) return [redirect(statement, toRoot)];
    const line = example.lines[source.getLineAndCharacterOfPosition(start).line]?.line ?? 0;
    return [
      { start, end: start, text: `$at(${line}); ` },
      ...checkOf(statement, commentAfter(statement, text), known),
    ];
  });
  return `${preamble(freeNames(source), scope, toRoot)}\n${applyEdits(text, edits)}\n`;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Replaces a statement by itself and the check that its comment asks for. */
function checkOf(
  statement: ts.Statement,
  comment: string | undefined,
  known: ReadonlySet<string>,
): readonly Edit[] {
  if (comment === undefined) return [];
  const { pos, end } = { pos: statement.getStart(), end: statement.getEnd() };
  const [inputs, output] = comment.includes("→") ? halves(comment) : [undefined, undefined];
  if (ts.isExpressionStatement(statement)) {
    const code = statement.expression.getText();
    const check =
      inputs !== undefined
        ? `{ ${inputsFor(statement, inputs, known)}$shapes(${quote(output)}, ${code}); }`
        : comment.startsWith("throws ")
          ? `await $throws(${quote(comment.slice(7))}, async () => ${code});`
          : `$shows(${quote(comment)}, ${loggedArguments(statement.expression) ?? code});`;
    return [{ start: pos, end, text: check }];
  }
  const name = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations[0]?.name.getText()
    : undefined;
  if (inputs === undefined || name === undefined) return []; // a remark
  const semicolon = statement.getText().endsWith(";") ? "" : ";";
  return [
    { start: pos, end: pos, text: inputsFor(statement, inputs, known) },
    { start: end, end, text: `${semicolon} $shapes(${quote(output)}, ${name});` },
  ];
}

function halves(comment: string): readonly [string, string] {
  const arrow = comment.lastIndexOf("→");
  return [comment.slice(0, arrow), comment.slice(arrow + 1)];
}

/** Declarations of the names that a shape example leaves undeclared, in order of first use. */
function inputsFor(statement: ts.Statement, shapes: string, known: ReadonlySet<string>): string {
  const names = freeNames(statement).filter((name) => !known.has(name));
  const claims = shapeClaims(shapes);
  if (names.length !== claims.length && names.length > 0)
    throw new Error(`shapes for ${names.join(", ")} expected before the →, got "${shapes.trim()}"`);
  return names
    .map((name, i) => {
      const { shape = [], dtype = "f32" } = claims[i] ?? {};
      return `const ${name} = $zeros([${shape.join(", ")}], "${dtype}"); `;
    })
    .join("");
}

/** The arguments of `console.log(…)`: what is logged is what is checked. */
function loggedArguments(expression: ts.Expression): string | undefined {
  if (!ts.isCallExpression(expression) || expression.expression.getText() !== "console.log")
    return undefined;
  return expression.arguments.map((argument) => argument.getText()).join(", ");
}

function commentAfter(statement: ts.Statement, text: string): string | undefined {
  const range = ts.getTrailingCommentRanges(text, statement.getEnd())?.[0];
  if (range?.kind !== ts.SyntaxKind.SingleLineCommentTrivia) return undefined;
  return text.slice(range.pos + 2, range.end).trim();
}

/** Where each name that needs no import comes from: the example's own file goes first. */
function namesInScope(example: Example): ReadonlyMap<string, string> {
  const scope = new Map<string, string>();
  if (!example.isInDocComment) return scope;
  for (const file of [example.file, ...entryPoints.values()])
    for (const name of exportsOf(file).keys()) if (!scope.has(name)) scope.set(name, file);
  if (!scope.has("pipe")) scope.set("pipe", "fp-ts/lib/function.js");
  return scope;
}

function preamble(
  used: readonly string[],
  scope: ReadonlyMap<string, string>,
  toRoot: string,
): string {
  const imports = used.flatMap((name) => {
    const from = scope.get(name);
    if (from === undefined) return [];
    const isType = from.startsWith("src/") && exportsOf(from).get(name) === true;
    return [`import { ${isType ? "type " : ""}${name} } from "${pathTo(from, toRoot)}";`];
  });
  const probe = `import { $at, $shapes, $shows, $throws } from "${toRoot}/test/support/exampleProbe.ts";`;
  const main = entryPoints.get("pullback");
  const zeros = main === undefined ? "" : `import { zeros as $zeros } from "${toRoot}/${main}";`;
  return [probe, zeros, ...imports].join(" ");
}

function redirect(statement: ts.ImportDeclaration, toRoot: string): Edit {
  const { moduleSpecifier } = statement;
  const specifier = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : "";
  const file = entryPoints.get(specifier) ?? specifier;
  return {
    start: moduleSpecifier.getStart(),
    end: moduleSpecifier.getEnd(),
    text: quote(pathTo(file, toRoot)),
  };
}

function pathTo(file: string, toRoot: string): string {
  return file.startsWith("src/") ? `${toRoot}/${file}` : file;
}

const globals = Object.getOwnPropertyNames(globalThis);

const quote = (text = ""): string => JSON.stringify(text.trim());

function applyEdits(text: string, edits: readonly Edit[]): string {
  // Stable, so that what is inserted at a statement's start stays before its replacement.
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  let result = "";
  let position = 0;
  for (const edit of ordered) {
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return result + text.slice(position);
}
