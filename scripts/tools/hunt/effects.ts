import ts from 'typescript';
import type { Edit, Mutant } from './mutant.ts';

/** What a step says with: each call is an effect, or a store, or an event that is told again. */
const SAYING = new Set(['send', 'persist', 'notify', 'notifyEvents', 'addEvent', 'monitor', 'monitorReplay', 'ask']);

/** Each effect that a source gives, left out. */
export function withoutEffects(file: string, source: string): readonly Mutant[] {
  return mutants('effect', file, source, (node) => {
    if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return undefined;
    const called = node.expression.expression;
    if (ts.isIdentifier(called) && SAYING.has(called.text)) return { node, name: called.text, after: ';' };
    const pushes = ts.isPropertyAccessExpression(called) && called.name.text === 'push' && called.expression.getText().endsWith('effects');
    return pushes ? { node, name: 'push', after: ';' } : undefined;
  });
}

/** Each wait for what must be durable first, left out. */
export function withoutWaits(file: string, source: string): readonly Mutant[] {
  return mutants('after', file, source, (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'after')
      return { node, name: 'after', after: '[]' };
    const given = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node) ? node : undefined;
    if (given?.name.getText() !== 'after' || given.initializer === undefined || isCallOfAfter(given.initializer)) return undefined;
    return { node: given.initializer, name: 'after', after: '[]' };
  });
}

function isCallOfAfter(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === 'after';
}

interface Found {
  readonly node: ts.Node;
  readonly name: string;
  readonly after: string;
}

function mutants(kind: string, file: string, source: string, look: (node: ts.Node) => Found | undefined): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const all: Mutant[] = [];
  const counted = new Map<string, number>();
  const visit = (node: ts.Node, within: string): void => {
    const found = look(node);
    if (found !== undefined) {
      const name = `${kind}/${file.replace(/^core\//, '')}/${within}.${found.name}`;
      const nth = (counted.get(name) ?? 0) + 1;
      counted.set(name, nth);
      const edit: Edit = { file, start: found.node.getStart(), end: found.node.getEnd(), after: found.after };
      all.push({ id: nth === 1 ? name : `${name}#${nth}`, edits: [edit] });
    }
    ts.forEachChild(node, (child) => visit(child, ts.isFunctionDeclaration(node) ? (node.name?.text ?? within) : within));
  };
  visit(tree, '');
  return all;
}
