import { readSlicedTx, wholeTx } from '../bitcoin/block.ts';
import { readHeaders } from '../bitcoin/header.ts';
import { readMerkleBlock } from '../bitcoin/merkle-block.ts';
import { TWO_HASHES_BYTES } from '../bitcoin/merkle.ts';
import type { BlockTransaction } from '../chain/update.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { lookNext, startFollowing, takeCommon, takeHeaders, tell, trouble } from './following.ts';
import type { Following, Run } from './following.ts';
import { contains, headerAt, tipHeight } from './header-chain.ts';
import { again } from './scan.ts';
import type { SourceEffect, SourceEnv, SourceInput, SourceStart } from './sources-vocabulary.ts';

/** Proofs that are kept for watches that come late; the oldest go first. */
const MAX_PROOFS = 1000;

/**
 * Headers and merkle proofs, handed over by whoever has them: a wallet, a courier, a line that carries little. What is proved is believed; that it
 * is all there is, is their word.
 */
export interface ProofState extends Following {
  /** Up to this height everything watched was handed over. */
  readonly completeTo: number;
  /** By block, the oldest first. */
  readonly proved: ReadonlyMap<Hash32, readonly BlockTransaction[]>;
}

export type ProofInput =
  | SourceInput
  /** 80 bytes each, one behind the other. */
  | { readonly kind: 'headers'; readonly bytes: Uint8Array }
  /** What `gettxoutproof` gives, and the transactions that it is of. */
  | { readonly kind: 'proof'; readonly merkleBlock: Uint8Array; readonly transactions: readonly Uint8Array[] }
  /** Up to this height there is nothing more. */
  | { readonly kind: 'complete'; readonly height: number };

export interface ProofStep {
  readonly state: ProofState;
  readonly effects: readonly SourceEffect[];
}

type ProofRun = Run<ProofState, SourceEffect>;

/** @throws RangeError where the start contradicts itself. */
export function createProofSource(env: SourceEnv, start: SourceStart): ProofState {
  return { ...startFollowing(env, start), completeTo: start.told.height, proved: new Map() };
}

/** Pure: what is handed over is data, and whatever it is, this does not throw. */
export function proofStep(env: SourceEnv, before: ProofState, input: ProofInput): ProofStep {
  const run: ProofRun = { env, state: { ...before }, effects: [] };
  switch (input.kind) {
    case 'headers':
      tookHeaders(run, input.bytes);
      break;
    case 'proof':
      tookProof(run, input);
      break;
    case 'complete':
      run.state.completeTo = Math.max(run.state.completeTo, input.height);
      break;
    default:
      takeCommon(run, input);
  }
  advance(run);
  return { state: run.state, effects: run.effects };
}

function tookHeaders(run: ProofRun, bytes: Uint8Array): void {
  const headers = readHeaders(run.env.crypto, bytes);
  if (headers === undefined) return trouble(run, 'source.unreadable', `${bytes.length} bytes of headers`);
  const kind = takeHeaders(run, headers);
  if (kind === 'gap') trouble(run, 'source.other_chain', 'headers that build on none of ours');
  if (kind === 'weaker') trouble(run, 'source.less_work', 'headers with less work than what was shown');
  // What replaces blocks has not been looked at by anybody.
  if (kind === 'extended') run.state.completeTo = Math.min(run.state.completeTo, run.state.scan.fork.height);
}

function tookProof(run: ProofRun, { merkleBlock, transactions }: Extract<ProofInput, { kind: 'proof' }>): void {
  const { env, state } = run;
  const block = readMerkleBlock(env.crypto, merkleBlock);
  if (block === undefined) return trouble(run, 'source.merkle_proof', `${merkleBlock.length} bytes prove nothing`);
  const { hash } = block.header;
  const height = state.chain.baseHeight + state.chain.headers.findLastIndex((header) => header.hash === hash);
  if (!contains(state.chain, { height, hash })) return trouble(run, 'source.other_block', `block ${hash} is not in the chain`);
  const found: BlockTransaction[] = [];
  for (const bytes of transactions) {
    const sliced = bytes.length === TWO_HASHES_BYTES ? undefined : readSlicedTx(env.crypto, bytes);
    const match = block.matches.find(({ txid }) => txid === sliced?.txid);
    const tx = sliced && wholeTx(sliced);
    if (match === undefined || tx === undefined) return trouble(run, 'source.other_transaction', `not in the proof of block ${height}`);
    found.push({ index: match.index, tx });
  }
  const known = state.proved.get(hash) ?? [];
  const news = found.filter(({ index }) => known.every((one) => one.index !== index));
  if (news.length === 0) return;
  const proved = new Map(state.proved).set(
    hash,
    [...known, ...news].sort((a, b) => a.index - b.index),
  );
  const [oldest] = proved.keys();
  if (proved.size > MAX_PROOFS && oldest !== undefined) proved.delete(oldest);
  state.proved = proved;
  state.scan = again(state.scan, state.scan.watches, height);
}

/** Tells what there is up to the height that was said to be complete. The node finds its own among what was proved. */
function advance(run: ProofRun): void {
  const { state } = run;
  const most = Math.min(state.completeTo, tipHeight(state.chain));
  for (let look = lookNext(run); look !== undefined && look.from <= most; look = lookNext(run)) {
    const to = Math.min(look.to, most);
    let height = look.from;
    while (height < to && provedAt(state, height).length === 0) height++;
    tell(run, look, height, provedAt(state, height));
  }
}

function provedAt({ chain, proved }: ProofState, height: number): readonly BlockTransaction[] {
  const header = headerAt(chain, height);
  return (header && proved.get(header.hash)) ?? [];
}
