// Which names a piece of code uses without declaring them.

import ts from "typescript";
import { boundNames } from "./exports.ts";

/** The names used in `node` and declared nowhere in it, in order of first use. */
export function freeNames(node: ts.Node): readonly string[] {
  const found = new Set<string>();
  const visit = (inner: ts.Node, outerBound: ReadonlySet<string>): void => {
    const own = declaredBy(inner);
    const bound = own.length === 0 ? outerBound : new Set([...outerBound, ...own]);
    if (ts.isIdentifier(inner) && isUse(inner) && !bound.has(inner.text)) found.add(inner.text);
    ts.forEachChild(inner, (child) => visit(child, bound));
  };
  visit(node, new Set());
  return [...found];
}

/** The names that `node`, such as a file, a block or a function, declares for what is inside it. */
export function declaredBy(node: ts.Node): readonly string[] {
  if (ts.isFunctionLike(node))
    return [
      ...node.parameters.flatMap(({ name }) => boundNames(name)),
      ...(node.typeParameters ?? []).map(({ name }) => name.text),
      ...(ts.isFunctionExpression(node) && node.name !== undefined ? [node.name.text] : []),
    ];
  if (ts.isSourceFile(node) || ts.isBlock(node)) return node.statements.flatMap(declaredIn);
  if (ts.isForOfStatement(node) || ts.isForStatement(node) || ts.isForInStatement(node))
    return node.initializer !== undefined && ts.isVariableDeclarationList(node.initializer)
      ? node.initializer.declarations.flatMap(({ name }) => boundNames(name))
      : [];
  return [];
}

function declaredIn(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    const bindings = clause?.namedBindings;
    return [
      ...(clause?.name === undefined ? [] : [clause.name.text]),
      ...(bindings === undefined
        ? []
        : ts.isNamespaceImport(bindings)
          ? [bindings.name.text]
          : bindings.elements.map(({ name }) => name.text)),
    ];
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named && statement.name !== undefined ? [statement.name.text] : [];
}

/** Whether the identifier reads a variable or a type, rather than naming a member or a parameter. */
function isUse(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === identifier;
  if (ts.isQualifiedName(parent)) return parent.left === identifier;
  if (ts.isBindingElement(parent)) return parent.initializer === identifier;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === identifier;
  const isName = "name" in parent && parent.name === identifier;
  return !isName || ts.isShorthandPropertyAssignment(parent);
}
