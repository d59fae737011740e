import fc from 'fast-check';
import { printMessage } from '../core/wire/print.ts';
import { messageRegistry, namesIn } from '../core/wire/messages/index.ts';
import type { Message, MessageName } from '../core/wire/messages/index.ts';
import type { Operation, OperationName } from './node/grammar.ts';
import { argumentRanges, carriesData, operationNames, operationText, parseBytes, parseText, printText, toBytes } from './node/grammar.ts';
import { run } from './node/run.ts';
import type { FuzzTarget } from './target.ts';

/** A whole node on the wire: the fuzzer is its peers, its network, its disk, its chain and its user. */

const MAX_LENGTH = 800;
const NO_DATA = new Uint8Array(0);

/** Messages of the protocol that the node speaks come up more often than those that it only knows of. */
const SPOKEN: readonly MessageName[] = [...namesIn('establishment', 'operation', 'retransmission', 'closing'), 'error', 'ping'];
const spoken = SPOKEN.map((name) => messageRegistry.findIndex((entry) => entry.name === name));

function operationOf(name: OperationName): fc.Arbitrary<Operation> {
  const args = argumentRanges(name).map((range, i) =>
    name === 'say' && i === 1
      ? fc.oneof(fc.constantFrom(...spoken), fc.nat(range - 1))
      : fc.oneof(fc.nat(Math.min(range - 1, 3)), fc.nat(range - 1)),
  );
  const data = carriesData(name) ? fc.uint8Array({ maxLength: 60 }) : fc.constant(NO_DATA);
  return fc.record({ name: fc.constant(name), args: fc.tuple(...args), data });
}

/** Those that carry a run forward come up more often. */
const OFTEN: readonly OperationName[] = [
  'play',
  'play',
  'play',
  'say',
  'say',
  'say',
  'say',
  'alter',
  'pay',
  'claim',
  'mine',
  'accept',
  'fund',
];
const operation = fc.oneof(...[...OFTEN, ...operationNames.filter((name) => name !== 'from')].map(operationOf));
const scenario = fc.tuple(fc.option(operationOf('from')), fc.array(operation, { maxLength: 30 }));

function drawn(int: (n: number) => number): Operation {
  const pool = [...OFTEN, ...operationNames];
  const name = pool[int(pool.length)] as OperationName;
  const args = argumentRanges(name).map((range, i) =>
    name === 'say' && i === 1 && int(2) === 0 ? (spoken[int(spoken.length)] as number) : int(int(2) === 0 ? Math.min(range, 4) : range),
  );
  const data = carriesData(name) ? Uint8Array.from({ length: int(40) }, () => int(256)) : NO_DATA;
  return { name, args, data };
}

/** One operation more, less, elsewhere, or with another argument. */
function vary(bytes: Uint8Array, int: (n: number) => number): Uint8Array {
  const operations = [...parseBytes(bytes)];
  const at = int(operations.length + 1);
  const here = operations[at];
  const way = here === undefined ? 0 : int(6);
  if (way <= 2) operations.splice(at, 0, drawn(int));
  else if (way === 3) operations.splice(at, 1);
  else if (way === 4) operations.splice(int(operations.length), 0, ...operations.slice(at, at + 1 + int(4)));
  else {
    const ranges = argumentRanges((here as Operation).name);
    const which = int(Math.max(1, ranges.length));
    const args = (here as Operation).args.map((arg, i) => (i === which ? int(ranges[i] as number) : arg));
    operations[at] = { ...(here as Operation), args };
  }
  return toBytes(operations);
}

/** The run as a conversation: each operation, and under it what was said. */
function describe(bytes: Uint8Array): string {
  const lines: string[] = [];
  const listen = (speaker: string, message: Message): void => {
    lines.push(`    ${speaker}: ${printMessage(message)}`);
  };
  try {
    run(parseBytes(bytes), listen, (operation) => lines.push(operationText(operation)));
  } catch (error) {
    lines.push(`    ${error instanceof Error ? error.message : String(error)}`);
  }
  return lines.join('\n');
}

export const nodeTarget: FuzzTarget = {
  name: 'node',
  about: 'a whole node on the wire: peers, handshakes, messages, stores, blocks, crashes and users',
  maxLength: MAX_LENGTH,
  fuzz(bytes) {
    run(parseBytes(bytes));
  },
  dictionary: operationNames.map((name) => toBytes([{ name, args: argumentRanges(name).map(() => 0), data: NO_DATA }])),
  structure: scenario.map(([from, rest]) => toBytes([...(from === null ? [] : [from]), ...rest]).slice(0, MAX_LENGTH)),
  vary,
  describe,
  notation: { extension: '.txt', parse: (text) => toBytes(parseText(text)), print: (bytes) => printText(parseBytes(bytes)) },
  reaches: (bytes) => [...run(parseBytes(bytes)).oracle.milestones],
};
