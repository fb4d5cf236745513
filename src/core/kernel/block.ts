// From an expression to statements: which value is computed where. Code generators print blocks; this file decides that a shared
// value is computed once, that what does not depend on a loop is computed before it, and that a guarded load stays behind
// its guard.

import { type Axis, type Call, children, type Expr, type Load, type Reduce } from "./expr.ts";

/** One step of a block. The value of a statement is named by its expression. */
export type Statement =
  | { readonly _tag: "Let"; readonly expr: Expr }
  | { readonly _tag: "Loop"; readonly expr: Reduce; readonly body: Block }
  | { readonly _tag: "If"; readonly expr: Call; readonly then: Block; readonly otherwise: Block };

/** Statements in order, and the expression that they compute. */
export interface Block {
  readonly statements: readonly Statement[];
  readonly result: Expr;
}

interface Scope {
  readonly parent: Scope | undefined;
  /** The loop variable of a loop's body; undefined for the outermost scope and for branches. */
  readonly axis: Axis | undefined;
  readonly statements: Statement[];
  readonly emitted: Set<Expr>;
}

const isTrivial = (expr: Expr): boolean => expr.tag === "const" || expr.tag === "axis";

/** Statements for several results that share a scope: all are available after them. */
export const scheduleExprs = (roots: readonly Expr[]): readonly Statement[] =>
  scheduleNest([], roots)[0] as readonly Statement[];

/** A load that may stand before its guard: it reads what is there, and costs less than a branch. */
export type IsFree = (expr: Load) => boolean;

/**
 * Statements for several results within a nest of loops over axes, outermost first: those before the first loop, those at the start of
 * its body, and so on. Each value is computed as far out as it can be. No load is free unless a generator says which are.
 */
export const scheduleNest = (
  axes: readonly Axis[],
  roots: readonly Expr[],
  isFree: IsFree = () => false,
): readonly (readonly Statement[])[] => {
  const freeAxes = new Map<Expr, ReadonlySet<Expr>>();
  const axesOf = (expr: Expr): ReadonlySet<Expr> => {
    const known = freeAxes.get(expr);
    if (known !== undefined) return known;
    const free = new Set<Expr>();
    if (expr.tag === "axis") free.add(expr);
    for (const child of children(expr)) for (const axis of axesOf(child)) free.add(axis);
    if (expr.tag === "reduce") free.delete(expr.axis);
    freeAxes.set(expr, free);
    return free;
  };

  const isEmitted = (expr: Expr, scope: Scope | undefined): boolean =>
    scope !== undefined && (scope.emitted.has(expr) || isEmitted(expr, scope.parent));

  /** Whether computing an expression here for the first time would load, loop or check. */
  const needsGuard = (expr: Expr, scope: Scope, seen = new Set<Expr>()): boolean => {
    if (isTrivial(expr) || seen.has(expr) || isEmitted(expr, scope)) return false;
    seen.add(expr);
    return (
      (expr.tag === "load" && !isFree(expr)) ||
      expr.tag === "reduce" ||
      (expr.tag === "call" && expr.op === "checkIndex") ||
      children(expr).some((child) => needsGuard(child, scope, seen))
    );
  };

  const openBlock = (result: Expr, parent: Scope, axis: Axis | undefined): Block => {
    const scope: Scope = { parent, axis, statements: [], emitted: new Set() };
    emit(result, scope);
    return { statements: scope.statements, result };
  };

  const emit = (expr: Expr, scope: Scope): void => {
    if (isTrivial(expr) || isEmitted(expr, scope)) return;
    let home = scope;
    while (home.axis !== undefined && home.parent !== undefined && !axesOf(expr).has(home.axis))
      home = home.parent;
    if (expr.tag === "reduce") {
      if (expr.from !== undefined) emit(expr.from, home);
      if (expr.to !== undefined) emit(expr.to, home);
      home.statements.push({ _tag: "Loop", expr, body: openBlock(expr.body, home, expr.axis) });
    } else if (expr.tag === "call" && expr.op === "where") {
      const [condition, a, b] = expr.args as [Expr, Expr, Expr];
      emit(condition, home);
      if (needsGuard(a, home) || needsGuard(b, home)) {
        const then = openBlock(a, home, undefined);
        const otherwise = openBlock(b, home, undefined);
        home.statements.push({ _tag: "If", expr, then, otherwise });
      } else {
        emit(a, home);
        emit(b, home);
        home.statements.push({ _tag: "Let", expr });
      }
    } else {
      for (const child of children(expr)) emit(child, home);
      home.statements.push({ _tag: "Let", expr });
    }
    home.emitted.add(expr);
  };

  const outermost: Scope = {
    parent: undefined,
    axis: undefined,
    statements: [],
    emitted: new Set(),
  };
  const scopes = [outermost];
  for (const axis of axes)
    scopes.push({ parent: scopes.at(-1), axis, statements: [], emitted: new Set() });
  for (const root of roots) emit(root, scopes.at(-1) as Scope);
  return scopes.map(({ statements }) => statements);
};
