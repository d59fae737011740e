import fc from 'fast-check';
import { runBytes } from '../sim/campaign/generate.ts';
import { bitcoreInterpreter } from '../sim/interpreter/bitcore.ts';
import { ORACLES } from '../sim/oracles/index.ts';
import type { RunResult } from '../sim/run/run.ts';
import { BYTES_PER_DECISION } from '../sim/strategies/from-bytes.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { FuzzFailure } from './target.ts';

/** Two nodes of the simulator, with every delivery, delay, crash and payment chosen by the bytes: the first draws the world. */

const cheapOracles = ORACLES.filter(({ cost }) => cost === 'cheap').map(({ create }) => create);

function run(bytes: Uint8Array): RunResult {
  return runBytes(bytes, { oracles: cheapOracles, interpreter: bitcoreInterpreter });
}

/** Decisions moved, taken away, repeated, or drawn anew. */
function vary(bytes: Uint8Array, int: (n: number) => number): Uint8Array {
  const decisions: number[][] = [];
  for (let at = 1; at < bytes.length; at += BYTES_PER_DECISION) decisions.push([...bytes.subarray(at, at + BYTES_PER_DECISION)]);
  const at = int(decisions.length + 1);
  const fresh = Array.from({ length: BYTES_PER_DECISION }, () => int(256));
  const way = int(4);
  if (way === 0) decisions.splice(at, 1);
  else if (way === 1) decisions.splice(at, 0, fresh);
  else if (way === 2) decisions.splice(at, 0, ...decisions.slice(at, at + 1 + int(6)));
  else decisions[at] = fresh;
  return Uint8Array.of(bytes[0] ?? 0, ...decisions.flat());
}

export const consistencyTarget: FuzzTarget = {
  name: 'consistency',
  about: 'the simulated world of two nodes: the bytes choose who moves next',
  maxLength: 1 + 120 * BYTES_PER_DECISION,
  fuzz(bytes) {
    const { finding, fingerprint } = run(bytes);
    if (finding !== undefined)
      throw new FuzzFailure(fingerprint ?? finding.oracle, `${finding.message} (${finding.expected}, not ${finding.actual})`);
  },
  dictionary: dictionaryOf({ kind: 'bool' }),
  structure: fc
    .tuple(fc.nat(127), fc.array(fc.uint8Array({ minLength: BYTES_PER_DECISION, maxLength: BYTES_PER_DECISION }), { maxLength: 60 }))
    .map(([world, decisions]) => Uint8Array.of(world, ...decisions.flatMap((decision) => [...decision]))),
  vary,
  describe: (bytes) =>
    run(bytes)
      .applied.map((action) => JSON.stringify(action))
      .join('\n'),
  reaches(bytes) {
    const { applied, finding } = run(bytes);
    return [
      ...new Set(applied.map((action) => (action.do === 'deliver' ? action.message : action.do))),
      ...(finding === undefined ? ['settled'] : []),
    ];
  },
};
