import type { BlockHeader } from '../bitcoin/header.ts';
import { lookWithin, tookFilter, tookFilterHashes } from './filter-round.ts';
import { askPeer, forgetPeer, greet, hangUp, readyPeers, refuse, setPeer, setRound } from './filter-state.ts';
import type { FilterInput, FilterPeer, FilterRun, FilterState, FilterStep, PeerName } from './filter-state.ts';
import { checkAge, checkedBlock, lookNext, startFollowing, takeCommon, takeHeaders, tell, trouble } from './following.ts';
import { headerAt, locator, tipHeight, tipOf } from './header-chain.ts';
import { pongMessage, readMessages, verackMessage } from './p2p-protocol.ts';
import type { P2pMessage } from './p2p-protocol.ts';
import type { SourceEnv, SourceStart } from './sources-vocabulary.ts';

/** So many must say the same, or one is found out. */
const LEAST_PEERS = 2;
const MAX_HEADERS = 2000;

/** @throws RangeError where the start contradicts itself. */
export function createFilterSource(env: SourceEnv, start: SourceStart): FilterState {
  const following = startFollowing(env, start);
  return { ...following, peers: new Map(), round: undefined, agreed: undefined, pollAtMs: start.nowMs + env.limits.pollMs };
}

/** When `time` is wanted next, in milliseconds of its clock. */
export function filterDeadline({ limits }: SourceEnv, { peers, pollAtMs }: FilterState): number {
  let least = pollAtMs;
  for (const { asked } of peers.values()) if (asked !== undefined) least = Math.min(least, asked.sinceMs + limits.answerTimeoutMs);
  return least;
}

/** Pure: what peers say is data, and whatever they say, this does not throw. */
export function filterStep(env: SourceEnv, before: FilterState, input: FilterInput): FilterStep {
  const run: FilterRun = { env, state: { ...before }, effects: [] };
  switch (input.kind) {
    case 'connected':
      forgetPeer(run, input.peer);
      greet(run, input.peer);
      break;
    case 'gone':
      forgetPeer(run, input.peer);
      break;
    case 'bytes':
      if (!received(run, input.peer, input.bytes)) return { state: run.state, effects: [] };
      break;
    case 'watch':
      if (input.watch.script === undefined) trouble(run, 'source.unwatchable', 'no script');
      takeCommon(run, input);
      break;
    case 'hint':
      poll(run);
      break;
    case 'time':
      takeCommon(run, input);
      passTime(run);
      break;
    case 'told':
    case 'chain_refused':
      takeCommon(run, input);
  }
  advance(run);
  return { state: run.state, effects: run.effects };
}

function passTime(run: FilterRun): void {
  const { env, state } = run;
  for (const [name, { asked }] of state.peers)
    if (asked !== undefined && state.nowMs >= asked.sinceMs + env.limits.answerTimeoutMs)
      refuse(run, name, 'source.slow', `no answer to ${asked.question.kind}`);
  if (state.nowMs < state.pollAtMs) return;
  const usable = usablePeers(state);
  if (usable.length < LEAST_PEERS) trouble(run, 'source.too_few_peers', `${usable.length} of ${LEAST_PEERS}`);
  else checkAge(run);
  poll(run);
}

function poll(run: FilterRun): void {
  const { env, state } = run;
  state.pollAtMs = state.nowMs + env.limits.pollMs;
  for (const name of state.peers.keys()) setPeer(run, name, { isHeard: false });
}

function usablePeers(state: FilterState): readonly PeerName[] {
  return readyPeers(state).filter((name) => state.peers.get(name)?.isBehind === false);
}

/** Whether something came of it: a part of a message says nothing. */
function received(run: FilterRun, name: PeerName, bytes: Uint8Array): boolean {
  const { env, state } = run;
  const peer = state.peers.get(name);
  if (peer === undefined) return false;
  const read = readMessages(env.crypto, env.network.magic, peer.unread, bytes);
  if (typeof read === 'string') {
    refuse(run, name, 'source.unreadable', read);
    return true;
  }
  setPeer(run, name, { unread: read.unread });
  for (const message of read.messages) {
    const known = state.peers.get(name);
    if (known !== undefined) tookMessage(run, name, known, message);
  }
  return read.messages.length > 0;
}

function tookMessage(run: FilterRun, name: PeerName, peer: FilterPeer, message: P2pMessage): void {
  const { env, effects } = run;
  const { magic } = env.network;
  switch (message.kind) {
    case 'version':
      if (peer.stage === 'ready') return;
      if (!message.serves) return refuse(run, name, 'source.no_filters', 'its services');
      effects.push({ kind: 'write', peer: name, bytes: verackMessage(env.crypto, magic) });
      return setPeer(run, name, { stage: 'ready', asked: undefined });
    case 'ping':
      effects.push({ kind: 'write', peer: name, bytes: pongMessage(env.crypto, magic, message.nonce) });
      return;
    case 'new_block':
      return setPeer(run, name, { isHeard: false });
    case 'headers':
      return tookHeaders(run, name, peer, message.headers);
    case 'filter_hashes':
    case 'filter':
    case 'block':
    case 'not_found':
      return tookAnswer(run, name, peer, message);
    case 'verack':
    case 'other':
      return;
  }
}

function tookHeaders(run: FilterRun, name: PeerName, { asked, stage }: FilterPeer, headers: readonly BlockHeader[]): void {
  const { state } = run;
  const isAnswer = asked?.question.kind === 'headers';
  if (stage !== 'ready') return;
  if (isAnswer) setPeer(run, name, { asked: undefined });
  switch (takeHeaders(run, headers)) {
    case 'broken':
      return hangUp(run, name);
    case 'gap':
      if (isAnswer) refuse(run, name, 'source.other_chain', 'it has none of our blocks');
      else setPeer(run, name, { isHeard: false });
      return;
    case 'weaker':
      return setPeer(run, name, { isHeard: true, isBehind: true });
    case 'known': {
      const last = headers.at(-1)?.hash;
      return setPeer(run, name, { isHeard: true, isBehind: last !== undefined && last !== tipOf(state.chain).hash });
    }
    case 'extended':
      // The others are asked whether they have it, too.
      for (const other of state.peers.keys()) setPeer(run, other, { isHeard: false });
      return setPeer(run, name, { isHeard: headers.length < MAX_HEADERS, isBehind: false });
  }
}

type Answer = Extract<P2pMessage, { readonly kind: 'filter_hashes' | 'filter' | 'block' | 'not_found' }>;

/** What was not asked for is nobody's concern. */
function tookAnswer(run: FilterRun, name: PeerName, { asked }: FilterPeer, message: Answer): void {
  const { state } = run;
  const question = asked?.question;
  if (message.kind === 'not_found' && question?.kind === 'block')
    return refuse(run, name, 'source.failed', `it has no block ${question.hash}`);
  if (message.kind === 'filter_hashes' && question?.kind === 'filter_hashes' && message.stop === question.stop) {
    setPeer(run, name, { asked: undefined });
    return tookFilterHashes(run, name, message.stop, { previous: message.previous, hashes: message.hashes });
  }
  if (message.kind === 'filter' && question?.kind === 'filters') {
    // In the order of the chain: the last of them ends the answer.
    if (message.blockHash === question.stop) setPeer(run, name, { asked: undefined });
    const height = heightOf(state, message.blockHash);
    if (height !== undefined) tookFilter(run, name, usablePeers(state), height, message.bytes);
  }
  if (message.kind === 'block' && question?.kind === 'block') {
    setPeer(run, name, { asked: undefined });
    const block = checkedBlock(run, question.hash, message.bytes);
    if (block === undefined) hangUp(run, name);
    else setRound(run, { block });
  }
}

/** Where a block stands of the round that is under way. */
function heightOf({ chain, round }: FilterState, hash: string): number | undefined {
  if (round === undefined) return undefined;
  for (let height = round.from; height <= Math.min(round.to, tipHeight(chain)); height++)
    if (headerAt(chain, height)?.hash === hash) return height;
  return undefined;
}

/** Asks for what is missing: headers, then what the filters are, the filters, and blocks; tells the node what is there. */
function advance(run: FilterRun): void {
  const { state } = run;
  const ready = readyPeers(state);
  for (const name of ready)
    if (state.peers.get(name)?.isHeard === false) askPeer(run, name, { kind: 'headers', locator: locator(state.chain) });
  if (ready.some((name) => state.peers.get(name)?.isHeard === false)) return;
  for (let usable = usablePeers(state); usable.length >= LEAST_PEERS; usable = usablePeers(state)) {
    const look = lookNext(run);
    if (look === undefined) {
      state.round = undefined;
      return;
    }
    const looked = lookWithin(run, look, usable);
    if (looked !== undefined) tell(run, look, looked.height, looked.transactions);
    else if (usablePeers(state).length === usable.length) return;
  }
}
