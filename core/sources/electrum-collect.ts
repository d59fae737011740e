import { wholeTx } from '../bitcoin/block.ts';
import type { SlicedTx } from '../bitcoin/block.ts';
import type { BlockTransaction } from '../chain/update.ts';
import type { Script, Txid } from '../crypto/bytes.ts';
import { showsScript } from './electrum-protocol.ts';
import type { ElectrumQuestion } from './electrum-protocol.ts';
import { ask, refuse } from './electrum-state.ts';
import type { ElectrumRun, History } from './electrum-state.ts';
import { headerAt, tipOf } from './header-chain.ts';
import type { Look } from './scan.ts';
import { Matcher, scriptsOf, watchOf } from './watches.ts';
import type { Watches } from './watches.ts';

/** Outputs of one block's transactions that are followed before the node has asked; what is beyond it asks for itself. */
const MAX_FOLLOWED = 1000;

/** The next block of a look in which there is something, or its last one; and what is watched in it. */
interface Collected {
  readonly height: number;
  readonly transactions: readonly BlockTransaction[];
}

/** Undefined where something must be asked first, or was refused. */
export function collect(run: ElectrumRun, look: Look): Collected | undefined {
  const scripts = new Set(scriptsOf(look.watches));
  for (;;) {
    const histories = currentHistories(run, scripts);
    if (histories === undefined) return undefined;
    const height = firstHeight(histories, look);
    if (height === undefined) return { height: look.to, transactions: [] };
    const candidates = proved(run, histories, height);
    if (candidates === undefined) return undefined;
    // Of all that is watched: a late watch may find what another one had no script for.
    const matcher = new Matcher(run.state.scan.watches);
    const matched = candidates.filter(({ tx }) => matcher.concerns(tx));
    const before = scripts.size;
    for (const { tx } of matched)
      if (matcher.follows(tx)) for (const script of tx.scripts) if (scripts.size < before + MAX_FOLLOWED) scripts.add(script);
    if (scripts.size === before) return whole(run, run.state.scan.watches, height, matched);
  }
}

/** The histories of scripts as of our newest block; what is older is asked for. */
export function currentHistories(run: ElectrumRun, scripts: ReadonlySet<Script>): readonly History[] | undefined {
  const { state } = run;
  const tip = tipOf(state.chain).hash;
  const asked = new Set([...state.asked.values()].map(({ question }) => keyOf(question)));
  const known: History[] = [];
  for (const script of scripts) {
    const history = state.histories.get(script);
    if (history?.asOf === tip) known.push(history);
    else if (!asked.has(`status ${script}`) && !asked.has(`history ${script}`)) ask(run, { kind: 'status', script });
  }
  return known.length === scripts.size ? known : undefined;
}

function keyOf(question: ElectrumQuestion): string {
  switch (question.kind) {
    case 'status':
    case 'history':
      return `${question.kind} ${question.script}`;
    case 'transaction':
    case 'proof':
      return `${question.kind} ${question.txid}`;
    case 'version':
    case 'tip':
    case 'headers':
      return question.kind;
  }
}

function firstHeight(histories: readonly History[], { from, to }: Look): number | undefined {
  let first: number | undefined;
  for (const { entries } of histories)
    for (const { height } of entries) if (height >= from && height <= to && height < (first ?? Infinity)) first = height;
  return first;
}

interface Candidate {
  readonly tx: SlicedTx;
  readonly index: number;
}

/** The transactions of these histories at a height, each proved to be there, in the order of the block; what is missing is asked for. */
function proved(run: ElectrumRun, histories: readonly History[], height: number): readonly Candidate[] | undefined {
  const { state } = run;
  const hash = headerAt(state.chain, height)?.hash;
  const asked = new Set([...state.asked.values()].map(({ question }) => keyOf(question)));
  const txids = new Set<Txid>(histories.flatMap(({ entries }) => entries.filter((one) => one.height === height).map(({ txid }) => txid)));
  const candidates: Candidate[] = [];
  for (const txid of txids) {
    const known = state.proved.get(txid);
    const place = known?.place?.blockHash === hash ? known?.place : undefined;
    if (known?.tx === undefined && !asked.has(`transaction ${txid}`)) ask(run, { kind: 'transaction', txid });
    if (place === undefined && !asked.has(`proof ${txid}`)) ask(run, { kind: 'proof', txid, height });
    if (known?.tx !== undefined && place !== undefined) candidates.push({ tx: known.tx, index: place.index });
  }
  return candidates.length === txids.size ? candidates.sort((a, b) => a.index - b.index) : undefined;
}

/** With witnesses that may be true: a server that leaves them out hides preimages. */
function whole(run: ElectrumRun, watches: Watches, height: number, matched: readonly Candidate[]): Collected | undefined {
  const transactions: BlockTransaction[] = [];
  for (const { tx: sliced, index } of matched) {
    const tx = wholeTx(sliced);
    if (tx === undefined) continue;
    for (const { txid, vout, witness } of tx.inputs) {
      const output = watchOf(watches, { txid, vout })?.script;
      if (output === undefined || showsScript(run.env.crypto, output, witness)) continue;
      refuse(run, 'source.witness', `${sliced.txid} spends ${txid}:${vout} without its script`);
      return undefined;
    }
    transactions.push({ index, tx });
  }
  return { height, transactions };
}
