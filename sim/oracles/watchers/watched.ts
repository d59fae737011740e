import type { Txid } from '../../../core/crypto/bytes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import type { MonitorUpdate, OurCommitmentUpdate } from '../../../core/knowledge/updates.ts';
import { learn, rebuildCommitment } from '../../../core/monitor/knowledge.ts';
import type { Knowledge } from '../../../core/monitor/knowledge.ts';
import type { BuiltCommitment } from '../../../core/transactions/commitment.ts';
import type { Side } from '../../../core/transactions/types.ts';
import { otherSide, SIDES, txidsOf } from '../../model/commitment-contents.ts';
import type { Told } from '../../scenario/told.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import { firstDifference } from '../compare.ts';

/** What is wrong with what watchers were told. `rule`: the kind of the update. */
export interface Wrong {
  readonly rule: MonitorUpdate['kind'];
  readonly kind: 'other-content' | 'does-not-fit' | 'other-transaction' | 'not-signed' | 'not-told';
  readonly message: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What one watcher holds: everything up to a number, and what came beyond a gap. */
interface Holder {
  readonly newest: Told;
  readonly upTo: number;
  readonly beyond: ReadonlySet<number>;
}

type Txids = readonly (Txid | undefined)[];

/** What an update makes known: what may leave only when watchers know it. The first word is of a closed list. */
export type Fact = `${(typeof TOPICS)[number]}${'' | ` ${string}`}`;
export const TOPICS = ['parameters', 'funding', 'final', 'scripts', 'ours', 'theirs', 'secret', 'preimage', 'claim'] as const;

function factsOf(update: MonitorUpdate): readonly Fact[] {
  switch (update.kind) {
    case 'parameters':
    case 'funding':
    case 'final':
      return [update.kind];
    case 'shutdown_scripts':
      return [`scripts ${update.scripts.opener} ${update.scripts.accepter}`];
    case 'ours':
    case 'theirs':
    case 'secret':
      return [`${update.kind} ${update.number}`];
    case 'preimage':
      return [`preimage ${update.preimage}`, ...update.settles.map(({ offerer, id }) => `claim ${offerer} ${id}` as const)];
  }
}

/** One channel of one node, as its watchers know it: by what has reached them, and by nothing else. */
export class Watched {
  /** By number, whoever holds it. */
  readonly #updates: Map<number, MonitorUpdate>;
  readonly #holders: Map<string, Holder>;
  /** By what an update made known: its number. */
  readonly #facts: Map<Fact, number>;
  /** By owner and number of a commitment: the transactions that the node built or had signed, one a funding. */
  readonly #built: Map<string, Txids>;
  /** Point and signatures of each of our own commitments, which knowledge keeps of the newest alone. */
  readonly #ours: Map<bigint, OurCommitmentUpdate>;
  #knowledge: Knowledge | undefined;
  #folded: number;

  constructor(from?: Watched) {
    this.#updates = new Map(from === undefined ? [] : from.#updates);
    this.#holders = new Map(from === undefined ? [] : from.#holders);
    this.#facts = new Map(from === undefined ? [] : from.#facts);
    this.#built = new Map(from === undefined ? [] : from.#built);
    this.#ours = new Map(from === undefined ? [] : from.#ours);
    this.#knowledge = from === undefined ? undefined : from.#knowledge;
    this.#folded = from === undefined ? 0 : from.#folded;
  }

  get knowledge(): Knowledge | undefined {
    return this.#knowledge;
  }

  /** What the node holds: each commitment that it has now. */
  see(state: WithCommitments): void {
    for (const owner of SIDES) {
      const { current, next } = state.shared.commitments[owner];
      this.#built.set(`${owner} ${current.number}`, txidsOf(state, owner, current));
      if (next !== undefined) this.#built.set(`${owner} ${next.number}`, txidsOf(state, owner, next));
    }
  }

  /** What has reached a watcher since it was last asked. */
  reached(told: Told): Wrong | undefined {
    const holder = this.#holders.get(told.watcher);
    if (holder?.newest === told) return undefined;
    const news: Told[] = [];
    for (let at: Told | undefined = told; at !== undefined && at !== holder?.newest; at = at.before) news.push(at);
    let upTo = holder?.upTo ?? 0;
    const beyond = new Set(holder?.beyond);
    for (const { id, update } of news.reverse()) {
      const known = this.#updates.get(id);
      if (known !== undefined && firstDifference(known, update) !== undefined) return reused(told.watcher, id, known, update);
      if (known === undefined) this.#updates.set(id, update);
      beyond.add(id);
      while (beyond.delete(upTo + 1)) upTo++;
    }
    this.#holders.set(told.watcher, { newest: told, upTo, beyond });
    return undefined;
  }

  /** Whether this watcher knows it, and everything that was told before it. */
  knows(watcher: string, fact: Fact): boolean {
    const number = this.#facts.get(fact);
    return number !== undefined && number <= (this.#holders.get(watcher)?.upTo ?? 0);
  }

  /** Folds what some watcher holds. */
  fold(crypto: Crypto): Wrong | undefined {
    for (let next = this.#updates.get(this.#folded + 1); next !== undefined; next = this.#updates.get(this.#folded + 1)) {
      try {
        this.#knowledge = learn(crypto, this.#knowledge, next);
      } catch (error) {
        const actual = error instanceof Error ? error.message : String(error);
        const message = `update ${this.#folded + 1} does not fit what watchers were told before`;
        return { rule: next.kind, kind: 'does-not-fit', message, expected: 'what comes next', actual };
      }
      this.#folded++;
      for (const fact of factsOf(next)) if (!this.#facts.has(fact)) this.#facts.set(fact, this.#folded);
      if (next.kind === 'ours') this.#ours.set(next.number, next);
    }
    return undefined;
  }

  /** Rebuilds every commitment of both sides that was ever told, revoked or not, and compares it with what the node had built. */
  rebuild(crypto: Crypto): Wrong | undefined {
    const known = this.#knowledge;
    if (known === undefined) return undefined;
    for (const owner of SIDES) {
      const count = known.cuts[owner].length;
      for (let number = 0n; number < count; number++) {
        const wrong = this.#compare(crypto, owner, number, owner === known.parameters.us ? 'ours' : 'theirs');
        if (wrong !== undefined) return wrong;
      }
    }
    return undefined;
  }

  #compare(crypto: Crypto, owner: Side, number: bigint, rule: 'ours' | 'theirs'): Wrong | undefined {
    const expected = this.#built.get(`${owner} ${number}`);
    const known = this.#knowledge;
    if (expected === undefined || known === undefined) return undefined;
    const told = owner === known.parameters.us ? this.#ours.get(number) : undefined;
    const about = `commitment ${number} of the ${owner}`;
    let rebuilt: readonly BuiltCommitment[];
    try {
      rebuilt = rebuildCommitment(crypto, known, owner, number, told?.point) ?? [];
    } catch (error) {
      const actual = error instanceof Error ? error.message : String(error);
      return { rule, kind: 'does-not-fit', message: `${about} can't be rebuilt from what watchers were told`, expected, actual };
    }
    const actual = rebuilt.map(({ txid }) => txid);
    if (firstDifference(expected, actual) !== undefined) {
      const message = `${about} is another one when it is rebuilt from what watchers were told`;
      return { rule, kind: 'other-transaction', message, expected, actual };
    }
    if (told === undefined || rebuilt.every((built, i) => isSigned(crypto, built, told.signatures[i]))) return undefined;
    const message = `${about} can't be enforced with the signatures that watchers were told`;
    return { rule, kind: 'not-signed', message, expected: 'valid', actual: told.signatures };
  }
}

/** Whether a commitment is ready for the chain: with the other side's signatures for it and for its HTLC transactions. */
function isSigned(crypto: Crypto, built: BuiltCommitment, told: OurCommitmentUpdate['signatures'][number] | undefined): boolean {
  if (told === undefined || told.htlcSignatures.length !== built.htlcTransactions.length) return false;
  const { owner } = built;
  const peer = otherSide(owner);
  if (!crypto.verify(told.signature, built.sighash, built.channel.params.parties[peer].fundingPubkey)) return false;
  return told.htlcSignatures.every((signature, i) => {
    const { sighash } = built.htlcTransactions[i] as BuiltCommitment['htlcTransactions'][number];
    return crypto.verify(signature, sighash, built.keys.htlcPubkeys[peer]);
  });
}

function reused(watcher: string, id: number, expected: MonitorUpdate, actual: MonitorUpdate): Wrong {
  const message = `${watcher} was told of another update ${id} than before`;
  return { rule: actual.kind, kind: 'other-content', message, expected, actual };
}
