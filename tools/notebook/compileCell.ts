// A code cell as JavaScript that can run after the cells before it. Each cell becomes an asynchronous function that returns a
// way to evaluate text inside of itself, which is how the next cell sees its names: names may be declared again, functions
// keep those that they were written with, and all of it is ordinary strict code.
//
// Source maps carry the lines of the file, so that stack traces and call sites name them.

import { type Message, transform } from "esbuild";
import * as E from "fp-ts/lib/Either.js";
import ts from "typescript";
import type { Cell, Problem } from "./source.ts";

/** A change of a text: what stands from `start` to `end` gives way to `text`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const options = {
  loader: "ts",
  target: "es2022",
  charset: "utf8",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
} as const;

/** The JavaScript of a code cell of the notebook at an absolute path, or the first error of its syntax. `name` is unique in the notebook. */
export const compileCell = async (
  { text, line }: Cell,
  path: string,
  name: string,
): Promise<E.Either<Problem, string>> => {
  const above = "\n".repeat(line - 1);
  try {
    await transform(above + text, { ...options, format: "esm" }); // a text that is wrong must not be cut up
    const whole = `${above}(async () => {${rewrite(text, line)}\nreturn ($code) => eval($code);\n})`;
    const { code } = await transform(whole, { ...options, sourcefile: path, sourcemap: "inline" });
    return E.right(`${code}//# sourceURL=${path}#${name}`);
  } catch (error) {
    return E.left(syntaxProblem(error, line));
  }
};

const syntaxProblem = (error: unknown, line: number): Problem => {
  const [first] = (error as { readonly errors?: readonly Message[] }).errors ?? [];
  if (first === undefined) throw error; // not of the cell
  return { line: first.location?.line ?? line, message: `SyntaxError: ${first.text}` };
};

/** A cell with its lines announced, its imports made dynamic and its last value shown, on as many lines as before. */
const rewrite = (text: string, line: number): string => {
  const source = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.Latest, true);
  const { statements } = source;
  const edits = statements.flatMap((statement, i) => {
    const start = statement.getStart();
    const at = line + source.getLineAndCharacterOfPosition(start).line;
    return [
      { start, end: start, text: `$notebook.at(${at});` },
      ...(ts.isImportDeclaration(statement) ? importEdit(statement) : []),
      ...(i === statements.length - 1 ? valueEdits(statement) : []),
    ];
  });
  return edits.reduceRight(
    (changed, { start, end, text: by }) => changed.slice(0, start) + by + changed.slice(end),
    text,
  );
};

const importEdit = (statement: ts.ImportDeclaration): readonly Edit[] => {
  const [start, end] = [statement.getStart(), statement.getEnd()];
  const text = statement.getText();
  const lines = "\n".repeat(text.split("\n").length - 1);
  return [{ start, end, text: dynamicImport(statement) + lines }];
};

/** `import d, { a as b } from "m"` as `const { default: d, a: b } = …`, which checks that "m" exports them. */
const dynamicImport = ({ importClause: clause, moduleSpecifier }: ts.ImportDeclaration): string => {
  const from = moduleSpecifier.getText();
  if (clause === undefined) return `await import(${from});`;
  if (clause.isTypeOnly) return "";
  const bindings = clause.namedBindings;
  const elements = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : [];
  const named = elements
    .filter(({ isTypeOnly }) => !isTypeOnly)
    .map(({ name, propertyName }) => [(propertyName ?? name).text, name.text] as const);
  const names = [
    ...(clause.name === undefined ? [] : [["default", clause.name.text] as const]),
    ...named,
  ];
  const wanted = JSON.stringify(names.map(([exported]) => exported));
  const pattern = names.map(([exported, local]) => `${JSON.stringify(exported)}: ${local}`);
  const space =
    bindings !== undefined && ts.isNamespaceImport(bindings)
      ? `const ${bindings.name.text} = await import(${from});`
      : "";
  return `${space}const { ${pattern.join(", ")} } = $notebook.exports(await import(${from}), ${wanted}, ${from});`;
};

/** A last statement that is an expression has its value shown, unless it is an assignment. */
const valueEdits = (statement: ts.Statement): readonly Edit[] => {
  if (!ts.isExpressionStatement(statement)) return [];
  const { expression } = statement;
  if (ts.isBinaryExpression(expression) && isAssignment(expression)) return [];
  const [start, end] = [expression.getStart(), expression.getEnd()];
  return [
    { start, end: start, text: "$notebook.value(" },
    { start: end, end, text: ")" },
  ];
};

const isAssignment = ({ operatorToken: { kind } }: ts.BinaryExpression): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
