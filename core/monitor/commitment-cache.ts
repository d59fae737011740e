import type { Crypto } from '../crypto/types.ts';
import type { FundingUpdate } from '../knowledge/updates.ts';
import type { ChannelScripts } from '../transactions/channel-scripts.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import type { Side } from '../transactions/types.ts';
import { outpointKey } from './outputs.ts';
import { rebuildCommitment, scriptsOf } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';

const REMEMBERED = 64;

/**
 * Commitments that were rebuilt lately: a watcher asks for the same with every block. One for all watchers of a node, and a node's own. What was
 * told of a commitment never changes, so that its names find it.
 */
export class CommitmentCache {
  readonly crypto: Crypto;
  readonly #scripts = new Map<string, ChannelScripts>();
  readonly #commitments = new Map<string, readonly BuiltCommitment[]>();

  constructor(crypto: Crypto) {
    this.crypto = crypto;
  }

  scripts({ parameters }: Knowledge, funding: FundingUpdate): ChannelScripts {
    return remembered(this.#scripts, `${parameters.us} ${outpointKey(funding)}`, () => scriptsOf(this.crypto, parameters, funding));
  }

  /** As `rebuildCommitment`. */
  commitment(known: Knowledge, owner: Side, number: bigint): readonly BuiltCommitment[] | undefined {
    const { parameters, fundings } = known;
    const key = `${parameters.us} ${owner} ${number} ${fundings.map(outpointKey).join(' ')}`;
    return remembered(this.#commitments, key, () => rebuildCommitment(this.crypto, known, owner, number));
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T;
function remembered<T>(known: Map<string, T>, key: string, make: () => T | undefined): T | undefined;
function remembered<T>(known: Map<string, T>, key: string, make: () => T | undefined): T | undefined {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  if (made === undefined) return undefined;
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, made);
  return made;
}
