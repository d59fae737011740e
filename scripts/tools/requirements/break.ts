import ts from 'typescript';

/** One small change to a source: the text with it, and what it is. */
export interface Break {
  readonly line: number;
  /** Where in the source it is: from the first character up to the one behind the last. */
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  readonly text: string;
}

/** Each way to break what a rule asks: where it is named, the condition in front of it never holds. */
export function withoutRule(source: string, rule: string): readonly Break[] {
  const found: Break[] = [];
  visit(parse(source), (node) => {
    if (!ts.isStringLiteral(node) || node.text !== rule) return;
    const condition = conditionOver(node);
    if (condition !== undefined) found.push(replaced(source, condition.node, condition.never));
  });
  return found;
}

/** Each way to break a declaration, or all of a source, by one boundary, sign, number, or answer. */
export function brokenDeclaration(source: string, name?: string): readonly Break[] {
  const tree = parse(source);
  const found: Break[] = [];
  visit(tree, (node) => {
    if (name === undefined ? node !== tree : declaredName(node) !== name) return;
    visit(node, (part) => {
      const other = otherThan(part);
      if (other !== undefined) found.push(replaced(source, part, other));
    });
  });
  return found;
}

/** Every name that a source declares. */
export function declaredNames(source: string): ReadonlySet<string> {
  const names = new Set<string>();
  visit(parse(source), (node) => {
    const name = declaredName(node);
    if (name !== undefined) names.add(name);
  });
  return names;
}

function parse(source: string): ts.SourceFile {
  return ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function declaredName(node: ts.Node): string | undefined {
  const declares =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node);
  return declares ? node.name?.getText() : undefined;
}

/** The nearest condition that must hold, or must not, for this to be reached, and what to write for it to be never so. */
function conditionOver(node: ts.Node): { readonly node: ts.Node; readonly never: string } | undefined {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const { parent } = at;
    if (ts.isIfStatement(parent) && at === parent.thenStatement) return { node: parent.expression, never: 'false' };
    if (ts.isIfStatement(parent) && at === parent.elseStatement) return { node: parent.expression, never: 'true' };
    if (ts.isConditionalExpression(parent) && at === parent.whenTrue) return { node: parent.condition, never: 'false' };
    if (ts.isConditionalExpression(parent) && at === parent.whenFalse) return { node: parent.condition, never: 'true' };
    if (ts.isBinaryExpression(parent) && at === parent.right && parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken)
      return { node: parent.left, never: 'false' };
    if (ts.isFunctionLike(parent)) break;
  }
  const statement = statementOf(node);
  return statement && { node: statement, never: ';' };
}

function statementOf(node: ts.Node): ts.Node | undefined {
  for (let at: ts.Node = node; at !== undefined && !ts.isFunctionLike(at); at = at.parent) {
    if (ts.isExpressionStatement(at) || ts.isReturnStatement(at)) return at;
  }
  return undefined;
}

const OTHER_OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
};

function otherThan(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node)) {
    const other = OTHER_OPERATORS[node.operatorToken.getText()];
    return other === undefined || isAboutText(node) ? undefined : `${node.left.getText()} ${other} ${node.right.getText()}`;
  }
  if (ts.isBigIntLiteral(node)) return `${BigInt(node.text.slice(0, -1)) + 1n}n`;
  if (ts.isNumericLiteral(node)) return String(Number(node.text) + 1);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return 'false';
  if (node.kind === ts.SyntaxKind.FalseKeyword) return 'true';
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return node.operand.getText();
  if (ts.isConditionalExpression(node)) return `${node.condition.getText()} ? ${node.whenFalse.getText()} : ${node.whenTrue.getText()}`;
  return undefined;
}

/** What only puts words together breaks nothing that matters. */
function isAboutText(node: ts.BinaryExpression): boolean {
  return [node.left, node.right].some((part) => ts.isStringLiteralLike(part) || ts.isTemplateExpression(part));
}

function replaced(source: string, node: ts.Node, after: string): Break {
  const [start, end] = [node.getStart(), node.getEnd()];
  const line = node.getSourceFile().getLineAndCharacterOfPosition(start).line + 1;
  return { line, start, end, before: source.slice(start, end), after, text: source.slice(0, start) + after + source.slice(end) };
}
