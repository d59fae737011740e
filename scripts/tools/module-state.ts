/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { packageRoot } from '../node/package-files.ts';

/** Module-level declarations that look like state and are none: `file: name`, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'core/crypto/bytes.ts: DIGIT': 'a table, written when the module is loaded',
  'core/crypto/scalar.ts: IS_DIGIT': 'a table, written when the module is loaded',
  'core/crypto/hashes.ts: scratch': 'a buffer whose content never survives a call',
  'core/transactions/secrets.ts: flipped': 'a buffer whose content never survives a call',
  'core/wire/reader-writer.ts: spare': 'a buffer whose content never survives a call',
  'sim/world/encryption.ts: READ_BUFFER': 'a buffer whose content never survives a call',
  'sim/actions/users/forbidden-requests.ts: ONION': 'a constant that nothing writes to',
  'sim/oracles/limits.ts: ONION': 'a constant that nothing writes to',
  'sim/run/run.ts: BUILT_IN_REGISTRY': 'has no method that changes it',
  // What those who judge have read lately: pure functions of objects that never change, by identity. No node and no crypto is behind them.
  'sim/model/commitment-contents.ts: known': 'the last few readings of immutable commitments',
  'sim/world/channel-changes.ts: decoded': 'the last few readings of immutable messages',
  'sim/model/parse-once.ts: last': 'the last reading of a raw transaction',
  'sim/deterministic/hash.ts: NAMES': 'hashes of the few words of the vocabulary of scenarios',
};

const READONLY = /^(readonly |Readonly)/;
/** What has no state of its own, or none that a caller can reach. */
const STATELESS: ReadonlySet<string> = new Set(['RegExp', 'Error']);

/** The names of the module-level declarations of a source that can hold state from one call to the next. */
export function moduleState(source: string, file = 'source.ts'): readonly string[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  return tree.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return ofVariables(statement);
    return ts.isClassDeclaration(statement) ? ofClass(statement) : [];
  });
}

function ofVariables({ declarationList }: ts.VariableStatement): readonly string[] {
  const constant = (declarationList.flags & ts.NodeFlags.Const) !== 0;
  return declarationList.declarations
    .filter(({ type, initializer }) => !constant || (initializer !== undefined && mayHoldState(initializer, type)))
    .map(({ name }) => name.getText());
}

function ofClass({ name, members }: ts.ClassDeclaration): readonly string[] {
  return members.filter(ts.isPropertyDeclaration).flatMap(({ modifiers = [], name: member, initializer, type }) => {
    const has = (kind: ts.SyntaxKind): boolean => modifiers.some((modifier) => modifier.kind === kind);
    if (!has(ts.SyntaxKind.StaticKeyword)) return [];
    const held = !has(ts.SyntaxKind.ReadonlyKeyword) || (initializer !== undefined && mayHoldState(initializer, type));
    return held ? [`${name?.text ?? 'class'}.${member.getText()}`] : [];
  });
}

/** Whether evaluating it once, when the module is loaded, leaves something behind that can change. */
function mayHoldState(initializer: ts.Expression, type: ts.TypeNode | undefined): boolean {
  const readonly = type !== undefined && READONLY.test(type.getText());
  return !readonly && (isEmptyLiteral(initializer, type) || makesState(initializer));
}

/** Nothing in it yet, and a type that lets something in. */
function isEmptyLiteral(node: ts.Expression, type: ts.TypeNode | undefined): boolean {
  const empty = ts.isArrayLiteralExpression(node)
    ? node.elements.length === 0
    : ts.isObjectLiteralExpression(node) && node.properties.length === 0;
  return empty && (type === undefined || /\[\]$|^(Array|Record|Partial)</.test(type.getText()));
}

/** An instance of something: by `new`, or from a function that is called after what it makes. Arguments of other calls are read and let go. */
function makesState(node: ts.Node): boolean {
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
  if (ts.isNewExpression(node)) return !isEmptyBytes(node) && !STATELESS.has(node.expression.getText());
  if (ts.isCallExpression(node)) return /^create[A-Z]/.test(node.expression.getText()) || makesState(node.expression);
  return ts.forEachChild(node, (child) => makesState(child) || undefined) ?? false;
}

function isEmptyBytes({ expression, arguments: given }: ts.NewExpression): boolean {
  return expression.getText() === 'Uint8Array' && given?.length === 1 && given[0]?.getText() === '0';
}

/** `file: name` of every one in core and sim, tests aside. */
export function findModuleState(root = packageRoot()): readonly string[] {
  return ['core', 'sim'].flatMap((area) =>
    readdirSync(join(root, area), { recursive: true, encoding: 'utf8' })
      .map((name) => join(area, name).replaceAll('\\', '/'))
      .filter((file) => /(?<!\.(test|fixture|d))\.ts$/.test(file) && !file.startsWith('sim/example/'))
      .sort()
      .flatMap((file) => moduleState(readFileSync(join(root, file), 'utf8'), file).map((name) => `${file}: ${name}`)),
  );
}

/** What is wrong: state without a reason, and reasons without state. */
export function judge(found: readonly string[], exceptions: Readonly<Record<string, string>> = EXCEPTIONS): readonly string[] {
  const unreasoned = found.filter((place) => exceptions[place] === undefined);
  const stale = Object.keys(exceptions).filter((place) => !found.includes(place));
  return [
    ...unreasoned.map((place) => `${place} is state at module level: it belongs to a node, a world or a provider`),
    ...stale.map((place) => `${place} is no state at module level any more: its exception goes, too`),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = judge(findModuleState());
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
}
