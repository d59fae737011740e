import type { Outpoint } from '../bitcoin/tx.ts';
import type { Script, Txid } from '../crypto/bytes.ts';

/**
 * What a node wants to be told of the chain, from a height on: a transaction, or whatever spends an output. `script` is that of the output, or
 * of some output of the transaction. Sources that look for scripts, not for outpoints, can't serve a watch without one.
 */
export type Watch =
  | { readonly kind: 'tx'; readonly txid: Txid; readonly script: Script | undefined; readonly fromHeight: number }
  | { readonly kind: 'spend'; readonly outpoint: Outpoint; readonly script: Script | undefined; readonly fromHeight: number };

/** By what they watch, each once. */
export type Watches = ReadonlyMap<string, Watch>;

function keyOf(watch: Watch): string {
  return watch.kind === 'tx' ? watch.txid : outpointKey(watch.outpoint);
}

function outpointKey({ txid, vout }: Outpoint): string {
  return `${txid}:${vout}`;
}

/** The same value where it is watched already, from no higher a height and with no less known of it. */
export function withWatch(watches: Watches, watch: Watch): Watches {
  const known = watches.get(keyOf(watch));
  if (known !== undefined && known.fromHeight <= watch.fromHeight && (known.script !== undefined || watch.script === undefined))
    return watches;
  return new Map(watches).set(keyOf(watch), watch);
}

export function scriptsOf(watches: Watches): ReadonlySet<Script> {
  const scripts = new Set<Script>();
  for (const { script } of watches.values()) if (script !== undefined) scripts.add(script);
  return scripts;
}

/** What watches spends of this output. */
export function watchOf(watches: Watches, spent: Outpoint): Watch | undefined {
  return watches.get(outpointKey(spent));
}

/** Those that look for this script. */
export function watchesOf(watches: Watches, script: Script): Watches {
  return new Map([...watches].filter(([, watch]) => watch.script === script));
}

/** What must be known of a transaction to tell whether somebody watches it. */
export interface Candidate {
  readonly spends: readonly Outpoint[];
  readonly txid: Txid;
}

/**
 * Tells which transactions are watched, in the order of the chain. One that spends what is watched is followed: a transaction that spends of it
 * counts, too, since a node that hears of the first will ask for the second. So a block is matched against what it adds itself.
 */
export class Matcher {
  readonly #watches: Watches;
  readonly #followed = new Set<Txid>();

  constructor(watches: Watches) {
    this.#watches = watches;
  }

  concerns(candidate: Candidate): boolean {
    const follows = candidate.spends.some((spent) => this.#followed.has(spent.txid) || this.#watches.has(outpointKey(spent)));
    if (follows) this.#followed.add(candidate.txid);
    return follows || this.#watches.has(candidate.txid);
  }

  /** Whether it spends what is watched, or of what does. */
  follows({ txid }: Candidate): boolean {
    return this.#followed.has(txid);
  }
}
